"""Lock boards on a bus that goes wrong: the real pyserial, and boards on a pseudo terminal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.base import Busy, Door, DriverError, LockFault, Lost, Missing, Timeout, UnlockUnknown
from drivers.lock_frames import KINDS
from drivers.serial_locks import BoardLock, Bus, SerialLocks
from drivers.simulated.lock_board import SimulatedLockBoards
from tests.drivers.banks import PLACES, REST_S, on

A = (PLACES["A"].address, PLACES["A"].lock)


@pytest.fixture(params=KINDS)
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedLockBoards]:
    with SimulatedLockBoards(request.param, tmp_path / "usb-RS485-port0", (1, 3)) as bus:
        yield bus


@pytest.fixture
def locks(bus: SimulatedLockBoards) -> Iterator[SerialLocks]:
    locks = on(bus)
    locks.connect()
    yield locks
    locks.close()


def pulsed(bus: SimulatedLockBoards) -> list[tuple[int, int]]:
    return [lock for lock, _ in bus.unlocked]


@pytest.mark.parametrize("fault", ["split", "noise", "echo"])
def test_what_is_usual_on_a_line_does_no_harm(
    bus: SimulatedLockBoards, locks: SerialLocks, fault: str
) -> None:
    bus.set_fault(fault, True)
    for name in ("A", "B"):
        assert locks.door(name) is Door.CLOSED
        locks.pulse(name)
        assert locks.door(name) is Door.OPEN
    assert pulsed(bus) == [A, (1, 16)]


BROKEN = ["silent", "late", "garbled", "bad_checksum", "half_frame", "wrong_address"]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bus_that_gives_no_right_answer_does_not_open(bus: SimulatedLockBoards, fault: str) -> None:
    bus.set_fault(fault, True)
    locks = on(bus)
    began = time.monotonic()
    with pytest.raises(Timeout, match="no board"):
        locks.connect()
    assert time.monotonic() - began < 5.0
    bus.set_fault(fault, False)
    locks.connect()
    assert locks.door("A") is Door.CLOSED
    locks.close()


@pytest.mark.parametrize("fault", BROKEN)
def test_an_unlocking_without_a_right_answer_is_not_known_and_sent_once(
    bus: SimulatedLockBoards, locks: SerialLocks, fault: str
) -> None:
    bus.set_fault(fault, True)
    with pytest.raises(UnlockUnknown) as caught:
        locks.pulse("A")
    assert caught.value.device == "lockers"
    assert "A" in caught.value.detail
    assert pulsed(bus) == [A]
    bus.set_fault(fault, False)
    locks.connect()
    assert locks.door("A") is Door.OPEN
    assert pulsed(bus) == [A]


def test_only_the_answer_to_an_unlocking_is_lost(bus: SimulatedLockBoards, locks: SerialLocks) -> None:
    """Where a kind of board need not answer that, its next answer will do: its door says the rest."""
    bus.set_fault("answer_lost", True)
    if KINDS[bus.kind].answers_unlock:
        with pytest.raises(UnlockUnknown):
            locks.pulse("A")
    else:
        locks.pulse("A")
    assert pulsed(bus) == [A]
    assert locks.door("A") is Door.OPEN


def test_a_contact_that_sticks_says_closed_though_the_door_is_open(
    bus: SimulatedLockBoards, locks: SerialLocks
) -> None:
    bus.stick_contact(A, True)
    locks.pulse("A")
    assert bus.is_open(A)
    assert locks.door("A") is Door.CLOSED


@pytest.mark.parametrize("bus", ["winnsen"], indirect=True)
def test_a_coil_that_has_to_cool_is_waited_for_once_and_then_said(
    bus: SimulatedLockBoards, locks: SerialLocks
) -> None:
    bus.set_fault("cooling", True)
    began = time.monotonic()
    with pytest.raises(LockFault, match="cool"):
        locks.pulse("A")
    assert REST_S <= time.monotonic() - began < 5.0
    assert pulsed(bus) == []
    bus.set_fault("cooling", False)
    locks.pulse("A")
    assert pulsed(bus) == [A]


def test_a_board_without_power_leaves_the_others_at_work(
    bus: SimulatedLockBoards, locks: SerialLocks
) -> None:
    bus.dead.add(1)
    assert [answer.address for answer in locks.boards() if answer.seconds is None] == [1]
    assert locks.door("B") is Door.UNKNOWN
    with pytest.raises(LockFault, match="address 1"):
        locks.pulse("B")
    assert locks.door("A") is Door.CLOSED
    locks.pulse("A")
    assert locks.door("A") is Door.OPEN
    bus.dead.clear()
    assert all(answer.seconds is not None for answer in locks.boards())
    assert locks.door("B") is Door.CLOSED
    assert pulsed(bus) == [A]


def test_a_bank_opens_while_one_board_has_no_power(bus: SimulatedLockBoards) -> None:
    bus.dead.add(3)
    locks = on(bus)
    locks.connect()
    assert locks.door("B") is Door.CLOSED
    locks.close()


def test_boards_whose_hooks_tell_the_other_way_round(tmp_path: Path) -> None:
    for kind in KINDS:
        with SimulatedLockBoards(kind, tmp_path / kind, (1, 3), inverted=True) as bus:
            locks = on(bus)
            locks.connect()
            assert locks.door("A") is Door.CLOSED
            locks.pulse("A")
            assert locks.door("A") is Door.OPEN
            locks.close()


def test_pulled_out_and_plugged_in_again_it_has_the_same_name(
    bus: SimulatedLockBoards, locks: SerialLocks
) -> None:
    path = bus.path
    bus.unplug()
    with pytest.raises(Lost):
        locks.pulse("A")
    assert pulsed(bus) == []
    locks.close()
    with pytest.raises(Missing):
        locks.connect()
    bus.plug()
    assert bus.path == path
    locks.connect()
    locks.pulse("A")
    assert locks.door("A") is Door.OPEN


def test_pulled_out_between_command_and_answer_it_is_not_known(bus: SimulatedLockBoards) -> None:
    locks = on(bus, answer_s=20.0)
    locks.connect()
    bus.set_fault("silent", True)
    errors: list[DriverError] = []

    def pulse() -> None:
        try:
            locks.pulse("A")
        except DriverError as error:
            errors.append(error)

    thread = threading.Thread(target=pulse)
    thread.start()
    give_up = time.monotonic() + 10
    while not bus.unlocked and time.monotonic() < give_up:
        time.sleep(0.005)
    bus.unplug()
    thread.join(10)
    assert [type(error) for error in errors] == [UnlockUnknown]
    assert pulsed(bus) == [A]
    locks.close()


def test_a_line_that_another_program_has_is_busy(bus: SimulatedLockBoards, locks: SerialLocks) -> None:
    with pytest.raises(Busy):
        on(bus).connect()
    assert locks.door("A") is Door.CLOSED


@pytest.mark.parametrize("bus", ["kr-cu16"], indirect=True)
def test_a_board_is_told_its_pulse_when_it_can_be(bus: SimulatedLockBoards) -> None:
    locks = on(bus, pulse_ms=250)
    locks.connect()
    give_up = time.monotonic() + 5
    while set(bus.pulse_ms.values()) != {250} and time.monotonic() < give_up:
        time.sleep(0.005)
    assert bus.pulse_ms == {1: 250, 3: 250}
    locks.close()


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("kr-cu17", {}, "kr-cu17"),
        ("kr-cu16", {"pulse_ms": 2001}, "2001"),
        ("winnsen", {"pulse_ms": 500}, "cannot be told"),
        ("kr-cu16", {"gap_s": -0.1}, "negative"),
    ],
)
def test_an_impossible_bus_is_refused(kind: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Bus("/dev/null", kind, **settings)


@pytest.mark.parametrize(
    ("kind", "first", "place"),
    [
        ("kr-cu16", None, BoardLock(1, 17)),
        ("kr-cu16", 1, BoardLock(1, 16)),
        ("kr-cu16", None, BoardLock(15, 1)),
        ("kr-cu48", None, BoardLock(1, 49)),
        ("winnsen", 0, BoardLock(1, 1)),
        ("winnsen", None, BoardLock(0, 1)),
        ("winnsen", None, BoardLock(1, 0)),
    ],
)
def test_a_lock_that_no_board_has_is_refused(kind: str, first: int | None, place: BoardLock) -> None:
    with pytest.raises(ValueError, match="no such lock"):
        SerialLocks(name="lockers", bus=Bus("/dev/null", kind, first_lock=first), wiring={"A": place})


def test_the_lockers_of_a_silent_board_are_named_and_nothing_is_logged_again_and_again(
    bus: SimulatedLockBoards, locks: SerialLocks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert not locks.unreachable
    bus.dead.add(1)
    for _ in range(3):
        locks.boards()
        assert locks.unreachable == ("B",)
    bus.dead.clear()
    locks.boards()
    assert not locks.unreachable
    assert caplog.records == []
