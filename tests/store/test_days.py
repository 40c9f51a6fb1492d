"""The service day: numbers begin anew at midnight in the office's zone, and an odd clock gives none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from appliance import days, lockers, printing, tickets, visits
from appliance.clock import ManualClock
from appliance.duties.keeper import KeeperDuty
from appliance.errors import ClockImplausible, NoSuchVisit
from appliance.front_desk import FrontDesk
from appliance.keeping import retention
from appliance.staff import Member
from appliance.visits import Visit
from tests.store.conftest import Officer, step

HOUR, DAY = 3600, 86400
LAST_MOMENT = 15 * HOUR - 1  # after 09.00: 23.59.59 in Sawahlunto, 16.59.59 in UTC


def test_numbers_begin_anew_at_midnight_in_the_offices_zone(
    issue: Callable[..., Visit], clock: ManualClock
) -> None:
    assert [issue().number, issue().number, issue("consultation").number] == ["P001", "P002", "K001"]
    clock.advance(LAST_MOMENT)
    assert (issue().number, clock.now().wall.hour) == ("P003", 16)
    clock.advance(1)
    tomorrow = issue()
    assert (tomorrow.number, tomorrow.date) == ("P001", "2026-11-24")


def test_a_new_day_closes_what_the_old_one_left_open(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    waiting, called, held, serving, gone = (issue() for _ in range(5))
    for visit in (called, held, serving, gone):
        rina.call(visit)
    desk.store.write(tickets.hold, held.id, staff=rina.id)
    rina.serve(serving)
    rina.give_up(gone, "no_show")
    clock.advance(DAY)
    issue()

    for left in map(rina.see, (waiting, called, held, serving)):
        assert (left.state, left.ticket_state) == ("closed_by_system", "closed_by_system")
        assert left.closed is not None
    assert rina.see(gone).state == "no_show", "what was closed by a person stays as it was"
    durations = desk.store.read(lambda db: [row[0] for row in db.execute("SELECT duration_s FROM visit")])
    assert durations == [None, None, None, None, 0, None], "a visit closed on another day has no duration"


def test_the_keeper_closes_a_day_that_is_over_but_never_one_that_is_not(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.advance(LAST_MOMENT)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert desk.store.read(days.current) is not None
    clock.advance(1)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert desk.store.read(days.current) is None
    assert issue().number == "P001"


def test_the_links_of_a_day_die_with_it(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    token = issue().token
    assert token is not None
    assert desk.store.read(visits.of_token, token).number == "P001"
    clock.advance(DAY)
    issue()
    with pytest.raises(NoSuchVisit):
        desk.store.read(visits.of_token, token)


def test_paper_and_voice_of_yesterday_come_out_no_more(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    old = rina.call(issue())
    clock.advance(DAY)
    new = issue()
    job = desk.store.read(printing.of_visit, old.id)
    assert job is not None and (job.state, job.problem) == ("failed", "day_closed")
    waiting = desk.store.read(printing.next_job)
    assert waiting is not None and waiting.visit_id == new.id
    assert desk.store.read(tickets.next_to_speak) is None


def test_no_change_of_day_and_no_time_releases_a_card_or_a_bag(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    issue: Callable[..., Visit],
    clock: ManualClock,
) -> None:
    kept = rina.take_in(served(), locker="1", id_type="ktp", card_hash="hash")
    for _ in range(40):
        clock.advance(DAY)
        issue()
    (deposit,) = desk.store.read(lockers.still_here)
    assert (deposit.locker, deposit.pocket, deposit.date) == ("1", 1, "2026-11-23")
    assert deposit.visit_closed
    found = desk.store.read(lockers.of_card, "hash")
    assert found is not None and found.visit_id == kept.id
    assert desk.store.read(lockers.free, desk.lockers) == ["2", "3"]


# ------------------------------------------------------------------------------------------ odd clocks


@pytest.mark.parametrize("steps_back", [DAY, 57 * 365 * DAY], ids=["a day back", "1970"])
def test_a_clock_that_went_back_to_another_day_gives_no_numbers_and_changes_nothing(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock, steps_back: int
) -> None:
    issue()
    clock.advance(DAY)
    before = issue()
    clock.step(-steps_back)
    with pytest.raises(ClockImplausible):
        issue()
    with pytest.raises(ClockImplausible):
        desk.store.write(days.today, desk.office.zone)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert desk.store.read(days.doubt, clock.now(), desk.office.zone) is not None
    assert desk.store.read(visits.get, before.id) == before
    clock.step(steps_back)
    assert desk.store.read(days.doubt, clock.now(), desk.office.zone) is None
    assert issue().number == "P002"


@pytest.mark.parametrize("step_s", [-1, -DAY, DAY, 40 * DAY, 6 * 365 * DAY])
def test_a_clock_that_is_set_while_the_day_is_open_sends_nobody_away(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock, step_s: int
) -> None:
    waiting, served = issue(), issue()
    rina.serve(rina.call(served))
    clock.advance(HOUR)
    clock.step(step_s)
    step(KeeperDuty(desk), desk.changes)

    assert desk.store.read(days.doubt, clock.now(), desk.office.zone) is None
    assert issue().number == "P003"
    assert (rina.see(waiting).ticket_state, rina.see(served).state) == ("waiting", "in_service")
    day = desk.store.read(days.current)
    assert day is not None
    assert day.date == clock.now().local_date(desk.office.zone), "the same day, under its right date"

    clock.step(-step_s)
    step(KeeperDuty(desk), desk.changes)
    assert issue().number == "P004"
    day = desk.store.read(days.current)
    assert day is not None
    assert (day.id, day.date) == (1, date(2026, 11, 23))
    clock.advance(DAY)
    assert issue().number == "P001", "a midnight that has really passed still ends it"


def test_a_clock_that_was_never_set_opens_no_day_not_even_for_an_administrator(
    desk: FrontDesk, administrator: Member, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    clock.step((datetime(1970, 1, 1, tzinfo=UTC) - clock.now().wall).total_seconds())
    with pytest.raises(ClockImplausible, match="has not been set"):
        issue()
    with pytest.raises(ClockImplausible, match="has not been set"):
        desk.store.write(days.confirm, desk.office.zone, administrator.id)
    assert desk.store.read(days.current) is None


def test_an_hour_back_within_the_day_is_nothing_to_anybody(
    issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.step(-HOUR)
    assert issue().number == "P002"


def test_a_day_of_a_wrong_date_from_before_a_restart_is_set_right_by_an_administrator_and_stays_right(
    desk: FrontDesk, administrator: Member, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.reboot()  # nothing tells how long ago the day began
    clock.step(40 * DAY)
    assert (issue().number, issue().date) == ("P001", "2027-01-02")
    clock.reboot()
    clock.step(-40 * DAY)
    with pytest.raises(ClockImplausible):
        issue()

    day = desk.store.write(days.confirm, desk.office.zone, administrator.id)
    assert day.date == date(2026, 11, 23)
    assert issue().number == "P002", "the day goes on where it was: no number twice"

    for tomorrow in ("2026-11-24", "2026-11-25"):
        clock.advance(DAY)
        desk.store.write(days.end_if_over, desk.office.zone)  # the keeper, at midnight
        assert desk.store.read(days.doubt, clock.now(), desk.office.zone) is None
        new = issue()
        assert (new.number, new.date) == ("P001", tomorrow)


def test_confirming_a_clock_that_is_right_changes_nothing(
    desk: FrontDesk, administrator: Member, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    desk.store.write(days.confirm, desk.office.zone, administrator.id)
    assert desk.store.read(visits.get, visit.id).is_open
    assert issue().number == "P002"


def test_a_restart_of_the_machine_within_the_day_goes_on_with_the_numbers(
    issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.reboot()
    assert issue().number == "P002"


def test_an_odd_clock_erases_no_names(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()
    clock.step(-timedelta(days=365 * 50).total_seconds())
    assert desk.store.read(retention.due, desk.office, clock.now()) == []
