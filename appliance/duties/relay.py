"""Keeps the way to the central server busy, and looks out for the network when it is down.

Nobody waits for it: where it falls or hangs, visitors notice nothing, and what it has to bring is in the
database.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from appliance.backoff import Dice
from appliance.central.road import Road
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk
from appliance.link import Links, has_come_back, links
from appliance.relay import Relay

log = logging.getLogger(__name__)

_REST_S = 1.0


class RelayDuty:
    """Sends what waits, and sleeps while nothing does."""

    def __init__(
        self,
        desk: FrontDesk,
        road: Callable[[], Road],
        look_at_links: Callable[[], Links] = links,
        dice: Dice = random.random,
    ) -> None:
        self._desk = desk
        self._make_road = road
        self._road: Road | None = None
        self._relay: Relay | None = None
        self._dice = dice
        self._look_at_links = look_at_links
        self._links: Links | None = None  # while there is trouble

    def step(self) -> None:
        """Send one batch, or wait for at most a second."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        try:
            relay, road = self._ready()
            wait_s = relay.work()
        except StoreError as error:
            # Shown on the pages and in /healthz already; the next round tries again.
            log.debug("relay: %s", error)
            self._desk.changes.rest(_REST_S)
            return
        self._watch_links(relay)
        if wait_s > 0:
            road.rest()
            # The bell of a new visit is no reason to knock at a server that is away.
            if wait_s == float("inf"):
                self._desk.changes.wait(heard, _REST_S)
            else:
                self._desk.changes.rest(min(wait_s, _REST_S))

    def end(self) -> None:
        """Cut short what is under way."""
        if self._road is not None:
            self._road.close()

    def _ready(self) -> tuple[Relay, Road]:
        """The relay and its road, which needs the database to know who we are."""
        if self._relay is None or self._road is None:
            self._road = self._make_road()
            self._relay = Relay(self._desk.store, self._desk.maker, self._road, self._desk.relay, self._dice)
        return self._relay, self._road

    def _watch_links(self, relay: Relay) -> None:
        """While there is trouble: has the network come back?"""
        if self._desk.relay.trouble is None:
            self._links = None
            return
        now = self._look_at_links()
        if self._links is not None and has_come_back(self._links, now):
            log.debug("relay: a link is back")
            relay.link_is_back()
        self._links = now
