"""The contract of every device, clause by clause: functions of a bench, which raise AssertionError."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.base import Busy, Device, DriverError, Lost, Missing, Timeout

SOON_S: Final = 30.0  # a stream, a pcscd and a SANE need a moment, and the machine may be busy
GIVEN_UP_S: Final = 15.0


@dataclass(frozen=True)
class Bench:
    """A driver, closed, and hands to use and to break what is at the end of its wire.

    `use` is one ordinary act. `needs_no_opening`: a player is started anew for each act, until it is closed.
    """

    device: Device
    use: Callable[[], object]
    unplug: Callable[[], None]
    plug: Callable[[], None]
    needs_no_opening: bool = False


Clause = Callable[[Bench], None]


def it_has_a_name(bench: Bench) -> None:
    """The name stands in the configuration and in each error."""
    assert bench.device.name


def it_works_once_it_is_open(bench: Bench) -> None:
    """Not once, but again and again."""
    bench.device.connect()
    for _ in range(3):
        bench.use()


def it_can_be_closed_at_any_time(bench: Bench) -> None:
    """Before it was open, while it is, and afterwards; and never raises."""
    bench.device.close()
    bench.device.close()
    bench.device.connect()
    bench.device.close()
    bench.device.close()


def while_it_is_closed_it_says_so(bench: Bench) -> None:
    """Before the first connection and after the last."""
    if not bench.needs_no_opening:
        assert isinstance(failure_of(bench.use), Lost)
    bench.device.connect()
    bench.device.close()
    error = failure_of(bench.use)
    assert isinstance(error, Lost), error
    assert error.device == bench.device.name


def a_new_connection_takes_the_place_of_the_old_one(bench: Bench) -> None:
    """Without a close in between: whoever lost track may simply connect."""
    bench.device.connect()
    bench.use()
    bench.device.connect()
    bench.use()


def while_it_is_away_it_is_missed_and_then_found_again(bench: Bench) -> None:
    """The error names the device and says what a person can do; nothing stays open."""
    bench.unplug()
    error = failure_of(lambda: _open_and_use(bench))
    bench.device.close()
    assert isinstance(error, (Missing, Busy, Timeout, Lost)), error
    assert error.device == bench.device.name
    assert error.hint
    bench.plug()
    _comes_back(bench)


def pulled_out_at_work_it_fails_in_time_and_comes_back(bench: Bench) -> None:
    """Whoever runs it closes, waits and connects again; nothing else is needed."""
    bench.device.connect()
    bench.use()
    bench.unplug()
    began = time.monotonic()
    error = None
    while error is None and time.monotonic() - began < GIVEN_UP_S:
        error = failure_of(bench.use)
    assert isinstance(error, DriverError), "it did not notice"
    assert error.retry
    assert error.device == bench.device.name
    assert time.monotonic() - began < GIVEN_UP_S
    bench.device.close()
    bench.plug()
    _comes_back(bench)


def _open_and_use(bench: Bench) -> None:
    bench.device.connect()
    bench.use()


def _comes_back(bench: Bench) -> None:
    give_up = time.monotonic() + SOON_S
    while (error := failure_of(lambda: _open_and_use(bench))) is not None:
        bench.device.close()
        assert time.monotonic() < give_up, error
        time.sleep(0.05)


def failure_of(act: Callable[[], object]) -> DriverError | None:
    """The error of the drivers' tree that an act raises, or None. Any other error breaks the clause."""
    try:
        act()
    except DriverError as error:
        return error
    return None


ALWAYS: Final[tuple[Clause, ...]] = (
    it_has_a_name,
    it_works_once_it_is_open,
    it_can_be_closed_at_any_time,
    while_it_is_closed_it_says_so,
    a_new_connection_takes_the_place_of_the_old_one,
    while_it_is_away_it_is_missed_and_then_found_again,
)
# For what hangs at a cable; a line of the Pi itself can only be taken by another program.
AT_A_CABLE: Final = (*ALWAYS, pulled_out_at_work_it_fails_in_time_and_comes_back)
