"""The centre's own view: how many came to which office on which day, and what was last heard of each office.

Internal: behind a log-in, and each page says that numbers below three are not for publication.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from appliance.central import counts, offices
from appliance.central.counts import FEW, DayCount
from appliance.central.offices import Office
from web.central.failures import refuse
from web.central.parts import receiver
from web.central.words import text

pages = Blueprint("central", __name__)

DAYS_OF_ALL = 14  # in the bars of all offices together
DAYS_OF_EACH = 7  # in the table of offices
DAYS_OF_ONE = 31
QUIET = timedelta(days=1)  # an office that was not heard for longer may have no network
LOST = timedelta(days=7)  # for so long no office is closed
_POLL_S = 15
# The day that has begun somewhere in Indonesia: no visit is of tomorrow.
_EAST = ZoneInfo("Asia/Jayapura")


@dataclass(frozen=True, slots=True)
class Bar:
    """A day, how many came, and of what the longest bar is."""

    day: date
    visits: int
    served: int
    longest: int


@dataclass(frozen=True, slots=True)
class Line:
    """An office in the table of all."""

    office: Office
    heard: Heard
    days: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Heard:
    """When an office was last heard: in words, and how that looks."""

    words: str
    state: str


@pages.before_request
def _log_in() -> None:
    """A name and a password that `frontdesk central viewer` made. A browser asks for them by itself."""
    if receiver().open_pages:
        return
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        refuse(HTTPStatus.UNAUTHORIZED, "log in")
    fingerprint = offices.fingerprint(f"{given.username}:{given.password}")
    with receiver().intake.archive.db.reading() as session:
        found = offices.holder_of(session, "viewer", fingerprint)
    if found is None or not found[1]:
        refuse(HTTPStatus.UNAUTHORIZED, "log in")


@pages.context_processor
def _everywhere() -> dict[str, Any]:
    return {"few": FEW}


@pages.get("/")
def overview() -> str:
    """All offices."""
    return render_template("central/overview.html", poll_seconds=_POLL_S, **_overview())


@pages.get("/now")
def overview_now() -> str:
    """The part of it that changes."""
    return render_template("central/overview_now.html", **_overview())


@pages.get("/offices/<domain>")
def office(domain: str) -> str:
    """One office, day by day."""
    days = counts.days(_today(), DAYS_OF_ONE)
    with receiver().intake.archive.db.reading() as session:
        known = {one.domain: one for one in offices.everyone(session)}
        if domain not in known:
            abort(404)
        found = counts.of_days(session, days[0], days[-1], domain)
    return render_template(
        "central/office.html", office=known[domain], heard=_heard(known[domain]), bars=_bars(days, found)
    )


def _overview() -> Mapping[str, object]:
    days = counts.days(_today(), DAYS_OF_ALL)
    with receiver().intake.archive.db.reading() as session:
        found = counts.of_days(session, days[0], days[-1])
        everyone = offices.everyone(session)
        totals = counts.totals(session)
    return {
        "totals": totals,
        "bars": _bars(days, found),
        "days": days[-DAYS_OF_EACH:],
        "lines": _lines(everyone, days[-DAYS_OF_EACH:], found),
    }


def _lines(everyone: Iterable[Office], days: Sequence[date], found: Iterable[DayCount]) -> list[Line]:
    by_office: dict[str, list[DayCount]] = defaultdict(list)
    for one in found:
        by_office[one.domain].append(one)
    return [Line(office, _heard(office), _bars(days, by_office[office.domain])) for office in everyone]


def _bars(days: Sequence[date], found: Iterable[DayCount]) -> list[Bar]:
    """One bar a day; counts of several offices are added up."""
    visits: dict[str, int] = defaultdict(int)
    served: dict[str, int] = defaultdict(int)
    for one in found:
        visits[one.day] += one.visits
        served[one.day] += one.served
    longest = max((visits[day.isoformat()] for day in days), default=0)
    return [Bar(day, visits[day.isoformat()], served[day.isoformat()], longest) for day in days]


def _heard(office: Office) -> Heard:
    if office.heard is None:
        return Heard(text("receiver.never"), "off")
    age = max(datetime.now(UTC) - office.heard, timedelta())
    state = "good" if age <= QUIET else "wait" if age <= LOST else "bad"
    return Heard(_age(age), state)


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return text("receiver.just_now")
    if minutes < 60:
        return text("receiver.minutes_ago", n=minutes)
    if minutes < 48 * 60:
        return text("receiver.hours_ago", n=minutes // 60)
    return text("receiver.days_ago", n=age.days)


def _today() -> date:
    return datetime.now(_EAST).date()
