"""Push buttons at the end of their wire, and the finger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from drivers.base import Edge
from drivers.button import ButtonWiring, GpioButtons
from drivers.gpio import PinSource
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.wires import Wires

PIN, LAMP, OTHER = 17, 27, 22
SOON_S = 20.0


@dataclass(frozen=True)
class Bench:
    """Two buttons, P with a lamp and K without."""

    buttons: GpioButtons
    wires: Wires
    closes_to_high: bool

    def press(self, pressed: bool = True) -> None:
        """Put the finger on P, or take it away."""
        if pressed:
            self.wires.close_contact(PIN, to_high=self.closes_to_high)
        else:
            self.wires.open_contact(PIN)

    def edges(self, count: int) -> list[Edge]:
        """The next ones, as far as they come soon."""
        found = [self.buttons.next_edge(SOON_S) for _ in range(count)]
        return [edge for edge in found if edge is not None]


@contextmanager
def on_lines(wires: Wires, factory: PinSource, *, to_high: bool) -> Iterator[Bench]:
    """On lines of the Pi, or of what stands in for it; to ground, or to 3.3 V."""
    wiring = {"P": ButtonWiring(PIN, not to_high, LAMP), "K": ButtonWiring(OTHER, not to_high)}
    buttons = GpioButtons(name="buttons", wiring=wiring, factory=factory)
    yield Bench(buttons, wires, to_high)
    buttons.close()


@contextmanager
def gpio(*, to_high: bool) -> Iterator[Bench]:
    """On simulated lines."""
    with SimulatedPins() as pins, on_lines(pins, lambda: pins, to_high=to_high) as bench:
        yield bench


BENCHES: Final[dict[str, Callable[[], AbstractContextManager[Bench]]]] = {
    "to ground": partial(gpio, to_high=False),
    "to 3.3 V": partial(gpio, to_high=True),
}
