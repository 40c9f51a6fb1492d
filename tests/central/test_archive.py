"""What the centre keeps, on SQLite and on PostgreSQL alike: the highest revision of each record, once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.central import contract, offices
from appliance.central.archive import Archive, KeyReused, UnknownOffice
from appliance.central.contract import ACKNOWLEDGED, BadBatch, Kind, Reason, Result, Status
from appliance.central.databases import open_database
from appliance.central.intake import WITH_IDENTITY, Intake
from appliance.errors import ConfigError, StoreError
from tests.central.records import DEVICE, bent, event, record_id

Kept = list[tuple[Any, ...]]


def send(intake: Intake, *events: str, domain: str = "1373", key: str | None = None) -> list[Result]:
    return intake.take_in(domain, contract.join(events), key)


def statuses(results: Sequence[Result]) -> list[str]:
    return [one.status.value for one in results]


def kept(archive: Archive, kind: Kind = Kind.VISIT) -> Kept:
    with archive.db.reading() as session:
        return session.run(
            "SELECT domain_code, record_id, revision, data, device, sequence, happened, clock_quality"
            f" FROM {kind} ORDER BY domain_code, record_id"
        )


# ---------------------------------------------------------------------------------- the highest revision


def test_a_visit_is_kept_as_it_was_sent(intake: Intake) -> None:
    assert statuses(send(intake, event(1, pages_scanned=7))) == ["stored"]
    ((domain, record, revision, data, *origin),) = kept(intake.archive)
    assert (domain, record, revision) == ("1373", record_id(1), 1)
    assert json.loads(data) == json.loads(event(1, pages_scanned=7))["data"]
    assert origin == [DEVICE, 101, "2026-11-23T03:10:00.123+00:00", "synced"]


def test_lower_and_equal_revisions_change_nothing_and_are_acknowledged(intake: Intake) -> None:
    results = send(intake, event(1, 2), event(1, 1), event(1, 2), event(1, 3), event(1, 2))
    assert statuses(results) == ["stored", "superseded", "duplicate", "stored", "superseded"]
    assert [row[2] for row in kept(intake.archive)] == [3]


SENT = [event(number, revision, pages_scanned=revision) for number in (1, 2, 3) for revision in (1, 2, 3)]
EXPECTED = [(record_id(number), 3, 3) for number in (1, 2, 3)]


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(order=st.permutations(SENT), again=st.lists(st.sampled_from(SENT), max_size=9), cuts=st.randoms())
def test_any_order_and_any_repetition_end_in_the_same_state(
    archive: Archive, order: list[str], again: list[str], cuts: random.Random
) -> None:
    """In one database for all examples: each begins by emptying it."""
    with archive.db.writing() as session:
        session.run("DELETE FROM visit")
    sent = order + again
    stored = 0
    while sent:
        size = cuts.randint(1, len(sent))
        results = send(Intake(archive), *sent[:size])
        assert all(one.status in ACKNOWLEDGED for one in results)
        stored += statuses(results).count("stored")
        sent = sent[size:]
    assert [(row[1], row[2], json.loads(row[3])["pages_scanned"]) for row in kept(archive)] == EXPECTED
    assert 3 <= stored <= len(SENT)


def test_the_same_revision_with_other_content_is_a_conflict_and_the_first_stays(intake: Intake) -> None:
    send(intake, event(1, pages_scanned=1))
    (result,) = send(intake, event(1, pages_scanned=2))
    assert (result.status, result.reason) == (Status.REJECTED, Reason.CONFLICT)
    assert json.loads(kept(intake.archive)[0][3])["pages_scanned"] == 1


def test_two_offices_may_have_the_same_record_id_and_touch_only_their_own(intake: Intake) -> None:
    send(intake, event(1, 5))
    assert statuses(send(intake, event(1, 1, domain="1377"), domain="1377")) == ["stored"]
    assert [(row[0], row[2]) for row in kept(intake.archive)] == [("1373", 5), ("1377", 1)]


# ------------------------------------------------------------------------------------------ other records


def test_nothing_of_a_rating_leads_to_a_visit(intake: Intake) -> None:
    assert statuses(send(intake, event(1, kind=Kind.RATING))) == ["stored"]
    with intake.archive.db.reading() as session:
        ((device, sequence, happened, quality, received),) = session.run(
            "SELECT device, sequence, happened, clock_quality, received FROM rating"
        )
        answers = [answer for (answer,) in session.run("SELECT answer FROM reply")]
    assert (device, sequence, happened, quality, received) == (None,) * 5
    assert answers == []


def test_what_is_remembered_of_an_answer_holds_no_ids(intake: Intake) -> None:
    send(intake, event(1), event(2, kind=Kind.RATING), key="a" * 32)
    with intake.archive.db.reading() as session:
        ((answer,),) = session.run("SELECT answer FROM reply")
    assert record_id(1) not in answer
    assert record_id(2) not in answer


def test_a_tombstone_erases_the_guest_and_keeps_older_revisions_out(intake: Intake) -> None:
    send(intake, event(1, 1, kind=Kind.GUEST))
    assert "Siti" in kept(intake.archive, Kind.GUEST)[0][3]
    assert statuses(send(intake, event(1, 2, kind=Kind.GUEST, erased=True))) == ["stored"]
    assert statuses(send(intake, event(1, 1, kind=Kind.GUEST))) == ["superseded"]
    assert [row[2:4] for row in kept(intake.archive, Kind.GUEST)] == [(2, None)]


def test_what_was_erased_is_not_in_the_files_any_more(
    tmp_path: Path, open_archive: Callable[[str], Archive]
) -> None:
    """On SQLite. PostgreSQL keeps old rows until its own vacuum, and its log until that is overwritten."""
    intake = Intake(open_archive(f"sqlite:///{tmp_path}/central.db"), WITH_IDENTITY)
    send(intake, *(event(number, kind=Kind.GUEST, name=f"Puti Bungsu {number}") for number in range(60)))
    files = list(tmp_path.glob("central.db*"))
    assert sum(b"Puti Bungsu" in file.read_bytes() for file in files) >= 1
    send(intake, *(event(number, 2, kind=Kind.GUEST, erased=True) for number in range(60)))
    assert [file for file in files if b"Puti Bungsu" in file.read_bytes()] == []


def test_identity_is_not_taken_unless_wanted_but_its_erasure_always_is(archive: Archive) -> None:
    usual = Intake(archive)
    refused, erased, visit = send(
        usual,
        event(1, kind=Kind.GUEST),
        event(2, kind=Kind.GUEST, erased=True),
        event(3),
    )
    assert (refused.status, refused.reason) == (Status.REJECTED, Reason.NOT_ACCEPTED)
    assert erased.status is Status.STORED
    assert visit.status is Status.STORED
    assert [row[1] for row in kept(archive, Kind.GUEST)] == [record_id(2)]


# ------------------------------------------------------------------------------------------ replays


def test_a_replay_of_a_lost_reply_gets_the_same_answer(intake: Intake) -> None:
    batch = [event(1, 2), event(1, 1), bent(2, type="something.else"), "7"]
    first = send(intake, *batch, key="a" * 32)
    assert statuses(first) == ["stored", "superseded", "rejected", "rejected"]
    assert send(intake, *batch, key="a" * 32) == first
    assert statuses(send(intake, *batch, key="b" * 32))[0] == "duplicate"
    assert len(kept(intake.archive)) == 1


def test_another_body_under_the_same_key_is_refused_and_stores_nothing(intake: Intake) -> None:
    send(intake, event(1), key="a" * 32)
    with pytest.raises(KeyReused):
        send(intake, event(2), key="a" * 32)
    assert [row[1] for row in kept(intake.archive)] == [record_id(1)]
    assert statuses(send(intake, event(2, domain="1377"), domain="1377", key="a" * 32)) == ["stored"]


def test_answers_are_forgotten_after_a_week(intake: Intake) -> None:
    send(intake, event(1), key="a" * 32)
    with intake.archive.db.writing() as session:
        session.run("UPDATE reply SET at = '2020-01-01T00:00:00Z'")
    send(intake, event(2), key="b" * 32)
    with intake.archive.db.reading() as session:
        assert session.run("SELECT key FROM reply") == [("b" * 32,)]


# ------------------------------------------------------------------------------------------ bad input


def test_one_poisoned_event_does_not_spoil_the_others(intake: Intake) -> None:
    poisoned = [
        bent(2, source="urn:bps:pst:9999:" + DEVICE),
        bent(3, subject="someone else"),
        bent(4, id="x" * 5000),
        bent(5, time="yesterday"),
        bent(6, specversion="0.3"),
        bent(7, data={"schema": "pst-visit/1"}),
        bent(8, data="\u0000\ud800"),
        bent(9, dataschema="urn:bps:pst:schema:pst-visit:2"),
        "null",
        "[]",
        '"\\u0000"',
        "1e400",
    ]
    results = send(intake, event(1), *poisoned, event(20))
    assert statuses(results) == ["stored", *["rejected"] * len(poisoned), "stored"]
    assert [row[1] for row in kept(intake.archive)] == [record_id(1), record_id(20)]
    assert all(one.reason and one.detail for one in results[1:-1])


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=st.sampled_from([*json.loads(event(2)), *json.loads(event(2))["data"]]), junk=JUNK)
def test_an_event_with_anything_in_any_field_is_stored_or_rejected_by_itself(
    archive: Archive, name: str, junk: object
) -> None:
    made = json.loads(event(2))
    (made if name in made else made["data"])[name] = junk
    body = json.dumps([json.loads(event(1)), made, json.loads(event(3))]).encode()
    with archive.db.writing() as session:
        session.run("DELETE FROM visit")
    first, junk_result, last = Intake(archive).take_in("1373", body, None)
    assert (first.status, last.status) == (Status.STORED, Status.STORED)
    assert junk_result.status in (Status.STORED, Status.REJECTED)


def test_an_office_can_only_speak_for_itself(intake: Intake) -> None:
    foreign, own = send(intake, event(1, domain="1377"), event(2))
    assert (foreign.status, foreign.reason) == (Status.REJECTED, Reason.WRONG_SOURCE)
    assert own.status is Status.STORED
    assert [row[0] for row in kept(intake.archive)] == ["1373"]


def test_an_office_that_was_never_added_stores_nothing(intake: Intake) -> None:
    with pytest.raises(UnknownOffice):
        send(intake, event(1, domain="9999"), domain="9999")
    assert kept(intake.archive) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\xff", b"[NaN]", b"[" * 5000, b"null"])
def test_what_is_no_batch_is_refused_whole(intake: Intake, body: bytes) -> None:
    with pytest.raises(BadBatch):
        intake.take_in("1373", body, None)


def test_an_empty_batch_has_an_empty_answer(intake: Intake) -> None:
    assert send(intake) == []


# ------------------------------------------------------------------------------------------ many at once


def test_many_connections_write_the_same_records_and_the_highest_revision_stays(intake: Intake) -> None:
    batches = [[event(number, revision) for number in (1, 2, 3)] for revision in range(1, 13)]
    random.Random(7).shuffle(batches)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda batch: send(intake, *reversed(batch)), batches))
    assert all(one.status in ACKNOWLEDGED for result in results for one in result)
    assert [(row[1], row[2]) for row in kept(intake.archive)] == [(record_id(n), 12) for n in (1, 2, 3)]


def test_one_batch_that_comes_twice_at_once_is_stored_once(intake: Intake) -> None:
    batch = [event(number) for number in range(1, 21)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: send(intake, *batch, key="a" * 32), range(4)))
    assert results == [results[0]] * 4
    assert len(kept(intake.archive)) == 20


def test_two_programs_write_at_once_and_each_sees_what_the_other_stored(
    url: str, open_archive: Callable[[str], Archive]
) -> None:
    """As `frontdesk central token` does while the receiver runs."""
    one, other = open_archive(url), open_archive(url)

    def write(place: int) -> list[str]:
        archive = (one, other)[place % 2]
        return statuses(send(Intake(archive), event(place)))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(40))) == [["stored"]] * 40
    assert len(kept(one)) == len(kept(other)) == 40


# ------------------------------------------------------------------------------------------ the database


def test_what_is_kept_outlives_the_program(url: str, open_archive: Callable[[str], Archive]) -> None:
    first = open_archive(url)
    send(Intake(first), event(1))
    first.db.close()
    assert len(kept(open_archive(url))) == 1


def test_every_commit_is_synced(archive: Archive, url: str) -> None:
    with archive.db.writing() as session:
        if url.startswith("sqlite"):
            assert session.run("PRAGMA synchronous") == [(2,)]
        else:
            assert session.run("SHOW synchronous_commit") == [("on",)]


def test_others_on_the_machine_cannot_read_the_files(
    tmp_path: Path, open_archive: Callable[[str], Archive]
) -> None:
    send(Intake(open_archive(f"sqlite:///{tmp_path}/central.db")), event(1))
    files = list(tmp_path.glob("central.db*"))
    assert len(files) >= 3
    assert [file for file in files if file.stat().st_mode & 0o007] == []


def test_a_reader_sees_one_moment_and_cannot_write(archive: Archive) -> None:
    with archive.db.reading() as session:
        before = session.run("SELECT count(*) FROM visit")
        send(Intake(archive), event(1))
        assert session.run("SELECT count(*) FROM visit") == before
    with pytest.raises(StoreError), archive.db.reading() as session:
        session.run("DELETE FROM visit")
    assert len(kept(archive)) == 1


def test_what_fails_in_the_middle_leaves_nothing(archive: Archive) -> None:
    with pytest.raises(StoreError), archive.db.writing() as session:
        offices.add(session, "1500", "Tidak jadi")
        session.run("INSERT INTO nowhere VALUES (1)")
    with archive.db.reading() as session:
        assert [one.domain for one in offices.everyone(session)] == ["1373", "1377"]


def test_a_database_of_a_newer_release_is_refused(url: str, open_archive: Callable[[str], Archive]) -> None:
    archive = open_archive(url)
    with archive.db.writing() as session:
        session.run("UPDATE release SET step = 99")
    with pytest.raises(StoreError, match="newer release"):
        Archive(open_database(url))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "central.db").write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/central.db")


@pytest.mark.parametrize("url", ["mysql://host/db", "central.db", "sqlite://central.db", "sqlite:///"])
def test_an_address_that_is_none_is_told_with_the_right_form(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:////var/lib"):
        open_database(url)


def test_a_server_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        open_database("postgresql://frontdesk@/postgres?host=/nowhere")
