"""The lines of the kernel's simulated GPIO chip, as what is soldered to them sees them.

Levels are read, and switches moved, through gpio-sim's own files. What a program did to an output, and when,
is told by the kernel's tracepoint `gpio_value`, in its monotonic time: no change is too short for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

CHIPS = Path("/sys/kernel/config/gpio-sim")
TRACING = Path("/sys/kernel/tracing")
PINS = 28
SOON_S = 30.0
_EVENT = re.compile(r"(\d+\.\d+): gpio_value: (\d+) (get|set) (\d)")


@dataclass(frozen=True, slots=True)
class Change:
    """One level that a program gave to an output."""

    at_s: float
    pin: int
    high: bool


@dataclass(frozen=True, slots=True)
class SimulatedLines:
    """The chip's lines, by the number on the chip (on a Pi: BCM)."""

    folder: Path
    first: int  # the kernel's own number of line 0

    def pull(self, pin: int, *, high: bool) -> None:
        """Move the switch between a line and 3.3 V, or ground."""
        (self.folder / f"sim_gpio{pin}/pull").write_text("pull-up" if high else "pull-down")

    def is_high(self, pin: int) -> bool:
        """The level that a lamp or a lock sees."""
        return (self.folder / f"sim_gpio{pin}/value").read_text().strip() == "1"

    def await_level(self, pin: int, *, high: bool) -> None:
        """Until a line has that level."""
        await_that(lambda: self.is_high(pin) is high)

    def changes(self, pin: int) -> list[Change]:
        """What programs did to an output since `clear`, one entry for each time that its level changed."""
        found: list[Change] = []
        for one in self.parse((TRACING / "trace").read_text()):
            known = bool(found) and found[-1].high == one.high
            if one.pin == pin and not known:
                found.append(one)
        return found

    def parse(self, trace: str) -> Iterator[Change]:
        """The levels that programs gave to outputs, the same again included."""
        for at, number, way, level in _EVENT.findall(trace):
            if way == "set":
                yield Change(float(at), int(number) - self.first, level == "1")

    def pulses(self, pin: int) -> list[float]:
        """How long each high level lasted, in seconds, by the kernel's own stamps."""
        changes = self.changes(pin)
        return [after.at_s - one.at_s for one, after in pairwise(changes) if one.high and not after.high]

    def clear(self) -> None:
        """Forget what was traced."""
        (TRACING / "trace").write_text("")


def await_that(holds: Callable[[], object], within_s: float = SOON_S) -> None:
    """Until it holds."""
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up, "it never was so"
        time.sleep(0.005)


@contextmanager
def simulated_lines() -> Iterator[SimulatedLines]:
    """A chip of 28 lines, /dev/gpiochip0, and the kernel's tracing of it."""
    chip = CHIPS / "pi"
    bank = chip / "header"
    bank.mkdir(parents=True)
    (bank / "num_lines").write_text(str(PINS))
    (bank / "label").write_text("pinctrl-simulated")
    (chip / "live").write_text("1")
    name = (bank / "chip_name").read_text().strip()
    assert name == "gpiochip0"
    folder = Path("/sys/devices/platform") / (chip / "dev_name").read_text().strip() / name
    (first,) = [
        int((each / "base").read_text())
        for each in Path("/sys/class/gpio").glob("gpiochip*")
        if (each / "label").read_text().strip() == "pinctrl-simulated"
    ]
    (TRACING / "trace_clock").write_text("mono")
    (TRACING / "events/gpio/gpio_value/enable").write_text("1")
    try:
        await_that(Path("/dev/gpiochip0").exists)
        yield SimulatedLines(folder, first)
    finally:
        (TRACING / "events/gpio/gpio_value/enable").write_text("0")
        (chip / "live").write_text("0")
        bank.rmdir()
        chip.rmdir()
