"""Photocopy forms and requests of a period. They are counted as long as there is a database, also when the
visits are too old to be kept: what was wanted is gone by then.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.reports.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Requested:
    """One kind of request: how many, how many were sent or answered, and how long that took."""

    asked: int
    done: int
    took: Spread


@dataclass(frozen=True, slots=True)
class Lending:
    """What a period had of both."""

    forms: int  # whose books went out
    consultation: Requested
    softcopy: Requested


def count_lending(db: sqlite3.Connection, values: Mapping[str, str | int]) -> Lending:
    """Of the days from `:first` to `:last`."""
    (forms,) = db.execute(
        "SELECT count(*) FROM service_day AS day JOIN photocopy ON photocopy.day_id = day.id"
        " WHERE photocopy.went_out IS NOT NULL AND day.date BETWEEN :first AND :last",
        values,
    ).fetchone()
    return Lending(forms, _requested(db, "consultation", values), _requested(db, "softcopy", values))


def _requested(db: sqlite3.Connection, kind: str, values: Mapping[str, str | int]) -> Requested:
    rows = db.execute(
        "SELECT inquiry.state, inquiry.took_s FROM service_day AS day JOIN inquiry ON inquiry.day_id = day.id"
        " WHERE inquiry.kind = :kind AND day.date BETWEEN :first AND :last",
        {**values, "kind": kind},
    ).fetchall()
    done = [row for row in rows if row["state"] == "done"]
    return Requested(len(rows), len(done), spread(Counter(row["took_s"] for row in done)))
