"""The stretch of days that a report is about: a day, a month, a quarter (TW I to IV), a year, or any range.

Days are service days, as the office's calendar has them; no time zone and no clock comes into it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Kind = Literal["day", "month", "quarter", "year", "range"]

ROMAN: Final = ("I", "II", "III", "IV")
_MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}
_NAMES: Final = {
    "day": re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    "month": re.compile(r"([0-9]{4})-([0-9]{2})"),
    "quarter": re.compile(r"([0-9]{4})-Q([1-4])"),
    "year": re.compile(r"([0-9]{4})"),
    "range": re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})"),
}
_YEARS: Final = range(2000, 2200)


class NoSuchPeriod(ValueError):
    """A text that names no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def name(self) -> str:
        """How files and addresses call it: `2026-11-23`, `2026-11`, `2026-Q4`, `2026`, `a..b`."""
        if self.kind == "range":
            return f"{self.first}..{self.last}"
        if self.kind == "quarter":
            return f"{self.first.year}-Q{self.quarter}"
        return self.first.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.kind]]

    @property
    def quarter(self) -> int:
        """The quarter in which it begins, 1 to 4."""
        return (self.first.month + 2) // 3

    @property
    def previous(self) -> Period:
        """The period of the same kind that ends the day before."""
        return self._beside(self.first - timedelta(days=1))

    @property
    def following(self) -> Period:
        """The period of the same kind that begins the day after."""
        return self._beside(self.last + timedelta(days=1))

    def _beside(self, day: date) -> Period:
        if self.kind != "range":
            return containing(self.kind, day)
        length = self.last - self.first
        return Period("range", *((day, day + length) if day > self.last else (day - length, day)))


def containing(kind: Kind, day: date) -> Period:
    """The day, month, quarter or year in which a day lies. A range contains that day alone."""
    if kind not in _MONTHS_OF:
        return Period(kind, day, day)
    months = _MONTHS_OF[kind]
    month = (day.month - 1) // months * months + 1
    last_month = month + months - 1
    last = date(day.year, last_month, calendar.monthrange(day.year, last_month)[1])
    return Period(kind, date(day.year, month, 1), last)


def parse(name: str) -> Period:
    """The period of a name. Raises NoSuchPeriod."""
    for kind, pattern in _NAMES.items():
        if found := pattern.fullmatch(name):
            try:
                return _of_parts(kind, found.groups())
            except ValueError:
                break
    raise NoSuchPeriod(name)


def between(first: date, last: date) -> Period:
    """Any stretch of days. Raises NoSuchPeriod when it ends before it begins, or lies out of all reason."""
    if last < first or not {first.year, last.year} <= set(_YEARS):
        raise NoSuchPeriod(f"{first}..{last}")
    return Period("range", first, last)


def _of_parts(kind: str, parts: tuple[str, ...]) -> Period:
    """Raises ValueError for what no calendar has."""
    if kind == "range":
        return between(*(date.fromisoformat(part) for part in parts))
    year, *rest = (int(part) for part in parts)
    if year not in _YEARS:
        raise NoSuchPeriod(str(year))
    if kind == "day":
        return containing("day", date(year, *rest))
    if kind == "month":
        return containing("month", date(year, rest[0], 1))
    if kind == "quarter":
        return containing("quarter", date(year, rest[0] * 3, 1))
    return containing("year", date(year, 1, 1))
