"""How many batches are let in at once, and when the others are told to come back."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from appliance.central.gate import LONGEST_S, Gate, Shut


def refused(gate: Gate) -> int:
    with pytest.raises(Shut) as shut, gate.inside():
        pass
    return shut.value.wait_s


def test_no_more_are_let_in_than_fit_and_each_that_leaves_makes_room() -> None:
    gate = Gate(2)
    with ExitStack() as inside:
        inside.enter_context(gate.inside())
        with gate.inside():
            refused(gate)
        inside.enter_context(gate.inside())
        refused(gate)
    with gate.inside():
        pass


def test_who_fails_inside_leaves_too() -> None:
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="mine"), gate.inside():
            raise ValueError("mine")


def test_the_more_are_sent_away_the_wider_their_return_is_spread() -> None:
    times = iter([0.0, 8.0])
    gate = Gate(4, clock=lambda: next(times), chance=lambda: 1.0)
    with gate.inside():  # takes eight seconds, so the mean goes up to 0.845 s
        pass
    times = iter([0.0] * 8)
    with ExitStack() as full:
        for _ in range(4):
            full.enter_context(gate.inside())
        waits = [refused(gate) for _ in range(550)]
    assert waits[0] == 1
    assert waits == sorted(waits)
    assert waits[99] == 1 + int(100 * 0.845 / 4)
    assert waits[-1] == LONGEST_S


def test_the_moment_of_return_is_left_to_chance() -> None:
    chances = iter([0.0, 0.999, 0.5])
    gate = Gate(1, chance=lambda: next(chances))
    gate._mean_s = 30.0
    with gate.inside():
        assert refused(gate) == 1
        assert refused(gate) == LONGEST_S - 1
        assert refused(gate) == 1 + (LONGEST_S - 1) // 2
