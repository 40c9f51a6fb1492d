"""The hours at work: how the office stands now, and who gets a number.

Nobody is sent away by a clock that is known to be wrong. A Raspberry Pi without a battery clock wakes up
hours behind, and nobody vouches for its time until the network has set it; so hours are judged only by a
clock that somebody vouches for, and only while the date is not in doubt. Until then the door decides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from appliance import days, special_days, visits
from appliance.changes import Changes
from appliance.clock import Moment, Quality
from appliance.errors import ServiceClosed
from appliance.office import Office
from appliance.opening import Standing, standing
from appliance.store import Transaction
from appliance.visits import Request

P = ParamSpec("P")
T = TypeVar("T")


class OfficeHours:
    """The hours of one office. `enforced` is of the configuration; the simulator can change it."""

    def __init__(self, office: Office, changes: Changes, *, enforced: bool) -> None:
        self._office = office
        self._changes = changes
        self._enforced = enforced

    @property
    def enforced(self) -> bool:
        """False where numbers are given at any hour, and nothing is said of hours."""
        return self._enforced

    def enforce(self, enforced: bool) -> None:
        """Switch the hours on or off."""
        self._enforced = enforced
        self._changes.ring()

    def look(self, db: sqlite3.Connection, now: Moment) -> Standing | None:
        """How the office stands; None where that is not judged: switched off, or by a doubtful clock."""
        if not self._enforced or is_doubtful(db, now, self._office):
            return None
        return self.on(db, now)

    def on(self, db: sqlite3.Connection, now: Moment) -> Standing:
        """The same, judged by this clock whatever it is worth."""
        own = special_days.in_force(db, now.local_date(self._office.zone))
        return standing(self._office, own, now.wall)

    def admit(self, tx: Transaction) -> None:
        """Let a visitor take a number. Raises ServiceClosed outside of the hours."""
        stands = self.look(tx.db, tx.now)
        if stands is not None and not stands.tickets:
            raise ServiceClosed(
                f"the office is closed until {stands.opens:%Y-%m-%d %H:%M}"
                if stands.opens
                else "the office is closed"
            )


def is_doubtful(db: sqlite3.Connection, now: Moment, office: Office) -> bool:
    """Whether hours cannot be judged by this clock."""
    return now.quality is Quality.STALE or days.doubt(db, now, office.zone) is not None


def within(
    tx: Transaction,
    hours: OfficeHours,
    act: Callable[Concatenate[Transaction, Office, Request, P], T],
    office: Office,
    request: Request,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Carry out `act(tx, office, request, ...)`, which gives a number, within the hours only.

    A request that already has its number gets the same one, whatever the hour. Raises ServiceClosed.
    """
    if visits.of_request(tx.db, request.id) is None:
        hours.admit(tx)
    return act(tx, office, request, *args, **kwargs)
