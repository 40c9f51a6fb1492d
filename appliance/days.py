"""The service day is a row, not `date.today()`: numbers begin anew with it, and an odd clock cannot open it.

At most one day is open. It ends when the calendar in the office's zone turns its page. A clock that is set
while the day is open turns no page: the day began when it began, and only its date is corrected, so that
nobody who waits is sent away by it. Where that cannot be (the date is that of another day, the clock was
never set, the machine was restarted meanwhile) a clock that went back gives no numbers until it is right or
an administrator says that it is.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from appliance.clock import EARLIEST, Moment
from appliance.errors import ClockImplausible
from appliance.store import Transaction


@dataclass(frozen=True, slots=True)
class Day:
    """One day of service."""

    id: int
    date: date


def current(db: sqlite3.Connection) -> Day | None:
    """The open day, if there is one."""
    row = db.execute("SELECT id, date FROM service_day WHERE closed IS NULL").fetchone()
    return Day(row["id"], date.fromisoformat(row["date"])) if row else None


def today(tx: Transaction, zone: ZoneInfo) -> Day:
    """The open day, after turning the page where the calendar has. Raises ClockImplausible."""
    calendar = tx.now.local_date(zone)
    day = current(tx.db)
    if day is not None and day.date == calendar:
        return day
    if day is not None and follows_the_clock(tx.db, tx.now, zone):
        return _redate(tx, day, calendar)
    why_not = doubt(tx.db, tx.now, zone)
    if why_not:
        raise ClockImplausible(why_not)
    if day is not None:
        close(tx, day)
    return _begin(tx, calendar)


def end_if_over(tx: Transaction, zone: ZoneInfo) -> None:
    """Close the open day when the calendar has moved on; the next one opens with its first visitor.

    A clock that was set ends nothing: the day gets its right date.
    """
    day = current(tx.db)
    if day is not None and follows_the_clock(tx.db, tx.now, zone):
        _redate(tx, day, tx.now.local_date(zone))
    elif day is not None and tx.now.local_date(zone) > day.date:
        close(tx, day)


def follows_the_clock(db: sqlite3.Connection, now: Moment, zone: ZoneInfo) -> bool:
    """Whether the open day has another date only because the clock was set since it began.

    The monotonic clock tells how long ago that was; so the calendar of now tells which date it was.
    """
    row = db.execute("SELECT date, opened FROM service_day WHERE closed IS NULL").fetchone()
    calendar = now.local_date(zone)
    if row is None or calendar < EARLIEST or row["date"] == calendar.isoformat():
        return False
    began = Moment.parse(row["opened"])
    if began.boot != now.boot or began.dated_by(now).astimezone(zone).date() != calendar:
        return False
    return db.execute("SELECT 1 FROM service_day WHERE date = ?", (calendar.isoformat(),)).fetchone() is None


def doubt(db: sqlite3.Connection, now: Moment, zone: ZoneInfo) -> str | None:
    """Why no number can be given by this clock; None when one can."""
    day = current(db)
    if day is not None and (day.date == now.local_date(zone) or follows_the_clock(db, now, zone)):
        return None
    return doubts(now, zone, day.date if day else _newest(db))


def doubts(now: Moment, zone: ZoneInfo, newest: date | None) -> str | None:
    """Why this wall clock cannot be right; None when nothing speaks against it."""
    calendar = now.local_date(zone)
    if calendar < EARLIEST:
        return f"the clock says {calendar}: it has not been set"
    if newest is not None and calendar < newest:
        return f"the clock says {calendar}, but the day of service is {newest}"
    return None


def confirm(tx: Transaction, zone: ZoneInfo, staff: int) -> Day:
    """An administrator says that the calendar is right although it went back: open its day.

    Raises ClockImplausible for a clock that was never set, since nobody can be right about that.
    """
    calendar = tx.now.local_date(zone)
    doubt = doubts(tx.now, zone, None)
    if doubt:
        raise ClockImplausible(doubt)
    day = current(tx.db)
    if day is not None and day.date == calendar:
        return day
    if day is not None:
        close(tx, day)
    tx.record("clock.confirmed", staff=staff, date=calendar.isoformat())
    return _begin(tx, calendar)


def close(tx: Transaction, day: Day) -> None:
    """End a day: what is open in it is closed by the system, links die, waiting paper is not printed.

    Cards and bags that are still here stay on the books: nothing is released by a timer.
    """
    stamp = tx.now.stamp()
    open_visits = "SELECT id FROM visit WHERE day_id = :day AND closed IS NULL"
    left = tx.db.execute(f"SELECT count(*) FROM ({open_visits})", {"day": day.id}).fetchone()[0]
    for statement in (
        f"UPDATE ticket SET state = 'closed_by_system' WHERE visit_id IN ({open_visits})"
        " AND state NOT IN ('done', 'no_show', 'cancelled')",
        "UPDATE print_job SET state = 'failed', problem = 'day_closed', ended = :now"
        " WHERE state = 'queued' AND visit_id IN (SELECT id FROM visit WHERE day_id = :day)",
        "UPDATE call SET voice = 'skipped' WHERE voice = 'queued' AND day_id = :day",
        "UPDATE visit SET state = 'closed_by_system', closed = :now, reason = 'day_closed'"
        " WHERE day_id = :day AND closed IS NULL",
        # Who has rated is forgotten with the day: it would link the few visits of a day to its few ratings.
        "UPDATE visit SET token = NULL, rating = 'open', survey = 'open', needs_help = 0 WHERE day_id = :day",
        "UPDATE service_day SET closed = :now WHERE id = :day",
    ):
        tx.db.execute(statement, {"day": day.id, "now": stamp})
    tx.record("day.closed", date=day.date.isoformat(), open_visits=left)


def _begin(tx: Transaction, calendar: date) -> Day:
    """Open the day of this date, again if it was open before."""
    row = tx.db.execute(
        "INSERT INTO service_day (date, opened) VALUES (?, ?)"
        " ON CONFLICT (date) DO UPDATE SET closed = NULL RETURNING id",
        (calendar.isoformat(), tx.now.stamp()),
    ).fetchone()
    tx.record("day.opened", date=calendar.isoformat())
    return Day(row["id"], calendar)


def _redate(tx: Transaction, day: Day, calendar: date) -> Day:
    """The clock was set: the day that goes on is that of another date."""
    tx.db.execute("UPDATE service_day SET date = ? WHERE id = ?", (calendar.isoformat(), day.id))
    tx.record("day.redated", date=calendar.isoformat(), was=day.date.isoformat())
    return Day(day.id, calendar)


def _newest(db: sqlite3.Connection) -> date | None:
    """The day that was opened last. Not the latest date: a clock may have been years ahead for a while."""
    row = db.execute(
        "SELECT facts FROM journal WHERE kind IN ('day.opened', 'day.redated') ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return date.fromisoformat(json.loads(row["facts"])["date"]) if row else None
