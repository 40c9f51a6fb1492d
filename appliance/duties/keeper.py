"""Keeps the house: turns the page at midnight, and puts away what time has ended.

It never releases a locker or a card. A core duty: when it falls, the process ends and is started anew.
"""

from __future__ import annotations

import logging
import time

from appliance import days, lockers, rescue, retention, sessions
from appliance.clock import Moment
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk
from appliance.store import Transaction

log = logging.getLogger(__name__)

_REST_S = 1.0
_RARELY_S = 600.0


class KeeperDuty:
    """The front desk's own housekeeping."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._store = desk.store
        self._next_rare = 0.0

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
        unlock = self._store.read(lockers.next_unlock)
        if unlock is not None and unlock.expired(now):
            self._store.write(lockers.expire)

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
