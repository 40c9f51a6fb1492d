"""Merged cells: what a table that left the office lets one compute, and what not.

The guarantee is checked by computing all tables: among those that are published in exactly the same way, a
cell of one or two must be able to be something else. So it holds against whoever knows the rule as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.reports.small_cells import LEAST, is_small, merge, subtotal

tables = st.lists(st.integers(0, 30), min_size=1, max_size=12)
Seen = tuple[tuple[tuple[int, int], ...], int]  # the single cells with their places, and the total


def seen(table: tuple[int, ...]) -> Seen:
    """What of a table is published. The sum of the merged cells follows from it."""
    merged = merge(table)
    return tuple((place, count) for place, count in enumerate(table) if place not in merged), sum(table)


def all_tables(cells: int, most: int) -> Iterator[tuple[int, ...]]:
    return (table for table in product(range(most + 1), repeat=cells) if LEAST <= sum(table) <= most)


@pytest.mark.parametrize(("cells", "most"), [(1, 30), (2, 24), (3, 14), (4, 10), (5, 9), (6, 8)])
def test_no_small_cell_can_be_computed_by_whoever_knows_the_rule(cells: int, most: int) -> None:
    alike: dict[Seen, list[tuple[int, ...]]] = defaultdict(list)
    for table in all_tables(cells, most):
        alike[seen(table)].append(table)
    found = 0
    for candidates in alike.values():
        for place in range(cells):
            values = {table[place] for table in candidates}
            if any(is_small(value) for value in values):
                found += 1
                assert len(values) > 1, (candidates, place)
    assert found or cells == 1


@given(tables)
def test_no_small_cell_is_seen_and_merged_ones_are_together_enough(table: list[int]) -> None:
    merged = merge(table)
    if sum(table) < LEAST:
        return  # nothing of it is published
    assert not [count for place, count in enumerate(table) if place not in merged and is_small(count)]
    if merged:
        assert len(merged) >= 2
        assert sum(table[place] for place in merged) >= LEAST


@given(tables.filter(lambda table: sum(table) >= LEAST))
def test_each_small_cell_can_be_exchanged_with_another_unseen(table: list[int]) -> None:
    """The argument of the module, on tables too large to compute all: exchange two numbers, see the same."""
    merged = sorted(merge(table))
    for place in merged:
        if not is_small(table[place]):
            continue
        partner = next((other for other in merged if table[other] != table[place]), None)
        if partner is None:
            assert len(merged) == len(table), "only where all cells are alike and none is seen"
            continue
        changed = list(table)
        changed[place], changed[partner] = table[partner], table[place]
        assert seen(tuple(changed)) == seen(tuple(table))


@given(tables)
def test_where_no_cell_is_small_nothing_is_merged(table: list[int]) -> None:
    large = [count if not is_small(count) else count + LEAST for count in table]
    assert merge(large) == frozenset()


@given(tables, st.randoms())
def test_the_order_of_the_cells_does_not_matter(table: list[int], random: object) -> None:
    places = list(range(len(table)))
    random.shuffle(places)  # type: ignore[attr-defined]
    shuffled = [table[place] for place in places]
    assert {places[place] for place in merge(shuffled)} == set(merge(table))


@pytest.mark.parametrize(
    ("table", "merged"),
    [
        ([10, 20, 0], []),  # empty cells alone name nobody
        ([10, 20, 1], [0, 2]),  # one cell alone would follow from the total: the next one joins it
        ([10, 20, 1, 2], [2, 3]),
        ([10, 20, 1, 1], [0, 2, 3]),  # two ones would show as a sum of two
        ([10, 20, 2, 2], [0, 2, 3]),  # all alike: the sum of four would give them away
        ([10, 10, 20, 2, 2], [0, 1, 3, 4]),  # of two that are equally large none is left out
        ([10, 20, 0, 2, 1], [2, 3, 4]),  # the empty ones hide among the merged
        ([2, 1], [0, 1]),
        ([2, 2], [0, 1]),
    ],
)
def test_examples(table: list[int], merged: list[int]) -> None:
    assert sorted(merge(table)) == merged


def test_a_subtotal_is_given_only_where_it_follows_from_what_is_seen() -> None:
    table = [10, 20, 1, 2]
    merged = merge(table)
    assert subtotal(table, merged, (0, 1)) == 30
    assert subtotal(table, merged, (0, 2, 3)) == 13
    assert subtotal(table, merged, (0, 2)) is None
    assert subtotal(table, merged, ()) == 0


@given(tables.filter(lambda table: sum(table) >= LEAST), st.data())
def test_no_subtotal_tells_more_than_the_table_does(table: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.integers(0, len(table) - 1)))
    merged = merge(table)
    given_sum = subtotal(table, merged, wanted)
    if given_sum is None:
        return
    whole = sum(table[place] for place in merged) if merged and set(merged) <= wanted else 0
    assert given_sum == whole + sum(table[place] for place in wanted - merged)
