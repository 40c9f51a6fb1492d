"""The administrator's pages: how the appliance is, accounts, guests' rights, what happened.

For administrators only; each view says so by its decorator.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import __version__, config_text, days, journal, printing
from appliance.clock import EARLIEST, Moment
from appliance.errors import ClockImplausible
from appliance.front_desk import FrontDesk
from appliance.journal import Line
from appliance.keeping import recovery
from appliance.keeping.rescue import Rescue
from appliance.lan import standing as lan_standing
from appliance.printing import Job
from web import access, desk_status
from web.admin_accounts import accounts
from web.admin_central import central
from web.admin_check import check
from web.admin_copies import copies, days_without_copy, made_in_words
from web.admin_guests import guests
from web.admin_hours import hours
from web.admin_walk import walk
from web.parts import front_desk

admin = Blueprint("admin", __name__, url_prefix="/admin")
admin.register_blueprint(accounts)
admin.register_blueprint(central)
admin.register_blueprint(check)
admin.register_blueprint(guests)
admin.register_blueprint(copies)
admin.register_blueprint(hours)
admin.register_blueprint(walk)

JOURNAL_LINES = 50

# What an action that ended well says on the overview, by the code in its address.
_SAID = {
    "set_up": "setup.done",
    "date_confirmed": "admin.date_confirmed",
    "test_asked": "admin.test_asked",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How the appliance is, as of one moment."""

    now: Moment
    day: date | None
    doubted: bool
    can_confirm: bool
    test: Job | None
    papers: int
    restored: Rescue | None  # the data were put back, and nobody has compared yet
    made: str  # when the copy was made that was put back
    without_copy: int  # days without a good copy; 0 while that is nothing to worry about


# ------------------------------------------------------------------------------------ overview


@admin.get("/")
@access.for_administrators
def overview() -> ResponseReturnValue:
    """How the appliance is, and what to do about it."""
    return _overview(_SAID.get(request.args.get("said", "")))


@admin.get("/standing")
@access.for_administrators
def standing() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("admin/standing.html", **_standing())


@admin.post("/date")
@access.for_administrators
def confirm_date() -> ResponseReturnValue:
    """The administrator says that the date is right: exactly the one that stood on the page."""
    desk = front_desk()
    if request.form.get("date") != _today(desk).isoformat():
        return _overview(problem="admin.date_changed"), 409
    try:
        desk.store.write(days.confirm, desk.office.zone, access.me().member.id)
    except ClockImplausible:
        return _overview(problem="admin.date_impossible"), 409
    return redirect(url_for("admin.overview", said="date_confirmed"), 303)


@admin.post("/test-print")
@access.for_administrators
def test_print() -> ResponseReturnValue:
    """Ask for a test page; the printer takes it when it can."""
    front_desk().store.write(printing.ask_test, staff=access.me().member.id)
    return redirect(url_for("admin.overview", said="test_asked"), 303)


def _overview(said: str | None = None, problem: str | None = None) -> str:
    return render_template(
        "admin/overview.html", said=said, problem=problem, version=__version__, **_standing()
    )


def _standing() -> dict[str, object]:
    desk = front_desk()
    lan = lan_standing.result(desk.config.lan, desk.clock.now().wall) if desk.config.lan else None
    return {
        "lan": lan,
        "status": desk_status.look(desk),
        "at": desk.store.read(_look, desk),
        "today": _today(desk),
    }


def _look(db: sqlite3.Connection, desk: FrontDesk) -> Standing:
    now, day = desk.clock.now(), days.current(db)
    return Standing(
        now=now,
        day=day.date if day else None,
        doubted=days.doubt(db, now, desk.office.zone) is not None,
        can_confirm=now.local_date(desk.office.zone) >= EARLIEST,
        test=printing.newest(db, "test"),
        papers=printing.waiting_count(db),
        restored=recovery.open_matter(db),
        made=made_in_words(desk, recovery.open_matter(db)),
        without_copy=days_without_copy(desk, db),
    )


def _today(desk: FrontDesk) -> date:
    return desk.clock.now().local_date(desk.office.zone)


# ------------------------------------------------------------------------------------ to be read


@admin.get("/configuration")
@access.for_administrators
def configuration() -> ResponseReturnValue:
    """The configuration in force. It holds no secrets; what differs from the defaults stands first."""
    config = front_desk().config
    return render_template(
        "admin/configuration.html",
        changed=config_text.show(config, only_changed=True),
        whole=config_text.show(config),
    )


@admin.get("/journal")
@access.for_administrators
def happenings() -> ResponseReturnValue:
    """What happened today: kinds, numbers and staff, no guests."""
    return render_template("admin/journal.html", lines=_lines_of_today(), most=JOURNAL_LINES)


@admin.get("/journal/now")
@access.for_administrators
def happenings_now() -> ResponseReturnValue:
    """The same, for the page that keeps itself fresh."""
    return render_template("admin/journal_now.html", lines=_lines_of_today(), most=JOURNAL_LINES)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the journal's page."""

    time: datetime
    key: str | None  # of its words
    line: Line
    about: str  # a locker, a desk, a service


def _lines_of_today() -> list[Happening]:
    desk = front_desk()
    newest = desk.store.read(journal.latest, JOURNAL_LINES)
    today = _today(desk)
    return [_happening(desk, line) for line in newest if line.entry.at.local_date(desk.office.zone) == today]


def _happening(desk: FrontDesk, line: Line) -> Happening:
    key = f"event.{line.entry.kind}"
    return Happening(
        time=line.entry.at.wall.astimezone(desk.office.zone),
        key=key if key in desk.wording else None,
        line=line,
        about=line.entry.facts.get("locker") or "",
    )
