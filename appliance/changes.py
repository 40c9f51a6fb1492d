"""The appliance's one bell: it rings when something has changed, and says nothing of what.

The database is the message. Whoever hears the bell looks there; so a wake-up can be lost, doubled or late
and nobody acts on anything but what is stored.
"""

from __future__ import annotations

import threading


class Changes:
    """A counter that only grows, and a place to wait until it does."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0
        self._over = threading.Event()

    @property
    def count(self) -> int:
        """How often the bell has rung."""
        return self._count

    @property
    def over(self) -> bool:
        """True once the appliance is stopping."""
        return self._over.is_set()

    def ring(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def end(self) -> None:
        """The appliance is stopping: wake all who wait, for the last time."""
        self._over.set()
        self.ring()

    def wait(self, heard: int, timeout_s: float) -> int:
        """Wait until it has rung more often than `heard`, or `timeout_s` has passed; gives the count."""
        with self._condition:
            self._condition.wait_for(lambda: self._count > heard, timeout_s)
            return self._count

    def rest(self, seconds: float) -> None:
        """Sleep, whatever rings; only the end of the appliance cuts it short."""
        self._over.wait(seconds)
