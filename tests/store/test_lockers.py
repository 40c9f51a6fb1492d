"""Cards, bags and doors: nobody gets what belongs to another, nothing is released by a timer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance import journal, lockers, printing
from appliance.clock import ManualClock
from appliance.errors import Invalid, LockerTaken, NoLockerFree, NotNow
from appliance.front_desk import FrontDesk
from appliance.lockers import Opening, Unlock, Wanted, Why
from appliance.visits import Visit
from tests.store.conftest import Officer


def every(db: sqlite3.Connection, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")]


def ask(rina: Officer, locker: str = "1", why: Why = "access", reason: str = "") -> int:
    opening = Opening(locker, why, None, rina.id, reason)
    return rina.desk.store.write(lockers.ask_unlock, opening)


def newest(rina: Officer, locker: str = "1") -> Unlock:
    unlock = rina.desk.store.read(lockers.last_unlock, locker)
    assert unlock is not None
    return unlock


# ---------------------------------------------------------------------------------------- deposits


def test_a_card_and_a_bag_are_bound_in_one_go_with_door_and_slip(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), locker="2", id_type="ktp", card_hash="hash")
    assert (visit.locker, visit.pocket, visit.id_type) == ("2", 1, "ktp")
    unlock = desk.store.read(lockers.next_unlock)
    assert unlock is not None
    assert (unlock.locker, unlock.why, unlock.visit_id, unlock.state) == ("2", "deposit", visit.id, "asked")
    slip = desk.store.read(printing.of_visit, visit.id, "locker_slip")
    assert slip is not None and slip.facts == {"locker": "2", "pocket": 1}
    assert desk.store.read(lockers.free, desk.lockers) == ["1", "3"]
    kinds = [entry.kind for entry in desk.store.read(journal.of_visit, visit.id)]
    assert kinds[-2:] == ["deposit.opened", "unlock.asked"]


def test_two_officers_who_want_the_same_locker_at_once_get_it_once(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    rivals = [served(), served()]
    together = threading.Barrier(2)

    def bind(visit: Visit) -> str:
        together.wait()
        try:
            rina.take_in(visit, locker="1", id_type="ktp", card_hash=f"hash-{visit.id}")
        except LockerTaken:
            return "taken"
        return "bound"

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip([visit.id for visit in rivals], pool.map(bind, rivals), strict=True))
    assert sorted(outcomes.values()) == ["bound", "taken"]
    (loser,) = (visit for visit in rivals if outcomes[visit.id] == "taken")
    assert rina.see(loser) == loser
    for table in ("deposit", "unlock"):
        assert loser.id not in {row["visit_id"] for row in desk.store.read(every, table)}
    assert desk.store.read(printing.of_visit, loser.id, "locker_slip") is None
    assert {entry.kind for entry in desk.store.read(journal.of_visit, loser.id)}.isdisjoint(
        {"deposit.opened", "unlock.asked"}
    )


def test_a_card_that_is_here_already_is_not_bound_a_second_time(
    rina: Officer, served: Callable[[], Visit]
) -> None:
    rina.take_in(served(), locker="1", id_type="ktp", card_hash="hash")
    with pytest.raises(LockerTaken):
        rina.take_in(served(), locker="2", id_type="ktp", card_hash="hash")


def test_a_visit_has_one_deposit_at_a_time(rina: Officer, served: Callable[[], Visit]) -> None:
    visit = rina.take_in(served(), locker="1")
    with pytest.raises(NotNow):
        rina.take_in(visit, locker="2")
    rina.hand_back(visit.deposit_id)
    assert rina.take_in(visit, locker="2").locker == "2"


def test_a_bag_alone_takes_no_pocket_and_a_card_alone_no_locker(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    assert rina.take_in(served(), locker="1").pocket is None
    card = rina.take_in(served(), id_type="passport")
    assert (card.locker, card.pocket) == (None, 1)
    assert len(desk.store.read(every, "unlock")) == 1


def test_with_neither_card_nor_bag_there_is_nothing_to_keep(
    rina: Officer, served: Callable[[], Visit]
) -> None:
    with pytest.raises(Invalid):
        rina.take_in(served())


def test_a_closed_visit_leaves_nothing_here(rina: Officer, served: Callable[[], Visit]) -> None:
    with pytest.raises(NotNow):
        rina.take_in(rina.check_out(served()), locker="1")


def test_pockets_are_given_from_the_lowest_free_one_until_there_is_none(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    def take(visit: Visit) -> Visit:
        wanted = Wanted(None, "ktp")
        return desk.store.write(lockers.take_in, visit.id, wanted, pockets=2, staff=rina.id)

    first, second = take(served()), take(served())
    assert (first.pocket, second.pocket) == (1, 2)
    with pytest.raises(NoLockerFree):
        take(served())
    rina.hand_back(first.deposit_id)
    assert take(served()).pocket == 1


def test_what_was_kept_of_a_card_is_gone_once_it_is_handed_back(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), locker="1", id_type="ktp", card_hash="a-hash-of-a-card")
    assert desk.store.read(lockers.key_days) == {1}
    assert rina.hand_back(visit.deposit_id) == visit.id
    assert desk.store.read(lockers.of_card, "a-hash-of-a-card") is None
    assert desk.store.read(lockers.key_days) == set()
    assert desk.store.read(lockers.still_here) == []
    desk.store.checkpoint()
    for file in desk.folder.glob("frontdesk.db*"):
        assert b"a-hash-of-a-card" not in file.read_bytes(), file


def test_a_deposit_is_handed_back_once(rina: Officer, served: Callable[[], Visit]) -> None:
    visit = rina.take_in(served(), locker="1")
    rina.hand_back(visit.deposit_id)
    with pytest.raises(NotNow):
        rina.hand_back(visit.deposit_id)


def test_a_locker_out_of_order_is_not_offered_and_not_given(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    desk.store.write(lockers.set_out_of_order, "1", "the door sticks", staff=rina.id)
    assert desk.store.read(lockers.free, desk.lockers) == ["2", "3"]
    assert desk.store.read(lockers.out_of_order, desk.lockers) == {"1": "the door sticks"}
    with pytest.raises(LockerTaken):
        rina.take_in(served(), locker="1")
    desk.store.write(lockers.set_out_of_order, "1", None, staff=rina.id)
    assert rina.take_in(served(), locker="1").locker == "1"


def test_a_locker_is_not_put_out_of_order_without_a_reason(desk: FrontDesk, rina: Officer) -> None:
    with pytest.raises(Invalid):
        desk.store.write(lockers.set_out_of_order, "1", "  ", staff=rina.id)


def test_a_locker_that_breaks_with_a_bag_in_it_stays_taken(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), locker="1")
    desk.store.write(lockers.set_out_of_order, "1", "the door sticks", staff=rina.id)
    assert desk.store.read(lockers.states, desk.lockers) == {"1": "taken", "2": "free", "3": "free"}
    rina.hand_back(visit.deposit_id)
    assert desk.store.read(lockers.states, desk.lockers)["1"] == "out_of_order"


# ------------------------------------------------------------------------------------------- doors


def test_a_door_is_opened_once_however_often_it_is_asked_for(rina: Officer) -> None:
    first = ask(rina)
    assert ask(rina) == first
    assert rina.desk.store.write(lockers.command, first)
    assert ask(rina) == first, "while the lock is being pulsed too"
    assert not rina.desk.store.write(lockers.command, first), "a lock is never pulsed twice for one opening"
    rina.desk.store.write(lockers.end_unlock, first, "opened")
    assert ask(rina) != first
    assert ask(rina, "2") not in (first, newest(rina).id)


def test_an_old_opening_without_an_end_does_not_let_a_new_one_run_twice(
    rina: Officer, clock: ManualClock
) -> None:
    lost = ask(rina)
    rina.desk.store.write(lockers.command, lost)
    clock.advance(60)
    again = ask(rina)
    assert again != lost
    assert ask(rina) == again


@pytest.mark.parametrize(("wait_s", "opens"), [(5.0, True), (5.1, False)])
def test_an_opening_expires_and_is_then_never_carried_out(
    rina: Officer, clock: ManualClock, wait_s: float, opens: bool
) -> None:
    unlock = ask(rina)
    clock.advance(wait_s)
    assert rina.desk.store.write(lockers.command, unlock) is opens
    assert newest(rina).state == ("commanded" if opens else "expired")


def test_a_clock_that_is_set_back_makes_no_door_spring_open_later(rina: Officer, clock: ManualClock) -> None:
    unlock = ask(rina)
    clock.advance(6)
    clock.step(-3600)
    assert not rina.desk.store.write(lockers.command, unlock)


def test_a_restart_of_the_machine_ends_every_opening(rina: Officer, clock: ManualClock) -> None:
    unlock = ask(rina)
    clock.reboot()
    assert not rina.desk.store.write(lockers.command, unlock)
    assert newest(rina).state == "expired"


def test_expired_openings_are_said_to_be_so_and_fresh_ones_are_left(
    rina: Officer, clock: ManualClock
) -> None:
    ask(rina, "1")
    clock.advance(6)
    ask(rina, "2")
    rina.desk.store.write(lockers.expire)
    assert (newest(rina, "1").state, newest(rina, "2").state) == ("expired", "asked")


def test_after_a_restart_what_was_asked_is_not_done_and_what_was_begun_is_unknown(rina: Officer) -> None:
    ask(rina, "1")
    rina.desk.store.write(lockers.command, ask(rina, "2"))
    rina.desk.store.write(lockers.settle_after_restart)
    assert (newest(rina, "1").state, newest(rina, "2").state) == ("expired", "unknown")
    assert rina.desk.store.read(lockers.next_unlock) is None
    assert rina.desk.store.read(lockers.interrupted) == []


def test_an_emergency_needs_a_reason_and_keeps_it(desk: FrontDesk, rina: Officer) -> None:
    for nothing in ("", "   "):
        with pytest.raises(Invalid):
            ask(rina, "1", "emergency", nothing)
    assert desk.store.read(every, "unlock") == []
    ask(rina, "1", "emergency", " a phone rings in it ")
    (row,) = desk.store.read(every, "unlock")
    assert (row["reason"], row["why"], row["staff_id"]) == ("a phone rings in it", "emergency", rina.id)


def test_a_visitor_who_wants_something_from_the_bag_gets_their_own_locker(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), locker="3")
    desk.store.write(lockers.settle_after_restart)
    unlock = desk.store.write(lockers.open_again, visit.id, "access", staff=rina.id)
    asked = desk.store.read(lockers.next_unlock)
    assert asked is not None
    assert (asked.id, asked.locker, asked.why, asked.visit_id) == (unlock, "3", "access", visit.id)


def test_a_visit_without_a_bag_here_opens_no_door(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), id_type="ktp")
    with pytest.raises(NotNow):
        desk.store.write(lockers.open_again, visit.id, "access", staff=rina.id)
    assert desk.store.read(lockers.next_unlock) is None


def test_each_end_of_an_opening_is_in_the_journal_with_its_locker(desk: FrontDesk, rina: Officer) -> None:
    for state in ("opened", "no_contact", "still_closed", "failed", "unknown"):
        desk.store.write(lockers.end_unlock, ask(rina), state)
    ends = [row["kind"] for row in desk.store.read(every, "journal") if row["kind"] != "unlock.asked"]
    assert ends[-5:] == [
        "unlock.opened",
        "unlock.no_contact",
        "unlock.still_closed",
        "unlock.failed",
        "unlock.unknown",
    ]
