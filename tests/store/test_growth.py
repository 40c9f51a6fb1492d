"""A front desk does not get slower with the years: what a press and a page look at is today's work only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count

import pytest

from appliance import board, days, journal, lockers, printing, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Request

DAY_S = 86_400.0
VISITS_A_DAY = 40
OFFICE = load_office("1373")


def whole_day(desk: FrontDesk, officer: Member, numbers: count[int]) -> None:
    """Visits that leave a trace in every table, all closed in the end."""
    for _ in range(VISITS_A_DAY):
        desk.store.write(whole_visit, desk, officer, next(numbers))


def whole_visit(tx: Transaction, desk: FrontDesk, officer: Member, number: int) -> None:
    visit = tickets.issue(tx, desk.office, Request(f"old-{number}", "library", "button"))
    tickets.call(tx, visit.id, place="frontline", staff=officer.id)
    visits.start_serving(tx, desk.office, visit.id, place="frontline", staff=officer.id)
    kept = lockers.take_in(tx, visit.id, Wanted("1", "ktp", f"hash-{number}"), pockets=3, staff=officer.id)
    unlock = lockers.next_unlock(tx.db)
    assert unlock is not None
    lockers.end_unlock(tx, unlock.id, "opened")
    assert kept.deposit_id is not None
    lockers.hand_back(tx, kept.deposit_id, staff=officer.id)
    visits.check_out(tx, visit.id, staff=officer.id)
    call = tickets.next_to_speak(tx.db)
    assert call is not None
    tickets.spoken(tx, call.id, voice="spoken")
    while (job := printing.next_job(tx.db)) is not None:
        printing.end(tx, job.id, "printed")


def steps_of(db: sqlite3.Connection, look: Callable[[sqlite3.Connection], object]) -> int:
    """How many steps SQLite's machine takes for a look."""
    steps = count()
    db.set_progress_handler(lambda: next(steps) < 0, 1)
    try:
        look(db)
    finally:
        db.set_progress_handler(None, 0)
    return next(steps)


LOOKS: dict[str, Callable[[sqlite3.Connection], object]] = {
    "the next paper": printing.next_job,
    "papers that wait": printing.waiting_count,
    "papers in doubt": printing.doubtful,
    "the next door": lockers.next_unlock,
    "the last opening of a locker": lambda db: lockers.last_unlock(db, "1"),
    "bags and cards": lockers.still_here,
    "card keys": lockers.key_days,
    "the next call": tickets.next_to_speak,
    "the board": lambda db: board.calls(db, OFFICE, 5),
    "the board's line": board.waiting,
    "the house": visits.in_the_house,
    "guest books to fill": visits.awaiting_guest_book,
    "the open day": days.current,
    "the newest journal row": journal.last_seq,
}


@pytest.fixture(params=sorted(LOOKS))
def look(request: pytest.FixtureRequest) -> Callable[[sqlite3.Connection], object]:
    return LOOKS[request.param]


def test_no_look_gets_longer_with_the_days_that_have_passed(
    desk: FrontDesk, officer: Member, clock: ManualClock, look: Callable[[sqlite3.Connection], object]
) -> None:
    numbers = count()
    whole_day(desk, officer, numbers)
    clock.advance(DAY_S)
    desk.store.write(days.today, desk.office.zone)
    before = desk.store.read(steps_of, look)
    for _ in range(2):
        whole_day(desk, officer, numbers)
        clock.advance(DAY_S)
        desk.store.write(days.today, desk.office.zone)
    assert desk.store.read(steps_of, look) <= before + VISITS_A_DAY


def test_a_number_costs_the_same_on_a_later_day(desk: FrontDesk, officer: Member, clock: ManualClock) -> None:
    numbers = count()

    def issue(tx: Transaction) -> int:
        request = Request(f"new-{next(numbers)}", "library", "button")
        return steps_of(tx.db, lambda _: tickets.issue(tx, desk.office, request))

    whole_day(desk, officer, numbers)
    clock.advance(DAY_S)
    desk.store.write(days.today, desk.office.zone)
    before = desk.store.write(issue)
    for _ in range(2):
        whole_day(desk, officer, numbers)
        clock.advance(DAY_S)
        desk.store.write(days.today, desk.office.zone)
    assert desk.store.write(issue) <= before + VISITS_A_DAY
