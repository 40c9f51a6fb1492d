"""Trying the lock of an empty locker: asked for by an administrator, done by the thread that owns it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from appliance import lockers
from appliance.errors import NotNow
from appliance.lockers import Opening, Unlock
from appliance.store import Transaction


def can_be_tried(db: sqlite3.Connection, names: Sequence[str]) -> list[str]:
    """The lockers in which nobody's things are, those out of order too: perhaps they are mended."""
    taken = {deposit.locker for deposit in lockers.still_here(db)}
    return [name for name in names if name not in taken]


def ask(tx: Transaction, locker: str, names: Sequence[str], *, staff: int, expires_s: float) -> int:
    """Have one lock pulsed; gives the opening's id. Raises NotNow for one that is taken, or unknown."""
    if locker not in can_be_tried(tx.db, names):
        raise NotNow("occupied")
    return lockers.ask_unlock(tx, Opening(locker, "test", None, staff), expires_s)


def newest(db: sqlite3.Connection) -> Unlock | None:
    """The last lock that was tried."""
    found = lockers.tried(db)
    return found[-1] if found else None
