"""What the desk's line says of the hours: closing soon and what is still out; how the last day ended."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance import closing, office_hours, reminders
from appliance.closing import Morning
from appliance.front_desk import FrontDesk
from appliance.opening import Standing
from appliance.reminders import Closing


@dataclass(frozen=True, slots=True)
class DeskHours:
    """`standing` is None while hours are not judged; `unsure`: because of the clock."""

    standing: Standing | None
    unsure: bool
    soon: Closing | None
    morning: Morning | None


def look(desk: FrontDesk) -> DeskHours | None:
    """The line now; None while the database cannot be read."""
    return desk.store.read(_look, desk) if desk.store.problem is None else None


def _look(db: sqlite3.Connection, desk: FrontDesk) -> DeskHours:
    now, office = desk.clock.now(), desk.office
    return DeskHours(
        standing=desk.hours.look(db, now),
        unsure=desk.hours.enforced and office_hours.is_doubtful(db, now, office),
        soon=reminders.soon(db, desk.hours, office.opening_rules, now),
        morning=closing.morning(db, now.local_date(office.zone)),
    )
