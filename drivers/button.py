"""Push buttons and their lamps on GPIO lines, by gpiozero.

All callbacks of a process run in lgpio's one notification thread, and an exception there silences every
button for good. So ours queues the edge with its time, nothing else; what an edge means is
`drivers.debounce`'s to say. It hangs on the pin, below `gpiozero.Button`: Button's own callback raises when
the button is closed at the moment of an edge, and each Button keeps a thread that wakes ten times a second.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpiozero import LED, InputDevice

from drivers.base import Edge, Lost, Missing
from drivers.gpio import Lines, PinSource, translated

log = logging.getLogger(__name__)

LATEST_NS = 10_000_000_000  # no callback comes later than this; a stamp that is older is of another clock


@dataclass(frozen=True, slots=True)
class ButtonWiring:
    """Where a button is connected (BCM numbers). `pull_up`: it closes to ground; else to 3.3 V."""

    pin: int
    pull_up: bool = True
    lamp_pin: int | None = None


def edge_time_ns(ticks: float, now_ns: int) -> int:
    """When an edge was, by time.monotonic_ns(): gpiozero's `ticks` are the kernel's stamp, in seconds.

    On a busy machine the callback comes late, and several edges at once; told apart only by when they came,
    a finger would look like a bounce. Kernels before 5.7 stamp by the wall clock: then now has to do.
    """
    stamped_ns = round(ticks * 1e9)
    return stamped_ns if 0 <= now_ns - stamped_ns <= LATEST_NS else now_ns


class _Contact:
    """One button's line. The driver keeps it alive, since gpiozero holds callbacks by weak references."""

    def __init__(self, button: str, wiring: ButtonWiring, line: Any, edges: queue.Queue[Edge]) -> None:
        self.dropped = 0
        self.missed = False
        self._button = button
        self._low_is_pressed = wiring.pull_up
        self._line = line
        self._edges = edges

    def listen(self) -> None:
        """Queue the level of now and every edge from now on."""
        # Setting the edges makes gpiozero forget an earlier connection's callback; else it would not listen.
        self._line.pin.edges = "both"
        self._line.pin.when_changed = self._changed
        self.report_level()

    def report_level(self) -> None:
        """Queue the level of now as an edge."""
        self.missed = False
        self._queue(bool(self._line.is_active), time.monotonic_ns())

    def _changed(self, ticks: float, level: int) -> None:
        self._queue((not level) == self._low_is_pressed, edge_time_ns(ticks, time.monotonic_ns()))

    def _queue(self, pressed: bool, at_ns: int) -> None:
        try:
            self._edges.put_nowait(Edge(self._button, pressed, at_ns))
        except Exception:  # noqa: BLE001 - a full queue or worse, it must not end the notification thread
            self.dropped += 1
            self.missed = True


class GpioButtons:
    """`drivers.base.Buttons` on GPIO lines.

    After `connect`, `next_edge` first gives the level that each button has then, so that one held down is
    known for what it is. When nobody reads and the queue is full, edges are counted in `dropped`; as soon as
    the queue is read empty, the buttons concerned report the level they have by then.
    """

    def __init__(
        self, *, name: str, wiring: Mapping[str, ButtonWiring], factory: PinSource, queue_size: int = 1024
    ) -> None:
        self._name = name
        self._wiring = dict(wiring)
        self._factory = factory
        self._queue_size = queue_size
        self._lines: Lines | None = None
        self._contacts: dict[str, _Contact] = {}
        self._lamps: dict[str, Any] = {}
        self._edges: queue.Queue[Edge] = queue.Queue()

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._name

    @property
    def dropped(self) -> int:
        """Edges lost since `connect` because the queue was full."""
        return sum(contact.dropped for contact in self._contacts.values())

    def connect(self) -> None:
        """Open every button and lamp, lamps off. Raises Missing or Busy, and then nothing stays open."""
        self.close()
        lines = Lines(self._name, self._factory)
        self._edges = queue.Queue(max(self._queue_size, len(self._wiring)))
        try:
            contacts = {name: self._open_contact(lines, name) for name in self._wiring}
            lamps = {
                name: lines.open(LED, wiring.lamp_pin, f"lamp {name}")
                for name, wiring in self._wiring.items()
                if wiring.lamp_pin is not None
            }
        except BaseException:
            lines.close()
            raise
        self._contacts, self._lamps, self._lines = contacts, lamps, lines

    def close(self) -> None:
        """Let go of every line; never raises."""
        lines, self._lines = self._lines, None
        self._contacts, self._lamps = {}, {}
        if lines is not None:
            lines.close()

    def next_edge(self, timeout_s: float) -> Edge | None:
        """Wait for the next edge of any button; None when `timeout_s` has passed. Raises Lost."""
        if self._lines is None:
            raise Lost(self._name, "not connected")
        try:
            return self._edges.get_nowait()
        except queue.Empty:
            self._report_missed()
        try:
            return self._edges.get(timeout=timeout_s) if timeout_s > 0 else self._edges.get_nowait()
        except queue.Empty:
            return None

    def lamp(self, button: str, on: bool) -> None:
        """Switch the lamp in a button; a button without a lamp ignores it. Raises Lost, KeyError."""
        if self._wiring[button].lamp_pin is None:
            return
        lamp = self._lamps.get(button)
        if lamp is None:
            raise Lost(self._name, "not connected")
        with translated(self._name, f"lamp {button}", Lost):
            lamp.value = on

    def _open_contact(self, lines: Lines, button: str) -> _Contact:
        wiring = self._wiring[button]
        line = lines.open(InputDevice, wiring.pin, f"button {button}", pull_up=wiring.pull_up)
        contact = _Contact(button, wiring, line, self._edges)
        with translated(self._name, f"button {button} on GPIO{wiring.pin}", Missing):
            contact.listen()
        return contact

    def _report_missed(self) -> None:
        for button, contact in self._contacts.items():
            if contact.missed:
                log.warning("%s: edges of %s were lost, %d in all", self._name, button, self.dropped)
                with translated(self._name, f"button {button}", Lost):
                    contact.report_level()
