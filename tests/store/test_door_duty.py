"""The thread that owns the locks: one pulse for one opening, and what the door said to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from appliance import lockers
from appliance.clock import ManualClock
from appliance.duties.doors import DoorDuty
from appliance.front_desk import FrontDesk
from appliance.lockers import Opening
from drivers.base import Door, LockFault, Lost
from tests.store.conftest import Officer, step
from tests.store.devices import HandLocks

OPENS_WITHIN_S = 0.05  # in place of the three seconds that a person needs


@pytest.fixture
def locks() -> HandLocks:
    return HandLocks()


@pytest.fixture
def work(desk: FrontDesk, locks: HandLocks) -> Callable[[], None]:
    """Lets the door duty do one step."""
    duty = DoorDuty(desk, locks, opens_within_s=OPENS_WITHIN_S)
    return lambda: step(duty, desk.changes)


@pytest.fixture
def ask(desk: FrontDesk, rina: Officer) -> Callable[[str], int]:
    """Asks for one opening of a locker."""
    return lambda locker: desk.store.write(
        lockers.ask_unlock, Opening(locker, "access", visit_id=None, staff_id=rina.id)
    )


def outcome(desk: FrontDesk, locker: str) -> str:
    unlock = desk.store.read(lockers.last_unlock, locker)
    assert unlock is not None
    return unlock.state


def door_entries(db: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = db.execute("SELECT kind, facts FROM journal WHERE kind LIKE 'door.%' ORDER BY seq")
    return [(row["kind"], row["facts"]) for row in rows]


@pytest.mark.parametrize(("locker", "verdict"), [("1", "opened"), ("3", "no_contact")])
def test_a_pulse_is_not_an_open_door_until_its_contact_says_so(
    desk: FrontDesk,
    locks: HandLocks,
    work: Callable[[], None],
    ask: Callable[[str], int],
    locker: str,
    verdict: str,
) -> None:
    ask(locker)
    work()
    assert (locks.pulses, outcome(desk, locker)) == ([locker], verdict)
    work()
    assert locks.pulses == [locker], "one opening, one pulse"


def test_a_door_that_stays_closed_is_told_and_one_that_opens_again_ends_it(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    locks.stuck = True
    for locker in ("1", "2"):
        ask(locker)
        work()
        assert outcome(desk, locker) == "still_closed"
        report = desk.health.of("lockers")
        assert report is not None and (report.problem, report.detail) == ("still_closed", locker)
    locks.stuck = False
    ask("2")
    work()
    report = desk.health.of("lockers")
    assert outcome(desk, "2") == "opened"
    assert report is not None and report.problem is None


def test_a_stuck_door_that_the_emergency_key_has_opened_is_no_problem_any_more(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    locks.stuck = True
    ask("1")
    work()
    assert (report := desk.health.of("lockers")) is not None and report.problem == "still_closed"
    locks.doors["1"] = Door.OPEN
    work()
    assert (report := desk.health.of("lockers")) is not None and report.problem is None


def test_openings_are_carried_out_one_after_the_other(
    locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    ask("2")
    ask("1")
    work()
    assert locks.pulses == ["2"]
    work()
    assert locks.pulses == ["2", "1"]


def test_what_was_asked_too_long_ago_is_not_carried_out(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int], clock: ManualClock
) -> None:
    ask("1")
    clock.advance(6)
    work()
    assert (locks.pulses, outcome(desk, "1")) == ([], "expired")


def test_a_lock_that_takes_no_command_is_a_case_for_the_emergency_key_and_the_others_go_on(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    locks.errors.append(LockFault("lockers", "no answer"))
    ask("1")
    ask("2")
    work()
    report = desk.health.of("lockers")
    assert outcome(desk, "1") == "failed"
    assert report is not None and (report.problem, report.detail) == ("lock_fault", "1")
    work()
    assert outcome(desk, "2") == "opened"


def test_when_the_locks_are_lost_the_opening_has_failed_and_no_door_is_known(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    work()
    assert desk.doors.of("1") is Door.CLOSED
    locks.errors.append(Lost("lockers"))
    ask("1")
    with pytest.raises(Lost):
        work()
    assert outcome(desk, "1") == "failed"
    assert {desk.doors.of(locker) for locker in desk.lockers} == {Door.UNKNOWN}
    work()
    assert locks.pulses == [], "it is not carried out later"
    assert desk.doors.of("1") is Door.CLOSED


def test_doors_are_watched_and_each_change_is_written_down(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None]
) -> None:
    work()
    assert desk.store.read(door_entries) == [], "the first look is no change"
    for door in (Door.OPEN, Door.CLOSED):
        locks.doors["2"] = door
        work()
        assert desk.doors.of("2") is door
    work()
    assert desk.store.read(door_entries) == [
        ("door.open", '{"locker": "2"}'),
        ("door.closed", '{"locker": "2"}'),
    ]


def test_an_opening_whose_end_was_never_written_down_is_unknown_and_not_repeated(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    desk.store.write(lockers.command, ask("1"))
    work()
    assert (locks.pulses, outcome(desk, "1")) == ([], "unknown")


@pytest.mark.parametrize(
    ("locker", "after", "verdict"),
    [
        ("1", Door.OPEN, "opened"),
        ("1", Door.CLOSED, "still_closed"),
        ("1", Door.UNKNOWN, "unknown"),
        ("3", Door.UNKNOWN, "unknown"),
    ],
)
def test_when_a_board_does_not_say_whether_it_took_the_command_its_door_is_asked(
    desk: FrontDesk,
    locks: HandLocks,
    work: Callable[[], None],
    ask: Callable[[str], int],
    locker: str,
    after: Door,
    verdict: str,
) -> None:
    locks.silent = after
    ask(locker)
    work()
    assert outcome(desk, locker) == verdict
    report = desk.health.of("lockers")
    problem = {"opened": None, "still_closed": "still_closed"}.get(verdict, "unlock_unknown")
    assert report is not None and report.problem == problem
    work()
    assert locks.pulses == [locker], "an unlocking is said once"


def test_a_board_that_is_gone_after_the_command_leaves_it_unknown_at_once(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    locks.silent, locks.gone_after_pulse = Door.UNKNOWN, True
    ask("1")
    with pytest.raises(Lost):
        work()
    assert (locks.pulses, outcome(desk, "1")) == (["1"], "unknown")


def test_an_opening_of_which_nothing_is_known_is_no_problem_any_more_once_the_door_is_open(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    locks.silent = Door.UNKNOWN
    ask("1")
    work()
    locks.doors["1"] = Door.OPEN
    work()
    assert (report := desk.health.of("lockers")) is not None and report.problem is None


def test_a_board_that_falls_silent_is_told_and_so_is_its_return(
    desk: FrontDesk, locks: HandLocks, work: Callable[[], None], ask: Callable[[str], int]
) -> None:
    def problem() -> tuple[str | None, str]:
        report = desk.health.of("lockers")
        return (report.problem, report.detail) if report else (None, "")

    locks.unreachable = ("1", "2")
    work()
    assert problem() == ("board_silent", "1, 2")
    locks.unreachable = ("2",)
    work()
    assert problem() == ("board_silent", "2")
    locks.unreachable = ()
    work()
    assert problem() == (None, "")
    locks.stuck = True
    ask("1")
    work()
    locks.unreachable = ("2",)
    work()
    assert problem() == ("still_closed", "1"), "a door that somebody waits before comes first"
