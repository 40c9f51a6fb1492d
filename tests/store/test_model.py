"""Tickets and lockers against a plain model: whatever officers and visitors do, in whatever order.

Hypothesis makes up days at the front desk; after each step the database and the model must say the same.
The model is written from the rules as a person would tell them, and shares no code with the appliance.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from appliance import config, days, guestbook, lockers, printing, staff, tickets, visits
from appliance.clock import ManualClock
from appliance.errors import LockerTaken, NoLockerFree, NotNow
from appliance.front_desk import FrontDesk, assemble
from appliance.lockers import Opening, Wanted
from appliance.office import load_office
from appliance.visits import Request, Visit
from tests.conftest import CONFIG

OFFICE = load_office("1373")
LOCKERS = ("1", "2", "3")
POCKETS = 2
LETTERS = {"library": "P", "consultation": "K"}
GONE = ("checked_out", "no_show", "cancelled", "closed_by_system")


@dataclass
class Person:
    """What the model knows of one visitor."""

    number: str
    priority: bool
    service: str
    day: int
    ticket: str = "waiting"
    visit: str = "arrived"
    registered: bool = False
    calls: int = 0
    locker: str | None = None
    pocket: int | None = None

    @property
    def has_deposit(self) -> bool:
        return self.locker is not None or self.pocket is not None

    @property
    def is_open(self) -> bool:
        return self.visit not in GONE


@dataclass
class Model:
    """The front desk as a person would tell it."""

    people: dict[int, Person] = field(default_factory=dict)
    day: int = 0
    given: Counter[tuple[int, str]] = field(default_factory=Counter)
    calls: list[bool] = field(default_factory=list)  # of the day: whether each first call was priority

    def in_line(self) -> list[int]:
        """Who is called next, one after the other."""
        left = [key for key, one in self.people.items() if one.day == self.day and one.ticket == "waiting"]
        calls, order = list(self.calls), []
        while left:
            urgent = [key for key in left if self.people[key].priority]
            others = [key for key in left if not self.people[key].priority]
            tired = calls[-2:] == [True, True] and bool(others)
            chosen = min(urgent) if urgent and not tired else min(others)
            order.append(chosen)
            calls.append(self.people[chosen].priority)
            left.remove(chosen)
        return order

    def turn_the_page(self) -> None:
        self.day += 1
        self.calls.clear()
        for one in self.people.values():
            if one.is_open:
                one.visit = "closed_by_system"
                if one.ticket not in ("done", *GONE):
                    one.ticket = "closed_by_system"


ANYBODY = 5  # below this a visitor is picked from all, else from those for whom the step is possible
visitor = st.integers(min_value=0, max_value=9)


class FrontDeskMachine(RuleBasedStateMachine):
    """The appliance's rules and the model's, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.model = Model()
        self.requests = 0
        self.desk = self.open()
        member = self.desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
        self.staff = member.id

    def open(self) -> FrontDesk:
        settings = config.parse(CONFIG.format(office="1373"))
        desk = assemble(OFFICE, settings, self.clock, Path(self.folder.name))
        desk.store.open()
        return desk

    def teardown(self) -> None:
        self.desk.store.close()
        self.folder.cleanup()

    # --- telling both the same

    @contextlib.contextmanager
    def allowed(self, expected: bool) -> Iterator[None]:
        """What the model allows has to be done, what it forbids has to be refused with nothing changed."""
        if expected:
            yield
        else:
            with pytest.raises(NotNow):
                yield

    def write(self, act: Callable[..., Visit], *args: object, **kwargs: object) -> Visit:
        return self.desk.store.write(act, *args, **kwargs)

    def person(self, pick: int, may: Callable[[Person], bool]) -> tuple[int, Person]:
        """One of those who have been here: with a high `pick` one who may do this, if there is one."""
        newest_first = sorted(self.model.people, reverse=True)
        able = [key for key in newest_first if may(self.model.people[key])] if pick >= ANYBODY else []
        likely = [key for key in newest_first if self.model.people[key].is_open]
        keys = able or likely or newest_first
        key = keys[pick % len(keys)]
        return key, self.model.people[key]

    @contextlib.contextmanager
    def step(self, pick: int, may: Callable[[Person], bool]) -> Iterator[tuple[int, Person]]:
        """A step of one visitor: done where the model allows it, and refused where it does not."""
        key, one = self.person(pick, may)
        with self.allowed(may(one)):
            yield key, one

    # --- what happens at the door

    @initialize(flags=st.lists(st.booleans(), min_size=3, max_size=6))
    def the_first_visitors(self, flags: list[bool]) -> None:
        for priority in flags:
            self.issue("library", priority)

    @rule(service=st.sampled_from(sorted(LETTERS)), priority=st.booleans())
    def issue(self, service: str, priority: bool) -> None:
        self.requests += 1
        request = Request(f"r{self.requests}", service, "kiosk", priority=priority)
        visit = self.write(tickets.issue, OFFICE, request)
        key = (self.model.day, LETTERS[service])
        self.model.given[key] += 1
        number = f"{LETTERS[service]}{self.model.given[key]:03}"
        self.model.people[visit.id] = Person(number, priority, service, self.model.day)
        assert visit.number == number
        assert visit.ahead == self.model.in_line().index(visit.id)

    @rule()
    def ask_again(self) -> None:
        """The same request once more gives the same visit, on the same day or later."""
        again = self.write(tickets.issue, OFFICE, Request(f"r{self.requests}", "library", "kiosk"))
        assert again.number == self.model.people[again.id].number
        assert again.id == max(self.model.people)

    # --- what the officer does with the line

    @rule()
    def call_next(self) -> None:
        order = self.model.in_line()
        with self.allowed(bool(order)):
            visit = self.write(tickets.call_next, OFFICE, place="frontline", staff=self.staff)
            assert visit.id == order[0]
            self.note_call(visit.id)

    def note_call(self, key: int) -> None:
        one = self.model.people[key]
        one.ticket, one.calls = "called", 1
        self.model.calls.append(one.priority)

    @rule(pick=visitor)
    def call(self, pick: int) -> None:
        with self.step(pick, lambda one: one.ticket in ("waiting", "held")) as (key, _):
            self.write(tickets.call, key, place="frontline", staff=self.staff)
            self.note_call(key)

    @rule(pick=visitor)
    def recall(self, pick: int) -> None:
        with self.step(pick, lambda one: one.ticket == "called") as (key, one):
            self.write(tickets.recall, key, staff=self.staff)
            one.calls += 1

    @rule(pick=visitor)
    def hold(self, pick: int) -> None:
        with self.step(pick, lambda one: one.ticket in ("waiting", "called")) as (key, one):
            self.write(tickets.hold, key, staff=self.staff)
            one.ticket = "held"

    @rule(pick=visitor)
    def resume(self, pick: int) -> None:
        with self.step(pick, lambda one: one.ticket == "held") as (key, one):
            self.write(tickets.resume, key, staff=self.staff)
            one.ticket = "waiting"

    @rule(pick=visitor, service=st.sampled_from(sorted(LETTERS)))
    def transfer(self, pick: int, service: str) -> None:
        with self.step(pick, lambda one: one.ticket in ("waiting", "called", "held", "serving")) as (
            key,
            one,
        ):
            self.write(tickets.transfer, OFFICE, key, service=service, staff=self.staff)
            one.ticket, one.service = "waiting", service
            one.visit = "registered" if one.registered else "arrived"

    # --- the visit

    @rule(pick=visitor)
    def register(self, pick: int) -> None:
        with self.step(pick, lambda one: one.is_open and not one.registered) as (key, one):
            self.write(guestbook.confirm_elsewhere, key, staff=self.staff)
            one.registered = True
            one.visit = "registered" if one.visit == "arrived" else one.visit

    @rule(pick=visitor)
    def serve(self, pick: int) -> None:
        with self.step(pick, lambda one: one.ticket == "called") as (key, one):
            self.write(visits.start_serving, OFFICE, key, place="frontline", staff=self.staff)
            one.ticket, one.visit = "serving", "in_service"

    @rule()
    def serve_whoever_is_next(self) -> None:
        """What happens most of the time."""
        order = self.model.in_line()
        self.call_next()
        if order:
            self.write(visits.start_serving, OFFICE, order[0], place="frontline", staff=self.staff)
            self.model.people[order[0]].ticket, self.model.people[order[0]].visit = "serving", "in_service"

    @rule(pick=visitor)
    def finish(self, pick: int) -> None:
        with self.step(pick, lambda one: one.visit == "in_service") as (key, one):
            self.write(visits.finish_serving, key, staff=self.staff)
            one.ticket, one.visit = "done", "reading"

    @rule(pick=visitor)
    def check_out(self, pick: int) -> None:
        with self.step(pick, lambda one: one.visit in ("in_service", "reading") and not one.has_deposit) as (
            key,
            one,
        ):
            self.write(visits.check_out, key, staff=self.staff)
            one.ticket, one.visit = "done", "checked_out"

    @rule(pick=visitor, outcome=st.sampled_from(["no_show", "cancelled"]))
    def give_up(self, pick: int, outcome: str) -> None:
        with self.step(
            pick,
            lambda one: (
                one.visit in ("arrived", "registered")
                and not one.has_deposit
                and (outcome == "cancelled" or one.ticket == "called")
            ),
        ) as (key, one):
            self.write(visits.give_up, key, outcome=outcome, staff=self.staff)
            one.ticket = one.visit = outcome

    @rule(pick=visitor)
    def revive(self, pick: int) -> None:
        with self.step(pick, lambda one: one.visit == "no_show" and one.day == self.model.day) as (key, one):
            self.write(visits.revive, key, staff=self.staff)
            one.ticket, one.visit = "waiting", "registered" if one.registered else "arrived"

    # --- cards, bags and doors

    @rule(pick=visitor, locker=st.sampled_from([*LOCKERS, None]), card=st.booleans())
    def take_in(self, pick: int, locker: str | None, card: bool) -> None:
        if not (locker or card):
            return
        key, one = self.person(pick, lambda one: one.is_open and not one.has_deposit)
        kept = [other for other in self.model.people.values() if other.has_deposit]
        pockets = {other.pocket for other in kept}
        pocket = next((n for n in range(1, POCKETS + 1) if n not in pockets), None) if card else None
        wanted = Wanted(locker, "ktp" if card else None, f"hash-{key}" if card else None)

        def bind() -> Visit:
            return self.write(lockers.take_in, key, wanted, pockets=POCKETS, staff=self.staff)

        if not one.is_open or one.has_deposit:
            with pytest.raises(NotNow):
                bind()
        elif card and pocket is None:
            with pytest.raises(NoLockerFree):
                bind()
        elif locker and locker in {other.locker for other in kept}:
            with pytest.raises(LockerTaken):
                bind()
        else:
            visit = bind()
            one.locker, one.pocket = locker, pocket
            assert (visit.locker, visit.pocket) == (locker, pocket)

    @rule(pick=visitor)
    def hand_back(self, pick: int) -> None:
        with self.step(pick, lambda one: one.has_deposit) as (key, one):
            self.desk.store.write(lockers.hand_back, self.deposits().get(key, 0), staff=self.staff)
            one.locker = one.pocket = None

    def deposits(self) -> dict[int, int]:
        """The deposits that are here, by visit."""
        return {deposit.visit_id: deposit.id for deposit in self.desk.store.read(lockers.still_here)}

    @rule(pick=visitor)
    def open_again(self, pick: int) -> None:
        with self.step(pick, lambda one: one.locker is not None) as (key, _):
            self.desk.store.write(lockers.open_again, key, "access", staff=self.staff)

    @rule(locker=st.sampled_from(LOCKERS))
    def open_in_an_emergency(self, locker: str) -> None:
        opening = Opening(locker, "emergency", None, self.staff, "a phone rings in it")
        self.desk.store.write(lockers.ask_unlock, opening)

    @rule()
    def do_what_the_locks_do(self) -> None:
        while unlock := self.desk.store.read(lockers.next_unlock):
            if self.desk.store.write(lockers.command, unlock.id):
                assert not unlock.expired(self.clock.now())
                self.desk.store.write(lockers.end_unlock, unlock.id, "opened")

    # --- time, and what it does

    @rule(seconds=st.sampled_from([1, 4, 60, 1800]))
    def time_passes(self, seconds: int) -> None:
        if self.clock.now().wall.hour < 15:  # well before midnight in Sawahlunto
            self.clock.advance(seconds)

    @rule(step=st.sampled_from([-300, 300]))
    def somebody_sets_the_clock(self, step: int) -> None:
        if 1 < self.clock.now().wall.hour < 15:
            self.clock.step(step)

    @rule(by_keeper=st.booleans())
    def a_new_day(self, by_keeper: bool) -> None:
        self.clock.advance(86400)
        if by_keeper:
            self.desk.store.write(days.end_if_over, OFFICE.zone)
            assert self.desk.store.read(days.current) is None
        self.desk.store.write(days.today, OFFICE.zone)
        self.model.turn_the_page()

    @rule(machine_too=st.booleans())
    def restart(self, machine_too: bool) -> None:
        self.desk.store.close()
        if machine_too:
            self.clock.reboot()
        self.desk = self.open()
        self.desk.store.write(printing.settle_after_restart)
        self.desk.store.write(lockers.settle_after_restart)
        assert self.desk.store.read(lockers.next_unlock) is None

    # --- what always holds

    @invariant()
    def every_visitor_is_as_the_model_says(self) -> None:
        for key, one in self.model.people.items():
            visit = self.desk.store.read(visits.get, key)
            found = (visit.number, visit.ticket_state, visit.state, visit.service, visit.is_open)
            assert found == (one.number, one.ticket, one.visit, one.service, one.is_open), key
            assert (visit.locker, visit.pocket) == (one.locker, one.pocket), key
            if one.ticket == "called":
                assert visit.calls == one.calls
            assert (visit.token is not None) == (one.day == self.model.day)

    @invariant()
    def the_line_is_as_the_model_says(self) -> None:
        day = self.desk.store.read(days.current)
        if day is not None:
            shown = [visit.id for visit in self.desk.store.read(tickets.waiting, day.id)]
            assert shown == self.model.in_line()

    @invariant()
    def no_number_is_given_twice_on_a_day(self) -> None:
        def numbers(db: object) -> list[tuple[int, str, int]]:
            return [tuple(row) for row in db.execute("SELECT day_id, letter, number FROM ticket")]  # type: ignore[attr-defined]

        given = self.desk.store.read(numbers)
        assert len(set(given)) == len(given) == len(self.model.people)

    @invariant()
    def no_locker_and_no_pocket_has_two_owners(self) -> None:
        here = self.desk.store.read(lockers.still_here)
        for taken in ([one.locker for one in here], [one.pocket for one in here]):
            owned = [name for name in taken if name is not None]
            assert len(set(owned)) == len(owned)
        expected = {key for key, one in self.model.people.items() if one.has_deposit}
        assert {one.visit_id for one in here} == expected

    @invariant()
    def a_door_is_asked_for_once_at_a_time(self) -> None:
        def running(db: object) -> list[str]:
            rows = db.execute("SELECT locker, asked, expires_s FROM unlock WHERE state = 'asked'")  # type: ignore[attr-defined]
            return [row["locker"] for row in rows]

        now = self.clock.now()
        unlock = self.desk.store.read(lockers.next_unlock)
        if unlock is not None and not unlock.expired(now):
            waiting = self.desk.store.read(running)
            assert len(set(waiting)) == len(waiting)


@pytest.mark.timeout(600)  # to make a counter-example small takes its time; without one it is over in seconds
def test_tickets_and_lockers_do_what_a_plain_model_says() -> None:
    run_state_machine_as_test(
        FrontDeskMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
