"""What the door contacts say."""

from __future__ import annotations

import threading

from appliance.changes import Changes
from drivers.base import Door


class Doors:
    """What the door contacts said last, for every page."""

    def __init__(self, names: tuple[str, ...], changes: Changes) -> None:
        self.names = names
        self._changes = changes
        self._lock = threading.Lock()
        self._doors = dict.fromkeys(names, Door.UNKNOWN)

    def say(self, locker: str, door: Door) -> bool:
        """Note what a contact says; True (and the bell rings) when that is new."""
        with self._lock:
            new = self._doors[locker] is not door
            self._doors[locker] = door
        if new:
            self._changes.ring()
        return new

    def of(self, locker: str) -> Door:
        """The state of one door; UNKNOWN for a locker that is not configured."""
        with self._lock:
            return self._doors.get(locker, Door.UNKNOWN)

    def forget(self) -> None:
        """The contacts cannot be read: nothing is known any more."""
        for name in self.names:
            self.say(name, Door.UNKNOWN)
