"""A visit's states, the published clock, and how long things took."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance import guestbook, tickets, visits
from appliance.clock import ManualClock
from appliance.errors import NoSuchService, NoSuchVisit, NotNow
from appliance.front_desk import FrontDesk
from appliance.office import Office
from appliance.visits import Request, Visit
from tests.store.conftest import PLACE, Officer

DAY = 86400
STATES = (
    "arrived",
    "called",  # arrived or registered, and the number is called
    "registered",
    "in_service",
    "reading",
    "checked_out",
    "no_show",
    "cancelled",
    "closed_by_system",
)
ALLOWED = {
    "register": {"arrived", "called", "in_service", "reading"},
    "serve": {"called"},
    "finish": {"in_service"},
    "check_out": {"in_service", "reading"},
    "no_show": {"called"},
    "cancel": {"arrived", "called", "registered"},
    "revive": {"no_show"},
}


def brought_to(rina: Officer, issue: Callable[..., Visit], clock: ManualClock, state: str) -> Visit:
    """A visit that has come to this state in the usual way."""
    visit = issue()

    def serve() -> None:
        rina.call(visit)
        rina.serve(visit)

    ways: dict[str, tuple[Callable[[], object], ...]] = {
        "arrived": (),
        "called": (lambda: rina.call(visit),),
        "registered": (lambda: rina.register(visit),),
        "in_service": (serve,),
        "reading": (serve, lambda: rina.finish(visit)),
        "checked_out": (serve, lambda: rina.register(visit), lambda: rina.check_out(visit)),
        "no_show": (lambda: rina.call(visit), lambda: rina.give_up(visit, "no_show")),
        "cancelled": (lambda: rina.give_up(visit, "cancelled"),),
        "closed_by_system": (lambda: clock.advance(DAY), issue),
    }
    for step in ways[state]:
        step()
    return rina.see(visit)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ALLOWED)
def test_each_step_of_a_visit_is_taken_from_its_states_only(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock, state: str, act: str
) -> None:
    visit = brought_to(rina, issue, clock, state)
    assert state in (visit.state, visit.ticket_state)
    steps: dict[str, Callable[[], Visit]] = {
        "register": lambda: rina.register(visit),
        "serve": lambda: rina.serve(visit),
        "finish": lambda: rina.finish(visit),
        "check_out": lambda: rina.check_out(visit),
        "no_show": lambda: rina.give_up(visit, "no_show"),
        "cancel": lambda: rina.give_up(visit, "cancelled"),
        "revive": lambda: rina.desk.store.write(visits.revive, visit.id, staff=rina.id),
    }
    if state in ALLOWED[act]:
        steps[act]()
        assert rina.see(visit) != visit
    else:
        with pytest.raises(NotNow):
            steps[act]()
        assert rina.see(visit) == visit, "a refused step changes nothing"


# ------------------------------------------------------------------------------------------ the way


def test_a_visit_goes_from_the_door_to_the_goodbye(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = issue()
    clock.advance(60)
    rina.call(visit)
    clock.advance(30)
    assert rina.register(visit).state == "registered"
    clock.advance(120)
    assert rina.serve(visit).state == "in_service"
    clock.advance(600)
    assert rina.finish(visit).state == "reading"
    clock.advance(3600)
    gone = rina.check_out(visit)
    assert (gone.state, gone.ticket_state, gone.is_open) == ("checked_out", "done", False)
    assert (gone.wait_s, gone.sla_s) == (60, 120)
    assert rina.desk.store.read(duration, visit) == 60 + 30 + 120 + 600 + 3600


def duration(db: object, visit: Visit) -> int | None:
    row = db.execute("SELECT duration_s FROM visit WHERE id = ?", (visit.id,)).fetchone()  # type: ignore[attr-defined]
    return None if row[0] is None else int(row[0])


def test_whoever_goes_straight_from_the_service_has_been_finished_with(
    rina: Officer, served: Callable[[], Visit], clock: ManualClock
) -> None:
    visit = served()
    clock.advance(10)
    gone = rina.check_out(visit)
    assert gone.finished == gone.closed == clock.now()


def test_nobody_goes_while_a_bag_or_a_card_is_here(rina: Officer, served: Callable[[], Visit]) -> None:
    visit = rina.take_in(served(), locker="1")
    with pytest.raises(NotNow) as refusal:
        rina.check_out(visit)
    assert refusal.value.state == "deposit"
    rina.hand_back(visit.deposit_id)
    assert rina.check_out(visit).state == "checked_out"


def test_a_visitor_with_a_bag_here_is_not_given_up(rina: Officer, issue: Callable[..., Visit]) -> None:
    visit = rina.take_in(rina.call(issue()), id_type="ktp")
    for outcome in ("no_show", "cancelled"):
        with pytest.raises(NotNow) as refusal:
            rina.give_up(visit, outcome)
        assert refusal.value.state == "deposit"


def test_somebody_let_in_without_a_ticket_stands_before_the_officer_already(
    desk: FrontDesk, rina: Officer, clock: ManualClock
) -> None:
    def let_in() -> Visit:
        request = Request("desk-1", "consultation", "desk")
        return desk.store.write(visits.walk_in, desk.office, request, place=PLACE, staff=rina.id)

    visit = let_in()
    assert let_in() == visit, "the same request is the same visit"
    assert (visit.number, visit.label, visit.ticket_state) == (None, f"T{visit.id:03}", None)
    assert (visit.wait_s, visit.place) == (0, PLACE)
    assert [one.id for one in desk.store.read(visits.in_the_house)] == [visit.id]
    assert rina.serve(visit).state == "in_service"
    assert rina.finish(visit).state == "reading"
    assert rina.check_out(visit).state == "checked_out"


def test_an_unknown_visit_link_or_service_is_said_to_be_unknown(desk: FrontDesk) -> None:
    with pytest.raises(NoSuchVisit):
        desk.store.read(visits.get, 4711)
    with pytest.raises(NoSuchVisit):
        desk.store.read(visits.of_token, "guessed")
    with pytest.raises(NoSuchService):
        request = Request("a", "massage", "desk")
        desk.store.write(visits.walk_in, desk.office, request, place=PLACE, staff=1)


def test_a_no_show_of_yesterday_does_not_come_back(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = rina.give_up(rina.call(issue()), "no_show")
    clock.advance(DAY)
    issue()
    with pytest.raises(NotNow):
        rina.desk.store.write(visits.revive, visit.id, staff=rina.id)


def test_a_visit_that_is_closed_on_another_day_has_no_duration(
    rina: Officer, served: Callable[[], Visit], issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = served()
    clock.advance(DAY)
    issue()
    assert rina.see(visit).state == "closed_by_system"
    assert rina.desk.store.read(duration, visit) is None


# ------------------------------------------------------------------------------- the published clock


@pytest.mark.parametrize(("seconds", "counted"), [(0, 0), (299.9, 300), (300.0, 300), (300.1, 301)])
def test_five_minutes_after_the_guest_book_are_met_to_the_second(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    clock: ManualClock,
    seconds: float,
    counted: int,
) -> None:
    visit = rina.call(issue())
    clock.advance(1000)  # before the guest book no clock runs
    rina.register(visit)
    clock.advance(seconds)
    served = rina.serve(visit)
    assert served.sla_s == counted
    assert (served.sla_s <= desk.office.sla.minutes * 60) == (seconds <= 300)


def test_without_a_guest_book_the_published_clock_never_began(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = rina.call(issue())
    clock.advance(1000)
    assert rina.serve(visit).sla_s is None


def test_a_step_of_the_wall_clock_does_not_move_the_published_clock(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = rina.register(rina.call(issue()))
    clock.advance(100)
    clock.step(3600)
    assert rina.serve(visit).sla_s == 100


@pytest.mark.parametrize(("step", "expected"), [(0, 100), (-3600, None)])
def test_after_a_restart_of_the_machine_the_wall_clock_measures_as_far_as_it_can(
    rina: Officer, issue: Callable[..., Visit], clock: ManualClock, step: float, expected: int | None
) -> None:
    visit = rina.register(rina.call(issue()))
    clock.advance(100)
    clock.reboot()
    clock.step(step)
    assert rina.serve(visit).sla_s == expected


def test_whoever_is_sent_on_to_another_service_keeps_the_clock_of_the_first(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = rina.register(rina.call(issue()))
    clock.advance(60)
    first = rina.serve(visit)
    desk.store.write(tickets.transfer, desk.office, visit.id, service="consultation", staff=rina.id)
    clock.advance(1800)
    rina.call(visit)
    again = rina.serve(visit)
    assert (again.state, again.sla_s, again.served) == ("in_service", 60, first.served)


def test_the_clock_is_shown_while_it_runs(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    visit = rina.call(issue())
    assert desk.store.read(visits.clock_start, desk.office, visit) is None
    visit = rina.register(visit)
    registered = clock.now()
    clock.advance(10)
    assert desk.store.read(visits.clock_start, desk.office, visit) == registered


class TestFromThePreviousVisitorsEnd:
    """An office whose clock starts when the visitor before is gone."""

    @pytest.fixture
    def office(self, desk: FrontDesk) -> Office:
        sla = desk.office.sla.model_copy(update={"starts": "previous_visit_ended"})
        return desk.office.model_copy(update={"sla": sla})

    def begin(self, rina: Officer, office: Office, visit: Visit) -> int | None:
        write = rina.desk.store.write
        return write(visits.start_serving, office, visit.id, place=PLACE, staff=rina.id).sla_s

    @pytest.mark.parametrize("ends", ["finish", "check_out"])
    def test_whoever_waited_for_the_one_before_waits_from_that_ones_end(
        self,
        rina: Officer,
        office: Office,
        served: Callable[[], Visit],
        issue: Callable[..., Visit],
        clock: ManualClock,
        ends: str,
    ) -> None:
        before = served()
        visit = rina.register(issue())
        clock.advance(900)
        (rina.finish if ends == "finish" else rina.check_out)(before)
        rina.call(visit)
        clock.advance(45)
        assert self.begin(rina, office, visit) == 45

    def test_whoever_came_later_waits_from_their_own_guest_book(
        self,
        rina: Officer,
        office: Office,
        served: Callable[[], Visit],
        issue: Callable[..., Visit],
        clock: ManualClock,
    ) -> None:
        rina.finish(served())
        clock.advance(900)
        visit = rina.register(rina.call(issue()))
        clock.advance(30)
        assert self.begin(rina, office, visit) == 30

    def test_the_first_of_all_waits_from_their_own_guest_book(
        self, rina: Officer, office: Office, issue: Callable[..., Visit], clock: ManualClock
    ) -> None:
        visit = rina.register(rina.call(issue()))
        clock.advance(30)
        assert self.begin(rina, office, visit) == 30


# ------------------------------------------------------------------------------------------- lists


def test_the_lists_show_who_is_where(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], issue: Callable[..., Visit]
) -> None:
    at_desk = served()
    reader = rina.finish(served())
    with_bag = rina.take_in(issue(), locker="2")
    waiting = issue()
    gone = rina.check_out(served())
    assert [visit.id for visit in desk.store.read(visits.in_the_house)] == [
        at_desk.id,
        reader.id,
        with_bag.id,
    ]
    awaiting = [visit.id for visit in desk.store.read(visits.awaiting_guest_book)]
    assert awaiting == [waiting.id, with_bag.id]
    assert gone.id not in awaiting


def test_the_guest_book_is_confirmed_once(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    visit = rina.register(issue())
    with pytest.raises(NotNow):
        desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=rina.id)
