"""Which cells of a table are merged before it leaves the office, so that no single person shows in it.

With a handful of visits a day almost every cell is somebody. A table here is a *partition*: its cells are
not negative and add up to a total that is published beside them. `merge` gives the cells that are published
as one sum; all others are published as they are.

The rule. A cell of 1 or 2 is small. If there is one, all cells below 3 are merged, those of 0 too (else it
would show which of the merged ones are not empty). Then, as long as the merged cells are all alike, or
their sum is below 3, the next larger cells join them: always all cells of that size together, so that the
result does not depend on the order of the cells. If a total is below 3 nothing of its table is published.

What that guarantees, also against somebody who knows this rule: no cell of 1 or 2 can be computed from one
published table, its total included. For each of them there is another table with the same total that is
published in exactly the same way and has another number there.

Why. Two different numbers are among the merged cells. Exchange them: total, sum and published cells stay as
they were, and the rule, which sees sizes and no places, merges the same cells. So whoever holds a small
number could as well hold the other one. Only when every cell is merged and all are alike (1, 1, 1 or 2, 2)
is there nothing to exchange; then the total alone is published, and the table 1, ..., 1, r + 1 (which is
merged whole as well) or, for ones, 0, 1, ..., 2 fits it too. The tests compute all tables to check this.

What it does not do: it looks at one table. Tables of one report share their total only; where one number
would follow from two tables (a rate, a subtotal) it is published only if it follows from the published
cells of one (`subtotal`). Reports of periods that lie within each other would give cells by subtraction,
which is why only one kind of period is ever published (`published.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

LEAST: Final = 3  # from this size on a cell may be seen


def is_small(count: int) -> bool:
    """Whether a cell must not be seen. An empty one names nobody."""
    return 0 < count < LEAST


def merge(counts: Sequence[int]) -> frozenset[int]:
    """The places of the cells that are published as one sum; none where no cell is small."""
    if not any(is_small(count) for count in counts):
        return frozenset()
    sizes = sorted(set(counts))
    limit = LEAST - 1
    while _is_bare(merged := [count for count in counts if count <= limit]) and len(merged) < len(counts):
        limit = next(size for size in sizes if size > limit)
    return frozenset(place for place, count in enumerate(counts) if count <= limit)


def _is_bare(merged: Sequence[int]) -> bool:
    """Whether the sum of these cells would give them away."""
    return sum(merged) < LEAST or len(set(merged)) < 2


def subtotal(counts: Sequence[int], merged: Collection[int], wanted: Collection[int]) -> int | None:
    """The sum of the wanted cells, where it follows from what is published; else None."""
    inside = set(wanted) & set(merged)
    if inside and inside != set(merged):
        return None
    return sum(counts[place] for place in wanted)
