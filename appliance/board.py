"""What the waiting room sees: which number goes where, who was called before, and how many wait.

Numbers and desks only; nothing here says who somebody is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from appliance import days
from appliance.clock import Moment
from appliance.front_desk import FrontDesk
from appliance.office import Office, Place
from drivers.base import DeviceState

RECENT = 4  # calls that stand below the large one
VOICE = "voice"

State = Literal["called", "serving", "past"]

# The calls of a day, newest first; with `state`, what has become of the ticket since.
_CALLS = """
SELECT call.id, call.number, call.queue, call.place, call.kind, call.at, ticket.state
FROM call JOIN ticket ON ticket.visit_id = call.visit_id
WHERE call.day_id = ? {which}
ORDER BY call.id DESC
"""
_LAST_OF_EACH = "AND call.id IN (SELECT max(id) FROM call WHERE day_id = ? GROUP BY visit_id)"


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as everybody may see it. `place` is None for a desk that the profile names no longer."""

    number: str
    service: str
    place: Place | None
    kind: str  # call, recall, last_call
    at: Moment
    state: State

    @property
    def current(self) -> bool:
        """True while the visitor is on the way to the desk or stands there."""
        return self.state != "past"


@dataclass(frozen=True, slots=True)
class Board:
    """One look at the board."""

    at: Moment
    now: Shown | None  # the newest call whose visitor is still at a desk, or on the way
    recent: tuple[Shown, ...]  # the last calls besides it, each number once, newest first
    waiting: int
    voice: bool  # calls are spoken


def snapshot(desk: FrontDesk) -> Board:
    """The board of a front desk, now."""
    return desk.store.read(look, desk.office, desk.clock.now(), voice=is_spoken(desk))


def look(db: sqlite3.Connection, office: Office, at: Moment, *, voice: bool) -> Board:
    """The board at this moment, in one snapshot. Empty while no service day is open."""
    day = days.current(db)
    if day is None:
        return Board(at, None, (), 0, voice)
    now: Shown | None = None
    recent: list[Shown] = []
    for call in _shown(db.execute(_CALLS.format(which=_LAST_OF_EACH), (day.id, day.id)), office):
        if now is None and call.current:
            now = call
        elif len(recent) < RECENT:
            recent.append(call)
        if now is not None and len(recent) == RECENT:
            break
    return Board(at, now, tuple(recent), sum(waiting(db).values()), voice)


def calls(db: sqlite3.Connection, office: Office, limit: int) -> list[Shown]:
    """The calls of the open day, each repetition too, newest first."""
    day = days.current(db)
    if day is None:
        return []
    rows = db.execute(_CALLS.format(which="") + "LIMIT ?", (day.id, limit))
    return list(_shown(rows, office))


def waiting(db: sqlite3.Connection) -> dict[str, int]:
    """How many wait in each queue of the open day; queues without anybody are not named."""
    rows = db.execute(
        "SELECT queue, count(*) AS people FROM ticket WHERE state = 'waiting'"
        " AND day_id = (SELECT id FROM service_day WHERE closed IS NULL) GROUP BY queue"
    )
    return {row["queue"]: row["people"] for row in rows}


def is_spoken(desk: FrontDesk) -> bool:
    """Whether calls are heard in the waiting room: a voice is configured, and its loudspeaker is there."""
    if desk.config.voice is None:
        return False
    report = desk.health.of(VOICE)
    return report is None or report.state is not DeviceState.LOST


def _shown(rows: sqlite3.Cursor, office: Office) -> Iterator[Shown]:
    places = {place.key: place for place in office.places}
    for row in rows:
        yield Shown(
            row["number"],
            row["queue"],
            places.get(row["place"]),
            row["kind"],
            Moment.parse(row["at"]),
            row["state"] if row["state"] in ("called", "serving") else "past",
        )
