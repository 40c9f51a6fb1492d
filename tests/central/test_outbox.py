"""What is put into the outbox, and when: whoever changes a visit, nothing of the relay's doing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import answers, days, guestbook, journal, outbox, ratings, visits
from appliance.central import contract, records
from appliance.central.contract import Kind, Reason, Result, Status
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.office import load_office
from appliance.staff import Member
from appliance.store import Transaction, migrations
from appliance.visits import Visit
from tests.central.conftest import PLACE, desk_in
from tests.store.conftest import Officer

DAY = 86400
OFFICE = load_office("1373")
FORM = {
    "name": "Siti Aminah",
    "email": "siti@example.org",
    "institution": "Universitas Andalas",
    "sub_services": "printed_library scan",
    "sex": "female",
    "birth_year": "1999",
    "education": "bachelor",
    "occupation": "student",
    "institution_category": "research_education",
    "main_use": "school_task",
    "origin": "same_city",
    "disability": "1",
    "consent": "1",
}
Issue = Callable[..., Visit]


@pytest.fixture
def rina(desk: FrontDesk, officer: Member) -> Officer:
    """The officer at work."""
    return Officer(desk, officer.id)


def events(desk: FrontDesk, kind: str | None = None) -> list[dict[str, Any]]:
    """What is due, as the server would get it."""
    found = [json.loads(one.text) for one in desk.store.read(outbox.due, 1000)]
    return [one for one in found if kind is None or one["type"].endswith(kind)]


def data(desk: FrontDesk) -> dict[str, Any]:
    """The data of the only visit that is due."""
    (event,) = events(desk, "visit")
    found: dict[str, Any] = event["data"]
    return found


def acknowledge(desk: FrontDesk) -> int:
    """The server stores all that is due."""
    batch = desk.store.read(outbox.due, 1000)
    desk.store.write(outbox.settle, batch, {one.id: Result(one.id, Status.STORED) for one in batch})
    return len(batch)


def fill_in(desk: FrontDesk, visit: Visit) -> None:
    """The guest book of Siti Aminah."""
    desk.store.write(guestbook.submit, desk.office, visit.id, Entry(FORM, "hash", "id", "phone"))


@pytest.fixture
def siti(desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock) -> Visit:
    """A whole visit that is over: guest book, locker, reading, goodbye."""
    visit = issue()
    clock.advance(40)
    rina.call(visit)
    fill_in(desk, visit)
    clock.advance(300)
    rina.serve(visit)
    taken = rina.take_in(visit, "1", "ktp")
    rina.hand_back(taken.deposit_id)
    clock.advance(3000)
    return rina.check_out(visit)


# ------------------------------------------------------------------------------------------ visits


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
        desk.store.write(
            lambda tx, count=pages: tx.db.execute("UPDATE visit SET pages_scanned = ?", (count,))
        )
    assert (data(desk)["revision"], data(desk)["pages_scanned"]) == (4, 3)


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


# ------------------------------------------------------------------------------------------ ratings


def rate(desk: FrontDesk, rina: Officer, issue: Issue, score: int) -> str:
    visit = issue()
    rina.call(visit)
    rina.serve(visit)
    key = desk.store.write(ratings.give, visit.id, score)
    rina.check_out(visit)
    return key


def test_ratings_are_sent_only_when_their_day_is_closed(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    rate(desk, rina, issue, 4)
    assert events(desk, "rating") == []
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    (event,) = events(desk, "rating")
    assert event["data"] == {
        "schema": "pst-rating/1",
        "record_id": event["subject"],
        "revision": 1,
        "domain_code": "1373",
        "service_date": "2026-11-23",
        "service": "printed_library",
        "score": 4,
        "element": None,
    }
    assert event["time"] == "2026-11-23T00:00:00Z"
    assert "sequence" not in event and "clockquality" not in event


def test_the_order_of_ratings_says_nothing_about_who_was_first(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    """Sent in the order of their random keys, whatever the order in which they were given."""
    given_keys = [rate(desk, rina, issue, score) for score in (1, 2, 3, 4) * 5]
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    sent = [event["subject"] for event in events(desk, "rating")]
    keys = desk.store.read(
        lambda db: {row["record_id"]: row["rating_id"] for row in db.execute("SELECT * FROM outbox")}
    )
    assert [keys[record] for record in sent] == sorted(given_keys)
    assert sorted(given_keys) != given_keys


def test_nothing_in_the_outbox_joins_a_rating_with_a_visit(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    for score in (1, 2, 3, 4):
        rate(desk, rina, issue, score)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    rows = desk.store.read(lambda db: db.execute("SELECT * FROM outbox WHERE kind = 'rating'").fetchall())
    assert len(rows) == 4
    assert {row["visit_id"] for row in rows} == {None}
    assert len({(row["sequence"], row["at"]) for row in rows}) == 1


def test_an_element_that_is_named_late_is_the_next_revision(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    key = rate(desk, rina, issue, 1)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    acknowledge(desk)
    desk.store.write(ratings.name_element, key, 9)
    (event,) = events(desk, "rating")
    assert (event["data"]["revision"], event["data"]["element"]) == (2, 9)


def test_a_day_that_is_opened_again_sends_each_rating_once(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    rate(desk, rina, issue, 4)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    clock.advance(-DAY)
    desk.store.write(days.confirm, desk.office.zone, rina.id)
    rate(desk, rina, issue, 3)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert sorted(event["data"]["score"] for event in events(desk, "rating")) == [3, 4]
    assert {event["data"]["revision"] for event in events(desk, "rating")} == {1}


# ------------------------------------------------------------------------------------------ guests


@pytest.fixture
def open_handed(build: Callable[[str], FrontDesk], profile: Path) -> FrontDesk:
    """An office that sends identity too."""
    return build(str(profile))


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Its profile."""
    source = Path(outbox.__file__).parent / "offices" / "1373.toml"
    text = source.read_text(encoding="utf-8").replace("[guest_book]", "[guest_book]\nsend_identity = true")
    profile = tmp_path / "open.toml"
    profile.write_text(text, encoding="utf-8")
    return profile


def visit_of_siti(desk: FrontDesk) -> Visit:
    def act(tx: Transaction) -> Visit:
        visit = visits.walk_in(
            tx,
            desk.office,
            visits.Request("siti", "library", "desk"),
            place=PLACE,
            staff=None,  # type: ignore[arg-type]
        )
        guestbook.submit(tx, desk.office, visit.id, Entry(FORM, "hash", "id", "phone"))
        visits.start_serving(tx, desk.office, visit.id, place=PLACE, staff=None)  # type: ignore[arg-type]
        return visits.check_out(tx, visit.id, staff=None)  # type: ignore[arg-type]

    return desk.store.write(act)


def test_identity_is_sent_nowhere_unless_the_office_says_so(
    desk: FrontDesk, siti: Visit, rina: Officer
) -> None:
    assert not load_office("1373").guest_book.send_identity
    assert not load_office("1377").guest_book.send_identity
    desk.store.write(guestbook.erase, siti.id, staff=rina.id)
    assert events(desk, "guest") == []
    assert desk.store.read(outbox.backlog).waiting == 1


def test_where_it_says_so_the_notice_says_so_too(desk: FrontDesk, open_handed: FrontDesk) -> None:
    usual = guestbook.notice(desk.office, desk.wording, "id")
    more = guestbook.notice(open_handed.office, open_handed.wording, "id")
    (sentence,) = [one for one in more if one not in usual]
    assert "server pusat" in sentence


def test_identity_goes_out_corrected_and_is_erased_there_too(open_handed: FrontDesk) -> None:
    desk = open_handed
    visit = visit_of_siti(desk)
    (event,) = events(desk, "guest")
    record = data(desk)["record_id"]
    assert (event["data"]["name"], event["data"]["visit_record_id"]) == ("Siti Aminah", record)
    acknowledge(desk)

    values = {**FORM, "name": "Siti Aminah Putri", "phone": ""}
    desk.store.write(guestbook.correct, visit.id, values, staff=None)  # type: ignore[arg-type]
    (corrected,) = events(desk, "guest")
    assert (corrected["data"]["name"], corrected["data"]["revision"]) == ("Siti Aminah Putri", 2)

    desk.store.write(guestbook.erase, visit.id, staff=None)
    (erased,) = events(desk, "guest")  # in the place of the correction, which was never sent
    assert erased["data"] == {
        "schema": "pst-guest/1",
        "record_id": event["subject"],
        "revision": 3,
        "domain_code": "1373",
        "erased": True,
    }
    for one in desk.store.read(outbox.due):
        assert "Siti" not in one.text


def test_what_was_sent_is_erased_there_also_after_sending_was_switched_off(
    tmp_path: Path, profile: Path, clock: ManualClock
) -> None:
    before = desk_in(tmp_path / "data", clock, str(profile))
    visit = visit_of_siti(before)
    acknowledge(before)
    before.store.close()
    desk = desk_in(tmp_path / "data", clock)  # the usual profile: off
    try:
        desk.store.write(guestbook.erase, visit.id, staff=None)
        (event,) = events(desk, "guest")
        assert event["data"]["erased"] is True
    finally:
        desk.store.close()


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
        contract.make_event(
            Kind.RATING,
            records.rating_record({"date": "2026-11-23", "service": "x", "score": 1, "element": 9}, OFFICE)
            | {"record_id": name, "revision": 1},
            device=name,
            at=clock.now().wall,
            sequence=1,
            clock_quality="rtc",
        )
    finally:
        other.store.close()
        again.store.close()


def test_what_is_due_is_found_without_looking_at_the_rest(desk: FrontDesk) -> None:
    """The questions that the relay asks again and again walk an index of what waits."""
    queries = {
        "state = 'due' ORDER BY sequence, id LIMIT 9": "outbox_due",
        "changed = 1 ORDER BY id LIMIT 9": "outbox_changed",
        "changed = 2 LIMIT 1": "outbox_changed",
        "state = 'parked'": "outbox_parked",
        "state = 'due'": "outbox_due",
        "changed IS NOT NULL AND state IN ('new', 'stored')": "outbox_changed",
    }
    for where, index in queries.items():
        question = f"EXPLAIN QUERY PLAN SELECT * FROM outbox WHERE {where}"
        plan = desk.store.read(lambda db, ask=question: db.execute(ask).fetchall())
        steps = " ".join(row["detail"] for row in plan)
        assert index in steps and "TEMP B-TREE" not in steps, where


# ------------------------------------------------------------------------------------------ records, pure

ROW: dict[str, Any] = {
    "date": "2026-11-23",
    "service": "library",
    "sub_services": None,
    "priority": 0,
    "sex": None,
    "age_band": None,
    "education": None,
    "occupation": None,
    "institution_category": None,
    "main_use": None,
    "origin": None,
    "arrived": "2026-11-23T02:00:00.000Z 00000001 1",
    "wait_s": None,
    "sla_s": None,
    "duration_s": None,
    "locker_used": 0,
    "id_deposited": 0,
    "pages_scanned": 0,
    "pages_photocopied": 0,
    "state": "checked_out",
}


def record(**changed: Any) -> dict[str, Any]:
    made = records.visit_record({**ROW, **changed}, OFFICE, "1.0")
    whole = {**made, "record_id": "0c7b3c3e-3a35-4e3c-9a55-5f1f6f1b2a10", "revision": 1}
    contract.check_data(Kind.VISIT, whole)
    return whole


def test_what_nobody_answered_is_null() -> None:
    made = record()
    for field in ("sex", "age_band", "education", "occupation", "institution_category", "main_use", "origin"):
        assert made[field] is None
    assert (made["wait_seconds"], made["sla_seconds"], made["sla_met"]) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("education", "education"),
        ("occupation", "occupation"),
        ("institution_category", "institution_category"),
        ("main_use", "main_use"),
    ],
)
def test_each_code_is_sent_as_it_is(name: str, field: str) -> None:
    for answer in answers.ANSWERS[name]:
        assert record(**{field: answer.code})[field] == answer.code
    assert record(**{field: 99})[field] is None


def test_sex_age_and_origin_are_sent_by_their_keys() -> None:
    assert [record(sex=code)["sex"] for code in (1, 2, 3)] == ["male", "female", None]
    for name in ("age_band", "origin"):
        for answer in answers.ANSWERS[name]:
            assert record(**{name: answer.key})[name] == answer.key
        assert record(**{name: "elsewhere"})[name] is None


@pytest.mark.parametrize(
    ("service", "wanted", "sent"),
    [
        ("library", None, ["printed_library"]),
        ("library", "", ["printed_library"]),
        ("library", "scan digital_library", ["digital_library", "scan"]),
        ("library", "massage", ["printed_library"]),
        ("consultation", "printed_library", ["printed_library", "consultation"]),
        ("other", None, ["other"]),
        ("closed_long_ago", None, ["other"]),
    ],
)
def test_the_services_are_what_was_wanted(service: str, wanted: str | None, sent: list[str]) -> None:
    assert record(service=service, sub_services=wanted)["services"] == sent


@pytest.mark.parametrize(("seconds", "met"), [(0, True), (300, True), (301, False), (None, None)])
def test_exactly_the_published_time_counts_as_met(seconds: int | None, met: bool | None) -> None:
    assert record(sla_s=seconds)["sla_met"] is met


@pytest.mark.parametrize(("hour", "local"), [("16:59", 23), ("17:00", 0), ("02:30", 9)])
def test_the_hour_of_arrival_is_the_offices(hour: str, local: int) -> None:
    assert record(arrived=f"2026-11-23T{hour}:00.000Z 00000001 1")["arrival_hour"] == local


@given(
    st.fixed_dictionaries(
        {
            "sub_services": st.none() | st.text(max_size=40),
            "service": st.text(max_size=9),
            "sex": st.none() | st.integers(-1, 9),
            "education": st.none() | st.integers(-1, 99),
            "origin": st.none() | st.text(max_size=20),
            "age_band": st.none() | st.text(max_size=9),
            "wait_s": st.none() | st.integers(0, 10**6),
            "pages_scanned": st.integers(0, 10**5),
        }
    )
)
def test_whatever_stands_in_the_database_makes_a_record_that_fits(changed: dict[str, Any]) -> None:
    record(**changed)
