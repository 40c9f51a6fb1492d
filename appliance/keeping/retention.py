"""Erasing what is not needed any more: which class of data, after which time, how. Each run is noted.

The calendar alone erases nothing. A clock may be years ahead and call itself synchronised; so the eraser goes
by the service days too: ten days with visitors must lie within the last thirty, or it goes by an earlier
date, thirty days after the tenth newest of them. However wrong the clock, nothing goes more than a few weeks
before its time; and nothing at all before there have been ten days with visitors.
"""

from __future__ import annotations

import calendar
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from appliance.clock import EARLIEST, Moment, Quality
from appliance.keeping import own_words, totals
from appliance.office import Office
from appliance.store import Store, Transaction

NIGHT_HOUR = 2  # local time from which the night's work is done, or later when the machine was off
WITNESSES = 10  # service days with visitors that must bear the calendar out
WITHIN_DAYS = 30

_ROW_DAYS = "SELECT id FROM visit WHERE day_id <= :day"
_LINKED = "deposit.closed IS NOT NULL AND deposit.visit_id IS NOT NULL AND deposit.day_id <= :day"
_REASONED = "reason IS NOT NULL AND visit_id IS NULL AND asked < :before"
_OF_OLD_DAYS = "date IN (SELECT date FROM service_day WHERE id <= :day)"
_ON_THE_WAY = (  # to a central server that was ever reached
    "SELECT rating_id FROM outbox WHERE rating_id IS NOT NULL AND state IN ('due', 'parked')"
    " AND EXISTS (SELECT 1 FROM device WHERE stored IS NOT NULL)"
)
_STILL_HERE = "SELECT visit_id FROM deposit WHERE closed IS NULL"
_LOCKER_LOG = f"visit_id IN ({_ROW_DAYS}) AND visit_id NOT IN ({_STILL_HERE})"


IDENTITY = (  # what erases the identity of all visits up to a service day, also in a copy
    f"UPDATE guest_facts SET birth_year = NULL WHERE birth_year IS NOT NULL AND visit_id IN ({_ROW_DAYS})",
    "UPDATE visit SET needs_help = 0 WHERE needs_help AND day_id <= :day",
    f"DELETE FROM guest WHERE visit_id IN ({_ROW_DAYS})",
)


@dataclass(frozen=True, slots=True)
class Period:
    """How long something is kept."""

    months: int = 0
    days: int = 0

    def before(self, today: date) -> date:
        """What belongs to an earlier day than this has been kept long enough."""
        return months_before(today, self.months) - timedelta(days=self.days)

    def __str__(self) -> str:
        return f"{self.months} months" if self.months else f"{self.days} days"


@dataclass(frozen=True, slots=True)
class FieldClass:
    """One class of data. `due` counts what is to go; each statement knows `:day`, `:before` and `:seq`."""

    key: str
    period: Callable[[Office], Period]
    due: str
    erase: tuple[str, ...] = ()
    by_day: Callable[[Transaction, Office, int], None] | None = None  # for a service day at a time


CLASSES: tuple[FieldClass, ...] = (
    FieldClass(
        "identity",
        lambda office: Period(months=office.guest_book.retention_months),
        f"SELECT (SELECT count(*) FROM guest WHERE visit_id IN ({_ROW_DAYS})) + {own_words.DUE}",
        (*IDENTITY, *own_words.ERASE, "DELETE FROM guest_erased WHERE day_id <= :day"),
    ),
    FieldClass(
        "deposits",
        lambda office: Period(days=office.retention.deposits_days),
        f"SELECT (SELECT count(*) FROM deposit WHERE {_LINKED})"
        f" + (SELECT count(*) FROM unlock WHERE {_LOCKER_LOG})"
        f" + (SELECT count(*) FROM unlock WHERE {_REASONED})"
        " + (SELECT count(*) FROM named_left WHERE day_id <= :day)",
        (
            "DELETE FROM named_left WHERE day_id <= :day",
            # Times of the very minute would find the visit again: the day is enough.
            "UPDATE deposit SET visit_id = NULL, opened = day.opened, closed = day.opened"
            f" FROM service_day AS day WHERE day.id = deposit.day_id AND {_LINKED}",
            f"UPDATE journal SET visit_id = NULL WHERE {_LOCKER_LOG}"
            " AND (kind GLOB 'deposit.*' OR kind GLOB 'unlock.*')",
            f"UPDATE unlock SET visit_id = NULL, reason = NULL WHERE {_LOCKER_LOG}",
            f"UPDATE unlock SET reason = NULL WHERE {_REASONED}",
            "DELETE FROM print_job WHERE kind = 'locker_slip' AND copy_of IS NOT NULL"
            f" AND state NOT IN ('queued', 'printing') AND {_LOCKER_LOG}",
            "DELETE FROM print_job WHERE kind = 'locker_slip' AND state NOT IN ('queued', 'printing')"
            f" AND {_LOCKER_LOG} AND id NOT IN (SELECT copy_of FROM print_job WHERE copy_of IS NOT NULL)",
        ),
    ),
    FieldClass(
        "staff_actions",
        lambda office: Period(months=office.retention.staff_actions_months),
        "SELECT (SELECT count(*) FROM journal WHERE seq < :seq)"
        " + (SELECT count(*) FROM call WHERE day_id <= :day)"
        " + (SELECT count(*) FROM day_end WHERE day_id <= :day)",
        (
            "UPDATE journal_mark SET kept_from = max(kept_from, :seq)",
            "DELETE FROM journal WHERE seq < :seq",
            "DELETE FROM call WHERE day_id <= :day",
            "DELETE FROM day_end WHERE day_id <= :day",
            "DELETE FROM unlock WHERE visit_id IS NULL AND asked < :before",
            "DELETE FROM locker_test WHERE at < :before",
            "DELETE FROM retention_run WHERE date < :before",
        ),
    ),
    FieldClass(
        "visits",
        lambda office: Period(months=office.retention.visits_months),
        f"SELECT count(*) FROM visit WHERE day_id <= :day AND id NOT IN ({_STILL_HERE})",
        by_day=totals.take_down,
    ),
    FieldClass(
        "consent",
        lambda office: Period(months=office.retention.visits_months + office.retention.consent_months_more),
        "SELECT count(*) FROM consent WHERE day_id <= :day",
        ("DELETE FROM consent WHERE day_id <= :day",),
    ),
    FieldClass(
        "ratings",
        lambda office: Period(months=office.retention.ratings_months),
        f"SELECT (SELECT count(*) FROM rating WHERE {_OF_OLD_DAYS} AND id NOT IN ({_ON_THE_WAY}))"
        f" + (SELECT count(*) FROM survey WHERE {_OF_OLD_DAYS})",
        (
            f"DELETE FROM rating WHERE {_OF_OLD_DAYS} AND id NOT IN ({_ON_THE_WAY})",
            f"DELETE FROM survey WHERE {_OF_OLD_DAYS}",
            "DELETE FROM outbox WHERE kind = 'rating' AND rating_id NOT IN (SELECT id FROM rating)",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Due:
    """What of one class has been kept long enough: all up to a service day."""

    kind: FieldClass
    before: date
    day: int  # 0: there is no such day
    seq: int
    count: int

    @property
    def values(self) -> dict[str, str | int]:
        """For the statements of the class."""
        return {"day": self.day, "before": self.before.isoformat(), "seq": self.seq}


# ---------------------------------------------------------------------------------------- what is due


def doubt(db: sqlite3.Connection, office: Office, now: Moment) -> str | None:
    """Why nothing can be erased by this clock; None when something can."""
    if now.quality is Quality.STALE:
        return "nobody vouches for the clock"
    if now.local_date(office.zone) < EARLIEST:
        return "the clock has not been set"
    if believed(db, office, now) is None:
        return f"there have not been {WITNESSES} service days with visitors yet"
    return None


def believed(db: sqlite3.Connection, office: Office, now: Moment) -> date | None:
    """The date that the eraser goes by: the calendar's, or an earlier one that the service days bear out."""
    today = now.local_date(office.zone)
    row = db.execute(
        "SELECT date FROM service_day WHERE date <= ?"
        " AND EXISTS (SELECT 1 FROM visit WHERE day_id = service_day.id)"
        " ORDER BY date DESC LIMIT 1 OFFSET ?",
        (today.isoformat(), WITNESSES - 1),
    ).fetchone()
    return min(today, date.fromisoformat(row["date"]) + timedelta(days=WITHIN_DAYS)) if row else None


def due(db: sqlite3.Connection, office: Office, now: Moment) -> list[Due]:
    """What can be erased now, of each class; nothing when the clock is in doubt."""
    today = believed(db, office, now)
    if today is None or doubt(db, office, now) is not None:
        return []
    return [_due(db, kind, kind.period(office).before(today)) for kind in CLASSES]


def _due(db: sqlite3.Connection, kind: FieldClass, before: date) -> Due:
    day = last_day_before(db, before)
    found = Due(kind, before, day, _first_row_after(db, day), 0)
    (count,) = db.execute(kind.due, found.values).fetchone()
    return Due(kind, before, day, found.seq, count)


def last_day_before(db: sqlite3.Connection, before: date) -> int:
    """The newest service day that is older than this date, 0 where none is.

    Days follow each other by their ids. One that was opened by a clock that was ahead is no younger than the
    day that was opened after it.
    """
    earliest, last = date.max, 0
    for row in db.execute("SELECT id, date FROM service_day ORDER BY id DESC"):
        earliest = min(earliest, date.fromisoformat(row["date"]))
        if earliest < before:
            last = row["id"]
            break
    return last


def _first_row_after(db: sqlite3.Connection, day: int) -> int:
    """The journal's row that opened the first service day after this one; 0 when nothing can go."""
    if day == 0:
        return 0
    row = db.execute(
        "SELECT min(seq) FROM journal WHERE kind = 'day.opened'"
        " AND facts ->> 'date' IN (SELECT date FROM service_day WHERE id > ?)",
        (day,),
    ).fetchone()
    return row[0] or 0


# ---------------------------------------------------------------------------------------- erasing


def erase(tx: Transaction, found: Due) -> None:
    """Erase what is due of one class."""
    for statement in found.kind.erase:
        tx.db.execute(statement, found.values)


def days_of_visits(db: sqlite3.Connection, found: Due) -> list[int]:
    """The service days whose visits are due, oldest first."""
    rows = db.execute("SELECT DISTINCT day_id FROM visit WHERE day_id <= ? ORDER BY day_id", (found.day,))
    return [row["day_id"] for row in rows]


def run(store: Store, office: Office) -> list[Due]:
    """Erase all that is due, and note it. Each class, and each day's visits, is a transaction of its own."""
    found = store.read(due, office, store.now())
    for one in found:
        if one.count == 0:
            continue
        if one.kind.by_day is not None:
            for day in store.read(days_of_visits, one):
                store.write(one.kind.by_day, office, day)
        store.write(erase, one)
    if found:
        store.write(note_run, office, found)
    return found


def identity_before(db: sqlite3.Connection) -> date | None:
    """The date before which names have been erased; None when none ever were."""
    row = db.execute("SELECT max(before) FROM retention_run WHERE class = 'identity'").fetchone()
    return date.fromisoformat(row[0]) if row[0] else None


def note_run(tx: Transaction, office: Office, done: list[Due]) -> None:
    """Note what this run has erased: how many of which class, before which date; never what."""
    today = tx.now.local_date(office.zone).isoformat()
    for one in done:
        tx.db.execute(
            "INSERT INTO retention_run (at, date, class, before, count) VALUES (?, ?, ?, ?, ?)",
            (tx.now.stamp(), today, one.kind.key, one.before.isoformat(), one.count),
        )
    if any(one.count for one in done):
        tx.record("retention.ran", **{one.kind.key: one.count for one in done})


def ran_on(db: sqlite3.Connection, day: date) -> bool:
    """Whether the eraser has run on this calendar day."""
    row = db.execute("SELECT 1 FROM retention_run WHERE date = ? LIMIT 1", (day.isoformat(),)).fetchone()
    return row is not None


@dataclass(frozen=True, slots=True)
class Run:
    """What one run erased of one class."""

    at: Moment
    kind: str
    before: date
    count: int


def runs(db: sqlite3.Connection, most: int) -> list[Run]:
    """The newest lines of the eraser's own log."""
    rows = db.execute("SELECT * FROM retention_run ORDER BY id DESC LIMIT ?", (most,))
    return [
        Run(Moment.parse(row["at"]), row["class"], date.fromisoformat(row["before"]), row["count"])
        for row in rows
    ]


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last day of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last_of_month = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last_of_month))
