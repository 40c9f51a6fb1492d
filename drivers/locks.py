"""Locker locks and door contacts on GPIO lines, by gpiozero, for small banks.

A coil is made for a pulse and burns when it is held. What this driver promises while its process runs, it
cannot promise when the process is killed or the Pi hangs: a Pi's kernel leaves an output as it was. GPIO
wiring therefore needs a resistor that pulls each line to "off" and a pulse limit in hardware.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpiozero import InputDevice, OutputDevice

from drivers.base import Door, LockFault, Lost
from drivers.gpio import Lines, PinSource, pin_errors, translated

log = logging.getLogger(__name__)

LONGEST_PULSE_S = 2.0  # no configuration goes beyond this
QUEUE_LIMIT_S = 10.0  # a caller that has waited this long for its turn is refused
STEADY_S = 0.002  # a door contact counts when two readings this far apart agree
STEADY_TRIES = 5
CUT_AGAIN_S = 0.2  # the watchdog cuts more than once: `off` may fail, or a stalled caller switch on late
CUTS = 5


@dataclass(frozen=True, slots=True)
class LockWiring:
    """Where a locker is connected (BCM numbers). The contact lies between its line and ground.

    `contact_closed_is_low`: the contact is made while the door is shut. A broken wire then reads as an open
    door; with the other kind of contact it reads as a shut one.
    """

    pin: int
    contact_pin: int | None = None
    active_high: bool = True
    contact_closed_is_low: bool = True


@dataclass(frozen=True, slots=True)
class PulseTiming:
    """Seconds. Raises ValueError where a pulse would be longer than its maximum, or that than 2 s."""

    pulse_s: float = 0.5
    max_pulse_s: float = 1.0  # the watchdog ends a pulse here, whatever its caller does
    gap_s: float = 0.3  # between two pulses of the bank: the power supply feeds one coil
    rest_s: float = 2.0  # between two pulses of one lock: its coil has to cool

    def __post_init__(self) -> None:
        if not 0 < self.pulse_s <= self.max_pulse_s <= LONGEST_PULSE_S:
            raise ValueError(f"0 < pulse_s <= max_pulse_s <= {LONGEST_PULSE_S} does not hold: {self}")
        if self.gap_s < 0 or self.rest_s < 0:
            raise ValueError(f"gap_s and rest_s cannot be negative: {self}")


USUAL_TIMING = PulseTiming()


class GpioLocks:
    """`drivers.base.Locks` on GPIO lines. One coil at a time; callers from several threads take turns."""

    def __init__(
        self,
        *,
        name: str,
        wiring: Mapping[str, LockWiring],
        factory: PinSource,
        timing: PulseTiming = USUAL_TIMING,
    ) -> None:
        self._name = name
        self._wiring = dict(wiring)
        self._factory = factory
        self._timing = timing
        self._turn = threading.Lock()
        self._lines: Lines | None = None
        self._coils: dict[str, Any] = {}
        self._contacts: dict[str, Any] = {}
        self._ended: dict[str, float] = {}  # monotonic seconds; kept over a reconnect, as the coil's heat is

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._name

    @property
    def lockers(self) -> tuple[str, ...]:
        """The lockers' names, in the order of the configuration."""
        return tuple(self._wiring)

    @property
    def unreachable(self) -> tuple[str, ...]:
        """None: all lines are the Pi's own."""
        return ()

    def connect(self) -> None:
        """Open every lock, off, and every contact. Raises Missing or Busy, and then nothing stays open."""
        self.close()
        lines = Lines(self._name, self._factory)
        try:
            coils = {
                locker: lines.open(OutputDevice, wired.pin, f"lock {locker}", active_high=wired.active_high)
                for locker, wired in self._wiring.items()
            }
            contacts = {
                locker: lines.open(InputDevice, wired.contact_pin, f"door contact {locker}", pull_up=True)
                for locker, wired in self._wiring.items()
                if wired.contact_pin is not None
            }
        except BaseException:
            lines.close()
            raise
        self._coils, self._contacts, self._lines = coils, contacts, lines

    def close(self) -> None:
        """Switch every lock off and let go of every line; never raises."""
        lines, self._lines = self._lines, None
        coils, self._coils, self._contacts = self._coils, {}, {}
        self._switch_off(coils)
        if lines is not None:
            lines.close()

    def pulse(self, locker: str) -> None:
        """Energise one lock for its configured time; returns when it is off again.

        Waits for its turn, for the gap, and for this lock's rest first. Raises LockFault for a locker that is
        not in the configuration and when the turn does not come within 10 s; Lost when the lines are gone or
        closed.
        """
        self._known(locker)
        if not self._turn.acquire(timeout=QUEUE_LIMIT_S):
            raise LockFault(self._name, f"{locker}: the other locks were not done within {QUEUE_LIMIT_S:g} s")
        try:
            self._rest(locker)
            self._energise(locker)
        finally:
            self._turn.release()

    def door(self, locker: str) -> Door:
        """What the door contact says now; UNKNOWN without one, or while it keeps changing. Raises Lost."""
        wiring = self._known(locker)
        if wiring.contact_pin is None:
            return Door.UNKNOWN
        contact = self._connected(self._contacts, locker)
        with translated(self._name, f"door contact {locker} on GPIO{wiring.contact_pin}", Lost):
            low = _steady(contact)
        if low is None:
            return Door.UNKNOWN
        return Door.CLOSED if low == wiring.contact_closed_is_low else Door.OPEN

    def all_off(self) -> None:
        """De-energise every lock, also after one that fails. Raises Lost if one failed or none is open."""
        if self._lines is None:
            raise Lost(self._name, "not connected")
        failed = self._switch_off(self._coils)
        if failed:
            raise Lost(self._name, f"not switched off: {', '.join(failed)}")

    def _known(self, locker: str) -> LockWiring:
        wiring = self._wiring.get(locker)
        if wiring is None:
            raise LockFault(self._name, f"no locker is called {locker!r}")
        return wiring

    def _connected(self, lines: Mapping[str, Any], locker: str) -> Any:
        line = lines.get(locker)
        if line is None:
            raise Lost(self._name, "not connected")
        return line

    def _rest(self, locker: str) -> None:
        bank_ready = max(self._ended.values(), default=float("-inf")) + self._timing.gap_s
        coil_ready = self._ended.get(locker, float("-inf")) + self._timing.rest_s
        while (left_s := max(bank_ready, coil_ready) - time.monotonic()) > 0:
            time.sleep(left_s)

    def _energise(self, locker: str) -> None:
        coil = self._connected(self._coils, locker)
        done = threading.Event()
        watchdog = threading.Thread(
            target=self._cut_when_overdue, args=(locker, coil, done), name=f"watchdog-{locker}", daemon=True
        )
        try:
            watchdog.start()
        except RuntimeError as error:
            raise LockFault(self._name, f"{locker}: no watchdog, no pulse: {error}") from error
        what, failed = f"lock {locker} on GPIO{self._wiring[locker].pin}", [locker]
        with translated(self._name, what, Lost):
            try:
                coil.on()
                time.sleep(self._timing.pulse_s)
            finally:
                failed = self._switch_off({locker: coil})
                self._ended[locker] = time.monotonic()
                if not failed:  # else the watchdog goes on trying
                    done.set()
                    watchdog.join()
        if failed or coil.closed:
            raise Lost(self._name, f"{what}: lost in the midst of a pulse")

    def _cut_when_overdue(self, locker: str, coil: Any, done: threading.Event) -> None:
        wait_s = self._timing.max_pulse_s
        for _ in range(CUTS):
            if done.wait(wait_s) or coil.closed:
                return
            log.warning(
                "%s: lock %s is overdue after %g s: off", self._name, locker, self._timing.max_pulse_s
            )
            self._switch_off({locker: coil})
            wait_s = CUT_AGAIN_S

    def _switch_off(self, coils: Mapping[str, Any]) -> list[str]:
        failed = []
        for locker, coil in coils.items():
            try:
                if not coil.closed:  # a closed line is an input: off
                    coil.off()
            except pin_errors() as error:
                log.error("%s: lock %s was not switched off: %s", self._name, locker, error)
                failed.append(locker)
        return failed


def _steady(contact: Any) -> bool | None:
    """True where the contact is made (its line is low); None where it keeps changing."""
    for _ in range(STEADY_TRIES):
        first = bool(contact.is_active)
        time.sleep(STEADY_S)
        if bool(contact.is_active) is first:
            return first
    return None
