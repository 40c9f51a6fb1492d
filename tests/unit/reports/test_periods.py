"""Which days a report is about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.reports.periods import NoSuchPeriod, Period, between, containing, parse

days = st.dates(date(2001, 1, 2), date(2198, 12, 30))
kinds = st.sampled_from(["day", "month", "quarter", "year"])


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-11-23", "2026-11-23", "2026-11-23"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-11-20..2026-12-03", "2026-11-20", "2026-12-03"),
    ],
)
def test_a_name_says_which_days(name: str, first: str, last: str) -> None:
    period = parse(name)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.name == name


@pytest.mark.parametrize(
    "name",
    ["", "2026-13", "2026-Q5", "2026-02-30", "1999", "26-11", "2026-Q0", "x", "2026-12-03..2026-11-20",
     "2026-11-23..", "٢٠٢٦", "2026-11-23\n"],
)  # fmt: skip
def test_what_no_calendar_has_is_refused(name: str) -> None:
    with pytest.raises(NoSuchPeriod):
        parse(name)


def test_a_range_ends_after_it_begins() -> None:
    with pytest.raises(NoSuchPeriod):
        between(date(2026, 11, 2), date(2026, 11, 1))


@given(kinds, days)
def test_a_day_lies_in_its_period_and_the_name_leads_back(kind: str, day: date) -> None:
    period = containing(kind, day)  # type: ignore[arg-type]
    assert period.first <= day <= period.last
    assert parse(period.name) == period


@given(kinds, days)
def test_periods_lie_beside_each_other(kind: str, day: date) -> None:
    period = containing(kind, day)  # type: ignore[arg-type]
    assert period.following.first == period.last + timedelta(days=1)
    assert period.following.previous == period
    assert period.previous.last == period.first - timedelta(days=1)


def test_a_range_is_followed_by_one_as_long() -> None:
    week = between(date(2026, 11, 23), date(2026, 11, 29))
    assert week.following == Period("range", date(2026, 11, 30), date(2026, 12, 6))
    assert week.following.previous == week
