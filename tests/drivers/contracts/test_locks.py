"""The contract of locks: the same on GPIO lines and on each kind of lock board."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.base import Door, LockFault, Lost
from tests.drivers.banks import BENCHES, GAP_S, LONGEST_PULSE_S, REST_S, Bench

GRACE_S = 5.0


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as bench:
        bench.driver.connect()
        yield bench
        bench.driver.close()


def said(bench: Bench, locker: str, wanted: Door) -> bool:
    """Whether the driver says this within a short time."""
    give_up = time.monotonic() + GRACE_S
    while bench.driver.door(locker) is not wanted and time.monotonic() < give_up:
        time.sleep(0.01)
    return bench.driver.door(locker) is wanted


def test_the_lockers_stand_in_the_order_of_the_wiring(bench: Bench) -> None:
    assert bench.driver.lockers == ("A", "B", "C")


def test_connecting_opens_no_door(bench: Bench) -> None:
    assert bench.lockers.pulses == ()
    assert [bench.driver.door(name) for name in bench.driver.lockers] == [
        Door.CLOSED,
        Door.CLOSED,
        Door.UNKNOWN,
    ]


@pytest.mark.parametrize("locker", ["A", "B", "C"])
def test_a_pulse_opens_its_door_and_no_other(bench: Bench, locker: str) -> None:
    bench.driver.pulse(locker)
    assert [pulse.locker for pulse in bench.lockers.pulses] == [locker]
    assert [name for name in "ABC" if bench.lockers.is_open(name)] == [locker]


def test_no_pulse_is_longer_than_the_maximum(bench: Bench) -> None:
    bench.driver.pulse("A")
    (pulse,) = bench.lockers.pulses
    assert 0 < pulse.duration_ns <= LONGEST_PULSE_S * 1e9


@pytest.mark.parametrize("locker", ["A", "B"])
def test_a_door_is_told_as_it_opens_and_as_a_hand_shuts_it(bench: Bench, locker: str) -> None:
    bench.driver.pulse(locker)
    assert said(bench, locker, Door.OPEN)
    bench.lockers.close_door(locker)
    assert said(bench, locker, Door.CLOSED)


def test_a_door_that_is_opened_by_its_key_is_seen(bench: Bench) -> None:
    bench.lockers.open_door("B")
    assert said(bench, "B", Door.OPEN)
    assert bench.driver.door("A") is Door.CLOSED


def test_a_door_without_a_contact_is_unknown_always(bench: Bench) -> None:
    bench.driver.pulse("C")
    assert bench.lockers.is_open("C")
    assert bench.driver.door("C") is Door.UNKNOWN


def test_a_jammed_latch_is_told_by_its_door_and_opens_once_it_is_free(bench: Bench) -> None:
    bench.lockers.jam("A", True)
    bench.driver.pulse("A")
    assert bench.driver.door("A") is Door.CLOSED
    bench.lockers.jam("A", False)
    bench.driver.pulse("A")
    assert said(bench, "A", Door.OPEN)
    assert len(bench.lockers.pulses) == 2


def test_an_unknown_locker_is_a_fault_and_nothing_moves(bench: Bench) -> None:
    for use in (bench.driver.pulse, bench.driver.door):
        with pytest.raises(LockFault, match="Z"):
            use("Z")
    assert bench.lockers.pulses == ()


def test_one_coil_at_a_time_with_a_gap_whoever_asks(bench: Bench) -> None:
    threads = [threading.Thread(target=bench.driver.pulse, args=(name,)) for name in "ABC"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GRACE_S)
    starts = sorted(pulse.start_ns for pulse in bench.lockers.pulses)
    assert sorted(pulse.locker for pulse in bench.lockers.pulses) == ["A", "B", "C"]
    assert min(b - a for a, b in pairwise(starts)) >= GAP_S * 1e9


def test_a_coil_rests_also_over_a_new_connection(bench: Bench) -> None:
    bench.driver.pulse("A")
    bench.driver.connect()
    bench.driver.pulse("A")
    first, second = bench.lockers.pulses
    assert second.start_ns - first.start_ns >= REST_S * 1e9


def test_a_bank_that_is_closed_pulses_nothing(bench: Bench) -> None:
    bench.driver.close()
    for use in (bench.driver.pulse, bench.driver.door):
        with pytest.raises(Lost):
            use("A")
    assert bench.lockers.pulses == ()


def test_all_off_may_be_said_while_it_is_open(bench: Bench) -> None:
    bench.driver.all_off()
    bench.driver.pulse("A")
    assert said(bench, "A", Door.OPEN)


def test_all_lockers_of_a_bank_that_is_well_are_reachable(bench: Bench) -> None:
    bench.driver.door("A")
    assert bench.driver.unreachable == ()
