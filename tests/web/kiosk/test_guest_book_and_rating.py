"""Who fills in the guest book or rates here: by the number, never by a token on the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import guestbook, ratings
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.invitations import To
from appliance.staff import Member
from appliance.visits import Request, Visit
from tests.web.kiosk.steps import browser, let_in, words

Issue = Callable[..., Visit]


def test_the_list_has_the_numbers_without_a_guest_book_and_no_tokens(
    client: FlaskClient, desk: FrontDesk, officer: Member, issue: Issue
) -> None:
    done, second, first = issue(), issue(), issue("consultation")
    other = issue("other")
    desk.store.write(guestbook.confirm_elsewhere, done.id, staff=officer.id)

    page = client.get("/kiosk/guest-book").text

    assert re.findall(r'name="number" value="(\w+)"', page) == [first.number, second.number]
    assert not any(str(visit.token) in page for visit in (done, second, first, other))


def test_choosing_a_number_leads_to_its_guest_book(client: FlaskClient, issue: Issue) -> None:
    visit = issue()

    answer = client.post("/kiosk/guest-book", data={"number": visit.number})

    assert (answer.status_code, answer.location) == (303, f"/kiosk/v/{visit.token}/guest-book")


def test_a_visitor_who_came_without_a_ticket_is_in_the_list(pariaman: FrontDesk) -> None:
    client = browser(pariaman)
    wanted = Request("walk-in", "library", "desk")
    visit = pariaman.store.write(let_in, pariaman, wanted)

    answer = client.post("/kiosk/guest-book", data={"number": visit.label})

    assert visit.label in words(client.get("/kiosk/guest-book"))
    assert answer.location == f"/kiosk/v/{visit.token}/guest-book"


def test_a_number_that_was_filled_in_meanwhile_is_said_in_words(
    client: FlaskClient, desk: FrontDesk, officer: Member, issue: Issue
) -> None:
    visit = issue()
    issue()
    desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=officer.id)

    answer = client.post("/kiosk/guest-book", data={"number": visit.number})

    assert (answer.status_code, answer.location) == (303, "/kiosk/guest-book?said=not_now")
    assert "Nomor itu tidak menunggu buku tamu lagi." in words(client.get(answer.location))


def test_an_empty_list_says_what_to_do_first(client: FlaskClient, pariaman: FrontDesk) -> None:
    assert "Ambil nomor antrean dahulu" in words(client.get("/kiosk/guest-book"))
    assert "Silakan ke meja petugas dahulu." in words(browser(pariaman).get("/kiosk/guest-book"))


@pytest.mark.parametrize(
    ("to", "said", "page"),
    [("guest_book", "silakan isi buku tamu", "guest-book"), ("rating", "silakan beri penilaian", "rating")],
)
def test_an_invitation_stands_on_the_first_page_and_leads_to_its_page(
    client: FlaskClient, desk: FrontDesk, issue: Issue, to: To, said: str, page: str
) -> None:
    visit = issue()
    desk.invitations.send(visit.id, to)

    home = client.get("/kiosk/")
    answer = client.post(f"/kiosk/invited/{visit.number}")

    assert f"{visit.number}, {said}" in words(home)
    assert str(visit.token) not in home.text
    assert (answer.status_code, answer.location) == (303, f"/kiosk/v/{visit.token}/{page}")


def test_what_was_done_is_not_invited_to_again(
    client: FlaskClient, desk: FrontDesk, officer: Member, issue: Issue
) -> None:
    written, rated = issue(), issue()
    desk.invitations.send(written.id, "guest_book")
    desk.invitations.send(rated.id, "rating")
    desk.store.write(guestbook.confirm_elsewhere, written.id, staff=officer.id)
    desk.store.write(ratings.skip, rated.id)

    home = client.get("/kiosk/")

    assert "/kiosk/invited/" not in home.text


@pytest.mark.parametrize("label", ["P001", "P999", "nonsense"])
def test_without_an_open_invitation_one_comes_back_with_words(
    client: FlaskClient, issue: Issue, label: str
) -> None:
    issue()

    answer = client.post(f"/kiosk/invited/{label}")

    assert (answer.status_code, answer.location) == (303, "/kiosk/?said=not_now")
    assert "Undangan ini tidak berlaku lagi." in words(client.get(answer.location))


def test_an_invitation_that_nobody_took_up_is_gone_after_five_minutes(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock, issue: Issue
) -> None:
    desk.invitations.send(issue().id, "rating")
    clock.advance(301)

    assert "/kiosk/invited/" not in client.get("/kiosk/greeting").text
