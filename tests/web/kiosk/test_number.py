"""A touch gives a number: one, stored, and shown with what has become of its paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import guestbook, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Request, Visit
from drivers.base import DeviceState
from tests.web.kiosk.steps import browser, numbers, set_paper, take, visit_at, words
from web.context import qr

Issue = Callable[..., Visit]


def test_a_touch_gives_a_number_and_leads_to_it(client: FlaskClient, desk: FrontDesk) -> None:
    answer = take(client)

    page = client.get(answer.location)
    assert answer.status_code == 303
    assert re.fullmatch(r"/kiosk/ticket/[A-Za-z0-9_-]{22}", answer.location)
    assert '<p class="ticket__number">P001</p>' in page.text
    assert "Anda berikutnya" in words(page)
    assert numbers(desk) == ["P001"]


def test_the_page_of_a_number_goes_back_to_the_start_by_itself(client: FlaskClient) -> None:
    page = client.get(take(client).location).text

    assert 'data-idle-seconds="45" data-idle-warn-seconds="0" data-idle-url="/kiosk/start"' in page
    assert "Kembali ke awal dalam 45 detik" in words(page)


def test_the_same_page_sent_twice_gives_one_number(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock
) -> None:
    first = take(client, page="one")
    clock.advance(60)
    second = take(client, page="one")

    assert first.location == second.location
    assert numbers(desk) == ["P001"]


def test_an_impatient_second_touch_gives_no_second_number(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock
) -> None:
    first = take(client, page="one")
    clock.advance(1.4)
    second = take(client, page="two")

    assert first.location == second.location
    assert numbers(desk) == ["P001"]


def test_the_next_visitor_gets_the_next_number(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock
) -> None:
    take(client, page="one")
    clock.advance(1.6)
    take(client, page="two")

    assert numbers(desk) == ["P001", "P002"]


def test_a_touch_on_another_service_is_no_double_touch(client: FlaskClient, desk: FrontDesk) -> None:
    take(client, page="one")
    take(client, "consultation", page="two")

    assert numbers(desk) == ["P001", "K001"]


def test_a_press_of_the_button_beside_the_screen_is_no_double_touch(
    client: FlaskClient, desk: FrontDesk
) -> None:
    desk.store.write(tickets.issue, desk.office, Request("press", "library", "button"))
    take(client)

    assert numbers(desk) == ["P001", "P002"]


def test_an_old_page_that_is_sent_again_gets_its_own_number(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock
) -> None:
    first = take(client, page="one")
    clock.advance(10)
    take(client, page="two")
    again = take(client, page="one")

    assert again.location == first.location
    assert numbers(desk) == ["P001", "P002"]


def test_priority_is_asked_without_a_reason_and_the_language_is_kept(
    client: FlaskClient, desk: FrontDesk
) -> None:
    client.get("/kiosk/?lang=en")
    answer = take(client, priority="1")

    visit = visit_at(desk, answer.location)
    assert (visit.priority, visit.language) == (True, "en")
    assert "Priority service" in words(client.get(answer.location))


def test_without_the_tick_a_visit_is_regular(client: FlaskClient, desk: FrontDesk) -> None:
    assert visit_at(desk, take(client).location).priority is False


def test_an_unknown_service_gets_no_number_and_a_way_back(client: FlaskClient, desk: FrontDesk) -> None:
    answer = take(client, "no-such-service")

    assert answer.status_code in (404, 409)
    assert 'data-idle-url="/kiosk/start"' in answer.text
    assert numbers(desk) == []


@pytest.mark.parametrize("page", ["/kiosk/ticket/AAAAAAAAAAAAAAAAAAAAAA", "/kiosk/ticket/P001"])
def test_an_unknown_ticket_is_a_plain_404_with_a_way_back(
    client: FlaskClient, issue: Issue, page: str
) -> None:
    issue()

    answer = client.get(page)

    assert answer.status_code == 404
    assert client.get(f"{page}/now").status_code == 404
    assert 'href="/kiosk/start"' in answer.text or 'href="/kiosk/"' in answer.text


def test_a_ticket_of_yesterday_is_unknown_today(
    client: FlaskClient, clock: ManualClock, issue: Issue
) -> None:
    address = take(client).location
    clock.advance(86400)
    issue()

    assert client.get(address).status_code == 404


def test_a_visit_without_a_number_has_no_such_page(
    client: FlaskClient, desk: FrontDesk, officer: Member
) -> None:
    wanted = Request("walk-in", "library", "desk")
    visit = desk.store.write(visits.walk_in, desk.office, wanted, place="frontline", staff=officer.id)

    assert client.get(f"/kiosk/ticket/{visit.token}").status_code == 404


def test_who_is_called_meanwhile_is_told_where_to_go(
    client: FlaskClient, desk: FrontDesk, officer: Member
) -> None:
    address = take(client).location
    desk.store.write(tickets.call_next, desk.office, place="frontline", staff=officer.id)

    assert "Silakan ke Meja Layanan 1." in words(client.get(f"{address}/now"))


def test_the_guest_book_is_offered_here_and_on_the_phone_until_it_is_filled_in(
    client: FlaskClient, desk: FrontDesk, officer: Member
) -> None:
    address = take(client).location
    visit = visit_at(desk, address)
    before = client.get(f"{address}/now")
    desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=officer.id)
    after = client.get(f"{address}/now")

    assert f'href="/kiosk/v/{visit.token}/guest-book"' in before.text
    assert "Pindai kode QR untuk mengisi buku tamu di ponsel Anda" in words(before)
    assert str(qr(f"http://127.0.0.1:8080/v/{visit.token}")) in before.text
    assert "guest-book" not in after.text


def test_another_desks_visitor_is_asked_for_no_guest_book(client: FlaskClient) -> None:
    page = client.get(take(client, "other").location)

    assert "guest-book" not in page.text
    assert "Pindai kode QR untuk melihat giliran Anda di ponsel" in words(page)


def test_the_page_follows_the_paper(printing_desk: FrontDesk) -> None:
    client = browser(printing_desk)
    address = f"{take(client).location}/now"
    waiting = words(client.get(address))
    printing_desk.health.report("printer", DeviceState.READY, "paper_out")
    trouble = words(client.get(address))
    printing_desk.health.report("printer", DeviceState.READY, "paper_low")
    well_again = words(client.get(address))
    set_paper(printing_desk, visit_at(printing_desk, address.removesuffix("/now")), "printed")

    assert "Tiket sedang dicetak" in waiting
    assert "Tiket tidak tercetak. Catat atau foto nomor Anda: P001." in trouble
    assert "Tiket sedang dicetak" in well_again
    assert "Silakan ambil tiket Anda" in words(client.get(address))


@pytest.mark.parametrize("state", ["unknown", "failed"])
def test_paper_that_may_be_missing_is_not_promised(printing_desk: FrontDesk, state: str) -> None:
    client = browser(printing_desk)
    address = take(client).location
    set_paper(printing_desk, visit_at(printing_desk, address), state)

    assert "Tiket tidak tercetak." in words(client.get(address))


def test_a_kiosk_without_a_printer_promises_no_paper(client: FlaskClient) -> None:
    assert "Tiket tidak tercetak. Catat atau foto nomor Anda: P001." in words(
        client.get(take(client).location)
    )


def test_a_database_that_cannot_be_used_gives_no_number_and_says_see_the_desk(
    damaged_desk: FrontDesk,
) -> None:
    answer = take(browser(damaged_desk))

    assert answer.status_code == 503
    assert "Silakan ke meja petugas" in words(answer)
    assert "store_read_only" in answer.text
    assert 'data-idle-url="/kiosk/start"' in answer.text
