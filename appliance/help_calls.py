"""Somebody at the kiosk calls for an officer: shown on the desk page until an officer has seen to it.

Kept in memory only. A second press while a call is open adds nothing but a ring: the first press counts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from appliance.changes import Changes
from appliance.clock import Clock, Moment

Where = Literal["kiosk"]


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A call that nobody has answered yet: from where, and since when."""

    where: Where
    since: Moment


class HelpCalls:
    """The open calls, oldest first; one a place."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._lock = threading.Lock()
        self._open: dict[Where, HelpCall] = {}

    def call(self, where: Where) -> None:
        """Tell the officers."""
        with self._lock:
            self._open.setdefault(where, HelpCall(where, self._clock.now()))
        self._changes.ring()

    def dismiss(self, where: Where) -> None:
        """An officer is on the way, or has been there."""
        with self._lock:
            gone = self._open.pop(where, None)
        if gone is not None:
            self._changes.ring()

    def open(self) -> list[HelpCall]:
        """The calls that wait for an officer."""
        with self._lock:
            return list(self._open.values())
