"""Erasing what is not needed any more; each run is noted, without what it erased."""

from __future__ import annotations

import calendar
import sqlite3
from datetime import date

from appliance.clock import EARLIEST, Moment, Quality
from appliance.office import Office
from appliance.store import Transaction

_OLD = (
    "SELECT visit.id FROM visit JOIN service_day ON service_day.id = visit.day_id WHERE service_day.date < ?"
)


def any_old(db: sqlite3.Connection, office: Office, now: Moment) -> bool:
    """True when there is something to erase. A clock that nobody vouches for erases nothing."""
    if now.quality is Quality.STALE or now.local_date(office.zone) < EARLIEST:
        return False
    return (
        db.execute(f"SELECT 1 FROM guest WHERE visit_id IN ({_OLD})", (_limit(office, now),)).fetchone()
        is not None
    )


def erase_old(tx: Transaction, office: Office) -> int:
    """Erase names and contacts older than the notice promises; gives how many."""
    limit = _limit(office, tx.now)
    tx.db.execute(f"UPDATE guest_facts SET birth_year = NULL WHERE visit_id IN ({_OLD})", (limit,))
    tx.db.execute(f"UPDATE visit SET needs_help = 0 WHERE needs_help AND id IN ({_OLD})", (limit,))
    erased = tx.db.execute(f"DELETE FROM guest WHERE visit_id IN ({_OLD})", (limit,)).rowcount
    tx.record("guests.erased", before=limit, count=erased)
    return erased


def _limit(office: Office, now: Moment) -> str:
    return months_before(now.local_date(office.zone), office.guest_book.retention_months).isoformat()


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last day of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last_of_month = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last_of_month))
