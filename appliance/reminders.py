"""The reminders before closing: at the profile's minutes, once each, while somebody still has something here.

That they were said is stored, so that a front desk that is started anew says nothing twice. On the screens
the reminder stands from the first of these minutes until the office is closed, as long as something is out.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date

from appliance import still_out
from appliance.clock import Moment
from appliance.office_hours import OfficeHours
from appliance.opening import Standing
from appliance.opening_rules import OpeningRules
from appliance.still_out import Out
from appliance.store import Transaction


@dataclass(frozen=True, slots=True)
class Closing:
    """The office closes soon, and this is still out."""

    standing: Standing
    minutes: int
    out: tuple[Out, ...]


def soon(db: sqlite3.Connection, hours: OfficeHours, rules: OpeningRules, now: Moment) -> Closing | None:
    """What the screens remind of; None while there is nothing to remind of."""
    standing = hours.look(db, now)
    minutes = standing.minutes_left if standing else None
    if standing is None or minutes is None or minutes > max(rules.reminders, default=0):
        return None
    out = still_out.everything(db)
    return Closing(standing, minutes, tuple(out)) if out else None


def mark(rules: OpeningRules, minutes: int) -> int | None:
    """The reminder that is due with so many minutes left: the last one whose time has come."""
    return min((one for one in rules.reminders if minutes <= one), default=None)


def was_said(db: sqlite3.Connection, day: date, minutes: int) -> bool:
    """Whether this reminder, or a later one, was said on this day."""
    row = db.execute(
        "SELECT 1 FROM closing_reminder WHERE date = ? AND minutes <= ?", (day.isoformat(), minutes)
    ).fetchone()
    return row is not None


def note(tx: Transaction, day: date, minutes: int) -> bool:
    """Note that it is said now; False when it was said already. Older days are forgotten."""
    if was_said(tx.db, day, minutes):
        return False
    tx.db.execute("DELETE FROM closing_reminder WHERE date < ?", (day.isoformat(),))
    tx.db.execute("INSERT INTO closing_reminder VALUES (?, ?)", (day.isoformat(), minutes))
    counts = still_out.count(still_out.everything(tx.db))
    tx.record("closing.reminded", minutes=minutes, **{f"{kind}s": n for kind, n in counts.items()})
    return True
