"""The lockers' locks through real gpiozero, on simulated lines with simulated latches and doors."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest

from drivers.base import Busy, Door, LockFault, Lost
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.simulated.lockers import Pulse, SimulatedLockers
from drivers.simulated.pins import SimulatedPin, SimulatedPins

WIRING = {
    "A": LockWiring(pin=5, contact_pin=6),
    "B": LockWiring(pin=13, contact_pin=19, contact_closed_is_low=False),
    "C": LockWiring(pin=26),
}
QUICK = PulseTiming(pulse_s=0.02, max_pulse_s=0.1, gap_s=0.02, rest_s=0.05)
LONG = PulseTiming(pulse_s=1.0, max_pulse_s=2.0)
SLACK_S = 0.1  # what a busy machine may add
SOON_S = 20.0

Opener = Callable[..., GpioLocks]


@pytest.fixture
def pins() -> Iterator[SimulatedPins]:
    with SimulatedPins() as pins:
        yield pins


@pytest.fixture
def lockers(pins: SimulatedPins) -> SimulatedLockers:
    return SimulatedLockers(pins, WIRING)


@pytest.fixture
def opened(pins: SimulatedPins) -> Iterator[Opener]:
    """Connects locks on `pins`; closes them after the test."""
    made: list[GpioLocks] = []

    def open_locks(timing: PulseTiming = QUICK, wiring: dict[str, LockWiring] = WIRING) -> GpioLocks:
        locks = GpioLocks(name="lockers", wiring=wiring, factory=lambda: pins, timing=timing)
        made.append(locks)
        locks.connect()
        return locks

    yield open_locks
    for locks in made:
        locks.close()


@pytest.fixture
def locks(opened: Opener, lockers: SimulatedLockers) -> GpioLocks:
    return opened()


@pytest.fixture
def on_signal() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Sets what the main thread has to do in the midst of whatever it does when SIGUSR1 comes."""
    before = signal.getsignal(signal.SIGUSR1)

    def set_action(action: Callable[[], None]) -> None:
        def run(_number: int, _frame: FrameType | None) -> None:
            action()

        signal.signal(signal.SIGUSR1, run)

    yield set_action
    signal.signal(signal.SIGUSR1, before)


def wait_until(claim: Callable[[], bool]) -> None:
    limit = time.monotonic() + SOON_S
    while not claim():
        assert time.monotonic() < limit, "it did not become so"
        time.sleep(0.001)


def interrupt_main_thread_while(lockers: SimulatedLockers, locker: str) -> threading.Thread:
    """Send SIGUSR1 to the main thread as soon as the coil has current."""

    def send() -> None:
        wait_until(lambda: lockers.is_energised(locker))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def pulse_aside(locks: GpioLocks, locker: str, errors: list[Exception]) -> threading.Thread:
    """Pulse in a thread of its own and keep what it raises."""

    def pulse() -> None:
        try:
            locks.pulse(locker)
        except (LockFault, Lost) as error:
            errors.append(error)

    thread = threading.Thread(target=pulse)
    thread.start()
    return thread


def only_pulse(lockers: SimulatedLockers) -> Pulse:
    (pulse,) = lockers.pulses
    return pulse


# ------------------------------------------------------------------------------------------ pulses


def test_a_pulse_has_its_length_and_is_over_when_the_call_returns(
    locks: GpioLocks, lockers: SimulatedLockers
) -> None:
    locks.pulse("A")
    assert not lockers.is_energised("A")
    pulse = only_pulse(lockers)
    assert pulse.locker == "A"
    assert QUICK.pulse_s <= pulse.duration_ns / 1e9 <= QUICK.pulse_s + SLACK_S


def test_a_pulse_leaves_no_thread_behind(locks: GpioLocks) -> None:
    before = set(threading.enumerate())
    locks.pulse("A")
    assert set(threading.enumerate()) == before


def test_a_stalled_caller_cannot_hold_a_coil_beyond_the_maximum(
    locks: GpioLocks, lockers: SimulatedLockers, on_signal: Callable[[Callable[[], None]], None]
) -> None:
    off_while_stalled: list[bool] = []

    def stall() -> None:
        wait_until(lambda: not lockers.is_energised("A"))
        off_while_stalled.append(True)

    on_signal(stall)
    sender = interrupt_main_thread_while(lockers, "A")
    locks.pulse("A")
    sender.join()
    assert off_while_stalled == [True]
    assert QUICK.pulse_s < only_pulse(lockers).duration_ns / 1e9 <= QUICK.max_pulse_s + SLACK_S


def test_a_caller_killed_in_the_pulse_leaves_the_lock_off_and_free(
    opened: Opener, lockers: SimulatedLockers, on_signal: Callable[[Callable[[], None]], None]
) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    locks = opened(LONG)
    on_signal(kill)
    sender = interrupt_main_thread_while(lockers, "A")
    with pytest.raises(Killed):
        locks.pulse("A")
    sender.join()
    assert not lockers.is_energised("A")
    assert only_pulse(lockers).duration_ns / 1e9 < LONG.pulse_s
    locks.pulse("C")
    assert len(lockers.pulses) == 2


def test_a_lock_that_does_not_go_off_at_first_is_tried_again(
    pins: SimulatedPins, lockers: SimulatedLockers, caplog: pytest.LogCaptureFixture
) -> None:
    class StickingPin(SimulatedPin):
        sticks = False

        def _set_state(self, value: bool) -> None:
            if self.sticks and not value:
                self.sticks = False
                raise OSError("write failed")
            self.sticks = value
            super()._set_state(value)

    wiring = {"S": LockWiring(pin=12)}
    pins.pin(12, StickingPin)
    sticking = SimulatedLockers(pins, wiring)
    locks = GpioLocks(name="lockers", wiring=wiring, factory=lambda: pins, timing=QUICK)
    locks.connect()
    with caplog.at_level(logging.WARNING), pytest.raises(Lost, match="lock S on GPIO12"):
        locks.pulse("S")
    wait_until(lambda: not sticking.is_energised("S"))
    assert only_pulse(sticking).duration_ns / 1e9 <= QUICK.max_pulse_s + SLACK_S
    assert "overdue" in caplog.text
    locks.close()


def test_callers_from_two_threads_take_turns_and_keep_the_gap(
    locks: GpioLocks, lockers: SimulatedLockers
) -> None:
    errors: list[Exception] = []
    threads = [pulse_aside(locks, locker, errors) for locker in ("A", "B", "C", "A", "B")]
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(pulse.locker for pulse in lockers.pulses) == ["A", "A", "B", "B", "C"]
    gaps_s = [(later.start_ns - earlier.end_ns) / 1e9 for earlier, later in pairwise(lockers.pulses)]
    assert min(gaps_s) >= QUICK.gap_s


def test_a_coil_rests_before_its_next_pulse(locks: GpioLocks, lockers: SimulatedLockers) -> None:
    locks.pulse("A")
    locks.pulse("A")
    first, second = lockers.pulses
    assert (second.start_ns - first.end_ns) / 1e9 >= QUICK.rest_s


def test_a_coil_rests_also_over_a_new_connection(locks: GpioLocks, lockers: SimulatedLockers) -> None:
    locks.pulse("A")
    locks.connect()
    locks.pulse("A")
    first, second = lockers.pulses
    assert (second.start_ns - first.end_ns) / 1e9 >= QUICK.rest_s


def test_a_lock_that_is_on_when_its_line_is_low_works_the_other_way_round(
    pins: SimulatedPins, opened: Opener
) -> None:
    wiring = {"L": LockWiring(pin=12, contact_pin=16, active_high=False)}
    bank = SimulatedLockers(pins, wiring)
    locks = opened(QUICK, wiring)
    assert not bank.is_energised("L")
    # Claiming an output makes it low for an instant: a blink that no latch feels.
    assert all(pulse.duration_ns < 10_000_000 for pulse in bank.pulses)
    assert not bank.is_open("L")
    locks.pulse("L")
    assert bank.is_open("L")
    assert bank.pulses[-1].duration_ns / 1e9 >= QUICK.pulse_s
    locks.close()
    assert not bank.is_energised("L")


@pytest.mark.parametrize(
    "seconds",
    [
        {"pulse_s": 0},
        {"pulse_s": -0.5},
        {"pulse_s": 1.5},
        {"pulse_s": 2.5, "max_pulse_s": 2.5},
        {"max_pulse_s": 2.1},
        {"gap_s": -0.1},
        {"rest_s": -1},
        {"pulse_s": float("nan")},
    ],
)
def test_a_timing_that_could_burn_a_coil_is_refused(seconds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="_s"):
        PulseTiming(**seconds)


def test_a_locker_that_does_not_exist_is_a_fault_that_names_it(locks: GpioLocks) -> None:
    with pytest.raises(LockFault, match="no locker is called 'Z9'"):
        locks.pulse("Z9")
    with pytest.raises(LockFault, match="no locker is called 'Z9'"):
        locks.door("Z9")


def test_the_lockers_are_named_in_the_order_of_the_wiring(locks: GpioLocks) -> None:
    assert locks.lockers == ("A", "B", "C")


# ------------------------------------------------------------------------------------------ doors


@pytest.mark.parametrize("locker", ["A", "B"])
def test_a_door_is_closed_springs_open_by_a_pulse_and_can_be_shut(
    locks: GpioLocks, lockers: SimulatedLockers, locker: str
) -> None:
    assert locks.door(locker) is Door.CLOSED
    locks.pulse(locker)
    assert locks.door(locker) is Door.OPEN
    lockers.close_door(locker)
    assert locks.door(locker) is Door.CLOSED


def test_a_pulse_opens_no_other_door(locks: GpioLocks) -> None:
    locks.pulse("A")
    assert locks.door("B") is Door.CLOSED


def test_a_door_opened_by_force_is_seen(locks: GpioLocks, lockers: SimulatedLockers) -> None:
    lockers.open_door("A")
    assert locks.door("A") is Door.OPEN


def test_a_jammed_latch_stays_closed_until_it_is_freed(locks: GpioLocks, lockers: SimulatedLockers) -> None:
    lockers.jam("A", True)
    locks.pulse("A")
    assert locks.door("A") is Door.CLOSED
    lockers.jam("A", False)
    locks.pulse("A")
    assert locks.door("A") is Door.OPEN


def test_a_pulse_too_short_for_the_latch_opens_nothing(pins: SimulatedPins, opened: Opener) -> None:
    slow = SimulatedLockers(pins, WIRING, opens_after_ms=10_000)
    opened().pulse("A")
    assert len(slow.pulses) == 1
    assert not slow.is_open("A")


def test_a_door_without_a_contact_is_unknown(locks: GpioLocks, lockers: SimulatedLockers) -> None:
    locks.pulse("C")
    assert lockers.is_open("C")
    assert locks.door("C") is Door.UNKNOWN


def test_a_contact_that_never_holds_still_is_unknown(pins: SimulatedPins, opened: Opener) -> None:
    class FlickeringPin(SimulatedPin):
        def _get_state(self) -> bool:
            self._change_state(not self._state)
            return self._state

    pins.pin(6, FlickeringPin)
    assert opened().door("A") is Door.UNKNOWN


def test_a_broken_wire_to_a_closing_contact_reads_as_open(pins: SimulatedPins, opened: Opener) -> None:
    assert opened().door("A") is Door.OPEN  # no lockers wired up: nothing pulls the line to ground


# ------------------------------------------------------------------------------------------ off


def test_closing_in_the_midst_of_a_pulse_switches_off_at_once(
    opened: Opener, lockers: SimulatedLockers
) -> None:
    locks = opened(LONG)
    errors: list[Exception] = []
    thread = pulse_aside(locks, "A", errors)
    wait_until(lambda: lockers.is_energised("A"))
    locks.close()
    assert not lockers.is_energised("A")
    thread.join()
    assert [type(error) for error in errors] == [Lost]
    assert only_pulse(lockers).duration_ns / 1e9 < LONG.pulse_s


def test_closing_switches_off_also_where_a_line_cannot_be_released(
    pins: SimulatedPins, opened: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    class ClingingPin(SimulatedPin):
        clings = False

        def close(self) -> None:
            if self.clings:
                raise OSError("release failed")
            super().close()

    clinging = pins.pin(5, ClingingPin)
    bank = SimulatedLockers(pins, WIRING)
    locks = opened(LONG)
    clinging.clings = True
    thread = pulse_aside(locks, "A", [])
    wait_until(lambda: bank.is_energised("A"))
    locks.close()
    clinging.clings = False
    assert not bank.is_energised("A")
    assert "release failed" in caplog.text
    thread.join()


def test_all_off_ends_a_pulse_at_once_and_the_locks_stay_usable(
    opened: Opener, lockers: SimulatedLockers
) -> None:
    locks = opened(PulseTiming(pulse_s=0.3, max_pulse_s=2.0, gap_s=0, rest_s=0))
    thread = pulse_aside(locks, "A", [])
    wait_until(lambda: lockers.is_energised("A"))
    locks.all_off()
    assert not lockers.is_energised("A")
    thread.join()
    locks.pulse("B")
    assert [pulse.locker for pulse in lockers.pulses] == ["A", "B"]


def test_all_off_goes_on_after_a_lock_that_fails_and_names_it(pins: SimulatedPins, opened: Opener) -> None:
    class DeadPin(SimulatedPin):
        dead = False

        def _set_state(self, value: bool) -> None:
            if self.dead:
                raise OSError("write failed")
            super()._set_state(value)

    dead = pins.pin(5, DeadPin)
    bank = SimulatedLockers(pins, WIRING)
    locks = opened(LONG)
    dead.dead = True
    thread = pulse_aside(locks, "B", [])
    wait_until(lambda: bank.is_energised("B"))
    with pytest.raises(Lost, match="not switched off: A"):
        locks.all_off()
    assert not bank.is_energised("B")
    thread.join()


def test_a_lock_that_was_left_on_is_off_after_connecting(pins: SimulatedPins, opened: Opener) -> None:
    bank = SimulatedLockers(pins, WIRING)
    pins.close_contact(5, to_high=True)  # as a Pi's kernel leaves it when the last process died
    assert bank.is_energised("A")
    opened()
    assert not bank.is_energised("A")


# ------------------------------------------------------------------------------------------ connecting


@pytest.mark.parametrize(("taken", "what"), [(13, "lock B on GPIO13"), (6, "door contact A on GPIO6")])
def test_a_line_that_another_program_holds_is_busy_and_nothing_stays_open(
    pins: SimulatedPins, opened: Opener, taken: int, what: str
) -> None:
    pins.hold(taken)
    with pytest.raises(Busy, match=what) as busy:
        opened()
    pins.hold(taken, held=False)
    opened().pulse("A")
    assert busy.value.__traceback__  # while it is kept, only a proper close gives the lines back


def test_a_line_that_this_program_uses_already_is_busy(locks: GpioLocks, opened: Opener) -> None:
    with pytest.raises(Busy, match="lock X on GPIO6"):
        opened(QUICK, {"X": LockWiring(pin=6)})


@pytest.mark.parametrize(
    "use", [lambda locks: locks.pulse("A"), lambda locks: locks.door("A"), lambda locks: locks.all_off()]
)
def test_closed_locks_say_so_and_can_be_closed_again(
    locks: GpioLocks, lockers: SimulatedLockers, use: Callable[[GpioLocks], Any]
) -> None:
    locks.close()
    locks.close()
    with pytest.raises(Lost, match="not connected"):
        use(locks)
    assert lockers.pulses == ()
