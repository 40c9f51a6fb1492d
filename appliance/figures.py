"""The front desk in numbers, for whoever watches many of them: today's counts, and what is open now.

Each query walks an index or only today's rows, so that years of old visits cost nothing.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import takewhile
from typing import Literal

from appliance import board, days, journal
from appliance.clock import Moment
from appliance.office import Office


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts at one moment. "Today" is the open service day; for paper and doors, the calendar day."""

    issued: Mapping[str, int]  # numbers given today, by service
    waiting: Mapping[str, int]  # people in line, by service
    open_visits: Mapping[str, int]  # by state
    bags: int
    cards: int
    sla_met: int
    sla_missed: int
    print_jobs: Mapping[str, int]  # by state: waiting now, ended today
    unlocks: Mapping[str, int]  # of today, by outcome
    journal_seq: int


def count(db: sqlite3.Connection, office: Office, now: Moment) -> Figures:
    """All counts, in one snapshot."""
    day = days.current(db)
    day_id = day.id if day else None
    met, missed = _sla(db, day_id, office.sla.minutes * 60)
    bags, cards = db.execute(
        "SELECT count(locker), count(pocket) FROM deposit WHERE closed IS NULL"
    ).fetchone()
    midnight = _midnight(office, now)
    return Figures(
        issued=_issued(db, office, day_id),
        waiting=board.waiting(db),
        open_visits=_by(db, "SELECT state, count(*) FROM visit WHERE closed IS NULL GROUP BY state"),
        bags=bags,
        cards=cards,
        sla_met=met,
        sla_missed=missed,
        print_jobs=_print_jobs(db, midnight),
        unlocks=_states_since(db, "unlock", midnight),
        journal_seq=journal.last_seq(db),
    )


def _issued(db: sqlite3.Connection, office: Office, day_id: int | None) -> dict[str, int]:
    given = _by(db, "SELECT letter, last FROM queue_counter WHERE day_id = ?", day_id)
    return {service.key: given.get(service.letter, 0) for service in office.services}


def _sla(db: sqlite3.Connection, day_id: int | None, limit_s: int) -> tuple[int, int]:
    """Visits of today whose service began within the published time, and later than that."""
    met, missed = db.execute(
        "SELECT total(sla_s <= :limit), total(sla_s > :limit) FROM visit WHERE day_id = :day",
        {"limit": limit_s, "day": day_id},
    ).fetchone()
    return int(met), int(missed)


def _print_jobs(db: sqlite3.Connection, midnight: str) -> dict[str, int]:
    """What waits, however old it is, and what has ended since midnight."""
    ended = _states_since(db, "print_job", midnight)
    waiting = _by(
        db,
        "SELECT state, count(*) FROM print_job WHERE state IN ('queued', 'printing') GROUP BY state",
    )
    return {**ended, "queued": 0, "printing": 0, **waiting}


def _states_since(
    db: sqlite3.Connection, table: Literal["unlock", "print_job"], midnight: str
) -> dict[str, int]:
    """How many rows since midnight are in each state: from the newest back, as far as they are of today."""
    rows = db.execute(f"SELECT asked, state FROM {table} ORDER BY id DESC")
    return Counter(row["state"] for row in takewhile(lambda row: row["asked"] >= midnight, rows))


def _by(db: sqlite3.Connection, query: str, *values: int | None) -> dict[str, int]:
    return {row[0]: row[1] for row in db.execute(query, values)}


def _midnight(office: Office, now: Moment) -> str:
    """The beginning of the calendar day in the office's zone, as stamps begin."""
    midnight = datetime.combine(now.local_date(office.zone), time.min, office.zone)
    return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
