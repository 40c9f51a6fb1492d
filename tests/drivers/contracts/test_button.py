"""The contract of push buttons with lamps, whether they close to ground or to 3.3 V."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from drivers.base import Edge, Lost
from drivers.button import ButtonWiring, GpioButtons
from drivers.debounce import Presses
from drivers.simulated.pins import SimulatedPins

SOON_S = 20.0
PIN, LAMP, OTHER = 17, 27, 22


@dataclass(frozen=True)
class Bench:
    """Two buttons, P with a lamp and K without, and the finger."""

    buttons: GpioButtons
    pins: SimulatedPins
    closes_to_high: bool

    def press(self, pressed: bool = True) -> None:
        if pressed:
            self.pins.close_contact(PIN, to_high=self.closes_to_high)
        else:
            self.pins.open_contact(PIN)

    def edges(self, count: int) -> list[Edge]:
        found = [self.buttons.next_edge(SOON_S) for _ in range(count)]
        return [edge for edge in found if edge is not None]


@pytest.fixture(params=[True, False], ids=["to ground", "to 3.3 V"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    wiring = {"P": ButtonWiring(PIN, request.param, LAMP), "K": ButtonWiring(OTHER, request.param)}
    with SimulatedPins() as pins:
        buttons = GpioButtons(name="buttons", wiring=wiring, factory=lambda: pins)
        yield Bench(buttons, pins, not request.param)
        buttons.close()


def test_the_level_of_each_button_is_told_first(bench: Bench) -> None:
    bench.buttons.connect()
    assert [(edge.button, edge.pressed) for edge in bench.edges(2)] == [("P", False), ("K", False)]
    assert bench.buttons.next_edge(0) is None


def test_a_finger_is_two_edges_in_their_order_by_monotonic_time(bench: Bench) -> None:
    bench.buttons.connect()
    bench.edges(2)
    before = time.monotonic_ns()
    bench.press()
    bench.press(False)
    down, up = bench.edges(2)
    assert [(edge.button, edge.pressed) for edge in (down, up)] == [("P", True), ("P", False)]
    assert before <= down.at_ns <= up.at_ns <= time.monotonic_ns()


def test_a_button_that_is_held_at_the_start_is_known_as_held(bench: Bench) -> None:
    bench.press()
    bench.buttons.connect()
    assert [(edge.button, edge.pressed) for edge in bench.edges(2)] == [("P", True), ("K", False)]


def test_the_lamp_does_as_it_is_told_and_is_out_at_the_end(bench: Bench) -> None:
    bench.buttons.connect()
    assert not bench.pins.level(LAMP)
    bench.buttons.lamp("P", True)
    assert bench.pins.level(LAMP)
    bench.buttons.lamp("K", True)  # has none
    bench.buttons.close()
    assert not bench.pins.level(LAMP)
    with pytest.raises(Lost):
        bench.buttons.lamp("P", True)


def test_nobody_waits_longer_than_asked(bench: Bench) -> None:
    presses = Presses(bench.buttons, ("P", "K"))
    presses.connect()
    began = time.monotonic()
    assert presses.next_event(0.1) is None
    assert time.monotonic() - began < 0.1 + SOON_S
