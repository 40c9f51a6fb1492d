"""The index of public satisfaction: the regulation's formula with a weight of exactly 1/9."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.reports.ikm import ELEMENTS, grade, half_up, ikm, needed

forms = st.lists(st.lists(st.integers(1, 4), min_size=ELEMENTS, max_size=ELEMENTS), min_size=1, max_size=40)


def of(*forms: list[int]) -> tuple[str, str]:
    """The IKM and the grade of these forms."""
    found = ikm(len(forms), [sum(scores) for scores in zip(*forms, strict=True)])
    assert found is not None
    return str(found.value), found.grade


@pytest.mark.parametrize(
    ("score", "value", "letter"),
    [(4, "100.00", "A"), (3, "75.00", "C"), (2, "50.00", "D"), (1, "25.00", "D")],
)
def test_one_answer_to_all_questions(score: int, value: str, letter: str) -> None:
    assert of([score] * 9) == (value, letter)


def test_nine_times_very_good_is_a_hundred_and_not_ninety_nine() -> None:
    """With the regulation's rounded weight of 0.11 it would be."""
    assert of([4] * 9)[0] == "100.00"


def test_one_three_among_fours() -> None:
    assert of([3] + [4] * 8) == ("97.22", "A")


def test_two_people_who_disagree() -> None:
    assert of([3] * 9, [4] * 9) == ("87.50", "B")


@pytest.mark.parametrize(
    ("exact", "value", "letter"),
    [
        ("76.6049", "76.60", "C"),
        ("76.605", "76.61", "B"),
        ("64.9949", "64.99", "D"),
        ("64.995", "65.00", "C"),
        ("88.3049", "88.30", "B"),
        ("88.305", "88.31", "A"),
        ("25", "25.00", "D"),
    ],
)
def test_between_the_printed_ranges_there_is_no_gap(exact: str, value: str, letter: str) -> None:
    assert str(half_up(Decimal(exact))) == value
    assert grade(Decimal(exact)) == letter


def test_without_a_form_there_is_no_index() -> None:
    assert ikm(0, [0] * 9) is None


def test_each_element_has_its_own_mean() -> None:
    found = ikm(3, [3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert found is not None
    assert [str(mean) for mean in found.means] == [
        "1.00", "1.33", "1.67", "2.00", "2.33", "2.67", "3.00", "3.33", "3.67",
    ]  # fmt: skip


@given(forms)
def test_it_lies_between_twenty_five_and_a_hundred_and_is_near_the_mean(forms: list[list[int]]) -> None:
    found = ikm(len(forms), [sum(scores) for scores in zip(*forms, strict=True)])
    assert found is not None
    assert Decimal("25.00") <= found.value <= Decimal("100.00")
    mean = sum(map(sum, forms)) / (len(forms) * ELEMENTS)
    assert abs(float(found.value) - mean * 25) <= 0.005 + 1e-9
    assert found.grade == grade(found.value)


@given(forms)
def test_a_better_answer_never_lowers_it(forms: list[list[int]]) -> None:
    sums = [sum(scores) for scores in zip(*forms, strict=True)]
    better = [min(one + 1, 4 * len(forms)) for one in sums]
    before, after = ikm(len(forms), sums), ikm(len(forms), better)
    assert before is not None
    assert after is not None
    assert after.value >= before.value
    assert after.grade <= before.grade


@pytest.mark.parametrize(("visitors", "forms"), [(0, 0), (10, 10), (100, 80), (200, 132), (1000, 278)])
def test_the_size_of_the_sample_is_that_of_the_regulations_table(visitors: int, forms: int) -> None:
    assert needed(visitors) == forms
