"""How the devices and doors are: told when it changes, logged once when it comes and once when it goes."""

from __future__ import annotations

import logging
import threading

import pytest

from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.doors import Doors
from appliance.health import Health
from drivers.base import DeviceState, Door

READY, LOST, OPENING = DeviceState.READY, DeviceState.LOST, DeviceState.OPENING


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def health(clock: ManualClock, changes: Changes) -> Health:
    return Health(clock, changes)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


# ------------------------------------------------------------------------------------------ devices


def test_a_problem_is_logged_once_when_it_comes_and_once_when_it_has_gone(
    health: Health, log: pytest.LogCaptureFixture
) -> None:
    health.report("printer", READY)
    for _ in range(50):
        health.report("printer", READY, "paper_out")
    health.report("printer", READY)
    assert [(record.levelname, record.message.strip()) for record in log.records] == [
        ("WARNING", "printer: paper_out"),
        ("INFO", "printer: well again"),
    ]


def test_an_outage_is_two_lines_whatever_else_is_found_out_about_it(
    health: Health, log: pytest.LogCaptureFixture
) -> None:
    health.report("printer", READY)
    health.report("printer", LOST, "lost", "no such device")
    health.report("printer", LOST, "missing", "no USB device fits")
    report = health.of("printer")
    assert report is not None and report.problem == "missing"
    health.report("printer", READY)
    assert [record.message for record in log.records] == [
        "printer: lost no such device",
        "printer: well again",
    ]


def test_the_pages_hear_of_a_change_and_of_nothing_else(health: Health, changes: Changes) -> None:
    health.report("printer", READY)
    health.report("printer", READY)
    assert changes.count == 1
    health.report("printer", LOST, "lost")
    assert changes.count == 2


def test_a_report_says_since_when(health: Health, clock: ManualClock) -> None:
    health.report("printer", LOST, "lost", "first words")
    since = clock.now()
    clock.advance(60)
    health.report("printer", LOST, "lost", "first words")
    report = health.of("printer")
    assert report is not None and report.since == since


def test_the_same_trouble_at_another_locker_is_shown_but_fills_no_log(
    health: Health, clock: ManualClock, log: pytest.LogCaptureFixture
) -> None:
    health.report("lockers", READY, "still_closed", "1")
    since = clock.now()
    clock.advance(60)
    health.report("lockers", READY, "still_closed", "2")
    report = health.of("lockers")
    assert report is not None and (report.detail, report.since) == ("2", since)
    assert len(log.records) == 1


@pytest.mark.parametrize(
    ("state", "problem", "needs"),
    [
        (READY, None, False),
        (OPENING, None, False),
        (READY, "paper_low", False),
        (READY, "paper_out", True),
        (LOST, "missing", True),
        (LOST, None, True),
    ],
)
def test_somebody_is_needed_for_what_does_not_mend_itself(
    health: Health, state: DeviceState, problem: str | None, needs: bool
) -> None:
    health.report("printer", state, problem)
    report = health.of("printer")
    assert report is not None and report.needs_somebody is needs


def test_devices_are_listed_in_the_order_in_which_they_reported(health: Health) -> None:
    for device in ("printer", "buttons", "printer"):
        health.report(device, READY)
    assert [report.device for report in health.all()] == ["printer", "buttons"]
    assert health.of("voice") is None


# ------------------------------------------------------------------------------------------ doors


def test_a_door_is_unknown_until_its_contact_has_said_something(changes: Changes) -> None:
    doors = Doors(("1", "2"), changes)
    assert (doors.of("1"), doors.of("nowhere")) == (Door.UNKNOWN, Door.UNKNOWN)
    assert doors.say("1", Door.OPEN)
    assert not doors.say("1", Door.OPEN), "it said that before"
    assert (doors.of("1"), doors.of("2"), changes.count) == (Door.OPEN, Door.UNKNOWN, 1)
    doors.forget()
    assert (doors.of("1"), changes.count) == (Door.UNKNOWN, 2)


# ------------------------------------------------------------------------------------------ the bell


def test_who_has_heard_less_than_there_was_need_not_wait(changes: Changes) -> None:
    changes.ring()
    assert changes.wait(0, timeout_s=10) == 1


def test_who_has_heard_everything_waits_until_it_rings(changes: Changes) -> None:
    heard: list[int] = []
    listeners = [threading.Thread(target=lambda: heard.append(changes.wait(0, 10))) for _ in range(3)]
    for listener in listeners:
        listener.start()
    changes.ring()
    for listener in listeners:
        listener.join(5)
    assert heard == [1, 1, 1]


def test_a_bell_that_does_not_ring_is_not_waited_for_for_ever(changes: Changes) -> None:
    assert changes.wait(0, timeout_s=0.01) == 0


def test_at_the_end_everybody_is_woken_and_told(changes: Changes) -> None:
    changes.end()
    assert changes.over
    assert changes.wait(0, timeout_s=10) == 1
    changes.rest(10)
