"""What is put into the outbox, and when: whoever changes a visit, nothing of the relay's doing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance import answers, days, guestbook, journal, outbox, visits
from appliance.central import contract
from appliance.central.contract import Reason, Result, Status
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.schema import migrations
from appliance.store import Transaction
from appliance.visits import Visit
from tests.central.conftest import PLACE, desk_in
from tests.central.due import DAY, Issue, acknowledge, data, events
from tests.store.conftest import Officer


def test_a_visit_that_is_over_is_due_in_the_very_transaction(desk: FrontDesk, siti: Visit) -> None:
    assert data(desk) == {
        "schema": "pst-visit/1",
        "record_id": data(desk)["record_id"],
        "revision": 1,
        "domain_code": "1373",
        "service_date": "2026-11-23",
        "timezone": "Asia/Jakarta",
        "channel": "walk_in",
        "services": ["printed_library", "scan"],
        "priority": False,
        "sex": "female",
        "age_band": "26_34",
        "education": 3,
        "occupation": 1,
        "institution_category": 6,
        "main_use": 1,
        "origin": "same_city",
        "arrival_hour": 9,
        "wait_seconds": 40,
        "sla_seconds": 300,
        "sla_target_seconds": 300,
        "sla_met": True,
        "duration_seconds": 3340,
        "locker_used": True,
        "id_deposited": True,
        "pages_scanned": 0,
        "pages_photocopied": 0,
        "data_obtained": None,
        "final_status": "completed",
        "app_version": desk.maker.version,
    }


def test_nothing_of_a_person_is_in_what_is_sent(desk: FrontDesk, siti: Visit, rina: Officer) -> None:
    (text,) = [one.text for one in desk.store.read(outbox.due)]
    for word in ("Siti", "siti@", "Andalas", "1999", "ktp", "P001", siti.token or "", "rina", PLACE, "help"):
        assert word and word not in text


def test_an_open_visit_is_nobodys_business(desk: FrontDesk, issue: Issue, rina: Officer) -> None:
    visit = issue()
    rina.call(visit)
    rina.serve(visit)
    assert events(desk) == []


def test_an_event_carries_order_and_the_quality_of_the_clock(desk: FrontDesk, siti: Visit) -> None:
    (event,) = events(desk)
    read = contract.read_event(event)
    assert read.clock_quality == "synced"
    assert read.sequence == desk.store.read(journal.last_seq)
    assert read.device == desk.store.read(outbox.device)


@pytest.mark.parametrize(
    ("outcome", "status"), [("no_show", "no_show"), ("cancelled", "cancelled"), ("day", "closed_by_system")]
)
def test_each_way_out_is_told(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock, outcome: str, status: str
) -> None:
    visit = issue()
    if outcome == "day":
        clock.advance(DAY)
        desk.store.write(days.end_if_over, desk.office.zone)
    else:
        rina.call(visit)
        rina.give_up(visit, outcome)
    assert data(desk)["final_status"] == status
    assert data(desk)["sla_met"] is None
    if outcome == "day":
        assert data(desk)["duration_seconds"] is None


def test_a_day_that_is_closed_sends_all_that_was_open(
    desk: FrontDesk, issue: Issue, clock: ManualClock
) -> None:
    for _ in range(150):
        issue()
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert len(events(desk, "visit")) == 150


def test_somebody_who_comes_after_all_is_a_new_revision(desk: FrontDesk, rina: Officer, issue: Issue) -> None:
    visit = issue()
    rina.call(visit)
    rina.give_up(visit, "no_show")
    acknowledge(desk)
    desk.store.write(visits.revive, visit.id, staff=rina.id)
    assert events(desk) == []
    rina.call(visit)
    rina.serve(visit)
    rina.check_out(visit)
    assert (data(desk)["revision"], data(desk)["final_status"]) == (2, "completed")


CHANGES = {
    "pages scanned": "UPDATE visit SET pages_scanned = 12",
    "pages copied": "UPDATE visit SET pages_photocopied = 3",
    "an answer that is taken back": "UPDATE guest_facts SET sex = NULL",
    "answers that are erased": "DELETE FROM guest_facts",
    "a wait that was wrong": "UPDATE visit SET wait_s = NULL",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_later_is_the_next_revision(desk: FrontDesk, siti: Visit, statement: str) -> None:
    before = data(desk)
    acknowledge(desk)
    desk.store.write(lambda tx: tx.db.execute(statement))
    after = data(desk)
    assert (after["record_id"], after["revision"]) == (before["record_id"], 2)
    assert {**after, "revision": 1} != before


def test_what_changes_nothing_of_the_record_sends_nothing(desk: FrontDesk, siti: Visit) -> None:
    acknowledge(desk)
    desk.store.write(lambda tx: tx.db.execute("UPDATE guest_facts SET birth_year = NULL"))
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET state = state"))
    assert events(desk) == []
    assert desk.store.read(outbox.backlog).waiting == 0


def test_a_record_that_changes_before_it_is_sent_goes_out_once(desk: FrontDesk, siti: Visit) -> None:
    for pages in (1, 2, 3):
        desk.store.write(scanned, pages)
    assert (data(desk)["revision"], data(desk)["pages_scanned"]) == (4, 3)


def scanned(tx: Transaction, pages: int) -> None:
    tx.db.execute("UPDATE visit SET pages_scanned = ?", (pages,))


def test_an_answer_for_an_old_revision_leaves_the_new_one_due(desk: FrontDesk, siti: Visit) -> None:
    batch = desk.store.read(outbox.due)
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET pages_scanned = 1"))
    for status in (Status.STORED, Status.REJECTED):
        desk.store.write(outbox.settle, batch, {one.id: Result(one.id, status) for one in batch})
        assert data(desk)["revision"] == 2
    assert desk.store.read(outbox.parked) == []


def test_the_band_of_age_outlives_the_birth_year_and_the_locker_its_deposit(
    desk: FrontDesk, siti: Visit, rina: Officer
) -> None:
    acknowledge(desk)
    desk.store.write(guestbook.erase, siti.id, staff=rina.id)
    desk.store.write(lambda tx: tx.db.execute("DELETE FROM deposit"))
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET pages_scanned = 9"))
    assert (data(desk)["age_band"], data(desk)["locker_used"], data(desk)["id_deposited"]) == (
        "26_34",
        True,
        True,
    )


def test_what_is_stored_there_leaves_no_copy_here(desk: FrontDesk, siti: Visit) -> None:
    acknowledge(desk)
    rows = desk.store.read(lambda db: db.execute("SELECT state, event FROM outbox").fetchall())
    assert [tuple(row) for row in rows] == [("stored", None)]
    assert desk.store.read(outbox.backlog).last_stored is not None


def test_a_record_that_fits_no_schema_is_parked_and_keeps_nobody_from_leaving(
    desk: FrontDesk, siti: Visit
) -> None:
    acknowledge(desk)
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET pages_scanned = 100001"))
    (parked,) = desk.store.read(outbox.parked)
    assert (parked.reason, parked.detail) == (Reason.SCHEMA, "pages_scanned: maximum")
    assert desk.store.write(outbox.retry, staff=None) == 1
    assert len(desk.store.read(outbox.parked)) == 1
    desk.store.write(lambda tx: tx.db.execute("UPDATE visit SET pages_scanned = 1000"))
    assert desk.store.read(outbox.parked) == []
    assert data(desk)["pages_scanned"] == 1000


# ------------------------------------------------------------------------------------------ what was before


def old_database(folder: Path, years: range) -> None:
    """A database of the release before: closed visits, one of each birth year, and ratings."""
    folder.mkdir()
    db = sqlite3.connect(folder / "frontdesk.db", isolation_level=None)
    db.executescript(migrations()[0] + "PRAGMA user_version = 1;")
    stamp = "2026-11-20T02:00:00.000Z 00000001 1"
    db.execute("INSERT INTO service_day VALUES (1, '2026-11-20', ?, ?)", (stamp, stamp))
    db.execute("INSERT INTO staff VALUES (1, 'a', 'A', 'officer', '', 1, ?)", (stamp,))
    for number, year in enumerate(years, 1):
        db.execute(
            "INSERT INTO visit (id, request_id, day_id, source, service, priority, language, state, arrived,"
            " closed) VALUES (?, ?, 1, 'kiosk', 'library', 0, 'id', 'checked_out', ?, ?)",
            (number, f"old-{number}", stamp, stamp),
        )
        db.execute(
            "INSERT INTO guest_facts (visit_id, sub_services, birth_year) VALUES (?, '', ?)", (number, year)
        )
    db.execute(
        "INSERT INTO deposit (visit_id, locker, day_id, opened, opened_by, closed)"
        " VALUES (1, '1', 1, ?, 1, ?)",
        (stamp, stamp),
    )
    db.execute("INSERT INTO rating VALUES ('aa', '2026-11-20', 'library', 3, NULL)")
    db.close()


def test_visits_of_the_release_before_are_sent_too(tmp_path: Path, clock: ManualClock) -> None:
    old_database(tmp_path / "old", range(1950, 2021))
    desk = desk_in(tmp_path / "old", clock)
    try:
        assert desk.store.read(outbox.backlog).waiting == 72
        assert events(desk) == []  # nothing is made at start: it would keep the first visitor waiting
        while desk.store.read(outbox.any_changed):
            assert desk.store.write(desk.maker.in_passing) <= outbox.IN_PASSING
        sent = events(desk)
        assert len(sent) == 72
        assert [one["data"]["locker_used"] for one in sent if "locker_used" in one["data"]].count(True) == 1
        assert acknowledge(desk) == 72
    finally:
        desk.store.close()


def test_the_migration_knows_the_bands_of_age_as_the_code_does(tmp_path: Path, clock: ManualClock) -> None:
    years = range(1910, 2027)
    old_database(tmp_path / "old", years)
    desk = desk_in(tmp_path / "old", clock)
    try:
        rows = desk.store.read(
            lambda db: db.execute("SELECT birth_year, age_band FROM guest_facts").fetchall()
        )
        assert {row[0]: row[1] for row in rows} == {year: answers.age_band(year, 2026).key for year in years}
    finally:
        desk.store.close()


def test_a_device_has_a_name_of_its_own_that_stays(tmp_path: Path, clock: ManualClock) -> None:
    one = desk_in(tmp_path / "one", clock)
    name = one.store.read(outbox.device)
    one.store.close()
    other, again = desk_in(tmp_path / "other", clock), desk_in(tmp_path / "one", clock)
    try:
        assert again.store.read(outbox.device) == name != other.store.read(outbox.device)
        assert contract.SOURCE.fullmatch(contract.source("1373", name))
    finally:
        other.store.close()
        again.store.close()


def asked(db: sqlite3.Connection, question: str) -> list[sqlite3.Row]:
    return db.execute(question).fetchall()


def test_what_is_due_is_found_without_looking_at_the_rest(desk: FrontDesk) -> None:
    """The questions that the relay asks again and again walk an index of what waits."""
    queries = {
        "state = 'due' AND event IS NOT NULL ORDER BY sequence, id LIMIT 9": "outbox_due",
        "changed = 1 ORDER BY id LIMIT 9": "outbox_changed",
        "changed = 2 LIMIT 1": "outbox_changed",
        "state = 'parked'": "outbox_parked",
        "state = 'due'": "outbox_due",
        "changed IS NOT NULL AND state IN ('new', 'stored')": "outbox_changed",
    }
    for where, index in queries.items():
        question = f"EXPLAIN QUERY PLAN SELECT * FROM outbox WHERE {where}"
        plan = desk.store.read(asked, question)
        steps = " ".join(row["detail"] for row in plan)
        assert index in steps and "TEMP B-TREE" not in steps, where
