"""Middle and tail of a list of durations, by the method that a spreadsheet has too.

Both are the percentile by linear interpolation between the closest ranks: Hyndman and Fan's type 7, which is
`MEDIAN` and `PERCENTILE.INC` in Excel and LibreOffice, so that an office can check a figure. The arithmetic
is exact; a result is rounded half up to whole seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Spread:
    """How many were measured, and in whole seconds their median, 90th percentile and longest."""

    count: int
    median_s: int | None = None
    p90_s: int | None = None
    longest_s: int | None = None


def spread(times: Mapping[int | None, int]) -> Spread:
    """The spread of durations, given as how often each one occurs; None is what was not measured."""
    seconds = sorted(value for value, often in times.items() if often and value is not None)
    if not seconds:
        return Spread(0)
    ends = list(accumulate(times[value] for value in seconds))
    return Spread(
        count=ends[-1],
        median_s=_percentile(seconds, ends, Fraction(1, 2)),
        p90_s=_percentile(seconds, ends, Fraction(9, 10)),
        longest_s=seconds[-1],
    )


def _percentile(seconds: list[int], ends: list[int], part: Fraction) -> int:
    """Type 7: at rank (n - 1) * part, counted from 0, between the two values beside it."""
    rank = (ends[-1] - 1) * part
    below = int(rank)
    low = seconds[bisect_right(ends, below)]
    high = seconds[bisect_right(ends, min(below + 1, ends[-1] - 1))]
    exact = low + (rank - below) * (high - low)
    return int(exact + Fraction(1, 2))
