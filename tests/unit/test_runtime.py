"""The threads: each device taken up again by itself, a core thread's fall the end of the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.errors import StoreFull
from appliance.health import Health
from appliance.runtime import Duty, Runtime
from drivers.base import DeviceState, Lost, Missing

SOON_S = 10.0


@dataclass
class Script:
    """A device and its work: each step does the next thing of a list, and then waits to be stopped."""

    name: str = "printer"
    connects: list[Exception] = field(default_factory=list)
    steps: list[Exception] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    working: threading.Event = field(default_factory=threading.Event)

    def connect(self) -> None:
        self.opened += 1
        if self.connects:
            raise self.connects.pop(0)

    def close(self) -> None:
        self.closed += 1

    def step(self) -> None:
        if self.steps:
            raise self.steps.pop(0)
        self.working.set()
        threading.Event().wait(0.01)


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def health(clock: ManualClock, changes: Changes) -> Health:
    return Health(clock, changes)


@pytest.fixture
def start(health: Health, changes: Changes) -> Iterator[Callable[..., Runtime]]:
    """Starts duties; stops them at the end."""
    started: list[Runtime] = []

    def run(*duties: Duty) -> Runtime:
        started.append(Runtime(list(duties), health, changes))
        started[-1].start()
        return started[-1]

    yield run
    for runtime in started:
        runtime.stop()


def state_of(health: Health, device: str) -> tuple[DeviceState, str | None]:
    report = health.of(device)
    assert report is not None
    return report.state, report.problem


def test_a_device_is_opened_worked_with_and_closed_at_the_end(
    start: Callable[..., Runtime], health: Health
) -> None:
    script = Script()
    runtime = start(Duty("printer", script.step, script))
    assert script.working.wait(SOON_S)
    assert state_of(health, "printer") == (DeviceState.READY, None)
    assert runtime.ticked()["printer"] < SOON_S
    runtime.stop()
    assert (script.opened, script.closed) == (1, 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "printer"]


def test_a_device_that_is_missing_is_looked_for_until_it_is_there(
    start: Callable[..., Runtime], health: Health, changes: Changes
) -> None:
    script = Script(connects=[Missing("printer", "no such port")])
    start(Duty("printer", script.step, script))
    while health.of("printer") is None or state_of(health, "printer")[1] is None:
        changes.wait(changes.count, 0.05)
        assert not script.working.is_set()
    assert state_of(health, "printer") == (DeviceState.LOST, "missing")
    assert script.working.wait(SOON_S)
    assert state_of(health, "printer") == (DeviceState.READY, None)
    assert (script.opened, script.closed) == (2, 1)


def test_a_device_that_is_lost_while_it_works_is_closed_and_opened_again(
    start: Callable[..., Runtime],
) -> None:
    script = Script(steps=[Lost("printer")])
    start(Duty("printer", script.step, script))
    assert script.working.wait(SOON_S)
    assert (script.opened, script.closed) == (2, 1)


def test_a_full_disk_lets_a_duty_pause_and_go_on(
    start: Callable[..., Runtime], caplog: pytest.LogCaptureFixture
) -> None:
    script, core = Script(steps=[StoreFull()]), Script(steps=[StoreFull()])
    runtime = start(Duty("printer", script.step, script), Duty("keeper", core.step))
    assert script.working.wait(SOON_S)
    assert core.working.wait(SOON_S)
    assert not runtime.fallen.is_set()
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_mistake_in_a_device_thread_is_logged_shown_and_got_over_and_the_others_never_notice(
    start: Callable[..., Runtime], health: Health, changes: Changes, caplog: pytest.LogCaptureFixture
) -> None:
    script, other = Script(steps=[ZeroDivisionError("a mistake")]), Script("voice")
    runtime = start(Duty("printer", script.step, script), Duty("voice", other.step, other))
    while health.of("printer") is None or state_of(health, "printer")[1] is None:
        changes.wait(changes.count, 0.05)
    assert state_of(health, "printer") == (DeviceState.LOST, "fell")
    assert script.working.wait(SOON_S)
    assert not runtime.fallen.is_set()
    assert other.opened == 1
    assert "a mistake" in caplog.text, "with its traceback"


def test_a_core_thread_that_falls_ends_the_process(
    start: Callable[..., Runtime], caplog: pytest.LogCaptureFixture
) -> None:
    core = Script(steps=[ZeroDivisionError("a mistake")])
    runtime = start(Duty("keeper", core.step))
    assert runtime.fallen.wait(SOON_S)
    assert "keeper fell" in caplog.text


def test_a_duty_that_has_not_come_round_says_for_how_long(start: Callable[..., Runtime]) -> None:
    script = Script()
    runtime = start(Duty("printer", script.step, script), Duty("keeper", Script().step))
    assert script.working.wait(SOON_S)
    runtime.stop()
    first = runtime.ticked()
    threading.Event().wait(0.02)
    assert runtime.ticked()["printer"] > first["printer"]
    assert set(first) == {"printer", "keeper"}
