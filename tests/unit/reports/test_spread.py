"""Median and 90th percentile, as a spreadsheet has them."""

from __future__ import annotations

import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.reports.spread import Spread, spread

times = st.lists(st.integers(0, 20_000), min_size=2, max_size=200)


def test_nothing_measured_has_no_middle() -> None:
    assert spread({}) == Spread(0)
    assert spread({300: 0}) == Spread(0)


def test_one_measurement_is_all_of_them() -> None:
    assert spread({42: 1}) == Spread(1, 42, 42, 42)


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [([1, 2], 2, 2), ([1, 2, 3, 4], 3, 4), ([10, 20, 30, 40, 50], 30, 46), (list(range(1, 12)), 6, 10)],
)
def test_it_lies_between_the_closest_ranks_and_rounds_half_up(
    seconds: list[int], median: int, p90: int
) -> None:
    found = spread(Counter(seconds))
    assert (found.median_s, found.p90_s) == (median, p90)


@given(times)
def test_it_is_the_inclusive_percentile(seconds: list[int]) -> None:
    found = spread(Counter(seconds))
    tenths = statistics.quantiles(seconds, n=10, method="inclusive")
    assert found.count == len(seconds)
    assert found.median_s is not None
    assert found.p90_s is not None
    assert abs(found.median_s - statistics.median(seconds)) <= 0.5
    assert abs(found.p90_s - tenths[8]) <= 0.5 + 1e-6
    assert found.longest_s == max(seconds)
