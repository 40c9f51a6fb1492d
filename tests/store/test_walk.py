"""The walk test: what a door and a person say of a locker, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from appliance import journal, lock_tests, lockers, walk_test
from appliance.clock import ManualClock
from appliance.duties.doors import DoorDuty
from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.keeping import retention
from appliance.lockers import Wanted
from appliance.visits import Visit
from appliance.walk_test import Bank, Stop, Walk
from drivers.base import Door, LockFault, UnlockUnknown
from tests.store.conftest import Officer, step
from tests.store.devices import HandLocks


@dataclass
class Walker:
    """Somebody before the lockers, and the thread that owns them."""

    desk: FrontDesk
    staff: int
    locks: HandLocks = field(default_factory=HandLocks)
    bank: Bank = field(init=False)

    def __post_init__(self) -> None:
        self.bank = Bank({"1": "GPIO5", "2": "GPIO13", "3": "GPIO20"}, self.desk.doors.of)
        self._duty = DoorDuty(self.desk, self.locks, opens_within_s=0.05)
        self.work()

    def work(self) -> None:
        step(self._duty, self.desk.changes)

    def walk(self) -> Walk:
        return self.desk.store.read(walk_test.look, self.bank, self.desk.clock.now())

    def stop(self, locker: str) -> Stop:
        return next(stop for stop in self.walk().stops if stop.locker == locker)

    def press(self, locker: str, last: int | None = None) -> None:
        last = self.stop(locker).last if last is None else last
        self.desk.store.write(walk_test.open_locker, self.bank, locker, last, staff=self.staff, expires_s=5.0)

    def open(self, locker: str) -> Stop:
        self.press(locker)
        self.work()
        return self.stop(locker)

    def shut(self, locker: str) -> Stop:
        self.locks.doors[locker] = Door.CLOSED
        self.work()
        return self.stop(locker)

    def say(self, locker: str, result: str, last: int | None = None) -> Stop:
        last = self.stop(locker).last if last is None else last
        self.desk.store.write(walk_test.judge, self.bank, locker, last, result, staff=self.staff)
        return self.stop(locker)


@pytest.fixture
def walker(desk: FrontDesk, rina: Officer) -> Walker:
    return Walker(desk, rina.id)


def test_a_locker_passes_once_its_contact_said_open_and_closed_and_a_person_that_it_was_this_door(
    walker: Walker, clock: ManualClock
) -> None:
    assert (walker.stop("1").step, walker.stop("1").tested) == ("ready", None)
    walker.press("1")
    assert (walker.stop("1").step, walker.stop("1").can_open) == ("opening", False)
    walker.work()
    assert walker.stop("1").step == "open"
    assert "passed" not in walker.stop("1").answers
    assert walker.shut("1").step == "closed"
    clock.advance(5)
    stop = walker.say("1", "passed")
    assert stop.step == "ready"
    assert stop.passed and stop.tested is not None
    assert (stop.tested.by_contact, stop.tested.who) == (True, "Rina Marlina")
    assert stop.tested.at.wall == clock.now().wall
    assert (walker.walk().passed, [one.locker for one in walker.walk().untested]) == (1, ["2", "3"])


@pytest.mark.parametrize("result", ["passed", "other_door", "nothing"])
def test_a_door_without_a_contact_is_judged_by_eye(walker: Walker, result: str) -> None:
    assert walker.open("3").step == "eye"
    stop = walker.say("3", result)
    assert stop.tested is not None
    assert (stop.tested.result, stop.tested.by_contact) == (result, False)
    assert [one.locker for one in walker.walk().failed] == ([] if result == "passed" else ["3"])


def test_no_door_passes_while_its_contact_says_otherwise(walker: Walker) -> None:
    walker.open("1")
    with pytest.raises(NotNow):
        walker.say("1", "passed")
    assert walker.stop("1").tested is None
    assert walker.say("1", "contact_wrong").tested is not None


@pytest.mark.parametrize("trouble", ["stuck", "fault", "silent"])
def test_a_door_that_is_not_said_to_have_opened_is_judged_by_what_was_seen(
    walker: Walker, trouble: str
) -> None:
    if trouble == "stuck":
        walker.locks.stuck = True
    elif trouble == "fault":
        walker.locks.errors.append(LockFault("lockers", "the board is silent"))
    else:
        walker.locks.errors.append(UnlockUnknown("lockers", "no answer"))
        walker.locks.doors["1"] = Door.UNKNOWN
    stop = walker.open("1")
    if trouble == "silent":  # nobody can say more than the eye
        assert stop.step in ("unopened", "eye")
    else:
        assert (stop.step, stop.answers) == ("unopened", ("nothing", "other_door", "contact_wrong"))
    failed = walker.say("1", "nothing")
    assert failed.tested is not None and not failed.passed
    assert walker.stop("1").can_open, "it can be tried again once it is mended"


def test_a_form_that_is_sent_again_opens_nothing(walker: Walker) -> None:
    walker.press("1", last=0)
    walker.work()
    for _ in range(2):
        walker.press("1", last=0)
        walker.work()
    walker.shut("1")
    walker.press("1", last=0)
    walker.work()
    assert walker.locks.pulses == ["1"]


def test_a_word_that_is_sent_again_is_kept_once_and_another_word_is_not(
    walker: Walker, desk: FrontDesk
) -> None:
    last = walker.open("1").last
    walker.shut("1")
    walker.say("1", "passed", last)
    walker.say("1", "passed", last)
    with pytest.raises(NotNow):
        walker.say("1", "nothing", last)
    assert walker.stop("1").passed
    told = [line.entry for line in desk.store.read(journal.latest, 50) if line.entry.kind == "locker.tested"]
    assert [entry.facts for entry in told] == [{"locker": "1", "result": "passed", "seen": "contact"}]


def test_a_second_trial_takes_the_place_of_the_first(walker: Walker) -> None:
    walker.open("1")
    walker.say("1", "contact_wrong")
    walker.shut("1")
    walker.open("1")
    assert walker.stop("1").tested is not None, "until something new is known the old is shown"
    walker.shut("1")
    assert walker.say("1", "passed").passed
    assert walker.locks.pulses == ["1", "1"]


def test_a_locker_with_somebodys_things_is_said_and_not_opened(
    walker: Walker, desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    desk.store.write(
        lockers.take_in, issue().id, Wanted("2", "ktp", None), pockets=10, staff=walker.staff, expires_s=0.0
    )
    stop = walker.stop("2")
    assert (stop.taken, stop.can_open) == (True, False)
    with pytest.raises(NotNow) as caught:
        walker.press("2")
    assert caught.value.state == "occupied"
    assert desk.store.read(lock_tests.newest) is None


def test_a_door_that_stands_open_is_shut_first(walker: Walker) -> None:
    walker.locks.doors["1"] = Door.OPEN
    walker.work()
    assert not walker.stop("1").can_open
    with pytest.raises(NotNow) as caught:
        walker.press("1")
    assert caught.value.state == "door_open"
    assert walker.locks.pulses == []


def test_an_unknown_locker_and_an_old_page_are_refused(walker: Walker, clock: ManualClock) -> None:
    with pytest.raises(NotNow):
        walker.press("9", last=0)
    with pytest.raises(NotNow):
        walker.say("9", "passed", 1)
    walker.open("1")
    walker.shut("1")
    clock.advance(walk_test.WALK_S + 1)
    assert walker.stop("1").step == "ready", "nobody remembers which door that was"
    with pytest.raises(NotNow):
        walker.say("1", "passed")


def test_a_command_that_nobody_carries_out_is_void(walker: Walker, clock: ManualClock) -> None:
    walker.press("1")
    clock.advance(6)
    walker.work()
    assert (walker.stop("1").step, walker.stop("1").can_open) == ("expired", True)
    assert walker.locks.pulses == []


def test_a_locker_that_is_connected_elsewhere_has_to_be_tried_anew(walker: Walker) -> None:
    walker.open("1")
    walker.shut("1")
    walker.say("1", "passed")
    walker.bank = replace(walker.bank, wiring={**walker.bank.wiring, "1": "1/1"})
    stop = walker.stop("1")
    assert (stop.rewired, stop.tested) == (True, None)
    assert [one.locker for one in walker.walk().untested] == ["1", "2", "3"]


def test_the_walk_leads_to_what_is_under_way_and_then_to_the_first_that_is_left(walker: Walker) -> None:
    def there() -> str | None:
        stop = walker.walk().next
        return stop.locker if stop else None

    assert there() == "1"
    walker.open("2")
    assert there() == "2"
    walker.shut("2")
    walker.say("2", "passed")
    walker.open("1")
    walker.say("1", "nothing")
    assert there() == "3", "what has failed is no place to go to at once"
    walker.open("3")
    walker.say("3", "passed")
    assert there() is None


def test_who_tried_a_locker_is_forgotten_with_what_else_officers_did() -> None:
    erases = [statement for one in retention.CLASSES if one.key == "staff_actions" for statement in one.erase]
    assert "DELETE FROM locker_test WHERE at < :before" in erases


def test_the_journal_keeps_facts_only(walker: Walker, desk: FrontDesk) -> None:
    walker.open("3")
    walker.say("3", "other_door")
    (line,) = [one for one in desk.store.read(journal.latest, 50) if one.entry.kind == "locker.tested"]
    assert json.dumps(line.entry.facts) == '{"locker": "3", "result": "other_door", "seen": "eye"}'
