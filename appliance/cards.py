"""Knowing a card again without knowing whose it is.

Of a card only a keyed hash of its serial number is kept, under a key made for the service day and destroyed
with it (a day whose cards are still here keeps its key until they are back). Some cards cannot be known
again: passports show a new number each time, some show none. Those visitors go by their ticket or slip.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from appliance import lockers
from appliance.clock import Moment
from appliance.files import make_folder_durably, write_durably
from drivers.base import Uid

KEY_BYTES = 32
SURE_LENGTHS = (7, 10)  # bytes; a serial number of 4 is given to several cards
SECOND_TAP_S = 30.0  # within which a card with a short number must show it again
TAP_LASTS_S = 90.0  # how long the desk page offers what a tap allows

Kind = Literal["known", "new", "again", "random", "no_uid", "unreadable"]


@dataclass(frozen=True, slots=True)
class Tap:
    """What the card on the reader means to the front desk.

    known: it has a deposit here. new: it can be bound to one. again: lay it on once more, its number is
    short. random, no_uid: it cannot be known again. unreadable: try once more.
    """

    kind: Kind
    at: Moment
    visit_id: int | None = None
    deposit_id: int | None = None
    card_hash: str | None = field(default=None, repr=False)


class CardKeys:
    """The keys of the service days, a file each, readable by the appliance alone; never in a backup."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of_day(self, day_id: int) -> bytes:
        """The key of a day, made on first use and safely on disk before it is used."""
        path = self._path(day_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(KEY_BYTES)
            make_folder_durably(self._folder)
            write_durably(path, key)
            return key

    def forget_all_but(self, day_ids: Collection[int]) -> list[int]:
        """Destroy the keys of all other days; gives those days."""
        kept = {self._path(day_id).name for day_id in day_ids}
        gone = [path for path in self._folder.glob("card-*.key") if path.name not in kept]
        for path in gone:
            path.unlink()
        return [int(path.stem.removeprefix("card-")) for path in gone]

    def _path(self, day_id: int) -> Path:
        return self._folder / f"card-{day_id}.key"


class LastTap:
    """The tap that the desk page shows, until it is used, replaced or too old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tap: Tap | None = None

    def show(self, tap: Tap) -> None:
        """Put a new tap before the officer."""
        with self._lock:
            self._tap = tap

    def clear(self) -> None:
        """The tap has been used, or the officer does not want it."""
        with self._lock:
            self._tap = None

    def get(self, now: Moment) -> Tap | None:
        """The tap, while it is fresh."""
        with self._lock:
            tap = self._tap
        seconds = now.seconds_since(tap.at) if tap else None
        return tap if seconds is not None and seconds <= TAP_LASTS_S else None


def recognise(
    db: sqlite3.Connection, uid: Uid | None, keys: CardKeys, day_id: int, before: Tap | None, now: Moment
) -> Tap:
    """What a card that gave `uid` means; `before` is the tap shown until now."""
    if uid is None:
        return Tap("no_uid", now)
    if uid.is_random:
        return Tap("random", now)
    for day in sorted(lockers.key_days(db) | {day_id}, reverse=True):
        deposit = lockers.of_card(db, uid.keyed_hash(keys.of_day(day)))
        if deposit is not None:
            return Tap("known", now, deposit.visit_id, deposit.id)
    card_hash = uid.keyed_hash(keys.of_day(day_id))
    if len(uid) in SURE_LENGTHS or _shown_before(before, card_hash, now):
        return Tap("new", now, card_hash=card_hash)
    return Tap("again", now, card_hash=card_hash)


def _shown_before(before: Tap | None, card_hash: str, now: Moment) -> bool:
    if before is None or before.kind not in ("again", "new") or before.card_hash != card_hash:
        return False
    seconds = now.seconds_since(before.at)
    return seconds is not None and seconds <= SECOND_TAP_S
