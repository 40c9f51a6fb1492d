"""How many batches are worked on at once. Whoever finds the gate shut is told when to come back.

When 550 offices come back at once, each of them may knock; a few are let in, and the others are given times
that are spread over as long as the work of all of them will take.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST_S = 30  # that anybody is sent away for: to say "not yet" again costs next to nothing
_USUAL_S = 0.05  # one batch, before any was measured
_WEIGHT = 0.1  # of the newest measure in the average


class Shut(Exception):
    """There is too much to do; `wait_s` is when to come back, in whole seconds."""

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(f"come back in {wait_s} s")


class Gate:
    """Lets `most` in at a time. Used from any thread."""

    def __init__(
        self,
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._most = most
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._inside = 0
        self._mean_s = _USUAL_S
        self._away = 0  # sent away, and as far as one can tell not back yet

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be one of those that are let in. Raises Shut."""
        with self._lock:
            if self._inside >= self._most:
                self._away += 1
                raise Shut(self._wait_s())
            self._inside += 1
            self._away = max(0, self._away - 1)
        began = self._clock()
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                self._mean_s += _WEIGHT * (self._clock() - began - self._mean_s)

    def _wait_s(self) -> int:
        """Some moment until all who were sent away could have been served, one after the other's work."""
        needed_s = self._away * self._mean_s / self._most
        return 1 + int(min(LONGEST_S - 1, needed_s) * self._chance())
