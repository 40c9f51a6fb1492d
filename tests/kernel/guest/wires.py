"""The chip's lines for lockers and fingers: what is soldered to them is told of each change by the kernel."""

from __future__ import annotations

import os
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import lgpio

from drivers.simulated.wires import Watcher
from tests.kernel.guest.lines import TRACING, Change, SimulatedLines

_LOOKS_EVERY_S = 0.005


class KernelWires:
    """The `Wires` of the kernel's simulated chip. It takes what the kernel traces: nobody else then can.

    A switch that is open leaves its line to the resistor that was fitted, else high: of a program's own
    resistors this chip's switches take no notice (`tests/kernel/gpio_sim.py`).
    """

    def __init__(self, lines: SimulatedLines) -> None:
        self._lines = lines
        self._resistors: dict[int, bool] = {}
        self._levels: dict[int, bool] = {}
        self._watchers: defaultdict[int, list[Watcher]] = defaultdict(list)
        self._held: dict[int, int] = {}
        self._lock = threading.RLock()
        self._changes: deque[Change] = deque()
        self._trace = os.open(TRACING / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        self._ends = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="wires")
        self._watcher.start()

    def close(self) -> None:
        """Look no more, and hold nothing."""
        self._ends.set()
        self._watcher.join()
        os.close(self._trace)
        for pin in tuple(self._held):
            self.hold(pin, held=False)

    @property
    @contextmanager
    def electricity(self) -> Iterator[None]:
        """The kernel's lines cannot be held; but every change until now has been told."""
        with self._lock:
            self._tell()
            yield

    def level(self, pin: int) -> bool:
        """What a voltmeter would show: True is high."""
        return self._lines.is_high(pin)

    def watch(self, pin: int, watcher: Watcher) -> None:
        """Tell `watcher` of every level that a program gives to the line, as the kernel has stamped it."""
        with self.electricity:
            self._levels[pin] = self.level(pin)
            self._watchers[pin].append(watcher)

    def fit_resistor(self, pin: int, *, high: bool) -> None:
        """Solder a pull-up (`high`) or pull-down to the line."""
        self._resistors[pin] = high
        self.open_contact(pin)

    def close_contact(self, pin: int, *, to_high: bool = False) -> None:
        """Close the switch on this line: to ground, or to 3.3 V."""
        self._lines.pull(pin, high=to_high)

    def open_contact(self, pin: int) -> None:
        """Open the switch on this line."""
        self._lines.pull(pin, high=self._resistors.get(pin, True))

    def hold(self, pin: int, *, held: bool = True) -> None:
        """Let another program take a line that is not open yet, or give it back."""
        if held:
            self._held[pin] = lgpio.gpiochip_open(0)
            lgpio.gpio_claim_input(self._held[pin], pin)
        elif pin in self._held:
            lgpio.gpiochip_close(self._held.pop(pin))

    def _watch(self) -> None:
        while not self._ends.wait(_LOOKS_EVERY_S):
            with self.electricity:
                pass

    def _tell(self) -> None:
        """Whoever is told may look again: what came first is told first all the same."""
        with suppress(BlockingIOError):
            while block := os.read(self._trace, 65536):
                self._changes += self._lines.parse(block.decode())
        while self._changes:
            change = self._changes.popleft()
            if self._watchers[change.pin] and self._levels[change.pin] is not change.high:
                self._levels[change.pin] = change.high
                for watcher in self._watchers[change.pin]:
                    watcher(change.high, round(change.at_s * 1e9))
