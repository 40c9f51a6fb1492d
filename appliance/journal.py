"""What happened, append-only: audit, live updates and (later) outbox in one.

Rows carry kinds and ids, never personal data. The order of the rows is the order of events, whatever the
wall clock did.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.clock import Moment

Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    seq: int
    at: Moment
    kind: str
    visit_id: int | None
    staff_id: int | None
    facts: dict[str, Any]


def append(
    db: sqlite3.Connection,
    now: Moment,
    kind: str,
    *,
    visit: int | None,
    staff: int | None,
    facts: Mapping[str, Fact],
) -> int:
    """Write one row and give its number; `kind` is a noun and a past participle, `ticket.issued`."""
    row = db.execute(
        "INSERT INTO journal (at, quality, kind, visit_id, staff_id, facts) VALUES (?, ?, ?, ?, ?, ?)",
        (now.stamp(), now.quality.value, kind, visit, staff, json.dumps(facts, ensure_ascii=False)),
    )
    return row.lastrowid or 0


def newest_moment(db: sqlite3.Connection) -> Moment | None:
    """When the newest row was written, by the clocks of that time."""
    row = db.execute("SELECT at FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Moment.parse(row["at"]) if row else None


def last_seq(db: sqlite3.Connection) -> int:
    """The number of the newest row, 0 when there is none."""
    row = db.execute("SELECT max(seq) FROM journal").fetchone()
    return row[0] or 0


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as people read it: with the visitor's number and the name of who did it."""

    entry: Entry
    number: str | None
    who: str | None


def latest(db: sqlite3.Connection, count: int) -> list[Line]:
    """The newest entries, newest first."""
    rows = db.execute(
        "SELECT journal.*, ticket.letter || printf('%03d', ticket.number) AS number, staff.name AS who"
        " FROM journal LEFT JOIN ticket USING (visit_id) LEFT JOIN staff ON staff.id = journal.staff_id"
        " ORDER BY seq DESC LIMIT ?",
        (count,),
    )
    return [Line(_entry(row), row["number"], row["who"]) for row in rows]


def of_visit(db: sqlite3.Connection, visit_id: int) -> list[Entry]:
    """All that happened in one visit, oldest first."""
    rows = db.execute("SELECT * FROM journal WHERE visit_id = ? ORDER BY seq", (visit_id,))
    return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        row["seq"],
        Moment.parse(row["at"]),
        row["kind"],
        row["visit_id"],
        row["staff_id"],
        json.loads(row["facts"]),
    )
