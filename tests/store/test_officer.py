"""One click of an officer is one change: of the visit, and of whom the officer has before them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance import journal, lockers, officer, printing, sessions, tickets, visits
from appliance.errors import Invalid, LockerTaken, NotNow
from appliance.front_desk import FrontDesk
from appliance.lockers import Opening, Wanted
from appliance.sessions import Session
from appliance.staff import Member
from appliance.visits import Request, Visit

Issue = Callable[..., Visit]
Seat = Callable[[], Session]  # an officer's session, as it stands when asked


@pytest.fixture
def frontline(desk: FrontDesk, officer: Member) -> Seat:
    """The officer at the first desk."""
    return session_at(desk, officer, "frontline")


@pytest.fixture
def reception(desk: FrontDesk, administrator: Member) -> Seat:
    """A second one, at the reception."""
    return session_at(desk, administrator, "receptionist")


@pytest.fixture
def me(frontline: Seat) -> int:
    """Who does it."""
    return frontline().member.id


def session_at(desk: FrontDesk, member: Member, place: str) -> Seat:
    token = desk.store.write(sessions.log_in, member, place=place)
    return lambda: desk.store.read(sessions.session_of, token, desk.clock.now(), desk.limits)


@pytest.fixture
def served(desk: FrontDesk, issue: Issue, frontline: Seat) -> Visit:
    """A visit that is being served at the first desk."""
    visit = issue()
    desk.store.write(officer.call, frontline(), visit.id)
    return desk.store.write(
        visits.start_serving, desk.office, visit.id, place="frontline", staff=frontline().member.id
    )


@pytest.fixture
def take_in(desk: FrontDesk, me: int) -> Callable[..., Visit]:
    """Takes in a card, and a bag into locker 2 or another one."""

    def bind(visit: Visit, locker: str = "2") -> Visit:
        wanted = Wanted(locker, "ktp", "a" * 64)
        return desk.store.write(lockers.take_in, visit.id, wanted, pockets=12, staff=me)

    return bind


def test_whoever_is_called_stands_before_the_officer_who_called(
    desk: FrontDesk, issue: Issue, frontline: Seat
) -> None:
    issue()

    visit = desk.store.write(officer.call_next, desk.office, frontline())

    assert (visit.ticket_state, visit.place) == ("called", "frontline")
    assert frontline().focus == visit.id


def test_two_officers_who_press_next_get_different_visitors(
    desk: FrontDesk, issue: Issue, frontline: Seat, reception: Seat
) -> None:
    first, second = issue(), issue()

    desk.store.write(officer.call_next, desk.office, frontline())
    desk.store.write(officer.call_next, desk.office, reception())

    assert (frontline().focus, reception().focus) == (first.id, second.id)


def test_a_call_that_comes_second_changes_nobodys_visitor(
    desk: FrontDesk, issue: Issue, frontline: Seat, reception: Seat
) -> None:
    visit = issue()
    desk.store.write(officer.call, frontline(), visit.id)

    with pytest.raises(NotNow):
        desk.store.write(officer.call, reception(), visit.id)

    assert (frontline().focus, reception().focus) == (visit.id, None)


def test_somebody_let_in_stands_before_the_officer_and_the_same_form_again_lets_in_nobody_else(
    desk: FrontDesk, frontline: Seat
) -> None:
    request = Request("form-1", "library", "desk", priority=True)

    visit = desk.store.write(officer.let_in, desk.office, frontline(), request)
    again = desk.store.write(officer.let_in, desk.office, frontline(), request)

    assert (visit.source, visit.priority, visit.place, visit.number) == ("desk", True, "frontline", None)
    assert again.id == visit.id == frontline().focus
    assert desk.store.read(visits.newest_id) == visit.id


SENT_ON: dict[str, Callable[[FrontDesk, int, int], Visit]] = {
    "hold": lambda desk, visit, me: desk.store.write(officer.hold, visit, staff=me),
    "transfer": lambda desk, visit, me: desk.store.write(
        officer.transfer, desk.office, visit, service="consultation", staff=me
    ),
    "no-show": lambda desk, visit, me: desk.store.write(officer.give_up, visit, outcome="no_show", staff=me),
    "cancel": lambda desk, visit, me: desk.store.write(officer.give_up, visit, outcome="cancelled", staff=me),
}


@pytest.mark.parametrize("how", SENT_ON)
def test_whoever_is_sent_on_stands_before_nobody(
    desk: FrontDesk, issue: Issue, frontline: Seat, reception: Seat, how: str
) -> None:
    visit = issue()
    desk.store.write(officer.call, frontline(), visit.id)
    desk.store.write(officer.look_at, reception(), visit.id)

    SENT_ON[how](desk, visit.id, frontline().member.id)

    assert (frontline().focus, reception().focus) == (None, None)


def test_a_visit_that_is_over_cannot_be_taken_up_but_for_what_is_still_here(
    desk: FrontDesk, take_in: Issue, me: int, issue: Issue, frontline: Seat, served: Visit
) -> None:
    gone = issue()
    desk.store.write(officer.give_up, gone.id, outcome="cancelled", staff=me)
    take_in(served)
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET closed = arrived WHERE id = ?", (served.id,)))

    with pytest.raises(NotNow):
        desk.store.write(officer.look_at, frontline(), gone.id)
    desk.store.write(officer.look_at, frontline(), served.id)

    assert frontline().focus == served.id


def test_the_goodbye_hands_back_and_closes_in_one_go(
    desk: FrontDesk, take_in: Issue, frontline: Seat, served: Visit
) -> None:
    kept = take_in(served)

    visit = desk.store.write(officer.see_off, served.id, kept.deposit_id, staff=frontline().member.id)

    assert (visit.state, visit.deposit_id) == ("checked_out", None)
    assert desk.store.read(lockers.still_here) == []
    assert frontline().focus is None
    done = {entry.kind: entry.staff_id for entry in desk.store.read(journal.of_visit, served.id)}
    assert done["deposit.closed"] == done["visit.checked_out"] == frontline().member.id


def test_a_goodbye_that_fails_hands_nothing_back(
    desk: FrontDesk, take_in: Issue, me: int, issue: Issue
) -> None:
    waiting = issue()  # not served yet: such a visit cannot be checked out
    kept = take_in(waiting)

    with pytest.raises(NotNow):
        desk.store.write(officer.see_off, waiting.id, kept.deposit_id, staff=me)

    assert [deposit.visit_id for deposit in desk.store.read(lockers.still_here)] == [waiting.id]


def test_a_goodbye_seen_without_a_bag_does_not_close_over_one_that_came_since(
    desk: FrontDesk, take_in: Issue, me: int, served: Visit
) -> None:
    take_in(served)

    with pytest.raises(NotNow, match="deposit"):
        desk.store.write(officer.see_off, served.id, None, staff=me)

    assert desk.store.read(visits.get, served.id).is_open


def test_nobody_gets_the_bag_of_another_visit(
    desk: FrontDesk, take_in: Issue, me: int, issue: Issue, served: Visit
) -> None:
    other = take_in(issue())

    with pytest.raises(NotNow):
        desk.store.write(officer.hand_back, served.id, other.deposit_id or 0, staff=me)

    assert len(desk.store.read(lockers.still_here)) == 1


def test_who_only_fetches_the_bag_stays_before_the_officer(
    desk: FrontDesk, take_in: Issue, frontline: Seat, served: Visit
) -> None:
    kept = take_in(served)

    visit = desk.store.write(officer.hand_back, served.id, kept.deposit_id or 0, staff=frontline().member.id)

    assert (visit.state, visit.deposit_id, frontline().focus) == ("in_service", None, served.id)


def test_paper_for_somebody_let_in_is_printed_once_and_copied_once(
    desk: FrontDesk, me: int, frontline: Seat
) -> None:
    visit = desk.store.write(officer.let_in, desk.office, frontline(), Request("f", "library", "desk"))

    first = desk.store.write(officer.print_ticket, visit.id, staff=me)
    with pytest.raises(NotNow, match="queued"):
        desk.store.write(officer.print_ticket, visit.id, staff=me)
    desk.store.write(printing.end, first, "printed")
    copy = desk.store.write(officer.print_ticket, visit.id, staff=me)
    desk.store.write(printing.end, copy, "printed")
    with pytest.raises(NotNow):
        desk.store.write(officer.print_ticket, visit.id, staff=me)

    job = desk.store.read(printing.of_visit, visit.id)
    assert job is not None and (job.id, job.copy) == (copy, True)


def test_paper_of_which_nobody_knew_is_settled_by_the_officer_once(
    desk: FrontDesk, me: int, issue: Issue
) -> None:
    visit = issue()
    job = desk.store.read(printing.of_visit, visit.id)
    assert job is not None
    desk.store.write(printing.begin, job.id)
    desk.store.write(printing.end, job.id, "unknown", "outcome_unknown")

    desk.store.write(printing.confirm, job.id, staff=me)

    assert desk.store.read(printing.doubtful) == []
    with pytest.raises(NotNow, match="printed"):
        desk.store.write(printing.confirm, job.id, staff=me)


def test_a_locker_is_opened_again_for_whom_it_is_bound_to_only(
    desk: FrontDesk, take_in: Issue, me: int, issue: Issue, served: Visit
) -> None:
    take_in(served)
    first = desk.store.read(lockers.next_unlock)
    assert first is not None
    desk.store.write(lockers.end_unlock, first.id, "opened")

    desk.store.write(lockers.open_again, served.id, "return", staff=me)

    unlock = desk.store.read(lockers.last_unlock, "2")
    assert unlock is not None
    assert (unlock.why, unlock.visit_id, unlock.state) == ("return", served.id, "asked")
    with pytest.raises(NotNow, match="handed_back"):
        desk.store.write(lockers.open_again, issue().id, "access", staff=me)


def test_a_locker_out_of_order_takes_no_bag(desk: FrontDesk, take_in: Issue, me: int, served: Visit) -> None:
    desk.store.write(lockers.set_out_of_order, "2", "engselnya patah", staff=me)

    with pytest.raises(LockerTaken):
        take_in(served, "2")

    assert desk.store.read(lockers.free, desk.lockers) == ["1", "3"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * (lockers.MAX_REASON + 1)])
def test_taking_a_locker_out_of_use_and_an_emergency_need_a_reason_that_can_be_read(
    desk: FrontDesk, me: int, reason: str
) -> None:
    with pytest.raises(Invalid):
        desk.store.write(lockers.set_out_of_order, "2", reason, staff=me)
    with pytest.raises(Invalid):
        desk.store.write(lockers.ask_unlock, Opening("2", "emergency", None, me, reason))

    assert desk.store.read(lockers.out_of_order, desk.lockers) == {}
    assert desk.store.read(lockers.next_unlock) is None


def test_the_open_visits_are_those_that_are_not_over(desk: FrontDesk, me: int, issue: Issue) -> None:
    stays, goes = issue(), issue()
    desk.store.write(tickets.hold, stays.id, staff=me)
    desk.store.write(officer.give_up, goes.id, outcome="cancelled", staff=me)

    assert [visit.id for visit in desk.store.read(visits.open_ones)] == [stays.id]
