"""Numbers, the line and calls, over the real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from appliance import board, printing, tickets, visits
from appliance.clock import ManualClock
from appliance.errors import NoSuchService, NoSuchVisit, NotNow, ServiceClosed
from appliance.front_desk import FrontDesk
from appliance.store import Transaction
from appliance.visits import Request, Visit
from tests.store.conftest import PLACE, Officer

# ---------------------------------------------------------------------------------------- issuing


def test_each_service_counts_its_own_numbers(issue: Callable[..., Visit]) -> None:
    numbers = [issue(service).number for service in ("library", "consultation", "library", "other")]
    assert numbers == ["P001", "K001", "P002", "L001"]


def test_a_ticket_is_stored_whole_with_its_paper_and_its_link(
    desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    visit = issue("consultation", priority=True)
    assert visit == desk.store.read(visits.get, visit.id)
    assert (visit.state, visit.ticket_state, visit.priority, visit.is_open) == (
        "arrived",
        "waiting",
        True,
        True,
    )
    assert visit.token is not None and len(visit.token) == 22, "128 random bits"
    job = desk.store.read(printing.of_visit, visit.id)
    assert job is not None and (job.kind, job.state, job.copy) == ("ticket", "queued", False)


def test_no_two_tickets_have_the_same_link(issue: Callable[..., Visit]) -> None:
    assert len({issue().token for _ in range(20)}) == 20


def test_the_same_request_again_gives_the_same_ticket_and_no_second_paper(desk: FrontDesk) -> None:
    request = Request("press-1", "library", "button")
    first, second = (desk.store.write(tickets.issue, desk.office, request) for _ in range(2))
    assert first == second
    assert desk.store.read(printing.waiting_count) == 1
    other = Request("press-2", "library", "button")
    assert desk.store.write(tickets.issue, desk.office, other).number == "P002"


def test_an_unknown_service_gets_no_number(desk: FrontDesk) -> None:
    with pytest.raises(NoSuchService):
        desk.store.write(tickets.issue, desk.office, Request("a", "massage", "kiosk"))


def test_after_999_there_is_no_number_until_tomorrow_and_nothing_half_stored(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    def use_up(tx: Transaction) -> None:
        tx.db.execute("UPDATE queue_counter SET last = 998")

    issue()
    desk.store.write(use_up)
    assert issue().number == "P999"
    for _ in range(2):
        with pytest.raises(ServiceClosed):
            issue()
    assert desk.store.read(lambda db: db.execute("SELECT count(*) FROM visit").fetchone()[0]) == 2
    assert issue("consultation").number == "K001", "the other services go on"
    clock.advance(86400)
    assert issue().number == "P001"


# ---------------------------------------------------------------------------------------- the line


def test_people_ahead_counts_who_will_be_called_before(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    first, second = issue(), issue("consultation")
    urgent = issue(priority=True)
    assert [visit.ahead for visit in (first, second, urgent)] == [0, 1, 0], "as it was when it was printed"
    now = [desk.store.read(tickets.people_ahead, visit) for visit in (first, second, urgent)]
    assert now == [1, 2, 0]
    rina.call_next()
    assert desk.store.read(tickets.people_ahead, rina.see(urgent)) is None
    assert desk.store.read(tickets.people_ahead, rina.see(first)) == 0


def test_priority_goes_first_but_never_three_times_in_a_row_while_somebody_waits(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    for priority in (False, False, True, True, True, True, True):
        issue(priority=priority)
    shown = [visit.number for visit in desk.store.read(tickets.waiting, 1)]
    called = [rina.call_next().number for _ in range(7)]
    assert called == ["P003", "P004", "P001", "P005", "P006", "P002", "P007"]
    assert shown == called, "the page shows the order in which they are called"


def test_the_fair_share_is_remembered_between_calls(rina: Officer, issue: Callable[..., Visit]) -> None:
    for _ in range(2):
        issue(priority=True)
        rina.call_next()
    regular, urgent = issue(), issue(priority=True)
    assert [rina.call_next(), rina.call_next()] == [rina.see(regular), rina.see(urgent)]


def test_an_officer_of_some_queues_calls_only_those(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    issue()
    wanted = issue("consultation")
    got = desk.store.write(
        tickets.call_next, desk.office, place=PLACE, staff=rina.id, queues=("consultation",)
    )
    assert got.id == wanted.id
    with pytest.raises(NotNow, match="empty"):
        desk.store.write(tickets.call_next, desk.office, place=PLACE, staff=rina.id, queues=("consultation",))


def test_with_nobody_waiting_there_is_nobody_to_call(rina: Officer) -> None:
    with pytest.raises(NotNow) as refusal:
        rina.call_next()
    assert refusal.value.state == "empty"


def test_officers_who_call_at_the_same_moment_never_get_the_same_visitor(
    rina: Officer, issue: Callable[..., Visit]
) -> None:
    everybody = {issue().id for _ in range(24)}
    together = threading.Barrier(2)

    def work() -> list[int]:
        together.wait()
        return [rina.call_next().id for _ in range(12)]

    with ThreadPoolExecutor(2) as pool:
        one, other = (future.result() for future in [pool.submit(work) for _ in range(2)])
    assert len(one + other) == 24
    assert set(one + other) == everybody


# ---------------------------------------------------------------------------------------- calling


def calls_to_speak(desk: FrontDesk) -> list[tuple[str, str]]:
    heard = []
    while (call := desk.store.read(tickets.next_to_speak)) is not None:
        heard.append((call.kind, call.number))
        desk.store.write(tickets.spoken, call.id, voice="spoken")
    return heard


def test_a_call_is_written_down_for_board_and_voice(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.advance(125)
    called = rina.call_next()
    assert (called.ticket_state, called.place, called.calls, called.wait_s) == ("called", PLACE, 1, 125)
    shown = board.snapshot(desk).now
    assert shown is not None
    assert (shown.kind, shown.number, shown.place) == ("call", "P001", desk.office.place(PLACE))
    assert calls_to_speak(desk) == [("call", "P001")]


def test_the_second_call_is_a_recall_and_every_one_after_it_the_last(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    visit = rina.call(issue())
    for _ in range(3):
        visit = desk.store.write(tickets.recall, visit.id, staff=rina.id)
    assert visit.calls == 4
    assert [kind for kind, _ in calls_to_speak(desk)] == ["call", "recall", "last_call", "last_call"]


def test_the_board_shows_each_number_once_the_newest_call_first(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    first, second = rina.call(issue()), rina.call(issue())
    desk.store.write(tickets.recall, first.id, staff=rina.id)
    seen = board.snapshot(desk)
    shown = [(call.number, call.kind) for call in (seen.now, *seen.recent) if call is not None]
    assert shown == [(first.number, "recall"), (second.number, "call")]


def test_calls_are_spoken_in_the_order_in_which_they_were_made(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    for visit in [issue() for _ in range(4)]:
        rina.call(visit)
    assert [number for _, number in calls_to_speak(desk)] == ["P001", "P002", "P003", "P004"]


def test_whoever_asked_for_a_moment_keeps_number_and_place(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    first, second = issue(), issue()
    rina.call_next()
    held = desk.store.write(tickets.hold, first.id, staff=rina.id)
    assert (held.ticket_state, held.number) == ("held", "P001")
    assert calls_to_speak(desk) == [], "what was not spoken yet is not spoken any more"
    assert [visit.id for visit in desk.store.read(tickets.waiting, 1)] == [second.id]
    desk.store.write(tickets.resume, first.id, staff=rina.id)
    assert [visit.id for visit in desk.store.read(tickets.waiting, 1)] == [first.id, second.id]


def test_a_held_number_can_be_called_without_going_back_into_the_line(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    desk.store.write(tickets.hold, visit.id, staff=rina.id)
    assert rina.call(visit).ticket_state == "called"


def test_a_transfer_keeps_number_and_time_of_arrival_and_waits_in_the_other_line(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], issue: Callable[..., Visit]
) -> None:
    moved = served()
    later = issue("consultation")
    moved = desk.store.write(tickets.transfer, desk.office, moved.id, service="consultation", staff=rina.id)
    assert (moved.number, moved.service, moved.queue) == ("P001", "consultation", "consultation")
    assert (moved.state, moved.ticket_state, moved.place) == ("registered", "waiting", None)
    assert [visit.id for visit in desk.store.read(tickets.waiting, 1)] == [moved.id, later.id]
    assert issue().number == "P002", "the letter's numbers go on"


def test_a_transfer_to_a_service_that_is_not_there_changes_nothing(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    with pytest.raises(NoSuchService):
        desk.store.write(tickets.transfer, desk.office, visit.id, service="massage", staff=rina.id)
    assert rina.see(visit) == visit


def test_whoever_comes_after_all_is_back_at_the_place_of_their_arrival(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    first, second = issue(), issue()
    rina.give_up(rina.call(first), "no_show")
    back = desk.store.write(visits.revive, first.id, staff=rina.id)
    assert (back.number, back.state, back.ticket_state, back.is_open) == ("P001", "arrived", "waiting", True)
    assert [visit.id for visit in desk.store.read(tickets.waiting, 1)] == [first.id, second.id]


# ------------------------------------------------------------------------------------ a touch on the screen


def test_a_double_touch_gives_one_ticket_and_a_touch_after_the_window_another(
    desk: FrontDesk, clock: ManualClock
) -> None:
    def touch(request_id: str, service: str = "library") -> str | None:
        request = Request(request_id, service, "kiosk")
        return desk.store.write(tickets.issue_at_screen, desk.office, request, double_press_s=1.5).number

    assert touch("a") == "P001"
    clock.advance(1.4)
    assert touch("b") == "P001"
    assert touch("c", "consultation") == "K001", "another service is another wish"
    clock.advance(0.2)
    assert touch("d") == "P002"
    assert touch("d") == "P002"


# ------------------------------------------------------------------------------------ what may follow what

STATES = ("waiting", "called", "held", "serving", "done", "no_show", "cancelled", "closed_by_system")
ALLOWED = {
    "call": {"waiting", "held"},
    "recall": {"called"},
    "hold": {"waiting", "called"},
    "resume": {"held"},
    "transfer": {"waiting", "called", "held", "serving"},
}


def in_state(rina: Officer, issue: Callable[..., Visit], clock: ManualClock, state: str) -> Visit:
    """A ticket that has come to this state in the usual way."""
    visit = issue()
    ways: dict[str, tuple[Callable[[], object], ...]] = {
        "waiting": (),
        "called": (lambda: rina.call(visit),),
        "held": (lambda: rina.desk.store.write(tickets.hold, visit.id, staff=rina.id),),
        "serving": (lambda: rina.call(visit), lambda: rina.serve(visit)),
        "done": (lambda: rina.call(visit), lambda: rina.serve(visit), lambda: rina.finish(visit)),
        "no_show": (lambda: rina.call(visit), lambda: rina.give_up(visit, "no_show")),
        "cancelled": (lambda: rina.give_up(visit, "cancelled"),),
        "closed_by_system": (lambda: clock.advance(86400), issue),
    }
    for step in ways[state]:
        step()
    return rina.see(visit)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ALLOWED)
def test_each_step_of_a_ticket_is_taken_from_its_states_only(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock, state: str, act: str
) -> None:
    visit = in_state(rina, issue, clock, state)
    assert visit.ticket_state == state

    def do() -> Visit:
        write, who = desk.store.write, rina.id
        steps: dict[str, Callable[[], Visit]] = {
            "call": lambda: rina.call(visit),
            "recall": lambda: write(tickets.recall, visit.id, staff=who),
            "hold": lambda: write(tickets.hold, visit.id, staff=who),
            "resume": lambda: write(tickets.resume, visit.id, staff=who),
            "transfer": lambda: write(tickets.transfer, desk.office, visit.id, service="other", staff=who),
        }
        return steps[act]()

    if state in ALLOWED[act]:
        assert do().ticket_state == {"call": "called", "recall": "called", "hold": "held"}.get(act, "waiting")
    else:
        with pytest.raises(NotNow):
            do()
        assert rina.see(visit) == visit, "a refused step changes nothing"


def test_a_visit_that_does_not_exist_cannot_be_called(rina: Officer, desk: FrontDesk) -> None:
    with pytest.raises(NoSuchVisit):
        desk.store.write(tickets.call, 4711, place=PLACE, staff=rina.id)


def test_numbers_of_a_day_have_no_gap_whatever_becomes_of_the_visits(
    rina: Officer, issue: Callable[..., Visit]
) -> None:
    numbers = []
    for n in range(6):
        visit = issue()
        if n % 2:
            rina.give_up(visit, "cancelled")
        numbers.append(int((visit.number or "")[1:]))
    assert all(after == before + 1 for before, after in pairwise(numbers))
