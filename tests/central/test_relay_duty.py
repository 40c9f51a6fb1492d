"""The relay in its thread: woken by a visit, no trouble to anybody, gone when it is told to go."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from appliance import assembly, config, outbox
from appliance.central.contract import Result, Status
from appliance.central.road import OnItsWay
from appliance.central_config import Central
from appliance.central_errors import CentralUnreachable
from appliance.clock import ManualClock
from appliance.duties.relay import RelayDuty
from appliance.front_desk import FrontDesk, assemble
from appliance.link import Links
from appliance.office import load_office
from appliance.runtime import Duty, Runtime
from tests.central.receiver import Receiver
from tests.conftest import CONFIG

Over = Callable[..., list[int]]
PATIENCE_S = 20.0


def await_that(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not seen() and time.monotonic() < until:
        time.sleep(0.005)
    assert seen()


@contextmanager
def at_work(desk: FrontDesk, duty: Duty) -> Iterator[Runtime]:
    runtime = Runtime([duty], desk.health, desk.changes)
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()


def duty_of(desk: FrontDesk, url: str) -> Duty:
    """As `assembly.py` makes it."""
    settings = Central(url=url)
    relay = RelayDuty(desk, lambda: assembly.road(settings, desk))
    return Duty("relay", relay.step, end=relay.end)


def waiting(desk: FrontDesk) -> int:
    return desk.store.read(outbox.backlog).waiting


def test_a_visit_that_ends_is_on_its_way_at_once(desk: FrontDesk, over: Over, central: Receiver) -> None:
    with at_work(desk, duty_of(desk, central.url)):
        for number in range(1, 6):
            over(1)
            await_that(lambda wanted=number: len(central.kept.records) == wanted)  # type: ignore[misc]
        await_that(lambda: waiting(desk) == 0)


def test_the_front_desk_stops_at_once_though_the_server_keeps_it_waiting(desk: FrontDesk, over: Over) -> None:
    over(1)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        with at_work(desk, duty_of(desk, f"http://127.0.0.1:{door.getsockname()[1]}")):
            line, _ = door.accept()
            line.recv(1)
            began = time.monotonic()
        assert time.monotonic() - began < PATIENCE_S / 2
        line.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "relay"] == []
    assert waiting(desk) == 1


class FallingRoad:
    """A road with a fault of its own."""

    def __init__(self) -> None:
        self.fell = 0

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        self.fell += 1
        if self.fell < 3:
            raise ZeroDivisionError("a fault of ours")
        return {event.id: Result(event.id, Status.STORED) for event in events}

    def rest(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def test_a_relay_that_falls_is_taken_up_again_and_ends_nothing(desk: FrontDesk, over: Over) -> None:
    over(1)
    road = FallingRoad()
    relay = RelayDuty(desk, lambda: road)
    with at_work(desk, Duty("relay", relay.step, end=relay.end)) as runtime:
        await_that(lambda: waiting(desk) == 0)
        assert not runtime.fallen.is_set()
    assert road.fell == 3


def test_it_is_no_core_thread() -> None:
    assert not Duty("relay", lambda: None, end=lambda: None).is_core
    assert Duty("keeper", lambda: None).is_core


def test_a_section_makes_a_duty_and_no_section_none(desk: FrontDesk) -> None:
    assert "relay" not in {duty.name for duty in assembly.duties(desk)}
    settings = Central(url="https://central.example")
    on = desk.config.model_copy(update={"central": settings, "lockers": None})
    object.__setattr__(desk, "config", on)
    assert "relay" in {duty.name for duty in assembly.duties(desk)}


class AwayUntilLinked:
    """A server that can be reached only once the cable is plugged in."""

    def __init__(self) -> None:
        self.plugged = False
        self.tries = 0

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        self.tries += 1
        if not self.plugged:
            raise CentralUnreachable("no cable")
        return {event.id: Result(event.id, Status.STORED) for event in events}

    def rest(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def test_the_pause_ends_when_the_cable_is_plugged_in(desk: FrontDesk, over: Over) -> None:
    """The clock of this front desk stands still: no pause would ever end by itself."""
    over(1)
    road = AwayUntilLinked()

    def look() -> Links:
        return frozenset({"eth0 up"}) if road.plugged else frozenset()

    relay = RelayDuty(desk, lambda: road, look)
    with at_work(desk, Duty("relay", relay.step, end=relay.end)):
        await_that(lambda: road.tries == 1)
        time.sleep(1.2)  # a round or two, in which nothing may happen
        assert road.tries == 1
        road.plugged = True
        await_that(lambda: waiting(desk) == 0)
    assert road.tries == 2


def test_a_database_that_cannot_be_read_is_waited_for(
    tmp_path: Path, clock: ManualClock, central: Receiver
) -> None:
    settings = config.parse(CONFIG.format(office="1373"))
    desk = assemble(load_office("1373"), settings, clock, tmp_path / "not there")
    desk.changes.end()  # no rest between the rounds
    RelayDuty(desk, lambda: assembly.road(Central(url=central.url), desk)).step()
    assert central.requests == []
