"""Banks of lockers at the end of their wire: on GPIO lines, and on each kind of RS-485 lock board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from drivers.base import Locks
from drivers.gpio import PinSource
from drivers.lock_frames import KINDS
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.serial_locks import BoardLock, Bus, SerialLocks
from drivers.simulated.board_lockers import BoardLockers
from drivers.simulated.lock_board import SimulatedLockBoards
from drivers.simulated.lockers import Bank, SimulatedLockers
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.wires import Wires

GAP_S = 0.05
REST_S = 0.3
LONGEST_PULSE_S = 1.0
LINES = {"A": LockWiring(5, 6), "B": LockWiring(13, 19), "C": LockWiring(26)}
PLACES = {"A": BoardLock(3, 1), "B": BoardLock(1, 16), "C": BoardLock(3, 7, has_contact=False)}


@dataclass(frozen=True)
class Bench:
    """The bank: A and B with a contact, C without; closed doors, a driver that is not open."""

    driver: Locks
    lockers: Bank
    unplug: Callable[[], None]
    plug: Callable[[], None]


@contextmanager
def on_lines(wires: Wires, factory: PinSource) -> Iterator[Bench]:
    """On lines of the Pi, or of what stands in for it."""
    timing = PulseTiming(pulse_s=0.02, max_pulse_s=LONGEST_PULSE_S, gap_s=GAP_S, rest_s=REST_S)
    lockers = SimulatedLockers(wires, LINES)
    driver = GpioLocks(name="lockers", wiring=LINES, factory=factory, timing=timing)
    taken, freed = partial(wires.hold, 5, held=True), partial(wires.hold, 5, held=False)
    yield Bench(driver, lockers, taken, freed)
    driver.close()


@contextmanager
def gpio(_folder: Path) -> Iterator[Bench]:
    """On simulated lines."""
    with SimulatedPins() as pins, on_lines(pins, lambda: pins) as bench:
        yield bench


@contextmanager
def boards(kind: str, folder: Path) -> Iterator[Bench]:
    """On two boards of one bus; CU16 and CU48 both with hooks that tell themselves as usual."""
    with SimulatedLockBoards(kind, folder / "usb-RS485-port0", (1, 3)) as bus:
        yield Bench(on(bus), BoardLockers(bus, PLACES), bus.unplug, bus.plug)


def on(bus: SimulatedLockBoards, **settings: object) -> SerialLocks:
    """A driver for these boards, quicker than usual."""
    quick: dict[str, object] = {"answer_s": 0.1, "gap_s": GAP_S, "rest_s": REST_S}
    settings = {**quick, "closed_is_high": bus.closed_is_high, **settings}
    line = Bus(str(bus.path), bus.kind, **settings)  # type: ignore[arg-type]  # the tests' own words
    return SerialLocks(name="lockers", bus=line, wiring=PLACES)


BENCHES: Final[dict[str, Callable[[Path], AbstractContextManager[Bench]]]] = {
    "gpiozero": gpio,
    **{kind: partial(boards, kind) for kind in KINDS},
}
