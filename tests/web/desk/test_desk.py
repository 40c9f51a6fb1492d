"""The desk page from the first look to the last word: who waits, who is here, and how the devices are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import lockers, printing, sessions, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.health import Report
from appliance.lockers import Wanted
from appliance.staff import Member
from appliance.visits import Request, Visit
from drivers.base import DeviceState
from tests.conftest import had_a_day, logged_in
from tests.web.desk.conftest import Officer
from web.desk_status import device_line

Issue = Callable[..., Visit]

PAGES = ("/desk/", "/desk/columns", "/desk/status", "/desk/closing", "/desk/lockers", "/desk/lockers/1")


def rules(app: Flask, method: str) -> list[str]:
    """An address for each rule of the desk that answers this method."""
    values: dict[str, Any] = {
        "visit_id": 1,
        "job_id": 1,
        "form_id": 1,
        "inquiry_id": 1,
        "outcome": "done",
        "act": "call",
        "locker": "1",
        "why": "return",
    }
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/desk") and method in (rule.methods or ())
    ]


# ------------------------------------------------------------------------------------------ who may


def test_nobody_sees_or_changes_anything_without_logging_in(
    app: Flask, client: FlaskClient, issue: Issue, officer: Member, desk: FrontDesk
) -> None:
    visit = issue()
    pages, buttons = rules(app, "GET"), rules(app, "POST")

    answers = [client.get(path) for path in pages] + [client.post(path) for path in buttons]

    assert len(pages) >= len(PAGES)
    assert len(buttons) >= 15
    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {(303, "/login")}
    assert desk.store.read(visits.get, visit.id) == visit


def test_a_page_that_keeps_itself_fresh_is_told_that_its_session_is_over(client: FlaskClient) -> None:
    assert client.get("/desk/columns", headers={"X-Live": "1"}).status_code == 401


def test_no_button_works_by_an_address_alone(app: Flask, rina: Officer, issue: Issue) -> None:
    issue()

    answers = {path: rina.client.get(path).status_code for path in rules(app, "POST")}

    # Where a form has the same address: Sawahlunto has no photocopies, so that it is not there.
    assert answers.pop("/desk/visits/1/photocopy") == 404
    assert set(answers.values()) == {405}


def test_the_parts_that_keep_fresh_say_what_the_whole_page_says(rina: Officer, issue: Issue) -> None:
    issue()
    whole = rina.look().html

    assert rina.client.get("/desk/columns").text.strip() in whole
    assert rina.client.get("/desk/status").text.strip() in whole


def test_only_administrators_are_shown_the_way_to_administration(rina: Officer, budi: Officer) -> None:
    assert 'href="/admin/"' not in rina.look().html
    assert 'href="/admin/"' in budi.look().html


@pytest.mark.parametrize("path", PAGES)
def test_every_page_speaks_english_too(rina: Officer, issue: Issue, path: str) -> None:
    issue()
    assert rina.client.get(path, query_string={"lang": "en"}).status_code == 200


# ------------------------------------------------------------------------------------------ waiting


def test_the_line_stands_in_the_order_of_calling_with_what_an_officer_needs_to_know(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    issue("consultation")
    desk.store.write(tickets.issue, desk.office, Request("b", "library", "button", priority=True))
    clock.advance(7 * 60 + 5)

    page = rina.look()

    assert page.numbers("waiting") == ["P001", "K001"]
    assert "Berikutnya: Perpustakaan 7 mnt Prioritas tombol" in page.column("waiting")
    assert "Konsultasi Statistik 7 mnt kiosk" in page.column("waiting")
    assert "2 orang" in page.column("waiting")


def test_an_empty_desk_says_so_in_each_column(rina: Officer) -> None:
    page = rina.look()

    assert "Belum ada yang menunggu" in page.column("waiting")
    assert "Belum ada yang dilayani" in page.column("now")
    assert "Tidak ada pengunjung di dalam" in page.column("here")


def test_whoever_is_called_to_another_desk_is_not_lost_from_sight(
    rina: Officer, budi: Officer, issue: Issue
) -> None:
    issue()
    budi.next()

    page = rina.look()

    assert page.now is None
    assert "Dipanggil P001 Perpustakaan 0 mnt Resepsionis" in page.column("waiting")


def test_held_numbers_and_no_shows_stand_apart(rina: Officer, issue: Issue) -> None:
    held, absent = issue(), issue()
    rina.click(held, "hold")
    rina.click(absent, "call")

    page = rina.click(absent, "no-show")

    assert "Ditunda P001" in page.column("waiting")
    assert "Tidak hadir (1) P002" in page.column("waiting")
    assert page.now is None


@pytest.mark.parametrize(("seconds", "step"), [(179, 0), (180, 1), (239, 1), (240, 2), (299, 2), (300, 3)])
def test_the_published_clock_changes_its_colour_at_three_four_and_five_minutes(
    rina: Officer, issue: Issue, clock: ManualClock, seconds: int, step: int
) -> None:
    rina.sign(issue())
    clock.advance(seconds)

    html = rina.look().column_html("waiting")

    assert f'data-elapsed-steps="180 240 300" data-step="{step}"' in html


def test_the_published_clock_runs_by_the_monotonic_clock(
    rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    rina.sign(issue())
    clock.advance(60)
    clock.step(45)  # the time server sets the wall clock

    now_s = int(clock.now().wall.timestamp())

    assert f'data-elapsed-since="{now_s - 60}" data-elapsed-steps' in rina.look().column_html("waiting")


# ------------------------------------------------------------------------------------------ here


def test_here_are_those_who_are_served_or_read_and_what_they_left_oldest_first(
    desk: FrontDesk, rina: Officer, issue: Issue, officer: Member, clock: ManualClock
) -> None:
    for locker in ("2", None):
        visit = issue()
        rina.click(visit, "call")
        rina.click(visit, "serve")
        wanted = Wanted(locker, "sim")
        desk.store.write(lockers.take_in, visit.id, wanted, pockets=12, staff=officer.id)
    rina.click(visit, "finish")
    issue()
    clock.advance(9 * 60)

    page = rina.look()

    assert page.numbers("here") == ["P001", "P002"]
    assert "P001 Loker 2 Kantong 1 SIM Sedang dilayani 9 mnt" in page.column("here")
    assert "P002 Kantong 2 SIM 9 mnt" in page.column("here")


def test_no_name_of_a_guest_stands_in_the_lists(rina: Officer, issue: Issue) -> None:
    visit = issue()
    rina.click(visit, "call")
    rina.sign(visit)
    page = rina.look()

    assert "Siti Nurhaliza" in page.column("now")
    assert "Siti" not in page.column("waiting") + page.column("here")
    assert "Siti" not in rina.client.get("/desk/closing").text


def test_a_bag_left_from_an_earlier_day_is_marked_and_can_be_given_back(
    app: Flask, desk: FrontDesk, issue: Issue, officer: Member, clock: ManualClock
) -> None:
    visit = issue()
    desk.store.write(lockers.take_in, visit.id, Wanted("3", "ktp"), pockets=12, staff=officer.id)
    clock.advance(24 * 3600)
    issue()  # opens the new day; the old one is closed, the bag is not
    rina = Officer(desk, logged_in(app, desk, officer))

    page = rina.look()
    assert "Tertinggal" in page.column("here")
    assert "P001 Loker 3 Kantong 1 23/11/2026 KTP Kembalikan" in page.column("here")

    page = rina.click(visit, "focus")
    assert (page.now, page.step) == ("P001", "Buka loker 3")

    page = rina.click(visit, "hand-back", deposit="1")
    assert "Tertinggal" not in page.column("here")
    assert page.now is None


def test_the_end_of_day_list_names_what_and_who_is_still_here_and_releases_nothing(
    desk: FrontDesk, rina: Officer, issue: Issue, officer: Member
) -> None:
    visit = issue()
    desk.store.write(lockers.take_in, visit.id, Wanted("3", "passport"), pockets=12, staff=officer.id)
    issue("consultation")

    html = rina.client.get("/desk/closing").text

    assert "Tas dan kartu yang masih di sini (1)" in html
    assert "Paspor" in html
    assert "Kunjungan yang belum ditutup (2)" in html
    assert len(desk.store.read(lockers.still_here)) == 1


def test_the_end_of_a_day_on_which_all_is_back_is_calm(rina: Officer) -> None:
    html = rina.client.get("/desk/closing").text

    assert "Semua tas dan kartu sudah kembali." in html
    assert "Semua kunjungan sudah ditutup." in html


# ------------------------------------------------------------------------------------------ devices


def report(
    state: DeviceState, problem: str | None = None, device: str = "printer", detail: str = ""
) -> Report:
    return Report(device, state, ManualClock().now(), problem, detail)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (report(DeviceState.READY), ("device.ready.printer", "good", None)),
        (report(DeviceState.OPENING), ("device.state.opening", "off", None)),
        (report(DeviceState.READY, "paper_low"), ("device.paper_low.title", "wait", None)),
        (report(DeviceState.READY, "paper_out"), ("device.paper_out.title", "bad", "device.paper_out.do")),
        (report(DeviceState.LOST, "missing"), ("device.missing.title", "bad", "device.missing.do")),
        (report(DeviceState.LOST), ("device.lost.title", "bad", "device.lost.do")),
    ],
)
def test_a_device_is_a_calm_word_and_red_only_where_somebody_must_act(
    what: Report, words: tuple[str, str, str | None]
) -> None:
    line = device_line(what, ("1", "2"))

    assert (line.word, line.state, line.do) == words


def test_a_problem_that_does_not_say_whose_it_is_is_named(desk: FrontDesk, rina: Officer) -> None:
    desk.health.report("card_reader", DeviceState.LOST, "missing", "no reader matches PICC")
    desk.health.report("lockers", DeviceState.READY, "still_closed", "2")

    words = rina.look().words

    assert "Pembaca kartu: Alat tidak ditemukan" in words
    assert "Periksa kabel dan daya alat ini." in words
    assert "(Loker 2)" in words
    assert "PICC" not in words


def test_paper_that_waits_is_counted_while_the_printer_cannot_print(
    desk: FrontDesk, rina: Officer, issue: Issue
) -> None:
    issue()
    desk.health.report("printer", DeviceState.READY, "paper_out")
    assert "Menunggu dicetak: 1" in rina.look().words

    desk.health.report("printer", DeviceState.READY)
    assert "Menunggu dicetak" not in rina.look().words


def test_a_disk_that_takes_nothing_is_said_on_the_page_which_still_comes(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    issue()
    desk.store.write(lambda tx: tx.db.execute("PRAGMA query_only = ON").fetchall())
    clock.advance(sessions.SEEN_EVERY_S + 1)  # the session's last use should be written down, and cannot be

    page = rina.next()

    assert "Penyimpanan tidak dapat ditulisi" in page.column("now")
    assert "Penyimpanan tidak dapat ditulisi" in rina.look().words
    assert page.numbers("waiting") == ["P001"]


def test_a_date_that_cannot_be_right_is_said(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    issue()
    had_a_day(desk, "2026-11-20")
    clock.step(-3 * 24 * 3600)

    page = rina.look()
    assert "Tanggal alat ini tidak benar" in page.words

    page = rina.next()
    assert "Tanggal alat ini tidak benar" in page.column("now")


# ------------------------------------------------------------------------------------------ paper, help


def test_paper_that_may_not_have_come_out_is_settled_by_the_officer(
    desk: FrontDesk, rina: Officer, issue: Issue
) -> None:
    for _ in range(2):
        job = desk.store.read(printing.of_visit, issue().id)
        assert job is not None
        desk.store.write(printing.begin, job.id)
        desk.store.write(printing.end, job.id, "unknown", "outcome_unknown")
    assert "Apakah tiket P001 tercetak?" in rina.look().column("now")

    rina.post("/papers/1/printed")
    page = rina.post("/papers/2/copy")

    assert "tercetak?" not in page.column("now")
    copy = desk.store.read(printing.of_visit, 2)
    assert copy is not None and copy.copy
    again = rina.post("/papers/2/copy")
    assert "Sudah dicetak ulang satu kali." in again.column("now")


def test_a_call_for_help_stays_until_an_officer_goes(desk: FrontDesk, rina: Officer) -> None:
    desk.help_calls.call("kiosk")
    assert "Pengunjung memanggil petugas di kiosk" in rina.look().column("now")

    page = rina.post("/help/answered")

    assert "memanggil petugas" not in page.column("now")
    assert desk.help_calls.open() == []


# ------------------------------------------------------------------------------------------ offices


def test_an_office_without_tickets_lets_visitors_in_at_the_desk(at_office: Callable[[str], Officer]) -> None:
    dewi = at_office("1377")
    page = dewi.look()
    assert "Panggil berikutnya" not in page.words
    assert "Pengunjung tanpa tiket P Perpustakaan K Konsultasi Statistik L Layanan lain" in page.column(
        "waiting"
    )

    first, second = dewi.let_in(), dewi.let_in("consultation", priority="1")

    page = dewi.look()
    assert (page.now, page.numbers("waiting")) == (second.label, [first.label])
    assert "Prioritas" in page.column("now")
    assert page.numbers("here") == []


def test_who_was_let_in_gets_paper_with_the_code(at_office: Callable[[str], Officer]) -> None:
    dewi = at_office("1377")
    visit = dewi.let_in()
    assert dewi.desk.store.read(printing.of_visit, visit.id) is None

    dewi.click(visit, "print")

    job = dewi.desk.store.read(printing.of_visit, visit.id)
    assert job is not None and (job.kind, job.state) == ("ticket", "queued")


def test_what_was_typed_into_the_form_of_another_page_lets_nobody_in_twice(rina: Officer) -> None:
    rina.post("/walk-in", service="library", request_id="desk-a-1")
    rina.post("/walk-in", service="library", request_id="desk-a-1")

    assert rina.desk.store.read(visits.newest_id) == 1
    assert rina.client.post("/desk/walk-in", data={"service": "library"}).status_code == 400
    assert "Layanan tidak dikenal" in rina.post("/walk-in", service="x", request_id="r").column("now")
