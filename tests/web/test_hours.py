"""The hours on the pages: kiosk, board, phone, desk, the administrator's page, and the simulator's button."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import lockers, special_days, tickets
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.presses import Answer
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Visit
from tests.conftest import logged_in

Issue = Callable[..., Visit]

HOUR = 3600.0
UNTIL_BREAK = 3.25 * HOUR  # the clock stands at 09.00
UNTIL_CLOSED = 7 * HOUR


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# ------------------------------------------------------------------------------------------ kiosk and board


def test_the_kiosk_outside_of_the_hours_says_when_it_opens_and_offers_no_number(
    client: FlaskClient, clock: ManualClock
) -> None:
    assert "Pilih layanan" in words(client.get("/kiosk/").text)
    clock.advance(UNTIL_CLOSED)

    page = client.get("/kiosk/").text

    assert "Layanan hari ini sudah tutup" in words(page)
    assert "Buka kembali Selasa, 24 November 2026 pukul 08.00 WIB." in words(page)
    assert "Senin–Kamis 08.00–15.30 12.00–13.00 Jumat 08.00–16.00 11.30–13.00 Sabtu–Minggu Tutup –" in words(
        page
    )
    assert page.count("<h1") == 1
    assert "/kiosk/standard" in page


def test_a_touch_on_a_page_that_stood_there_leads_to_the_closed_page(
    client: FlaskClient, clock: ManualClock, desk: FrontDesk
) -> None:
    clock.advance(UNTIL_CLOSED)

    answer = client.post("/kiosk/ticket", data={"service": "library", "request_id": "one"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/kiosk/")
    assert desk.store.read(lambda db: db.execute("SELECT count(*) FROM visit").fetchone()[0]) == 0


def test_numbers_that_are_used_up_are_no_matter_of_hours(
    client: FlaskClient, desk: FrontDesk, issue: Issue
) -> None:
    issue("library")
    desk.store.write(_use_up)

    answer = client.post("/kiosk/ticket", data={"service": "library", "request_id": "one"})

    assert answer.status_code == 409


def _use_up(tx: Transaction) -> None:
    tx.db.execute("UPDATE queue_counter SET last = ?", (tickets.LAST_NUMBER,))
    tx.db.execute("UPDATE visit SET source = 'button'")  # a second touch would give the first number again
    tx.record("store.recovered")


def test_a_press_outside_of_the_hours_is_answered_on_the_screen(
    client: FlaskClient, clock: ManualClock, desk: FrontDesk
) -> None:
    clock.advance(UNTIL_CLOSED)
    desk.last_press.show(Answer(clock.now(), problem="service_closed"))

    page = words(client.get("/kiosk/greeting?lang=en").text)

    assert "We are closed for today" in page
    assert "Queue numbers are given during opening hours. An officer can always help." in page


def test_in_the_break_the_kiosk_gives_numbers_and_says_until_when_it_lasts(
    client: FlaskClient, clock: ManualClock
) -> None:
    clock.advance(UNTIL_BREAK)

    page = words(client.get("/kiosk/").text)

    assert "Petugas sedang istirahat sampai pukul 13.00 WIB Anda tetap dapat mengambil nomor antrean." in page
    assert client.post("/kiosk/ticket", data={"service": "library", "request_id": "one"}).status_code == 303


def test_the_board_says_in_both_languages_when_it_opens(client: FlaskClient, clock: ManualClock) -> None:
    assert words(client.get("/board/hours").text) == ""
    clock.advance(UNTIL_CLOSED)

    board = words(client.get("/board").text)

    assert "Buka kembali Selasa, 24 November 2026 pukul 08.00 WIB." in board
    assert "We open again on Tuesday, 24 November 2026 at 08.00 WIB." in board


def test_while_hours_are_not_enforced_no_page_speaks_of_them(
    client: FlaskClient, clock: ManualClock, desk: FrontDesk
) -> None:
    clock.advance(UNTIL_CLOSED)
    desk.hours.enforce(False)

    assert "tutup" not in words(client.get("/kiosk/").text)
    assert words(client.get("/board/hours").text) == ""


def test_a_database_that_cannot_be_used_says_nothing_of_hours(client: FlaskClient, desk: FrontDesk) -> None:
    from appliance.errors import StoreReadOnly

    desk.store.suspect(StoreReadOnly("a test"))

    assert client.get("/board/hours").status_code == 200


# ------------------------------------------------------------------------------------------ before closing


@pytest.fixture
def bag(desk: FrontDesk, issue: Issue, officer: Member, clock: ManualClock) -> Visit:
    """A bag in locker 1 and a card in pocket 1, twenty minutes before closing; and another visit without."""
    visit = issue()
    desk.store.write(lockers.take_in, visit.id, Wanted("1", "ktp"), pockets=12, staff=officer.id)
    issue()
    clock.advance(6.5 * HOUR - 20 * 60)
    return visit


def test_before_closing_everybody_is_reminded_who_has_something_here(
    client: FlaskClient, app: Flask, desk: FrontDesk, officer: Member, bag: Visit
) -> None:
    officer_client = logged_in(app, desk, officer)
    phone = words(client.get(f"/v/{bag.token}").text)
    assert "Layanan tutup pukul 15.30 WIB" in phone
    assert "Sebelum pulang, ambil: tas di loker 1, kartu di kantong 1." in phone
    assert "Layanan tutup pukul 15.30 WIB" in words(client.get("/kiosk/").text)
    assert "We close at 15.30 WIB" in words(client.get("/board/hours").text)
    line = words(officer_client.get("/desk/status").text)
    assert "Tutup 20 menit lagi Masih ada: P001 tas di loker 1, P001 kartu di kantong 1" in line


def test_nobody_else_is_reminded(client: FlaskClient, desk: FrontDesk, bag: Visit) -> None:
    other = desk.store.read(
        lambda db: db.execute("SELECT token FROM visit WHERE id != ?", (bag.id,)).fetchone()
    )

    assert "Sebelum pulang" not in words(client.get(f"/v/{other['token']}").text)


def test_the_desk_says_that_it_is_closed_or_that_the_clock_is_not_certain(
    app: Flask, desk: FrontDesk, officer: Member, clock: ManualClock
) -> None:
    assert "jam layanan" not in words(logged_in(app, desk, officer).get("/desk/status").text)
    clock.advance(UNTIL_CLOSED)
    officer_client = logged_in(app, desk, officer)
    assert "Di luar jam layanan. Anda tetap dapat memberi nomor." in words(
        officer_client.get("/desk/status").text
    )
    clock.step(-30 * 24 * HOUR)
    assert "jam layanan tidak diterapkan" in words(officer_client.get("/desk/status").text)


def test_an_officer_lets_somebody_in_at_any_hour(
    app: Flask, desk: FrontDesk, officer: Member, clock: ManualClock
) -> None:
    clock.advance(UNTIL_CLOSED)

    answer = logged_in(app, desk, officer).post(
        "/desk/walk-in", data={"request_id": "one", "service": "library"}
    )

    assert answer.status_code == 303
    assert desk.store.read(lambda db: db.execute("SELECT count(*) FROM visit").fetchone()[0]) == 1


# ------------------------------------------------------------------------------------------ the administrator


FORM = {"first": "2026-11-24", "kind": "closed", "reason_id": "Apel Korpri"}


def test_an_exception_is_entered_listed_and_withdrawn(
    app: Flask, desk: FrontDesk, administrator: Member, clock: ManualClock, client: FlaskClient
) -> None:
    administrator_client = logged_in(app, desk, administrator)
    saved = administrator_client.post("/admin/hours", data=FORM, follow_redirects=True)
    assert "Pengecualian disimpan dan sudah berlaku." in words(saved.text)
    assert "24 November 2026 Tutup Apel Korpri Budi Santoso Cabut" in words(saved.text)
    assert "Selasa 24 November 2026 Tutup Pengecualian kantor: Apel Korpri" in words(saved.text)
    clock.advance(24 * HOUR)
    closed = words(client.get("/kiosk/").text)
    assert "Keterangan: Apel Korpri." in closed
    assert "Buka kembali Rabu, 25 November 2026 pukul 08.00 WIB." in closed

    administrator_client = logged_in(app, desk, administrator)
    gone = administrator_client.post("/admin/hours/1/withdraw", follow_redirects=True)

    assert "Dicabut oleh Budi Santoso" in words(gone.text)
    assert "Pilih layanan" in words(client.get("/kiosk/").text)
    assert administrator_client.post("/admin/hours/1/withdraw").status_code == 303


def test_the_next_days_are_told_with_their_holidays(
    app: Flask, desk: FrontDesk, administrator: Member, clock: ManualClock
) -> None:
    clock.advance(20 * 24 * HOUR)

    page = words(logged_in(app, desk, administrator).get("/admin/hours?lang=en").text)

    assert "Thursday 24 December 2026 Closed Joint leave: Christmas Joint Holiday" in page
    assert "Monday 14 December 2026 08.00–15.30, break 12.00–13.00 Weekly hours" in page


def test_a_mistake_stands_beside_its_field_and_what_was_entered_is_kept(
    administrator_client: FlaskClient, desk: FrontDesk
) -> None:
    answer = administrator_client.post("/admin/hours", data=FORM | {"first": "2026-11-01", "kind": "hours"})

    assert answer.status_code == 422
    assert "Tanggal ini sudah lewat." in words(answer.text)
    assert 'value="Apel Korpri"' in answer.text
    assert desk.store.read(special_days.entered, 10) == []


def test_officers_do_not_change_the_hours(officer_client: FlaskClient) -> None:
    assert officer_client.get("/admin/hours").status_code == 403
    assert officer_client.post("/admin/hours", data=FORM).status_code == 403
