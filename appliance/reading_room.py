"""Who reads printed books now: visitors of the printed library between service and goodbye.

Nobody clicks for it. An officer who says "service done" to somebody of the library sends them to the reading
room; the goodbye takes them out of it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance import visits
from appliance.clock import Moment
from appliance.office import Office
from appliance.visits import Visit

PRINTED = "printed_library"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody in the reading room; `minutes` is None where no clock can tell."""

    visit: Visit
    minutes: int | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Room:
    """The room at one moment."""

    readers: tuple[Reader, ...]
    seats: int

    @property
    def is_full(self) -> bool:
        """True when every seat is taken."""
        return len(self.readers) >= self.seats


def look(db: sqlite3.Connection, office: Office, now: Moment) -> Room | None:
    """Who reads, the one who has read longest first; None at an office that does not count its readers."""
    rules = office.reading_room
    if rules is None:
        return None
    printed = {service.key for service in office.services if service.kind == PRINTED}
    found = [
        _reader(visit, now, rules.longest_minutes)
        for visit in visits.in_the_house(db)
        if visit.state == "reading" and visit.service in printed
    ]
    return Room(tuple(found), rules.seats)


def count(db: sqlite3.Connection, office: Office) -> int:
    """How many read."""
    printed = [service.key for service in office.services if service.kind == PRINTED]
    marks = ", ".join("?" * len(printed))
    (number,) = db.execute(
        f"SELECT count(*) FROM visit WHERE closed IS NULL AND state = 'reading' AND service IN ({marks})",
        printed,
    ).fetchone()
    return int(number)


def _reader(visit: Visit, now: Moment, longest: int) -> Reader:
    seconds = now.seconds_since(visit.finished) if visit.finished else None
    minutes = None if seconds is None else int(seconds // 60)
    return Reader(visit, minutes, minutes is not None and minutes >= longest)
