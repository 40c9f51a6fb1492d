"""A Pi's GPIO lines without a Pi: gpiozero's mock pins, corrected where they are kinder than a real line.

What is different from gpiozero's MockFactory:

- callbacks come from one thread of their own, as lgpio's do, and an exception in one ends it for good;
- what is wired to a line (a contact, a resistor) stays wired while software claims and releases the line, so
  a button can be down before anybody looks;
- claiming an output makes it low, as lgpio does; closing it hands the line back to its resistor, or low;
- a line can be held by "another program".
"""

from __future__ import annotations

import errno
import time
from collections import defaultdict
from collections.abc import Sequence
from queue import SimpleQueue
from threading import RLock, Thread
from typing import Any

from gpiozero import PinFixedPull, PinInvalidFunction, PinInvalidPull
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.simulated.wires import Watcher

RASPBERRY_PI_4B = "c03111"


class SimulatedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """One line: as an output driven by software, else by its contact, else its pull, else its resistor."""

    def __init__(self, factory: SimulatedPins, info: Any) -> None:
        super().__init__(factory, info)
        self._state: bool
        self._detecting = False
        self._contact: bool | None = None
        self._resistor = False

    def wire(self, *, contact: bool | None) -> None:
        """Connect the line to 3.3 V (True) or ground (False), or disconnect it (None)."""
        with self._factory.electricity:
            self._contact = contact
            self._follow_the_wires()

    def fit_resistor(self, *, high: bool) -> None:
        """Solder on a resistor to 3.3 V or to ground."""
        with self._factory.electricity:
            self._resistor = high
            self._follow_the_wires()

    def close(self) -> None:
        """Release the line: an input without pull. As under lgpio its listener is kept, but not told."""
        with self._factory.electricity:
            self._detecting = False
            self._function = "input"
            self._pull = self._info.pull or "floating"
            self._follow_the_wires()

    def drive_high(self) -> None:
        """Wire the line to 3.3 V (the name that gpiozero's mock has for it)."""
        self.wire(contact=True)

    def drive_low(self) -> None:
        """Wire the line to ground."""
        self.wire(contact=False)

    def _set_function(self, value: str) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction("function must be input or output")
        with self._factory.electricity:
            self._function = value
            self._detecting = False
            if value == "output":
                self._change_state(False)
            else:
                self._follow_the_wires()

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if value not in ("floating", "up", "down"):
            raise PinInvalidPull("pull must be floating, up, or down")
        if self._info.pull and value != self._info.pull:
            raise PinFixedPull(f"{self!r} has a fixed pull resistor")
        with self._factory.electricity:
            self._pull = value
            self._follow_the_wires()

    def _follow_the_wires(self) -> None:
        if self._function == "output":
            return
        if self._contact is not None:
            self._change_state(self._contact)
        elif self._pull == "floating":
            self._change_state(self._resistor)
        else:
            self._change_state(self._pull == "up")

    def _change_state(self, value: bool) -> bool:
        # Not the mock's own: that one keeps every state for ever, and a simulator runs for days.
        with self._factory.electricity:
            if self._state is value:
                return False
            self._state = value
            self._last_change = time.monotonic()
            self._factory.level_changed(self, self._number, value)
            return True

    def wants_edge(self, level: bool) -> bool:
        """True where software has asked to be told of an edge to `level`."""
        return self._detecting and self._edges in ("both", "rising" if level else "falling")

    def notify(self, ticks: float, level: bool) -> None:
        """Tell software of an edge; called in the notification thread."""
        if not self._detecting:
            return
        told = self._get_when_changed()
        if told is None:  # the listener is gone
            self.when_changed = None
        else:
            told(ticks, level)

    def _enable_event_detect(self) -> None:
        self._detecting = True

    def _disable_event_detect(self) -> None:
        self._detecting = False

    def _set_edges(self, value: str) -> None:
        told: Any = self._get_when_changed()
        self.when_changed = None
        super()._set_edges(value)
        self.when_changed = told


class SimulatedPins(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """A pin factory to hand to a driver, and the `Wires` of its lines. Pins go by their BCM number.

    Any number can live side by side; none becomes gpiozero's default. `close` ends the thread.
    """

    def __init__(self) -> None:
        super().__init__(revision=RASPBERRY_PI_4B, pin_class=SimulatedPin)
        self.electricity = RLock()
        self._watchers: defaultdict[int, list[Watcher]] = defaultdict(list)
        self._held: set[int] = set()
        self._notices: SimpleQueue[tuple[SimulatedPin, float, bool] | None] = SimpleQueue()
        self._notifier = Thread(target=self._notify, name="simulated-gpio", daemon=True)
        self._notifier.start()

    # ------------------------------------------------------------------------------ for gpiozero

    def pin(self, name: Any, pin_class: Any = None, **kwargs: Any) -> Any:
        """The line, as gpiozero asks for it. Raises OSError EBUSY where another program holds it."""
        if name in self._held:
            raise OSError(errno.EBUSY, "GPIO busy")
        with self.electricity:
            return super().pin(name, pin_class, **kwargs)

    def close(self) -> None:
        """Release every line and end the thread; can be called again."""
        if self._notifier.is_alive():
            self._notices.put(None)
            self._notifier.join()
        super().close()

    def level_changed(self, pin: SimulatedPin, number: int, level: bool) -> None:
        """A line tells that it changed; called with `electricity` held, so edges are told in their order."""
        if pin.wants_edge(level):
            self._notices.put((pin, time.monotonic(), level))
        at_ns = time.monotonic_ns()
        for watcher in self._watchers[number]:
            watcher(level, at_ns)

    def _notify(self) -> None:
        while (notice := self._notices.get()) is not None:
            pin, ticks, level = notice
            pin.notify(ticks, level)

    # ------------------------------------------------------------------------------ for the world outside

    @property
    def notifies(self) -> bool:
        """False once an exception in a callback has ended the notification thread, or after `close`."""
        return self._notifier.is_alive()

    def level(self, pin: int) -> bool:
        """What a voltmeter would show: True is high."""
        return bool(self._line(pin).state)

    def watch(self, pin: int, watcher: Watcher) -> None:
        """Tell `watcher` of every change of the line, at once, in the thread that changed it.

        It must be quick and wait for no other thread.
        """
        with self.electricity:
            self._watchers[pin].append(watcher)

    def fit_resistor(self, pin: int, *, high: bool) -> None:
        """Solder a pull-up (`high`) or pull-down to the line; without one it rests low."""
        self._line(pin).fit_resistor(high=high)

    def close_contact(self, pin: int, *, to_high: bool = False) -> None:
        """Close the switch on this line: to ground, or to 3.3 V."""
        self._line(pin).wire(contact=to_high)

    def open_contact(self, pin: int) -> None:
        """Open the switch on this line."""
        self._line(pin).wire(contact=None)

    def press(
        self, pin: int, ms: float = 80.0, *, bounce_ms: Sequence[float] = (), to_high: bool = False
    ) -> None:
        """A finger: the contact closes, chatters, stays closed for `ms`, chatters, opens; then return."""
        self.chatter(pin, bounce_ms, to_high=to_high)
        self.close_contact(pin, to_high=to_high)
        time.sleep(ms / 1000)
        self.chatter(pin, bounce_ms, to_high=to_high)
        self.open_contact(pin)

    def chatter(self, pin: int, lengths_ms: Sequence[float], *, to_high: bool = False) -> None:
        """Close and open the contact in turn, each for the next length; it stays as the last one has it."""
        for turn, length_ms in enumerate(lengths_ms):
            if turn % 2 == 0:
                self.close_contact(pin, to_high=to_high)
            else:
                self.open_contact(pin)
            time.sleep(length_ms / 1000)

    def hold(self, pin: int, *, held: bool = True) -> None:
        """Let another program take a line that is not open yet, or give it back."""
        if held:
            self._held.add(pin)
        else:
            self._held.discard(pin)

    def _line(self, pin: int) -> Any:
        with self.electricity:
            return super().pin(pin)
