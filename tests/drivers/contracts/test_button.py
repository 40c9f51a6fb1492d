"""The contract of push buttons with lamps, whether they close to ground or to 3.3 V."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from drivers.base import Lost
from drivers.debounce import Presses
from tests.drivers.finger import BENCHES, LAMP, SOON_S, Bench


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with BENCHES[request.param]() as bench:
        yield bench


def test_the_level_of_each_button_is_told_first(bench: Bench) -> None:
    bench.buttons.connect()
    assert [(edge.button, edge.pressed) for edge in bench.edges(2)] == [("P", False), ("K", False)]
    assert bench.buttons.next_edge(0) is None


def test_a_finger_is_two_edges_in_their_order_by_monotonic_time(bench: Bench) -> None:
    bench.buttons.connect()
    bench.edges(2)
    before = time.monotonic_ns()
    bench.press()
    time.sleep(0.02)  # a kernel tells of no finger that is quicker than it can look
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
    assert not bench.wires.level(LAMP)
    bench.buttons.lamp("P", True)
    assert bench.wires.level(LAMP)
    bench.buttons.lamp("K", True)  # has none
    bench.buttons.close()
    assert not bench.wires.level(LAMP)
    with pytest.raises(Lost):
        bench.buttons.lamp("P", True)


def test_nobody_waits_longer_than_asked(bench: Bench) -> None:
    presses = Presses(bench.buttons, ("P", "K"))
    presses.connect()
    began = time.monotonic()
    assert presses.next_event(0.1) is None
    assert time.monotonic() - began < 0.1 + SOON_S
