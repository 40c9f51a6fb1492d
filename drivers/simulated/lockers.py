"""A bank of lockers on GPIO lines: latches that a pulse opens, doors, and their contacts.

It sees what a real locker sees, the level of a line, and nothing of the driver that sets it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from drivers.locks import LockWiring
from drivers.simulated.wires import Wires

OPENS_AFTER_MS = 10.0
PULSES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Pulse:
    """One time that a coil had current."""

    locker: str
    start_ns: int  # time.monotonic_ns()
    duration_ns: int

    @property
    def end_ns(self) -> int:
        """When the current ended (time.monotonic_ns())."""
        return self.start_ns + self.duration_ns


class Bank(Protocol):
    """A bank of lockers as one stands before it, however its locks are connected."""

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """The pulses that have ended, oldest first, at most the last thousand."""

    def is_open(self, name: str) -> bool:
        """True while the door is open, whatever its contact says."""

    def open_door(self, name: str) -> None:
        """Open the door without a pulse: the emergency key, or force."""

    def close_door(self, name: str) -> None:
        """Push the door shut; the latch catches."""

    def jam(self, name: str, jammed: bool) -> None:
        """Jam the latch, so that a pulse does not open the door, or free it."""


@dataclass(slots=True)
class _Locker:
    wiring: LockWiring
    is_open: bool = False
    jammed: bool = False
    energised_since_ns: int | None = None


class SimulatedLockers:
    """The lockers of `wiring`, doors shut. A pulse of `opens_after_ms` lets a door spring open as it ends.

    Each lock line gets the resistor to "off" that the wiring guide asks for. Raises KeyError for an unknown
    locker.
    """

    def __init__(
        self,
        pins: Wires,
        wiring: Mapping[str, LockWiring],
        *,
        opens_after_ms: float = OPENS_AFTER_MS,
    ) -> None:
        self._pins = pins
        self._opens_after_ns = int(opens_after_ms * 1e6)
        self._lockers = {name: _Locker(wired) for name, wired in wiring.items()}
        self._pulses: deque[Pulse] = deque(maxlen=PULSES_KEPT)
        for name, locker in self._lockers.items():
            pins.fit_resistor(locker.wiring.pin, high=not locker.wiring.active_high)
            pins.watch(locker.wiring.pin, partial(self._coil, name))
            self._coil(name, pins.level(locker.wiring.pin), time.monotonic_ns())
            self._show(locker)

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """The pulses that have ended, oldest first, at most the last thousand."""
        with self._pins.electricity:
            return tuple(self._pulses)

    def is_energised(self, name: str) -> bool:
        """True while the coil has current."""
        with self._pins.electricity:
            return self._lockers[name].energised_since_ns is not None

    def is_open(self, name: str) -> bool:
        """True while the door is open, whatever its contact says."""
        with self._pins.electricity:
            return self._lockers[name].is_open

    def open_door(self, name: str) -> None:
        """Open the door without a pulse: the emergency key, or force."""
        self._move(self._lockers[name], is_open=True)

    def close_door(self, name: str) -> None:
        """Push the door shut; the latch catches."""
        self._move(self._lockers[name], is_open=False)

    def jam(self, name: str, jammed: bool) -> None:
        """Jam the latch, so that a pulse does not open the door, or free it."""
        with self._pins.electricity:
            self._lockers[name].jammed = jammed

    def _coil(self, name: str, level: bool, at_ns: int) -> None:
        locker = self._lockers[name]
        since_ns = locker.energised_since_ns
        energised = level == locker.wiring.active_high
        if energised and since_ns is None:
            locker.energised_since_ns = at_ns
        elif not energised and since_ns is not None:
            locker.energised_since_ns = None
            pulse = Pulse(name, since_ns, at_ns - since_ns)
            self._pulses.append(pulse)
            if pulse.duration_ns >= self._opens_after_ns and not locker.jammed:
                self._move(locker, is_open=True)

    def _move(self, locker: _Locker, *, is_open: bool) -> None:
        with self._pins.electricity:
            locker.is_open = is_open
            self._show(locker)

    def _show(self, locker: _Locker) -> None:
        contact_pin = locker.wiring.contact_pin
        if contact_pin is None:
            return
        made = locker.is_open != locker.wiring.contact_closed_is_low
        if made:
            self._pins.close_contact(contact_pin)
        else:
            self._pins.open_contact(contact_pin)
