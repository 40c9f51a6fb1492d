"""Watches the card reader: says what a tapped card means, and opens the locker of one that is known."""

from __future__ import annotations

import logging

from appliance import days, lockers, sessions
from appliance.cards import Tap, recognise
from appliance.days import Day
from appliance.errors import ClockImplausible
from appliance.front_desk import FrontDesk
from appliance.sessions import Limits
from appliance.store import Transaction
from drivers.base import CardReader, CardSeen, Uid, Unreadable

log = logging.getLogger(__name__)

_LISTEN_S = 1.0
_NOT_BEFORE_S = 10.0  # after a card was bound: the officer may lift it and lay it down once more


class CardDuty:
    """Owns the card reader at one desk."""

    def __init__(self, desk: FrontDesk, reader: CardReader) -> None:
        self._desk = desk
        self._store = desk.store
        self._reader = reader

    def step(self) -> None:
        """Wait for a card and show the desk what it means."""
        try:
            event = self._reader.next_event(_LISTEN_S)
        except Unreadable as error:
            log.info("a card could not be read: %s", error.detail)
            self._show(Tap("unreadable", self._store.now()))
            return
        if isinstance(event, CardSeen):
            self._see(event.uid)

    def _see(self, uid: Uid | None) -> None:
        day = self._day()
        now = self._store.now()
        tap = self._store.read(recognise, uid, self._desk.keys, day.id, self._desk.last_tap.get(now), now)
        if tap.deposit_id is not None:
            self._store.write(open_for_card, tap, self._desk.limits, self._desk.unlock_expires_s)
        self._show(tap)

    def _day(self) -> Day:
        """The service day; with an odd clock the one that is open, so that cards can be given back."""
        try:
            return self._store.write(days.today, self._desk.office.zone)
        except ClockImplausible:
            day = self._store.read(days.current)
            if day is None:
                raise
            return day

    def _show(self, tap: Tap) -> None:
        self._desk.last_tap.show(tap)
        self._desk.changes.ring()


def open_for_card(tx: Transaction, tap: Tap, limits: Limits, expires_s: float) -> None:
    """A known card: put its visit before the officer at the desk and open its locker.

    Without an officer logged in nothing opens: each opening has somebody who answers for it.
    """
    officer = sessions.newest(tx.db, tx.now, limits)
    deposit = next((one for one in lockers.still_here(tx.db) if one.id == tap.deposit_id), None)
    if officer is None or deposit is None:  # nobody to answer for it, or handed back in this moment
        return
    sessions.focus(tx, officer.token_hash, deposit.visit_id)
    kept_s = tx.now.seconds_since(deposit.opened)
    if deposit.locker is None or (kept_s is not None and kept_s < _NOT_BEFORE_S):
        return
    opening = lockers.Opening(deposit.locker, "access", deposit.visit_id, officer.member.id)
    lockers.ask_unlock(tx, opening, expires_s)
