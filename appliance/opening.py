"""Whether the office is open at a moment, until when, why not, and when it opens again: a pure function.

What holds for a day, the strongest first:

    the office's own exception      entered on the admin page; it beats all, also to be open on a holiday
    national holiday, joint leave   from the package `holidays`, where the profile keeps them
    special hours                   of the profile: Ramadan, or days that are closed
    the week                        [hours] of the profile; a day that is not named is closed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from appliance import public_holidays
from appliance.office import Bilingual, Day, Office

LOOK_AHEAD_DAYS: Final = 60  # an office that does not open within them says so

Kind = Literal["week", "special", "public_holiday", "joint_leave", "exception"]
State = Literal["open", "pause", "closed"]


@dataclass(frozen=True, slots=True)
class OwnDays:
    """An exception that the office has made: these dates have these hours, or (None) it is closed."""

    id: int
    first: date
    last: date
    hours: Day | None
    reason: Bilingual


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for one day. `reason` is None where the week alone decides."""

    hours: Day | None
    kind: Kind
    reason: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the office stands at one moment. All times are of the office's zone.

    `until`: when this state ends; `opens`: when it opens next, None while it is open, and where it does not
    open within LOOK_AHEAD_DAYS; `closes`: when today's hours end, None once they have ended or where there
    are none. `tickets`: whether numbers are given.
    """

    at: datetime
    state: State
    until: datetime | None
    opens: datetime | None
    closes: datetime | None
    plan: Plan
    tickets: bool

    @property
    def closed_all_day(self) -> bool:
        """True on a day without any hours."""
        return self.plan.hours is None

    @property
    def minutes_left(self) -> int | None:
        """Whole minutes until today's hours end, the begun one counted; None outside of them."""
        if self.closes is None or self.state == "closed":
            return None
        return -int((self.at - self.closes).total_seconds() // 60)

    @property
    def key(self) -> tuple[State, datetime | None, datetime | None]:
        """What everybody sees of it: another one is news."""
        return self.state, self.until, self.closes


def plan(office: Office, own: Sequence[OwnDays], day: date) -> Plan:
    """What holds for this date; of two exceptions of the office the newer one."""
    exceptions = [one for one in own if one.first <= day <= one.last]
    if exceptions:
        newest = max(exceptions, key=lambda one: one.id)
        return Plan(newest.hours, "exception", newest.reason)
    for holiday in public_holidays.on(day):
        if _keeps(office, holiday.kind):
            return Plan(None, holiday.kind, Bilingual(id=holiday.name("id"), en=holiday.name("en")))
    special = office.special(day)
    hours = office.opening(day)
    return Plan(hours, "special", special.reason) if special else Plan(hours, "week")


def _keeps(office: Office, kind: public_holidays.Kind) -> bool:
    rules = office.opening_rules
    return rules.public_holidays if kind == "public_holiday" else rules.joint_leave


def standing(office: Office, own: Sequence[OwnDays], at: datetime) -> Standing:
    """How the office stands at this moment, which may be of any zone."""
    zone = office.zone
    at = at.astimezone(zone)
    today = plan(office, own, at.date())
    spans = _spans(today.hours, at.date(), zone)
    closes = spans[-1][1] if spans and at < spans[-1][1] else None
    for begins, ends in spans:
        if begins <= at < ends:
            return Standing(at, "open", ends, None, closes, today, tickets=True)
    opens = _next_opening(office, own, at)
    if spans and spans[0][0] <= at < spans[-1][1]:
        tickets = office.opening_rules.tickets_during_pause
        return Standing(at, "pause", opens, opens, closes, today, tickets=tickets)
    return Standing(at, "closed", opens, opens, closes, today, tickets=False)


def _next_opening(office: Office, own: Sequence[OwnDays], at: datetime) -> datetime | None:
    for days in range(LOOK_AHEAD_DAYS + 1):
        day = at.date() + timedelta(days=days)
        for begins, _ in _spans(plan(office, own, day).hours, day, office.zone):
            if begins > at:
                return begins
    return None


def _spans(hours: Day | None, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """When the desk is open on a day, the break taken out."""
    if hours is None:
        return []
    pause = hours.pause or (hours.close, hours.close)
    spans = ((hours.open, pause[0]), (pause[1], hours.close))
    return [(_at(day, begins, zone), _at(day, ends, zone)) for begins, ends in spans if begins < ends]


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)
