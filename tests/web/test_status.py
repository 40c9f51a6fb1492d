"""What machines that watch this one are told: whether it can give numbers, and its figures."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from appliance import __version__, figures, lockers, printing, readiness, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Opening, Wanted
from appliance.pulse import Pulse
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Visit
from drivers.base import DeviceState
from web import create_app

PHONE = {"REMOTE_ADDR": "192.168.1.20"}

Issue = Callable[..., Visit]
Samples = dict[tuple[str, str], float]


# ------------------------------------------------------------------------------------------ /healthz


def test_a_front_desk_that_can_give_numbers_is_well(client: FlaskClient, issue: Issue) -> None:
    issue()

    response = client.get("/healthz")

    assert response.status_code == 200
    told = response.json
    assert told is not None
    assert told.pop("disk_free_bytes") > 0
    assert told == {
        "status": "ok",
        "reasons": [],
        "devices": {},
        "store": "ok",
        "service_day": "2026-11-23",
        "clock": "synced",
        "disk": {"problem": None, "allowed": ["scans", "backups", "tickets"]},
        "version": __version__,
        "details": {},
    }


def test_a_device_in_trouble_is_named_but_numbers_are_given(client: FlaskClient, desk: FrontDesk) -> None:
    desk.health.report("printer", DeviceState.READY, "paper_out", "sensor 2")

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["devices"] == {"printer": {"state": "ready", "problem": "paper_out"}}
    assert response.json["details"] == {"printer": "sensor 2"}


def test_others_are_told_the_codes_and_no_details(client: FlaskClient, desk: FrontDesk) -> None:
    desk.health.report("printer", DeviceState.LOST, "missing", "192.168.1.50")

    response = client.get("/healthz", environ_base=PHONE)

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["devices"] == {"printer": {"state": "lost", "problem": "missing"}}
    assert not {"version", "details"} & response.json.keys()
    assert "192.168.1.50" not in response.text


def test_a_clock_that_was_never_set_is_a_reason(client: FlaskClient, clock: ManualClock) -> None:
    clock.step(-40 * 365 * 86400)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["reasons"] == ["clock_implausible"]
    assert "has not been set" in response.json["details"]["clock_implausible"]
    assert response.json["store"] == "ok"


def test_a_clock_that_went_back_behind_the_open_day_is_a_reason(
    client: FlaskClient, clock: ManualClock, issue: Issue
) -> None:
    issue()
    clock.reboot()
    clock.step(-2 * 86400)

    assert client.get("/healthz").json["reasons"] == ["clock_implausible"]  # type: ignore[index]


def test_a_damaged_database_is_a_reason(client: FlaskClient, desk: FrontDesk) -> None:
    desk.store.path.write_bytes(b"no database " * 1000)
    desk.store.path.with_name("frontdesk.db-wal").unlink()

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["reasons"] == [response.json["store"]]
    assert response.json["store"].startswith("store")


def test_the_problem_of_a_database_that_could_not_be_opened_is_the_reason(
    build: Callable[[str], FrontDesk], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "data-0" / "frontdesk.db").mkdir(parents=True)

    seen = readiness.look(build("1373"))

    assert not seen.ready
    assert [reason.code for reason in seen.reasons] == ["store_read_only"]
    assert seen.store == "store_read_only"


@pytest.fixture
def stuck(desk: FrontDesk) -> Iterator[None]:
    """The writer is held up, as by a card that does not answer."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_tx: Transaction) -> None:
        begun.set()
        go_on.wait(30)

    writing = threading.Thread(target=desk.store.write, args=(wait,))
    writing.start()
    assert begun.wait(5)
    yield
    go_on.set()
    writing.join()


@pytest.mark.usefixtures("stuck")
def test_a_writer_that_does_not_answer_is_a_reason(client: FlaskClient) -> None:
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["reasons"] == ["writer_silent"]


def test_a_core_thread_that_no_longer_comes_round_is_a_reason(client: FlaskClient, desk: FrontDesk) -> None:
    ages = {"keeper": 0.4, "printer": 900.0}
    desk.pulse.follow(lambda: ages, core=["keeper"])
    assert client.get("/healthz").status_code == 200

    ages["keeper"] = readiness.SILENT_S + 1
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["reasons"] == ["thread_silent"]
    assert "keeper" in response.json["details"]["thread_silent"]


def test_a_core_thread_that_never_began_is_silent() -> None:
    pulse = Pulse()
    pulse.follow(dict, core=["keeper", "press"])

    assert pulse.silent(1e9) == ["keeper", "press"]


# ------------------------------------------------------------------------------------------ /metrics


def samples(client: FlaskClient) -> Samples:
    """Each sample by its name and the values of its labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_metrics_are_for_the_kiosks_networks_only(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base=PHONE).status_code == 404


def test_metrics_are_written_in_prometheus_text_format(client: FlaskClient) -> None:
    assert client.get("/metrics").content_type.startswith("text/plain; version=")


def test_metrics_count_the_day(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock, officer: Member, issue: Issue
) -> None:
    staff = officer.id
    issue("consultation")
    for wait_s in (299, 302):
        visit = desk.store.write(tickets.call, issue().id, place="frontline", staff=staff)
        desk.store.write(_register, visit.id)
        clock.advance(wait_s)
        desk.store.write(visits.start_serving, desk.office, visit.id, place="frontline", staff=staff)
    desk.store.write(lockers.take_in, visit.id, Wanted("1", "ktp"), pockets=12, staff=staff)
    unlock = desk.store.read(lockers.next_unlock)
    assert unlock is not None
    desk.store.write(lockers.end_unlock, unlock.id, "opened")

    found = samples(client)

    assert found["frontdesk_tickets_today", "library"] == 2
    assert found["frontdesk_tickets_today", "consultation"] == 1
    assert found["frontdesk_tickets_today", "other"] == 0
    assert found["frontdesk_waiting", "consultation"] == 1
    assert found["frontdesk_visits_open", "in_service"] == 2
    assert found["frontdesk_visits_open", "arrived"] == 1
    assert found["frontdesk_deposits_open", "bag"] == 1
    assert found["frontdesk_deposits_open", "card"] == 1
    assert found["frontdesk_sla_visits_today", "met"] == 1
    assert found["frontdesk_sla_visits_today", "missed"] == 1
    assert found["frontdesk_print_jobs", "queued"] == 4
    assert found["frontdesk_unlocks_today", "opened"] == 1
    assert found["frontdesk_database_bytes", "frontdesk.db"] > 0
    assert found["frontdesk_journal_seq", ""] > 8
    assert found["frontdesk_ready", ""] == 1


def _register(tx: Transaction, visit_id: int) -> None:
    """As a guest book that is sent does."""
    tx.db.execute(
        "UPDATE visit SET state = 'registered', registered = ? WHERE id = ?",
        (tx.now.stamp(), visit_id),
    )


def test_metrics_of_yesterday_are_gone_but_what_waits_stays(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock, issue: Issue
) -> None:
    issue()
    desk.store.write(_print_and_open)
    assert samples(client)["frontdesk_print_jobs", "printed"] == 1
    desk.store.write(_ask_test_page)

    clock.advance(24 * 3600)
    issue()

    found = samples(client)
    assert found["frontdesk_tickets_today", "library"] == 1
    assert ("frontdesk_print_jobs", "printed") not in found
    assert found["frontdesk_print_jobs", "queued"] == 2  # today's ticket, and the page of yesterday
    assert ("frontdesk_unlocks_today", "expired") not in found


def _print_and_open(tx: Transaction) -> None:
    job = printing.next_job(tx.db)
    assert job is not None
    printing.begin(tx, job.id)
    printing.end(tx, job.id, "printed")
    lockers.end_unlock(tx, lockers.ask_unlock(tx, Opening("1", "test", None, None)), "expired")


def _ask_test_page(tx: Transaction) -> None:
    printing.ask(tx, "test")


def test_counting_costs_nothing_more_with_years_of_old_visits(
    desk: FrontDesk, clock: ManualClock, issue: Issue
) -> None:
    issue()
    clock.advance(24 * 3600)
    issue()
    before = desk.store.read(_steps_of_counting, desk)

    desk.store.write(_many_old_visits, 3000)

    assert desk.store.read(_steps_of_counting, desk) < before + 500


def _steps_of_counting(db: sqlite3.Connection, desk: FrontDesk) -> int:
    """How many steps SQLite takes for all counts: not a matter of the machine's speed."""
    steps = iter(range(1_000_000))
    db.set_progress_handler(lambda: next(steps) < 0, 1)
    try:
        figures.count(db, desk.office, desk.clock.now())
    finally:
        db.set_progress_handler(None, 0)
    return next(steps)


def _many_old_visits(tx: Transaction, count: int) -> None:
    """Copies of the first, closed visit and of what hangs on a visit, all older than anything there is."""
    old = [(-number, f"old-{number}") for number in range(1, count + 1)]
    tx.db.executemany(
        "INSERT INTO visit (id, request_id, day_id, source, service, priority, language, state, arrived,"
        " closed, sla_s) SELECT ?, ?, day_id, source, service, 0, language, state, arrived, closed, 60"
        " FROM visit WHERE id = 1",
        old,
    )
    tx.db.executemany(
        "INSERT INTO print_job (id, kind, visit_id, facts, state, asked)"
        " SELECT ?, kind, visit_id, ?, 'printed', asked FROM print_job WHERE id = 1",
        old,
    )
    tx.db.executemany(
        "INSERT INTO unlock (id, locker, why, reason, asked, expires_s, state)"
        " SELECT ?, '1', 'test', ?, asked, 5, 'opened' FROM print_job WHERE id = 1",
        old,
    )


def test_metrics_say_how_each_device_is(client: FlaskClient, desk: FrontDesk) -> None:
    desk.health.report("printer", DeviceState.READY, "paper_low")
    desk.health.report("lockers", DeviceState.LOST, "missing")
    desk.health.report("voice", DeviceState.READY)

    found = samples(client)

    assert found["frontdesk_device_up", "printer"] == 1
    assert found["frontdesk_device_up", "lockers"] == 0
    assert found["frontdesk_device_problem", "printer paper_low"] == 1
    assert found["frontdesk_device_problem", "lockers missing"] == 1
    assert not [key for key in found if key[0] == "frontdesk_device_problem" and "voice" in key[1]]


def test_metrics_without_a_database_still_say_why(build: Callable[[str], FrontDesk], tmp_path: Path) -> None:
    (tmp_path / "data-0" / "frontdesk.db").mkdir(parents=True)
    desk = build("1373")
    desk.health.report("voice", DeviceState.READY)

    found = samples(create_app(desk).test_client())

    assert found["frontdesk_ready", ""] == 0
    assert [key[1][:5] for key in found if key[0] == "frontdesk_not_ready"] == ["store"]
    assert found["frontdesk_device_up", "voice"] == 1
    assert not [key for key in found if key[0] == "frontdesk_tickets_today"]


def test_two_applications_keep_their_numbers_apart(build: Callable[[str], FrontDesk]) -> None:
    one, other = build("1373"), build("1377")
    one.health.report("voice", DeviceState.READY)

    assert ("frontdesk_device_up", "voice") in samples(create_app(one).test_client())
    assert ("frontdesk_device_up", "voice") not in samples(create_app(other).test_client())
