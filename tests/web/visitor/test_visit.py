"""The visit page on the visitor's phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import days, lockers, tickets, visits
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Request, Visit
from tests.web.visitor.conftest import PLACE, OtherOffice, Visitor


def shown(client: FlaskClient, visit: Visit, **query: str) -> str:
    """The text of a visit's page, its tags taken out."""
    page = client.get(f"/v/{visit.token}", query_string=query)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def call(desk: FrontDesk, visit: Visit, officer: Member) -> None:
    desk.store.write(tickets.call, visit.id, place=PLACE, staff=officer.id)


def serve(desk: FrontDesk, visit: Visit, officer: Member) -> None:
    desk.store.write(visits.start_serving, desk.office, visit.id, place=PLACE, staff=officer.id)


def test_number_and_place_in_the_queue(client: FlaskClient, issue: Callable[..., Visit]) -> None:
    first, _second, third = issue(), issue(), issue()
    assert "P003" in shown(client, third)
    assert "2 orang di depan Anda" in shown(client, third)
    assert "Anda berikutnya" in shown(client, first)


def test_a_called_number_is_told_where_to_go(
    client: FlaskClient, issue: Callable[..., Visit], desk: FrontDesk, officer: Member
) -> None:
    visit = issue()
    call(desk, visit, officer)
    assert "Silakan ke Meja Layanan 1" in shown(client, visit)
    assert "Please go to Desk 1" in shown(client, visit, lang="en")


@pytest.mark.parametrize(("outcome", "words"), [("no_show", "Anda tidak hadir"), ("cancelled", "dibatalkan")])
def test_a_visit_that_came_to_nothing_says_why(
    client: FlaskClient,
    issue: Callable[..., Visit],
    desk: FrontDesk,
    officer: Member,
    outcome: str,
    words: str,
) -> None:
    visit = issue()
    call(desk, visit, officer)
    desk.store.write(visits.give_up, visit.id, outcome=outcome, staff=officer.id)  # type: ignore[arg-type]
    page = shown(client, visit)
    assert words in page
    assert "Isi buku tamu" not in page


def test_a_number_on_hold_says_so(
    client: FlaskClient, issue: Callable[..., Visit], desk: FrontDesk, officer: Member
) -> None:
    visit = issue()
    desk.store.write(tickets.hold, visit.id, staff=officer.id)
    assert "ditunda" in shown(client, visit)


def test_from_service_to_the_goodbye(
    client: FlaskClient, issue: Callable[..., Visit], desk: FrontDesk, officer: Member
) -> None:
    visit = issue()
    call(desk, visit, officer)
    serve(desk, visit, officer)
    assert "sedang dilayani di Meja Layanan 1" in shown(client, visit)
    desk.store.write(visits.finish_serving, visit.id, staff=officer.id)
    assert "Silakan membaca" in shown(client, visit)
    desk.store.write(visits.check_out, visit.id, staff=officer.id)
    assert "sudah selesai" in shown(client, visit)


def test_somebody_without_a_ticket_has_a_page_too(
    client: FlaskClient, desk: FrontDesk, officer: Member
) -> None:
    request = Request("walk-in", "library", "desk")
    visit = desk.store.write(visits.walk_in, desk.office, request, place=PLACE, staff=officer.id)
    page = shown(client, visit)
    assert "T001" in page
    assert "Nomor antrean" not in page
    assert "Silakan ke Meja Layanan 1" in page


def test_the_next_thing_to_do_is_the_guest_book_then_the_rating(
    client: FlaskClient,
    issue: Callable[..., Visit],
    desk: FrontDesk,
    officer: Member,
    on_phone: Callable[..., Visitor],
) -> None:
    visitor = on_phone()
    page = shown(client, visitor.visit)
    assert "Isi buku tamu" in page
    assert "Beri penilaian" not in page
    visitor.fill()
    page = shown(client, visitor.visit)
    assert "Isi buku tamu" not in page
    assert "Buku tamu sudah diisi" in page
    call(desk, visitor.visit, officer)
    serve(desk, visitor.visit, officer)
    assert "Beri penilaian" in shown(client, visitor.visit)
    visitor.post("rating", score=4)
    assert "Beri penilaian" not in shown(client, visitor.visit)


def test_nothing_that_was_entered_is_ever_shown(on_phone: Callable[..., Visitor]) -> None:
    visitor = on_phone()
    visitor.fill()
    for page in ("", "/now", "/guest-book", "/guest-book/done"):
        text = visitor.client.get(visitor.base + page).text
        assert not [word for word in ("Budi", "budi@", "Padang", "1998") if word in text]


def test_another_desks_matter_offers_no_guest_book(client: FlaskClient, issue: Callable[..., Visit]) -> None:
    assert "Isi buku tamu" not in shown(client, issue("other"))


def test_an_office_without_ratings_offers_none(other_office: Callable[..., OtherOffice]) -> None:
    office = other_office(rating="false")
    visitor = office.visitor()
    office.serve(visitor)
    assert "Beri penilaian" not in shown(visitor.client, visitor.visit)


def test_locker_and_pocket_are_named_while_something_is_there(
    client: FlaskClient, issue: Callable[..., Visit], desk: FrontDesk, officer: Member
) -> None:
    visit = issue()
    assert "Titipan" not in shown(client, visit)
    visit = desk.store.write(
        lockers.take_in, visit.id, Wanted("2", "ktp", "hash"), pockets=12, staff=officer.id
    )
    assert "Tas di loker 2" in shown(client, visit)
    assert "Kartu identitas di kantong 1" in shown(client, visit)
    assert visit.deposit_id is not None
    desk.store.write(lockers.hand_back, visit.deposit_id, staff=officer.id)
    assert "Titipan" not in shown(client, visit)


def test_the_complaint_channels_stand_there_exactly_as_published(
    client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    page = client.get(f"/v/{issue().token}").text
    assert '<a href="https://s.bps.go.id/pengaduan-1373">s.bps.go.id/pengaduan-1373</a>' in page
    assert "0754-61049" in page
    assert "bps1373@bps.go.id" in page
    assert "tidak dipungut biaya" in page


def test_the_page_speaks_the_language_of_the_ticket_until_another_is_chosen(
    client: FlaskClient, desk: FrontDesk
) -> None:
    visit = desk.store.write(tickets.issue, desk.office, Request("en", "library", "kiosk", language="en"))
    assert "You are next" in shown(client, visit)
    assert "Anda berikutnya" in shown(client, visit, lang="id")
    assert "Anda berikutnya" in shown(client, visit)  # remembered on this phone


def test_the_part_that_changes_answers_alone(client: FlaskClient, issue: Callable[..., Visit]) -> None:
    visit = issue()
    page = client.get(f"/v/{visit.token}").text
    address = re.search(r'data-live="([^"]+)"', page)
    assert address is not None
    part = client.get(address[1]).text
    assert part.strip() in page
    assert "<html" not in part


def test_the_page_holds_no_stream_and_reloads_without_scripts(
    client: FlaskClient, issue: Callable[..., Visit]
) -> None:
    page = client.get(f"/v/{issue().token}").text
    assert "data-events" not in page
    assert 'data-poll-seconds="5"' in page
    assert '<noscript><meta http-equiv="refresh" content="20"></noscript>' in page


def test_an_unknown_ticket_is_a_plain_404(client: FlaskClient) -> None:
    for path in ("/v/nothing", "/v/nothing/now", "/v/nothing/rating", "/v/P001"):
        page = client.get(path)
        assert page.status_code == 404
        assert "Kunjungan tidak ditemukan" in page.text


def test_yesterdays_ticket_is_unknown(
    client: FlaskClient, issue: Callable[..., Visit], desk: FrontDesk
) -> None:
    visit = issue()

    def close_the_day(tx: Transaction) -> None:
        day = days.current(tx.db)
        assert day is not None
        days.close(tx, day)

    desk.store.write(close_the_day)
    assert client.get(f"/v/{visit.token}").status_code == 404


def test_too_many_requests_are_told_to_wait(client: FlaskClient, issue: Callable[..., Visit]) -> None:
    token = issue().token
    codes = {client.post(f"/v/{token}/guest-book").status_code for _ in range(40)}
    assert codes == {303, 429}
