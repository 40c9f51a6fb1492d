"""The administrator's page of copies: what there is, one more, and what to compare after one was put back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.keeping import recovery, retention
from appliance.keeping.rescue import Rescue
from appliance.store import Transaction
from web import access
from web.context import clock_time, long_date
from web.parts import front_desk

copies = Blueprint("copies", __name__, url_prefix="/copies")

RUN_LINES = 12  # of the eraser's log: two nights

_SAID = {"asked": "keeping.asked", "compared": "keeping.compared_said"}


@dataclass(frozen=True, slots=True)
class Line:
    """One copy, as the page shows it."""

    made: datetime
    days: int
    kind: str
    visits: int
    megabytes: str
    good: bool


@copies.get("")
@access.for_administrators
def overview() -> ResponseReturnValue:
    """All copies, and what was erased in the last nights."""
    return render_template("admin/copies.html", said=_SAID.get(request.args.get("said", "")), **_now())


@copies.get("/now")
@access.for_administrators
def now() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("admin/copies_now.html", **_now())


@copies.post("/ask")
@access.for_administrators
def ask() -> ResponseReturnValue:
    """Have a copy made now; its thread does it."""
    desk = front_desk()
    desk.store.write(_note_asked, access.me().member.id)
    desk.copies.ask()
    return redirect(url_for("admin.copies.overview", said="asked"), 303)


@copies.post("/compared")
@access.for_administrators
def compared() -> ResponseReturnValue:
    """The administrator has compared lockers, cards and numbers after the data were put back."""
    try:
        front_desk().store.write(recovery.compared, staff=access.me().member.id)
    except NotNow:
        return redirect(url_for("admin.copies.overview"), 303)
    return redirect(url_for("admin.copies.overview", said="compared"), 303)


def _note_asked(tx: Transaction, staff: int) -> None:
    tx.record("copy.asked", staff=staff)


def _now() -> dict[str, object]:
    desk = front_desk()
    today = desk.clock.now().local_date(desk.office.zone)
    return {
        "lines": [
            Line(
                made=datetime.fromisoformat(one.manifest.made),
                days=max((today - date.fromisoformat(one.manifest.day)).days, 0),
                kind=one.manifest.kind,
                visits=one.manifest.rows.get("visit", 0),
                megabytes=f"{one.manifest.bytes / 1e6:.1f}",
                good=one.looks_good,
            )
            for one in desk.copies.all()
        ],
        "at": desk.store.read(_look, desk),
        "runs": desk.store.read(retention.runs, RUN_LINES),
        "doubt": desk.store.read(retention.doubt, desk.office, desk.clock.now()),
    }


@dataclass(frozen=True, slots=True)
class Matters:
    """What an administrator must do."""

    restored: Rescue | None
    made: str
    without_copy: int


def _look(db: sqlite3.Connection, desk: FrontDesk) -> Matters:
    restored = recovery.open_matter(db)
    return Matters(restored, made_in_words(desk, restored), days_without_copy(desk, db))


def made_in_words(desk: FrontDesk, restored: Rescue | None) -> str:
    """When the copy was made that was put back."""
    if restored is None or restored.made is None:
        return "?"
    made = datetime.fromisoformat(restored.made)
    return f"{long_date(made.astimezone(desk.office.zone).date())}, {clock_time(made)}"


def days_without_copy(desk: FrontDesk, db: sqlite3.Connection) -> int:
    """Days without a good copy, once they are too many; else 0."""
    row = db.execute("SELECT min(date) FROM service_day").fetchone()
    first = date.fromisoformat(row[0]) if row[0] else None
    today = desk.clock.now().local_date(desk.office.zone)
    return desk.copies.days_without(today, first) if desk.copies.is_late(today, first) else 0
