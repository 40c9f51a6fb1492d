"""What people see when something is wrong, in the frame of whoever looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient

from appliance import config
from appliance.clock import ManualClock
from appliance.errors import (
    ApplianceError,
    ClockImplausible,
    CommitUnknown,
    Invalid,
    Message,
    NoLockerFree,
    NoSuchService,
    NoSuchVisit,
    NotNow,
    ServiceClosed,
    StoreDamaged,
    StoreFull,
    TooManyTries,
    TooSoon,
)
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from web import create_app

FRAMES = {
    "/kiosk/fails": "kiosk",
    "/v/a-token/fails": "phone",
    "/board/fails": "board",
    "/desk/fails": "desk",
    "/admin/fails": "desk",
    "/fails": "desk",
}


@pytest.fixture
def failing(app: Flask) -> Callable[[Exception], None]:
    """Makes `.../fails` of every audience raise this."""
    raised: list[Exception] = []

    def fail() -> str:
        raise raised[-1]

    for path in (*FRAMES, "/api/v1/fails"):
        app.add_url_rule(path, f"fails{path}", fail, methods=["GET", "POST"])
    return raised.append


def frame(page: str) -> str:
    found = re.search(r'<body class="([a-z]+)', page)
    assert found is not None
    return found[1]


def links(page: str) -> list[str]:
    """Where the page leads on, its frame aside."""
    main = page[page.index("<main") :]
    return re.findall(r'<a [^>]*href="([^"]+)"', main)


# ---------------------------------------------------------------------------------------- the answer


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (NoSuchVisit(), 404, "Kunjungan tidak ditemukan"),
        (NoSuchService(), 404, "Layanan tidak dikenal"),
        (ServiceClosed(), 409, "Layanan sedang tutup"),
        (NotNow("done"), 409, "Tidak dapat dilakukan sekarang"),
        (NoLockerFree(), 409, "Semua loker terpakai"),
        (TooSoon(1.0), 409, "Terlalu cepat"),
        (ClockImplausible(), 409, "Tanggal alat ini tidak benar"),
        (Invalid({"name": Message("err.required")}), 422, "Ada isian yang perlu diperbaiki"),
        (TooManyTries(7.2), 429, "Terlalu banyak percobaan"),
        (StoreFull(), 503, "Silakan ke meja petugas"),
        (CommitUnknown(), 503, "Silakan ke meja petugas"),
        (ApplianceError(), 500, "Maaf, terjadi gangguan"),
        (RuntimeError("secret detail"), 500, "Maaf, terjadi gangguan"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("path", ["/kiosk/fails", "/v/a-token/fails", "/fails"])
def test_every_error_says_what_happened_and_gives_a_code(
    client: FlaskClient,
    failing: Callable[[Exception], None],
    path: str,
    error: Exception,
    status: int,
    title: str,
) -> None:
    failing(error)
    response = client.get(path)

    assert response.status_code == status
    assert f">{title}</h1>" in response.text
    code = error.code if isinstance(error, ApplianceError) else "internal"
    assert f"Kode untuk teknisi: {code}" in response.text
    assert "secret detail" not in response.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("path", "body"), FRAMES.items())
@pytest.mark.parametrize("error", [StoreFull(), NoLockerFree(), RuntimeError("no"), TooManyTries(3)])
def test_everybody_stays_in_their_own_frame_and_is_led_on(
    client: FlaskClient,
    failing: Callable[[Exception], None],
    path: str,
    body: str,
    error: Exception,
    method: str,
) -> None:
    failing(error)
    page = client.open(path, method=method).text

    assert frame(page) == body
    assert links(page) != []


@pytest.mark.parametrize("path", FRAMES)
def test_every_failure_is_told_in_english_too(
    client: FlaskClient, failing: Callable[[Exception], None], path: str
) -> None:
    failing(NoLockerFree())

    assert "All lockers are in use" in client.get(f"{path}?lang=en").text


def test_the_time_to_wait_is_said_to_people_and_programs(
    client: FlaskClient, failing: Callable[[Exception], None]
) -> None:
    failing(TooManyTries(7.2))
    response = client.get("/fails")

    assert response.headers["Retry-After"] == "8"
    assert "Tunggu 8 detik" in response.text


def test_a_program_gets_the_code_and_no_page(
    client: FlaskClient, failing: Callable[[Exception], None]
) -> None:
    failing(StoreFull())
    response = client.get("/api/v1/fails")

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["error"] == "store_full"


def test_what_nobody_expected_is_in_the_log_with_its_trace(
    client: FlaskClient, failing: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    failing(RuntimeError("a mistake of ours"))
    client.get("/fails")

    assert "GET /fails failed" in caplog.text
    assert "a mistake of ours" in caplog.text


# ---------------------------------------------------------------------------------------- each audience


def test_the_kiosk_goes_back_to_its_start_by_itself(
    client: FlaskClient, failing: Callable[[Exception], None]
) -> None:
    failing(NoLockerFree())
    page = client.get("/kiosk/fails").text

    assert 'data-idle-seconds="20" data-idle-warn-seconds="0" data-idle-url="/kiosk/start"' in page
    assert "Kembali ke awal dalam 20 detik" in page
    assert "data-idle-keep" not in page


def test_without_a_working_appliance_the_kiosk_keeps_saying_so(
    client: FlaskClient, failing: Callable[[Exception], None]
) -> None:
    failing(StoreFull())
    page = client.get("/kiosk/fails").text

    assert "data-idle-keep" in page
    assert "Kembali ke awal dalam" not in page


def test_the_kiosk_does_not_speak_of_addresses(client: FlaskClient) -> None:
    response = client.get("/kiosk/nothing-here")

    assert response.status_code == 404
    assert frame(response.text) == "kiosk"
    assert "alamat" not in response.text


def test_the_kiosks_frame_is_for_the_kiosk(client: FlaskClient) -> None:
    response = client.get("/kiosk/nothing", environ_overrides={"REMOTE_ADDR": "10.0.0.1"})

    assert response.status_code == 404
    assert frame(response.text) == "desk"


def test_the_board_looks_again_by_itself(client: FlaskClient, failing: Callable[[Exception], None]) -> None:
    failing(StoreFull())

    assert client.get("/board/fails").headers["Refresh"] == "10"
    assert "Refresh" not in client.get("/fails").headers


def test_a_phone_is_led_back_to_its_ticket(client: FlaskClient, failing: Callable[[Exception], None]) -> None:
    failing(NotNow("registered"))

    assert links(client.get("/v/a-token/fails").text) == ["/v/a-token"]


def test_a_ticket_that_is_over_leads_to_the_office(client: FlaskClient) -> None:
    response = client.get("/v/an-unknown-token")

    assert response.status_code == 404
    assert "Tiket hanya berlaku pada hari yang sama." in response.text
    assert links(response.text) == ["https://sawahluntokota.bps.go.id"]


def test_staff_are_told_what_is_wrong_with_the_storage(
    client: FlaskClient, failing: Callable[[Exception], None]
) -> None:
    failing(StoreDamaged())

    assert "Penyimpanan rusak" in client.get("/desk/fails").text


def test_staff_keep_their_menu(officer_client: FlaskClient) -> None:
    page = officer_client.get("/admin/").text

    assert "Akun Anda tidak berhak melakukan ini" in page
    assert "Rina Marlina" in page
    assert links(page) == ["/desk/"]


# ---------------------------------------------------------------------------------------- at the door


def test_a_request_that_is_refused_at_the_door_gets_a_page_too(client: FlaskClient) -> None:
    response = client.post("/logout?lang=en", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert "This request was refused" in response.text


def test_the_address_of_a_form_leads_on_when_it_is_opened(client: FlaskClient) -> None:
    response = client.get("/logout")

    assert response.status_code == 405
    assert "Halaman tidak ditemukan" in response.text
    assert links(response.text) == ["/"]


def test_a_form_that_is_too_long_is_refused_in_words(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/takes", "takes", lambda: request.form.get("x", ""), methods=["POST"])
    response = client.post("/takes", data={"x": "y" * 100_000})

    assert response.status_code == 413
    assert "Isian terlalu panjang" in response.text


def test_an_unusual_status_gets_a_page_as_well(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/teapot", "teapot", lambda: abort(418))
    response = client.get("/teapot")

    assert response.status_code == 418
    assert "http_418" in response.text


# ---------------------------------------------------------------------------------------- no database


@pytest.fixture
def broken(tmp_path: Path, clock: ManualClock) -> Iterator[FlaskClient]:
    """A browser with a cookie, at a front desk in whose database's place stands a folder."""
    settings = config.parse('[site]\noffice = "1373"\n')
    desk = assemble(load_office("1373"), settings, clock, tmp_path)
    desk.store.path.mkdir()
    desk.store.open()
    client = create_app(desk).test_client()
    client.set_cookie("desk", "a-token")
    yield client
    desk.store.close()


@pytest.mark.parametrize(
    ("path", "body"), [("/v/a-token", "phone"), ("/desk/", "desk"), ("/admin/", "desk"), ("/login", "desk")]
)
def test_people_are_answered_when_the_database_cannot_be_read(
    broken: FlaskClient, path: str, body: str
) -> None:
    response = broken.get(path)

    assert response.status_code == 503
    assert frame(response.text) == body
    assert re.search(r"\bstore\b", response.text)
    assert links(response.text) != []


def test_the_log_in_says_so_too_and_lets_nobody_in(broken: FlaskClient) -> None:
    response = broken.post("/login", data={"login": "rina", "password": "whatever it is"})

    assert response.status_code == 503
    assert "Penyimpanan bermasalah" in response.text


def test_a_full_disk_does_not_keep_staff_from_reading_their_pages(
    desk: FrontDesk, clock: ManualClock, officer_client: FlaskClient
) -> None:
    """Their last use cannot be written down then; the page must open all the same."""
    db = desk.store.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    desk.store.write(lambda tx: tx.db.execute(f"PRAGMA max_page_count = {db}").fetchone() and None)
    clock.advance(120)
    fill_up(desk)

    assert officer_client.get("/account/password").status_code == 200


def fill_up(desk: FrontDesk) -> None:
    """Write until there is no room left."""
    with pytest.raises(StoreFull):
        for _ in range(2000):
            desk.store.write(lambda tx: tx.record("filled", text="x" * 3000))
