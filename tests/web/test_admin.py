"""The administrator's pages: how the appliance is, accounts, what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import appliance
from appliance import __version__, config, journal, printing, staff, tickets
from appliance.clock import ManualClock, Quality
from appliance.errors import ClockImplausible
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Visit
from drivers.base import DeviceState
from tests.conftest import PASSWORD, had_a_day
from web import create_app

DAY = 24 * 3600.0
NEW = "kata sandi yang baru"


def logged_in_again(app: Flask, login: str, password: str) -> bool:
    return app.test_client().post("/login", data={"login": login, "password": password}).status_code == 303


def kinds(desk: FrontDesk) -> list[str]:
    return [line.entry.kind for line in desk.store.read(journal.latest, 100)]


# ---------------------------------------------------------------------------------------- overview


def test_the_overview_names_the_office_the_version_and_the_address(administrator_client: FlaskClient) -> None:
    page = administrator_client.get("/admin/").text

    assert "BPS Kota Sawahlunto (1373)" in page
    assert __version__ in page
    assert "http://127.0.0.1:8080" in page


def test_a_device_in_trouble_is_shown_with_what_to_do(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    desk.health.report("card_reader", DeviceState.READY)
    desk.health.report("printer", DeviceState.READY, "paper_out")

    for url in ("/admin/", "/admin/standing"):
        page = administrator_client.get(url).text
        assert "Pembaca kartu siap" in page
        assert "Kertas habis" in page
        assert "Pasang gulungan kertas baru." in page


def test_the_overview_says_what_is_wrong_with_the_storage(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    assert "Penyimpanan: baik" in administrator_client.get("/admin/").text

    desk.store.problem = appliance.errors.StoreFull("no room")
    page = administrator_client.get("/admin/").text
    assert "Penyimpanan: Penyimpanan penuh" in page
    assert "mengosongkan ruang" in page


def test_the_clock_is_shown_with_where_it_comes_from(administrator_client: FlaskClient) -> None:
    page = administrator_client.get("/admin/").text

    assert "23 November 2026, 09.00 WIB" in page
    assert "Dari jaringan" in page


@pytest.mark.parametrize("quality", Quality)
def test_every_source_of_the_clock_has_its_words(desk: FrontDesk, quality: Quality) -> None:
    assert desk.wording.text(f"admin.clock_{quality}", "id")


# ---------------------------------------------------------------------------------------- the date


def test_a_plausible_date_asks_for_nothing(
    administrator_client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    issue()

    assert "Tanggal benar" not in administrator_client.get("/admin/").text


def test_a_date_that_went_back_gives_no_numbers_until_an_administrator_says_that_it_is_right(
    desk: FrontDesk, clock: ManualClock, administrator_client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    issue()
    had_a_day(desk, "2026-11-20")
    clock.step(-3 * DAY)
    with pytest.raises(ClockImplausible):
        issue()

    page = administrator_client.get("/admin/").text
    assert "Tanggal benar: 20 November 2026" in page
    response = administrator_client.post("/admin/date", data={"date": "2026-11-20"})

    assert response.location == "/admin/?said=date_confirmed"
    assert "Nomor diberikan lagi." in administrator_client.get(response.location).text
    assert issue().date == "2026-11-20"
    assert "clock.confirmed" in kinds(desk)


def test_only_the_date_that_stood_on_the_page_is_confirmed(
    desk: FrontDesk, clock: ManualClock, administrator_client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    issue()
    had_a_day(desk, "2026-11-20")
    clock.step(-3 * DAY)
    for seen in ("2026-11-21", "", "yesterday"):
        response = administrator_client.post("/admin/date", data={"date": seen})
        assert response.status_code == 409
        assert "Periksa sekali lagi." in response.text

    assert "clock.confirmed" not in kinds(desk)


def test_a_clock_that_was_never_set_cannot_be_confirmed(
    clock: ManualClock, administrator_client: FlaskClient
) -> None:
    clock.step(-400 * DAY)
    page = administrator_client.get("/admin/").text
    assert "Tanggal alat ini tidak benar" in page
    assert "Tanggal benar" not in page

    today = clock.now().wall.date().isoformat()
    response = administrator_client.post("/admin/date", data={"date": today})
    assert response.status_code == 409
    assert "belum diatur" in response.text


# ---------------------------------------------------------------------------------------- test print


PRINTER = '[site]\noffice = "1373"\n[printer]\ndriver = "escpos-network"\nhost = "192.168.1.50"\n'


def test_a_test_page_waits_for_the_printer(desk: FrontDesk, administrator_client: FlaskClient) -> None:
    response = administrator_client.post("/admin/test-print")

    assert response.location == "/admin/?said=test_asked"
    job = desk.store.read(printing.next_job)
    assert job is not None
    assert (job.kind, job.state) == ("test", "queued")
    assert "Menunggu dicetak (23 November 2026, 09.00)" in administrator_client.get("/admin/").text
    assert "paper.test_asked" in kinds(desk)


def test_the_button_is_there_where_a_printer_is(desk: FrontDesk, administrator_client: FlaskClient) -> None:
    assert "Cetak percobaan" not in administrator_client.get("/admin/").text

    cookie = administrator_client.get_cookie("desk")
    assert cookie is not None
    with_printer = create_app(replace(desk, config=config.parse(PRINTER))).test_client()
    with_printer.set_cookie("desk", cookie.value)
    assert "Cetak percobaan" in with_printer.get("/admin/").text


# ---------------------------------------------------------------------------------------- accounts


def add(client: FlaskClient, **entries: str) -> TestResponse:
    right = {"name": "Dewi Anggraini", "login": "dewi", "role": "officer", "password": PASSWORD}
    return client.post("/admin/accounts/new", data={**right, **entries})


def test_an_administrator_makes_an_account(app: Flask, administrator_client: FlaskClient) -> None:
    response = add(administrator_client)

    assert response.location == "/admin/accounts?said=added"
    page = administrator_client.get(response.location).text
    assert "Akun sudah dibuat." in page
    assert "Dewi Anggraini" in page
    assert logged_in_again(app, "dewi", PASSWORD)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"login": "budi"}, "Nama masuk ini sudah dipakai."),
        ({"login": "Dewi A"}, "Nama masuk: 2 sampai 40"),
        ({"name": ""}, "Nama: 2 sampai 80"),
        ({"role": "king"}, "Pilih peran."),
        ({"password": "pendek"}, "paling sedikit 10"),
    ],
)
def test_an_account_that_does_not_fit_is_not_made(
    desk: FrontDesk, administrator_client: FlaskClient, entries: dict[str, str], said: str
) -> None:
    response = add(administrator_client, **entries)

    assert response.status_code == 422
    assert said in response.text
    assert PASSWORD not in response.text
    assert len(desk.store.read(staff.members)) == 1


def test_a_forgotten_password_is_given_anew_and_logs_out(
    app: Flask, officer: Member, officer_client: FlaskClient, administrator_client: FlaskClient
) -> None:
    response = administrator_client.post(f"/admin/accounts/{officer.id}/password", data={"password": NEW})

    assert response.status_code == 303
    assert officer_client.get("/account/password").location == "/login"
    assert not logged_in_again(app, "rina", PASSWORD)
    assert logged_in_again(app, "rina", NEW)


def test_a_password_that_is_too_short_is_not_given(
    app: Flask, officer: Member, administrator_client: FlaskClient
) -> None:
    response = administrator_client.post(
        f"/admin/accounts/{officer.id}/password", data={"password": "pendek"}
    )

    assert response.status_code == 422
    assert "paling sedikit 10" in response.text
    assert logged_in_again(app, "rina", PASSWORD)


def test_a_closed_account_is_logged_out_and_can_be_opened_again(
    app: Flask, officer: Member, officer_client: FlaskClient, administrator_client: FlaskClient
) -> None:
    administrator_client.post(f"/admin/accounts/{officer.id}/close")
    assert officer_client.get("/account/password").location == "/login"
    assert not logged_in_again(app, "rina", PASSWORD)
    assert "Tidak aktif" in administrator_client.get(f"/admin/accounts/{officer.id}").text

    administrator_client.post(f"/admin/accounts/{officer.id}/open")
    assert logged_in_again(app, "rina", PASSWORD)


def test_a_new_role_counts_at_once(
    officer: Member, officer_client: FlaskClient, administrator_client: FlaskClient
) -> None:
    administrator_client.post(f"/admin/accounts/{officer.id}/role", data={"role": "administrator"})
    assert officer_client.get("/admin/").status_code == 200

    administrator_client.post(f"/admin/accounts/{officer.id}/role", data={"role": "officer"})
    assert officer_client.get("/admin/").status_code == 403


@pytest.mark.parametrize(("what", "entries"), [("close", {}), ("role", {"role": "officer"})])
def test_the_last_administrator_stays(
    administrator: Member, administrator_client: FlaskClient, what: str, entries: dict[str, str]
) -> None:
    response = administrator_client.post(f"/admin/accounts/{administrator.id}/{what}", data=entries)

    assert response.status_code == 409
    assert "Harus ada paling sedikit satu administrator." in response.text
    assert administrator_client.get("/admin/").status_code == 200


def test_an_account_that_does_not_exist_is_refused_calmly(administrator_client: FlaskClient) -> None:
    assert administrator_client.get("/admin/accounts/99").status_code == 409
    assert administrator_client.post("/admin/accounts/99/close").status_code == 409


def test_the_own_password_asks_for_the_old_one(
    administrator: Member, administrator_client: FlaskClient
) -> None:
    page = administrator_client.get(f"/admin/accounts/{administrator.id}").text

    assert 'href="/account/password"' in page
    assert f"/admin/accounts/{administrator.id}/password" not in page


# ---------------------------------------------------------------------------------------- to be read


def test_the_configuration_in_force_is_shown(administrator_client: FlaskClient) -> None:
    page = administrator_client.get("/admin/configuration").text

    assert "office = &#34;1373&#34;" in page
    assert "idle_logout" in page


def test_what_happened_is_told_in_words_with_the_number_and_who_did_it(
    desk: FrontDesk, administrator_client: FlaskClient, officer: Member, issue: Callable[..., Visit]
) -> None:
    issue()
    desk.store.write(tickets.call_next, desk.office, place="desk-1", staff=officer.id)

    for url in ("/admin/journal", "/admin/journal/now"):
        page = administrator_client.get(url).text
        rows = [re.sub(r"<[^>]+>", " ", row).split() for row in page.split("<tr")[2:]]
        assert rows[0][-5:] == ["Nomor", "dipanggil", "P001", "Rina", "Marlina"]
        assert "09.00" in rows[0]
        assert "ticket.called" not in page


def test_the_journals_page_is_of_today(
    clock: ManualClock, administrator_client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    issue()
    clock.step(DAY)

    page = administrator_client.get("/admin/journal").text
    assert "Nomor diberikan" not in page
    assert "Belum ada kejadian hari ini" in page


def test_at_most_fifty_lines_are_shown(
    administrator_client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    for _ in range(60):
        issue()

    assert administrator_client.get("/admin/journal").text.count("Nomor diberikan") == 50


KINDS = sorted(
    kind
    for path in Path(appliance.__file__).parent.rglob("*.py")
    for kind in re.findall(r'record\(\s*"([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_the_journal_has_its_words(desk: FrontDesk, kind: str) -> None:
    assert f"event.{kind}" in desk.wording


@pytest.mark.parametrize(
    ("noun", "states"),
    [
        ("visit", "no_show cancelled"),
        ("paper", "unknown failed"),
        ("unlock", "opened no_contact still_closed failed expired unknown"),
        ("door", "open closed unknown"),
        ("ticket", "held resumed transferred"),
        ("guest_book", "submitted confirmed"),
    ],
)
def test_every_kind_that_is_put_together_has_its_words(desk: FrontDesk, noun: str, states: str) -> None:
    assert [one for one in states.split() if f"event.{noun}.{one}" not in desk.wording] == []


def test_there_are_kinds_to_look_at() -> None:
    assert len(KINDS) > 20
