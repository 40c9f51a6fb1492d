"""Erasing: what is older than the notice promises is gone, from the disk too, and nothing else is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance import days, guestbook, journal, lockers, ratings
from appliance.clock import ManualClock, Moment, Quality
from appliance.duties.keeper import KeeperDuty
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.keeping import retention, totals
from appliance.keeping.retention import WITNESSES
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Visit
from tests.store.conftest import Officer, step

DAY = 86400

FORM = {
    "email": "siti@example.org",
    "institution": "SMA Negeri 1 Sawahlunto",
    "sub_services": "printed_library",
    "sex": "female",
    "birth_year": "1999",
    "education": "-",
    "occupation": "-",
    "institution_category": "-",
    "main_use": "-",
    "disability": "yes",
    "consent": "yes",
}


@pytest.mark.parametrize(
    ("day", "months", "limit"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2027, 1, 15), 1, date(2026, 12, 15)),
        (date(2027, 1, 31), 2, date(2026, 11, 30)),
        (date(2027, 12, 31), 12, date(2026, 12, 31)),
        (date(2027, 12, 1), 0, date(2027, 12, 1)),
        (date(2027, 5, 31), 27, date(2025, 2, 28)),
    ],
)
def test_months_before_a_day_end_with_the_shorter_month(day: date, months: int, limit: date) -> None:
    assert retention.months_before(day, months) == limit


def fill_in(desk: FrontDesk, visit: Visit, name: str) -> None:
    entry = Entry({**FORM, "name": name}, notice_hash="", language="id", entered_on="kiosk")
    desk.store.write(guestbook.submit, desk.office, visit.id, entry)


def names(db: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in db.execute("SELECT name FROM guest ORDER BY visit_id")]


def keep_house(desk: FrontDesk) -> None:
    step(KeeperDuty(desk), desk.changes)


def count(desk: FrontDesk, sql: str) -> Any:
    return desk.store.read(lambda db: db.execute(sql).fetchone()[0])


@pytest.fixture
def serve_days(issue: Callable[..., Visit], clock: ManualClock) -> Callable[[int], None]:
    """Lets so many days with a visitor each go by."""

    def go(days: int) -> None:
        for _ in range(days):
            issue()
            clock.advance(DAY)

    return go


@pytest.fixture
def pass_time(serve_days: Callable[[int], None], clock: ManualClock) -> Callable[[int], None]:
    """Lets so many days go by, the last ten of them with visitors."""

    def go(days: int) -> None:
        clock.advance((days - WITNESSES) * DAY)
        serve_days(WITNESSES)

    return go


PassTime = Callable[[int], None]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def traces(folder: Path, text: str) -> list[str]:
    """Which pieces of eight letters of a text are in any file: a small page may cut it in two anywhere."""
    content = on_disk(folder)
    pieces = [text[place : place + 8] for place in range(len(text) - 7)]
    return [piece for piece in pieces if piece.encode() in content]


# ---------------------------------------------------------------------------------------- names


def test_names_older_than_promised_leave_the_disk_and_newer_ones_stay(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock, pass_time: PassTime
) -> None:
    old = issue()
    fill_in(desk, old, "Siti Nurhaliza")
    clock.advance(DAY)
    fill_in(desk, issue(), "Andi Wijaya")
    pass_time(364)  # 23 November 2027: twelve months after the first, to the day
    keep_house(desk)
    assert desk.store.read(names) == ["Siti Nurhaliza", "Andi Wijaya"], "twelve months are not over yet"

    clock.advance(DAY)
    keep_house(desk)
    assert desk.store.read(names) == ["Andi Wijaya"]
    assert traces(desk.folder, "Siti Nurhaliza") == []
    assert b"Andi Wijaya" in on_disk(desk.folder)
    facts = desk.store.read(
        lambda db: dict(db.execute("SELECT * FROM guest_facts WHERE visit_id = 1").fetchone())
    )
    assert (facts["sex"], facts["birth_year"]) == (2, None), "the numbers stay, without a birth year"
    assert not desk.store.read(lambda db: db.execute("SELECT needs_help FROM visit").fetchone()[0])


def test_a_name_erased_by_hand_leaves_the_disk_with_the_next_round(
    desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    fill_in(desk, visit, "Siti Nurhaliza")
    desk.store.write(guestbook.erase, visit.id, staff=None)
    keep_house(desk)
    for file in desk.folder.glob("frontdesk.db*"):
        assert b"Siti" not in file.read_bytes(), file


def test_each_erasing_is_noted_without_what_was_erased(
    desk: FrontDesk, issue: Callable[..., Visit], pass_time: PassTime
) -> None:
    for name in ("Siti Nurhaliza", "Andi Wijaya"):
        fill_in(desk, issue(), name)
    pass_time(400)
    retention.run(desk.store, desk.office)
    run = next(one for one in desk.store.read(retention.runs, 20) if one.kind == "identity")
    assert (run.before, run.count) == (date(2026, 12, 28), 2)
    facts = count(desk, "SELECT facts FROM journal WHERE kind = 'retention.ran'")
    assert json.loads(facts)["identity"] == 2
    again = retention.run(desk.store, desk.office)
    assert [one.count for one in again if one.kind.key == "identity"] == [0]
    assert count(desk, "SELECT count(*) FROM journal WHERE kind = 'retention.ran'") == 1, "nothing to tell"


def test_the_night_s_erasing_is_done_once_a_day_and_made_up_for_when_the_machine_was_off(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock, pass_time: PassTime
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    pass_time(400)
    clock.step(-8 * 3600)  # 01.00: the night's work has not begun
    keep_house(desk)
    assert desk.store.read(names) == ["Siti Nurhaliza"]
    clock.step(8 * 3600)
    keep_house(desk)
    assert desk.store.read(names) == []
    once = count(desk, "SELECT count(*) FROM retention_run")
    keep_house(desk)
    assert count(desk, "SELECT count(*) FROM retention_run") == once > 0
    clock.advance(DAY)
    keep_house(desk)
    assert count(desk, "SELECT count(*) FROM retention_run") == 2 * once


# ---------------------------------------------------------------------------------------- which calendar


def due_names(desk: FrontDesk, now: Moment | None = None) -> int:
    found = desk.store.read(retention.due, desk.office, now or desk.clock.now())
    return sum(one.count for one in found if one.kind.key == "identity")


def test_a_clock_that_nobody_vouches_for_erases_nothing(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock, pass_time: PassTime
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    pass_time(400)
    assert due_names(desk, replace(clock.now(), quality=Quality.RTC)) == 1
    assert due_names(desk, replace(clock.now(), quality=Quality.STALE)) == 0


def test_a_clock_that_was_never_set_erases_nothing(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    clock.step((datetime(1970, 1, 1, tzinfo=UTC) - clock.now().wall).total_seconds())
    keep_house(desk)
    assert desk.store.read(names) == ["Siti Nurhaliza"]


@pytest.mark.parametrize("years_ahead", [1, 3, 30])
def test_a_clock_years_ahead_that_calls_itself_synchronised_erases_nothing(
    desk: FrontDesk,
    issue: Callable[..., Visit],
    clock: ManualClock,
    serve_days: Callable[[int], None],
    years_ahead: int,
) -> None:
    serve_days(300)  # nearly a year of service
    fill_in(desk, issue(), "Siti Nurhaliza")
    serve_days(20)
    clock.step(years_ahead * 365 * DAY)
    assert due_names(desk) == 0
    serve_days(WITNESSES - 1)  # it goes on like that for days
    assert due_names(desk) == 0
    serve_days(1)
    assert due_names(desk) == 1, "ten days of service in a row: now the calendar is right"


def test_forty_days_ahead_are_at_most_thirty_believed(
    desk: FrontDesk, serve_days: Callable[[int], None], clock: ManualClock
) -> None:
    serve_days(60)
    true = clock.now().local_date(desk.office.zone)
    clock.step(40 * DAY)
    believed = desk.store.read(retention.believed, desk.office, clock.now())
    assert believed is not None
    assert (believed - true).days == 30 - WITNESSES


def test_a_name_written_while_the_clock_was_ahead_is_not_kept_until_then(
    desk: FrontDesk,
    administrator: Member,
    issue: Callable[..., Visit],
    clock: ManualClock,
    pass_time: PassTime,
) -> None:
    clock.step(5 * 365 * DAY)
    fill_in(desk, issue(), "Siti Nurhaliza")
    clock.step(-5 * 365 * DAY)
    desk.store.write(days.confirm, desk.office.zone, administrator.id)
    issue()
    pass_time(400)
    assert due_names(desk) == 1, "it is no younger than the day that came after it"


# ---------------------------------------------------------------------------------------- the other classes


def test_the_log_of_lockers_and_cards_loses_its_visit_after_thirty_days(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], pass_time: PassTime
) -> None:
    first, second = served(), served()
    rina.hand_back(rina.take_in(first, "1", "ktp").deposit_id)
    rina.take_in(second, "2", "sim")  # is still here
    pass_time(31)
    retention.run(desk.store, desk.office)

    linked = "SELECT count(*) FROM {} WHERE visit_id = {}"
    for table in ("deposit", "unlock"):
        assert count(desk, linked.format(table, first.id)) == 0
        assert count(desk, linked.format(table, second.id)) == 1, "what is still here is needed"
    kept = "SELECT count(*) FROM journal WHERE (kind GLOB 'deposit.*' OR kind GLOB 'unlock.*') AND visit_id"
    assert count(desk, f"{kept} = {first.id}") == 0
    assert count(desk, f"{kept} = {second.id}") > 0
    assert count(desk, "SELECT count(*) FROM deposit") == 2, "that there was one is kept"
    assert (
        count(desk, f"SELECT count(*) FROM print_job WHERE kind = 'locker_slip' AND visit_id = {first.id}")
        == 0
    )
    times = "SELECT count(*) FROM deposit JOIN service_day ON service_day.id = day_id WHERE visit_id IS NULL"
    assert count(desk, f"{times} AND deposit.opened = service_day.opened") == 1, (
        "the minute would find the visit"
    )
    assert rina.hand_back(rina.see(second).deposit_id) == second.id


def test_why_a_door_was_opened_in_an_emergency_is_forgotten_with_it(
    desk: FrontDesk, rina: Officer, pass_time: PassTime
) -> None:
    opening = lockers.Opening("1", "emergency", None, rina.id, "tas Siti tertinggal")
    desk.store.write(lockers.ask_unlock, opening)
    pass_time(31)
    keep_house(desk)
    assert count(desk, "SELECT count(*) FROM unlock WHERE reason IS NOT NULL") == 0
    assert traces(desk.folder, "tas Siti tertinggal") == []


def test_after_five_years_a_visit_is_a_number_in_the_totals(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    issue: Callable[..., Visit],
    pass_time: PassTime,
) -> None:
    for _ in range(2):
        visit = served()
        rina.check_out(visit)
        desk.store.write(_confirmed_form, visit.id)
    issue("consultation", priority=True)
    pass_time(1830)
    retention.run(desk.store, desk.office)

    assert count(desk, "SELECT count(*) FROM visit WHERE day_id = 1") == 0
    assert count(desk, "SELECT count(*) FROM ticket WHERE day_id = 1") == 0
    rows = desk.store.read(
        lambda db: {tuple(row)[1:4]: row["count"] for row in db.execute("SELECT * FROM day_total")}
    )
    assert rows["library", "visits", ""] == 2
    assert rows["library", "state", "checked_out"] == 2
    assert rows["library", "sex", "2"] == 2
    assert rows["library", "sub_services", "printed_library"] == 2
    assert rows["library", "sla", "met"] == 2
    assert rows["consultation", "priority", ""] == 1
    assert rows["consultation", "sla", "unmeasured"] == 1
    assert count(desk, "SELECT count(*) FROM visit") == WITNESSES


def _confirmed_form(tx: Transaction, visit_id: int) -> None:
    tx.db.execute(
        "INSERT INTO guest_facts (visit_id, sub_services, sex) VALUES (?, 'printed_library', 2)", (visit_id,)
    )


def test_what_the_central_server_has_not_acknowledged_is_not_erased(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], pass_time: PassTime
) -> None:
    waiting, stored = served(), served()
    desk.store.write(ratings.give, waiting.id, 4)
    pass_time(1830)
    desk.store.write(_execute, "UPDATE device SET stored = '2026-11-23T02:00:00.000Z 00000001 1'")
    desk.store.write(
        _execute, f"UPDATE outbox SET state = 'stored', event = NULL WHERE visit_id = {stored.id}"
    )
    retention.run(desk.store, desk.office)
    left = desk.store.read(lambda db: [row[0] for row in db.execute("SELECT id FROM visit WHERE day_id = 1")])
    assert left == [waiting.id]
    assert count(desk, "SELECT count(*) FROM rating") == 1


def test_a_visit_whose_card_is_still_here_or_that_another_part_needs_is_not_erased(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    issue: Callable[..., Visit],
    pass_time: PassTime,
) -> None:
    kept, needed = rina.take_in(served(), "1", "ktp"), issue()
    desk.store.write(
        lambda tx: tx.db.execute("CREATE TABLE errand (visit_id INTEGER REFERENCES visit)").execute(
            "INSERT INTO errand VALUES (?)", (needed.id,)
        )
    )
    pass_time(1830)
    retention.run(desk.store, desk.office)
    assert [rina.see(visit).id for visit in (kept, needed)] == [kept.id, needed.id]


def test_a_consent_is_kept_twelve_months_longer_than_the_answers_it_allowed(
    desk: FrontDesk, issue: Callable[..., Visit], pass_time: PassTime
) -> None:
    visit = issue()
    fill_in(desk, visit, "Siti Nurhaliza")
    pass_time(1830)
    retention.run(desk.store, desk.office)
    assert count(desk, "SELECT count(*) FROM guest_facts") == 0
    assert count(desk, "SELECT count(*) FROM consent") == 1
    pass_time(366)
    retention.run(desk.store, desk.office)
    assert count(desk, "SELECT count(*) FROM consent") == 0


def test_ratings_go_after_five_years(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], pass_time: PassTime
) -> None:
    desk.store.write(ratings.give, served().id, 4)
    assert count(desk, "SELECT count(*) FROM rating") == 1
    pass_time(1820)
    retention.run(desk.store, desk.office)
    assert count(desk, "SELECT count(*) FROM rating") == 1
    pass_time(11)
    retention.run(desk.store, desk.office)
    assert count(desk, "SELECT count(*) FROM rating") == 0


def test_staff_actions_go_after_two_years_from_the_old_end_and_no_number_comes_again(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], pass_time: PassTime
) -> None:
    rina.call(issue())
    last_old = desk.store.read(journal.last_seq)
    pass_time(740)
    newest = desk.store.read(journal.last_seq)
    retention.run(desk.store, desk.office)
    assert count(desk, "SELECT min(seq) FROM journal") > last_old
    assert count(desk, "SELECT count(*) FROM call") == 0
    assert desk.store.read(journal.last_seq) > newest
    assert count(desk, "SELECT max(seq) FROM journal WHERE kind = 'day.opened'") > 0, "the day is still known"


def _execute(tx: Transaction, statement: str) -> None:
    tx.db.execute(statement)


def test_nobody_else_can_change_or_shorten_the_journal(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    issue()
    for statement in (
        "DELETE FROM journal",
        "UPDATE journal SET at = ''",
        "UPDATE journal SET visit_id = NULL WHERE kind = 'ticket.issued'",
        "UPDATE journal SET kind = 'deposit.opened', visit_id = NULL",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            desk.store.write(_execute, statement)
    desk.store.write(_execute, "UPDATE journal_mark SET kept_from = 2")
    with pytest.raises(sqlite3.IntegrityError, match="only rises"):
        desk.store.write(_execute, "UPDATE journal_mark SET kept_from = 1")


def test_every_table_with_visits_or_people_belongs_to_a_class_of_retention(desk: FrontDesk) -> None:
    """A new table must say when its rows go: here, in a class, or because they are no more than settings."""
    statements = " ".join(" ".join((one.due, *one.erase)) for one in retention.CLASSES)
    tables = desk.store.read(tables_with_people)
    source = Path(str(totals.__file__)).read_text(encoding="utf-8")
    assert {"guest", "deposit", "unlock", "call", "consent"} <= tables
    assert [name for name in sorted(tables) if f" {name} " not in f"{statements} {source}"] == []


def tables_with_people(db: sqlite3.Connection) -> set[str]:
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    columns = {"visit_id", "staff_id"}
    return {
        name
        for name in names
        if columns & {row["name"] for row in db.execute(f'PRAGMA table_info("{name}")').fetchall()}
        and name not in ("staff_session", "locker_out_of_order")  # who is logged in; what is broken now
    }
