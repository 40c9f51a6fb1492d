"""The kiosk's first page, the way there, and calling an officer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.promise import SECTIONS
from appliance.visits import Visit
from tests.web.kiosk.steps import browser, numbers, take, words

Issue = Callable[..., Visit]


GET_PAGES = (
    "/kiosk/",
    "/kiosk/guest-book",
    "/kiosk/standard",
    *(f"/kiosk/standard/{section}" for section in SECTIONS),
    "/kiosk/complaints",
)


def test_the_first_page_offers_each_service_with_its_letter(client: FlaskClient, desk: FrontDesk) -> None:
    page = client.get("/kiosk/")

    text = words(page)
    for service in desk.office.services:
        assert f"{service.letter} {service.name.id}" in text
        assert f'name="service" value="{service.key}"' in page.text
    assert "Semua layanan perpustakaan tidak dipungut biaya" in text
    assert "Tidak perlu menyebutkan alasan" in text


def test_what_another_desk_does_says_ask_an_officer(client: FlaskClient) -> None:
    assert "Layanan lain Tanya petugas" in words(client.get("/kiosk/"))
    assert "Other services Ask an officer" in words(client.get("/kiosk/?lang=en"))


def test_each_rendering_of_the_first_page_has_a_request_id_of_its_own(client: FlaskClient) -> None:
    ids = {re.findall(r'name="request_id" value="([^"]+)"', client.get("/kiosk/").text)[0] for _ in range(3)}

    assert len(ids) == 3
    assert all(len(one) >= 22 for one in ids)


def test_an_office_without_tickets_sends_straight_to_the_officer(pariaman: FrontDesk) -> None:
    page = browser(pariaman).get("/kiosk/")

    assert "Silakan langsung ke meja petugas." in words(page)
    assert "Isi buku tamu" in words(page)
    assert 'name="service"' not in page.text


def test_an_office_without_tickets_gives_none_to_who_asks_all_the_same(pariaman: FrontDesk) -> None:
    answer = take(browser(pariaman))

    assert answer.status_code in (404, 409)
    assert numbers(pariaman) == []


def test_the_chosen_language_and_size_stay_until_the_start_page(client: FlaskClient) -> None:
    client.get("/kiosk/?lang=en&size=large")
    stays = client.get("/kiosk/standard")
    start = client.get("/kiosk/start")
    again = client.get("/kiosk/")

    assert 'lang="en"' in stays.text.split("<head>")[0]
    assert 'data-size="large"' in stays.text
    assert (start.status_code, start.location) == (303, "/kiosk/")
    assert '<html lang="id">' in again.text


@pytest.mark.parametrize("path", [*GET_PAGES, "/kiosk/start", "/kiosk/greeting"])
def test_only_the_kiosk_itself_sees_its_pages(client: FlaskClient, path: str) -> None:
    answer = client.get(path, environ_base={"REMOTE_ADDR": "192.168.1.77"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/kiosk/ticket", "/kiosk/help", "/kiosk/guest-book", "/kiosk/invited/P001"])
def test_nothing_of_the_kiosk_can_be_done_from_elsewhere(
    client: FlaskClient, desk: FrontDesk, path: str
) -> None:
    data = {"service": "library", "number": "P001"}
    answer = client.post(path, data=data, environ_base={"REMOTE_ADDR": "192.168.1.77"})

    assert answer.status_code == 404
    assert numbers(desk) == []
    assert desk.help_calls.open() == []


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", GET_PAGES)
def test_each_page_has_one_heading_the_way_to_help_and_nothing_inline(
    client: FlaskClient, path: str, language: str
) -> None:
    page = client.get(f"{path}?lang={language}")

    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count("<h1") == 1
    assert 'action="/kiosk/help?back=' in page.text
    assert 'data-idle-url="/kiosk/start"' in page.text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|<style", page.text)


# ------------------------------------------------------------------------------------------- help


def test_calling_an_officer_tells_the_desk_and_stays_on_the_page(
    client: FlaskClient, desk: FrontDesk
) -> None:
    answer = client.post("/kiosk/help?back=/kiosk/standard/time")

    assert [call.where for call in desk.help_calls.open()] == ["kiosk"]
    assert (answer.status_code, answer.location) == (303, "/kiosk/standard/time?help=called")
    assert "Petugas sudah diberi tahu." in client.get(answer.location).text.split("<template")[0]


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/kiosk/", "/login", "", "kiosk/"])
def test_calling_an_officer_leads_to_no_other_place(client: FlaskClient, back: str) -> None:
    assert client.post("/kiosk/help", query_string={"back": back}).location == "/kiosk/?help=called"


def test_a_second_call_keeps_the_time_of_the_first_and_an_officer_ends_it(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock
) -> None:
    first = clock.now()
    client.post("/kiosk/help")
    clock.advance(30)
    heard = desk.changes.count
    client.post("/kiosk/help")

    assert [call.since for call in desk.help_calls.open()] == [first]
    assert desk.changes.count > heard
    desk.help_calls.dismiss("kiosk")
    assert desk.help_calls.open() == []


def test_ending_a_call_that_is_over_wakes_nobody(desk: FrontDesk) -> None:
    heard = desk.changes.count

    desk.help_calls.dismiss("kiosk")

    assert desk.changes.count == heard


def test_too_many_touches_are_told_to_wait_and_lead_back(client: FlaskClient) -> None:
    answers = [client.post("/kiosk/help") for _ in range(22)]

    assert {answer.status_code for answer in answers[:20]} == {303}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert 'data-idle-url="/kiosk/start"' in answers[-1].text
