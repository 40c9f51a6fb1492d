"""The lines of a Pi as what is soldered to them sees them: levels and contacts, and nothing of the software.

Lockers and fingers need no more than this, whether the lines are `SimulatedPins` or a kernel's own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Watcher = Callable[[bool, int], None]
"""Told of a line's new level and since when (time.monotonic_ns), in the order of the changes."""


class Wires(Protocol):
    """Lines go by their number on the chip (on a Pi: BCM)."""

    @property
    def electricity(self) -> AbstractContextManager[object]:
        """While it is held no line changes, and every change before that has been told."""

    def level(self, pin: int) -> bool:
        """What a voltmeter would show: True is high."""

    def watch(self, pin: int, watcher: Watcher) -> None:
        """Tell `watcher` of every change of the line. It must be quick and wait for no other thread."""

    def fit_resistor(self, pin: int, *, high: bool) -> None:
        """Solder a pull-up (`high`) or pull-down to the line."""

    def close_contact(self, pin: int, *, to_high: bool = False) -> None:
        """Close the switch on this line: to ground, or to 3.3 V."""

    def open_contact(self, pin: int) -> None:
        """Open the switch on this line."""

    def hold(self, pin: int, *, held: bool = True) -> None:
        """Let another program take a line that is not open yet, or give it back."""
