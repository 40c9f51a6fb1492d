"""What the officer asks a visitor to do on the kiosk's screen: fill in the guest book, or rate.

Kept in memory only, and not for long: an invitation that nobody takes up is gone with the next one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from appliance.changes import Changes
from appliance.clock import Clock, Moment

LASTS_S = 300.0

To = Literal["guest_book", "rating"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """One visit is asked to do one thing at the kiosk."""

    visit_id: int
    to: To
    at: Moment


class Invitations:
    """The open invitations, oldest first; one a visit."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._lock = threading.Lock()
        self._open: dict[int, Invitation] = {}

    def send(self, visit_id: int, to: To) -> None:
        """Show it on the kiosk."""
        with self._lock:
            self._open.pop(visit_id, None)
            self._open[visit_id] = Invitation(visit_id, to, self._clock.now())
        self._changes.ring()

    def take_back(self, visit_id: int) -> None:
        """It was taken up, or is not needed any more."""
        with self._lock:
            gone = self._open.pop(visit_id, None)
        if gone is not None:
            self._changes.ring()

    def open(self) -> list[Invitation]:
        """Those that are still good."""
        now = self._clock.now()
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if _is_fresh(one, now)}
            return list(self._open.values())


def _is_fresh(invitation: Invitation, now: Moment) -> bool:
    seconds = now.seconds_since(invitation.at)
    return seconds is not None and seconds <= LASTS_S
