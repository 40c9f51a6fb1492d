"""Keeps the house: turns the page at midnight, and puts away what time has ended.

It never releases a locker or a card. A core duty: when it falls, the process ends and is started anew.
"""

from __future__ import annotations

import logging
import time

from appliance import days, lockers, scans, sessions
from appliance.clock import Moment
from appliance.duties.hours import HoursWatch
from appliance.errors import StoreError, StoreReadOnly
from appliance.front_desk import FrontDesk
from appliance.keeping import rescue, retention
from appliance.keeping.room import Room
from appliance.scanning.folder import ScanFolder
from appliance.scanning.station import SCANS, TEMPORARY
from appliance.store import Transaction
from drivers.base import DeviceState

log = logging.getLogger(__name__)

_REST_S = 1.0
_RARELY_S = 600.0
_BALLAST_AFTER_S = 30.0  # a start has better things to do


class KeeperDuty:
    """The front desk's own housekeeping."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._store = desk.store
        self._hours = HoursWatch(desk)
        self._next_rare = 0.0
        self._began = time.monotonic()
        self._had_ballast = False

    def step(self) -> None:
        """Do what is due, then rest for a second."""
        try:
            self._often()
            if time.monotonic() >= self._next_rare:
                self._next_rare = time.monotonic() + _RARELY_S
                self._rarely()
        except StoreError as error:
            # Shown on the pages and in /healthz already; the next round tries again.
            log.debug("keeper: %s", error)
        self._desk.changes.rest(_REST_S)

    def _often(self) -> None:
        self._desk.drafts.sweep()
        self._erase_scans()
        self._desk.survey_drafts.sweep()
        self._look_at_disk()
        if self._store.problem is not None:  # first: until it is well there may be nothing to read
            self._store.write(_note_recovery)
        if self._store.clock_was_set():
            self._store.write(_look_at_clock)
        now = self._store.now()
        day = self._store.read(days.current)
        zone = self._desk.office.zone
        if day is not None and (
            now.local_date(zone) > day.date or self._store.read(days.follows_the_clock, now, zone)
        ):
            self._store.write(days.end_if_over, zone)
        self._hours.look()
        unlock = self._store.read(lockers.next_unlock)
        if unlock is not None and unlock.expired(now):
            self._store.write(lockers.expire)

    def _erase_scans(self) -> None:
        """Sessions that are over by checkout, by time or with their day; and whatever folder has no session.

        A folder that the scanning process still writes into is tried again in the next round.
        """
        if self._store.problem is not None:
            return
        limits = self._desk.scan_limits
        if self._store.read(scans.due, self._store.now(), limits):
            self._store.write(scans.erase_due, limits)
        root = self._desk.folder / SCANS
        if not root.is_dir():
            return
        kept = self._store.read(scans.kept_folders)
        for path in root.iterdir():
            if path.name in kept or (self._desk.station is not None and path.name == TEMPORARY):
                continue  # the scanning process empties its own with each session
            try:
                ScanFolder(path).erase()
            except OSError as error:
                log.debug("%s is not erased yet: %s", path.name, error)

    def _look_at_disk(self) -> None:
        """Say when the disk is nearly full or cannot be written, before a visitor meets it."""
        room = self._store.room()
        if not room.writable and self._store.problem is None:
            self._store.suspect(StoreReadOnly("the disk is mounted read-only"))
        if room.problem is not None or self._desk.health.of("disk") is not None:
            self._desk.health.report("disk", DeviceState.READY, room.problem)
        self._keep_ballast(room)

    def _keep_ballast(self, room: Room) -> None:
        if self._had_ballast and not room.ballast:
            self._had_ballast = False
            self._store.write(_note_ballast, "dropped")
        elif room.ballast:
            self._had_ballast = True
        elif time.monotonic() - self._began > _BALLAST_AFTER_S and self._store.ballast.build(room.free):
            self._had_ballast = True
            self._store.write(_note_ballast, "built")

    def _rarely(self) -> None:
        now = self._store.now()
        over = self._store.read(sessions.over, now, self._desk.limits)
        if over:
            self._store.write(sessions.end, over)
        self._erase(now)
        self._store.checkpoint()  # what was erased, here or by hand, is gone from the disk only now
        self._forget_keys()

    def _erase(self, now: Moment) -> None:
        """The night's erasing: on each calendar day once, as soon as the machine is on."""
        local = now.wall.astimezone(self._desk.office.zone)
        if local.hour < retention.NIGHT_HOUR or self._store.read(retention.ran_on, local.date()):
            return
        retention.run(self._store, self._desk.office)
        for name in rescue.expire_aside(self._desk.folder):
            log.info("the old database %s is removed", name)

    def _forget_keys(self) -> None:
        """Destroy the card keys of days that are over and whose cards are all back."""
        kept = self._store.read(lockers.key_days)
        day = self._store.read(days.current)
        for gone in self._desk.keys.forget_all_but(kept | ({day.id} if day else set())):
            log.info("the card key of day %d is destroyed", gone)


def _note_recovery(tx: Transaction) -> None:
    """A write that reaches the disk is the proof that the trouble is over."""
    tx.record("store.recovered")


def _look_at_clock(_tx: Transaction) -> None:
    """Any write notes that the clock was set; this one does nothing else."""


def _note_ballast(tx: Transaction, became: str) -> None:
    tx.record(f"ballast.{became}")
