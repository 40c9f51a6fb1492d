"""Brings the outbox to the central server: what to send next, what an answer means, when to try again.

It knows no network (that is the road's) and never waits (that is its duty's): `work` does one piece and says
how soon the next one makes sense. Nothing is acknowledged but by the server's own word for each event, and
nothing is written but one transaction for each answer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from appliance import backoff, outbox
from appliance.backoff import Dice
from appliance.central import contract
from appliance.central.contract import ACKNOWLEDGED, Reason, Result, Status
from appliance.central.road import BatchRefused, Road
from appliance.central_errors import CentralBusy, CentralNonsense, CentralUnreachable
from appliance.changes import Changes
from appliance.clock import Moment
from appliance.errors import CentralError, StoreError
from appliance.outbox import Maker, Outgoing
from appliance.store import Store, Transaction

log = logging.getLogger(__name__)

_MOST_SUSPECTS = 3
_MOST_PUT_OFF = 1000  # events that are left out for a while; then everything is tried again


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing goes out at the moment."""

    code: str
    detail: str
    since: Moment
    tries: int


class RelayState:
    """How the relay is, for pages and figures: kept in memory, told by one thread."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.Lock()
        self._trouble: Trouble | None = None

    @property
    def trouble(self) -> Trouble | None:
        """What keeps events here; None while they go out, or there are none."""
        with self._lock:
            return self._trouble

    def failed(self, error: CentralError, now: Moment) -> None:
        """A try came to nothing. Logged when it is the first."""
        with self._lock:
            before = self._trouble
            since, tries = (before.since, before.tries) if before else (now, 0)
            self._trouble = Trouble(error.code, error.detail, since, tries + 1)
        if before is None:
            log.warning("nothing reaches the central server: %s: %s", error.code, error.detail)
        if before is None or before.code != error.code:
            self._changes.ring()

    def went_well(self) -> None:
        """The server has answered as it should. Logged when that was in question."""
        with self._lock:
            before, self._trouble = self._trouble, None
        if before is not None:
            log.info("the central server answers again, after %d tries", before.tries)
            self._changes.ring()


class Relay:
    """Sends what waits, batch by batch, over one road."""

    def __init__(self, store: Store, maker: Maker, road: Road, state: RelayState, dice: Dice) -> None:
        self._store = store
        self._maker = maker
        self._road = road
        self._state = state
        self._dice = dice
        self._failures = 0
        self._not_before: Moment | None = None  # monotonic time counts
        self._wait_s = 0.0
        self._told_to_wait = False  # the server has said how long
        self._most = contract.MAX_EVENTS
        self._put_off: dict[str, Result | None] = {}  # events that are left out for a while, and why

    def work(self) -> float:
        """Send one batch, if one is due; gives the seconds until the next piece of work, as far as known.

        Nothing to do gives infinity: come again when the bell has rung.
        """
        waiting = self._left()
        if waiting > 0:
            return waiting
        batch = self._store.read(outbox.due, self._most, self._put_off)
        if not batch and self._put_off:
            self._put_off.clear()
            return self._pause()
        if not batch:
            return self._make_some()
        return self._send(batch)

    def link_is_back(self) -> None:
        """A network link has come up: try now, unless the server itself said to wait."""
        if not self._told_to_wait:
            self._not_before = None
            self._failures = 0

    def _left(self) -> float:
        """Seconds of the pause that are left; a restart of the machine ends it."""
        if self._not_before is None:
            return 0.0
        now = self._store.now()
        gone = now.seconds_since(self._not_before)
        if gone is None or now.boot != self._not_before.boot:
            return 0.0
        return max(0.0, self._wait_s - gone)

    def _make_some(self) -> float:
        """Snapshots that have time are made when nothing else is to be sent."""
        if self._store.read(outbox.any_changed):
            self._store.write(self._maker.in_passing)
            return 0.0
        return float("inf")

    def _send(self, batch: list[Outgoing]) -> float:
        try:
            results = self._road.send(batch)
        except BatchRefused as refusal:
            return self._refused(batch, refusal)
        except CentralError as error:
            return self._failed(error)
        try:
            return self._answered(batch, results)
        except StoreError:
            self._pause()  # the same batch goes out again, but not every second
            raise

    def _answered(self, batch: list[Outgoing], results: Mapping[str, Result]) -> float:
        taken = [one for one in results.values() if one.status in ACKNOWLEDGED]
        rejected = [one for one in results.values() if one.status is Status.REJECTED]
        settled = {one.id for one in (*taken, *rejected)}
        self._put_aside({one.id: None for one in batch if one.id not in settled})
        if settled:
            self._settle(batch, results, sane=bool(taken))
            self._state.went_well()  # it speaks to us; what it rejects is a trouble of its own
        if taken:
            self._failures = 0
            self._not_before, self._told_to_wait = None, False
            self._most = min(contract.MAX_EVENTS, self._most * 2)
            return 0.0
        if rejected:
            return self._pause()
        return self._failed(CentralBusy("later"))

    def _settle(self, batch: list[Outgoing], results: Mapping[str, Result], *, sane: bool) -> None:
        """Note the answer; and what was unreadable alone, now that others have shown to be readable."""
        suspects = {key: result for key, result in self._put_off.items() if result} if sane else {}
        counted = suspects if len(suspects) <= _MOST_SUSPECTS else {}  # more: it took nothing for a while
        self._store.write(self._note, batch, {**results, **counted})
        for key in suspects:
            self._put_off.pop(key, None)

    def _note(self, tx: Transaction, batch: list[Outgoing], results: Mapping[str, Result]) -> None:
        sent = {one.id for one in batch}
        others = [one for key in results if key not in sent for one in outbox.of_id(tx.db, key)]
        parked = outbox.settle(tx, [*batch, *others], results)
        if parked:
            log.warning("%d events were rejected for good, and wait for somebody to look", parked)

    def _refused(self, batch: list[Outgoing], refusal: BatchRefused) -> float:
        """The batch is too large or unreadable: half of it, down to the one event that is to blame.

        A server that takes no single event may be none at all. So that one counts as rejected only when
        others are taken soon after it.
        """
        if len(batch) > 1:
            self._most = max(1, len(batch) // 2)
            return 0.0
        reason = Reason.TOO_LARGE if refusal.too_large else Reason.NOT_AN_EVENT
        one = batch[0]
        self._put_aside({one.id: Result(one.id, Status.REJECTED, reason, refusal.detail)})
        return self._failed(CentralNonsense(refusal.detail))

    def _put_aside(self, events: Mapping[str, Result | None]) -> None:
        self._put_off.update(events)
        if len(self._put_off) > _MOST_PUT_OFF:
            self._put_off.clear()

    def _failed(self, error: CentralError) -> float:
        self._state.failed(error, self._store.now())
        if isinstance(error, CentralUnreachable) and error.slow:
            self._most = max(1, self._most // 2)  # a thin line takes less in the same time
        wish = error.wait_s if isinstance(error, CentralBusy) else None
        return self._pause(wish)

    def _pause(self, wish_s: float | None = None) -> float:
        self._failures += 1
        self._told_to_wait = wish_s is not None
        if wish_s is not None:
            self._wait_s = backoff.at_least(wish_s, self._dice)
        else:
            self._wait_s = backoff.pause(self._failures, self._dice)
        self._not_before = self._store.now()
        return self._wait_s
