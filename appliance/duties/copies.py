"""Makes the copies: at night, when somebody asks, and anew where they hold what was erased.

In a thread of its own, since a copy of a large database takes long on a memory card; nobody waits for it.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from datetime import date

from appliance.errors import CopyError, CopyFailed, StoreError
from appliance.front_desk import FrontDesk
from appliance.keeping import backup, own_words, restoring, retention, sealing
from appliance.keeping.backup import Copy, Kind
from appliance.keeping.retention import NIGHT_HOUR
from appliance.store import Transaction

log = logging.getLogger(__name__)

_REST_S = 1.0
_EVERY_S = 60.0
_AFTER_START_S = 60.0  # a start has better things to do


class CopiesDuty:
    """Looks once a minute whether the night's copy is due, and at once when one is asked for."""

    def __init__(self, desk: FrontDesk, *, after_start_s: float = _AFTER_START_S) -> None:
        self._desk = desk
        self._store = desk.store
        self._copies = desk.copies
        self._next = time.monotonic() + after_start_s

    def step(self) -> None:
        """Do what is due, then rest for a second."""
        wanted = self._copies.wanted
        if wanted or time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            self._try(wanted)
        self._desk.changes.rest(_REST_S)

    def _try(self, wanted: bool) -> None:
        try:
            did = self._work(wanted)
        except StoreError as error:
            log.debug("copies: %s", error)  # shown on every page already
        except (CopyError, OSError) as error:
            if self._copies.problem is None:  # once, however long it lasts
                log.warning("copies: %s", error)
            if wanted or self._copies.problem != str(error):
                self._copies.tell(str(error))
        else:
            if did or self._copies.problem is not None:
                self._copies.tell(None)

    def _work(self, wanted: bool) -> bool:
        """Whether something was done. Raises CopyError, StoreError and OSError."""
        if self._store.problem is not None:
            return False
        rewritten = self._forget()
        nightly = self._is_due()
        if wanted or nightly:
            self._make("nightly" if nightly else "asked")
        carried = self._carry()
        return bool(rewritten or wanted or nightly or carried)

    def _is_due(self) -> bool:
        """At night, or as soon as the machine is on again: on each calendar day once, whatever day it is."""
        local = self._store.now().wall.astimezone(self._desk.office.zone)
        made = [copy for copy in self._copies.all() if copy.manifest.kind == "nightly" and copy.looks_good]
        return local.hour >= NIGHT_HOUR and not (made and made[0].manifest.day == local.date().isoformat())

    def _make(self, kind: Kind) -> None:
        if not self._store.room().allows("backups"):
            raise CopyFailed("the disk has too little room for a copy; what is left is for numbers")
        for old in self._copies.all():
            if not old.manifest.bad and (problem := backup.verify(old)):
                log.error("the copy %s is no good any more: %s", old.manifest.name, problem)
                backup.mark_bad(old, problem)
        now = self._store.now()
        copy = backup.make(
            self._store.path, self._copies.folder, now, day=now.local_date(self._desk.office.zone), kind=kind
        )
        gone = backup.prune(self._copies.folder)
        self._store.write(_note, copy, gone)

    def _carry(self) -> bool:
        """Bring the newest copy out of the machine, as soon as the drive is there. Whether it was brought."""
        settings, copy = self._desk.config.backup, self._copies.newest_good()
        if settings.copy_to is None or settings.recipient is None or copy is None:
            return False
        if sealing.is_carried(copy, settings.copy_to):
            return False
        sealing.carry(copy, settings.copy_to, settings.recipient)
        sealing.prune(settings.copy_to)
        self._store.write(_note_carried, copy)
        return True

    # ------------------------------------------------------------------------- what was erased

    def _forget(self) -> int:
        """Write the copies anew that still hold somebody who was erased; gives how many."""
        erased, before = self._store.read(_erased), self._store.read(retention.identity_before)
        newest = max((number for number, _ in erased), default=0)
        count = 0
        for copy in self._copies.all():
            day = _old_day(copy, before)
            ids = [request_id for number, request_id in erased if number > copy.manifest.erased]
            if not copy.looks_good and ids:
                backup.remove(copy)  # nobody can take somebody out of a damaged file
                continue
            if not (ids or day):
                continue

            def change(db: sqlite3.Connection, ids: list[str] = ids, day: int = day) -> None:
                restoring.erase_again(db, ids, day)

            backup.rewrite(copy, change, erased=max(newest, copy.manifest.erased))
            count += 1
        if count:
            self._store.write(_note_rewritten, count)
        return count


def _erased(db: sqlite3.Connection) -> list[tuple[int, str]]:
    return [(row["id"], row["request_id"]) for row in db.execute("SELECT * FROM guest_erased ORDER BY id")]


def _old_day(copy: Copy, before: date | None) -> int:
    """The last service day in a copy whose names are to be gone and are not; 0 where all is well."""
    if before is None or not copy.looks_good:
        return 0
    try:
        with closing(backup.reading(copy.path)) as db:
            day = retention.last_day_before(db, before)
            found = _names_left(db, day)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        backup.mark_bad(copy, str(error))
        return 0
    return day if found else 0


def _names_left(db: sqlite3.Connection, day: int) -> bool:
    """Whether somebody's name or own words of a service day up to this one are still there."""
    guest = db.execute(
        "SELECT 1 FROM guest JOIN visit ON visit.id = guest.visit_id WHERE day_id <= ? LIMIT 1", (day,)
    ).fetchone()
    return guest is not None or own_words.are_left(db, day)


def _note(tx: Transaction, copy: Copy, gone: int) -> None:
    tx.record("copy.made", copy=copy.manifest.name, why=copy.manifest.kind, removed=gone)


def _note_carried(tx: Transaction, copy: Copy) -> None:
    tx.record("copy.carried", copy=copy.manifest.name)


def _note_rewritten(tx: Transaction, count: int) -> None:
    tx.record("copy.rewritten", count=count)
