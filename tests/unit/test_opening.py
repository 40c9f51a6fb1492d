"""When the office is open: the week, holidays, Ramadan, the office's own days; and always what comes next."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import opening, public_holidays
from appliance.office import Bilingual, Day, Office, SpecialHours, Week, load_office
from appliance.opening import LOOK_AHEAD_DAYS, OwnDays, standing

OFFICE = load_office("1373")
ZONE = OFFICE.zone


def at(text: str) -> datetime:
    """A moment of the office: "2026-11-23 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def changed(office: Office = OFFICE, **rules: object) -> Office:
    return office.model_copy(update={"opening_rules": office.opening_rules.model_copy(update=rules)})


def own(first: str, last: str = "", hours: Day | None = None, *, number: int = 1) -> OwnDays:
    reason = Bilingual(id="Rapat", en="Meeting")
    return OwnDays(number, date.fromisoformat(first), date.fromisoformat(last or first), hours, reason)


SATURDAY = Day(open=time(9), close=time(12))

# A moment, how the office stands, and when that ends or (closed, break) it opens again.
MOMENTS = [
    ("2026-11-23 07:59", "closed", "2026-11-23 08:00"),
    ("2026-11-23 08:00", "open", "2026-11-23 12:00"),
    ("2026-11-23 12:00", "pause", "2026-11-23 13:00"),
    ("2026-11-23 13:00", "open", "2026-11-23 15:30"),
    ("2026-11-23 15:29", "open", "2026-11-23 15:30"),
    ("2026-11-23 15:30", "closed", "2026-11-24 08:00"),
    ("2026-11-27 11:29", "open", "2026-11-27 11:30"),  # on Friday the break is longer
    ("2026-11-27 11:30", "pause", "2026-11-27 13:00"),
    ("2026-11-27 15:45", "open", "2026-11-27 16:00"),
    ("2026-11-27 16:00", "closed", "2026-11-30 08:00"),
    ("2026-11-28 10:00", "closed", "2026-11-30 08:00"),
    ("2026-12-23 15:30", "closed", "2026-12-28 08:00"),  # joint leave, Christmas, the weekend
    ("2026-12-24 10:00", "closed", "2026-12-28 08:00"),
    ("2026-12-25 10:00", "closed", "2026-12-28 08:00"),
    ("2027-03-08 10:00", "closed", "2027-03-16 08:00"),  # Nyepi, Idul Fitri, with joint leave on four days
]


@pytest.mark.parametrize(("moment", "state", "until"), MOMENTS)
def test_the_office_stands_as_its_profile_and_the_calendar_say(moment: str, state: str, until: str) -> None:
    found = standing(OFFICE, (), at(moment))

    assert (found.state, found.until) == (state, at(until))
    assert found.opens == (None if state == "open" else at(until))


@pytest.mark.parametrize(
    ("day", "kind", "indonesian", "english"),
    [
        ("2026-12-24", "joint_leave", "Cuti Bersama Hari Raya Natal", "Christmas Joint Holiday"),
        ("2026-12-25", "public_holiday", "Hari Raya Natal", "Christmas Day"),
        ("2027-03-10", "public_holiday", "Hari Raya Idul Fitri", "Eid al-Fitr"),
    ],
)
def test_a_closed_day_says_why(day: str, kind: str, indonesian: str, english: str) -> None:
    plan = opening.plan(OFFICE, (), date.fromisoformat(day))

    assert (plan.hours, plan.kind) == (None, kind)
    assert plan.reason == Bilingual(id=indonesian, en=english)


def test_a_holiday_that_is_only_reckoned_is_known_as_such() -> None:
    (estimated,), (decreed,) = public_holidays.on(date(2027, 3, 10)), public_holidays.on(date(2026, 12, 25))

    assert (estimated.estimated, decreed.estimated) == (True, False)


def test_an_office_may_stay_open_on_joint_leave_and_on_holidays() -> None:
    assert standing(changed(joint_leave=False), (), at("2026-12-24 10:00")).state == "open"
    assert standing(changed(joint_leave=False), (), at("2026-12-25 10:00")).state == "closed"
    assert standing(changed(public_holidays=False), (), at("2026-12-25 10:00")).state == "open"


def with_ramadan() -> Office:
    day = Day(open=time(8), close=time(15), pause=(time(12), time(12, 30)))
    week = Week(monday=day, tuesday=day, wednesday=day, thursday=day)
    ramadan = SpecialHours(
        first=date(2027, 2, 8),
        last=date(2027, 3, 9),
        reason=Bilingual(id="Ramadan", en="Ramadan"),
        hours=week,
    )
    return OFFICE.model_copy(update={"special_hours": (ramadan,)})


@pytest.mark.parametrize(
    ("moment", "state", "until"),
    [
        ("2027-02-08 12:15", "pause", "2027-02-08 12:30"),
        ("2027-02-08 15:00", "closed", "2027-02-09 08:00"),
        ("2027-02-12 10:00", "closed", "2027-02-15 08:00"),  # this Ramadan week has no Friday
        ("2027-03-08 10:00", "closed", "2027-03-16 08:00"),  # a holiday within Ramadan is a holiday
    ],
)
def test_ramadan_has_hours_of_its_own(moment: str, state: str, until: str) -> None:
    found = standing(with_ramadan(), (), at(moment))

    assert (found.state, found.until) == (state, at(until))


def test_the_offices_own_days_beat_all() -> None:
    moment = at("2026-12-25 10:00")
    opened, closed = own("2026-12-25", hours=SATURDAY), own("2026-11-23", "2026-11-25")

    assert standing(OFFICE, (opened,), moment).state == "open"
    assert standing(OFFICE, (closed,), at("2026-11-23 10:00")).opens == at("2026-11-26 08:00")
    assert (
        standing(with_ramadan(), (own("2027-02-08", hours=SATURDAY),), at("2027-02-08 08:30")).state
        == "closed"
    )


def test_of_two_exceptions_the_newer_one_holds() -> None:
    both = (own("2026-11-28", hours=SATURDAY, number=2), own("2026-11-28", number=1))

    assert standing(OFFICE, both, at("2026-11-28 10:00")).state == "open"


def test_numbers_are_given_in_the_break_unless_the_profile_says_no() -> None:
    noon = at("2026-11-23 12:30")

    assert standing(OFFICE, (), noon).tickets
    assert not standing(changed(tickets_during_pause=False), (), noon).tickets
    assert not standing(OFFICE, (), at("2026-11-23 16:00")).tickets


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("2026-11-23 15:00", 30),
        ("2026-11-23 15:00:01", 30),
        ("2026-11-23 15:29:59", 1),
        ("2026-11-23 15:30", None),
    ],
)
def test_the_minutes_until_closing_count_the_begun_one(moment: str, left: int | None) -> None:
    assert standing(OFFICE, (), at(moment)).minutes_left == left


def test_an_office_without_hours_says_that_it_does_not_open() -> None:
    office = OFFICE.model_copy(update={"hours": Week()})

    found = standing(office, (), at("2026-11-23 09:00"))

    assert (found.state, found.opens, found.until) == ("closed", None, None)


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    assert standing(OFFICE, (), datetime.fromisoformat("2026-11-23T05:30:00+00:00")).state == "pause"


# -------------------------------------------------------------------------------- whatever the profile says

CLOCK = st.times(min_value=time(0), max_value=time(23, 58)).map(
    lambda one: one.replace(second=0, microsecond=0)
)


@st.composite
def days(draw: st.DrawFn) -> Day:
    times = sorted(draw(st.sets(CLOCK, min_size=4, max_size=4)))
    opens, pause_from, pause_to, closes = times
    return Day(open=opens, close=closes, pause=draw(st.sampled_from([None, (pause_from, pause_to)])))


WEEKS = st.builds(
    Week, **{name: st.none() | days() for name in ("monday", "tuesday", "wednesday", "thursday", "friday")}
)
MOMENT = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: at("2026-01-01 00:00") + timedelta(minutes=minutes)
)


@st.composite
def exceptions(draw: st.DrawFn) -> tuple[OwnDays, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        first = draw(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
        last = first + timedelta(days=draw(st.integers(0, 70)))
        found.append(own(first.isoformat(), last.isoformat(), draw(st.none() | days()), number=number))
    return tuple(found)


@given(week=WEEKS, own_days=exceptions(), moment=MOMENT)
def test_there_is_always_a_next_opening_that_is_one_or_none_within_the_days_that_are_looked_at(
    week: Week, own_days: tuple[OwnDays, ...], moment: datetime
) -> None:
    office = OFFICE.model_copy(update={"hours": week})

    found = standing(office, own_days, moment)

    if found.state == "open":
        assert found.opens is None
        assert found.until is not None and found.until > moment
        assert standing(office, own_days, found.until).state != "open"
    elif found.opens is not None:
        assert found.opens > moment
        assert standing(office, own_days, found.opens).state == "open"
        just_before = standing(office, own_days, found.opens - timedelta(seconds=1))
        assert just_before.state != "open"
    else:
        dates = [moment.date() + timedelta(days=n) for n in range(1, LOOK_AHEAD_DAYS + 1)]
        assert all(opening.plan(office, own_days, day).hours is None for day in dates)


@given(week=WEEKS, moment=MOMENT)
def test_numbers_are_never_given_on_a_closed_day(week: Week, moment: datetime) -> None:
    found = standing(OFFICE.model_copy(update={"hours": week}), (), moment)

    if found.closed_all_day:
        assert (found.state, found.tickets, found.minutes_left) == ("closed", False, None)
