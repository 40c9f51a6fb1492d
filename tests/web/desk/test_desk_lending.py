"""Books that are out, requests and readers on the officer's pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import inquiries, photocopies, staff, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Request, Visit
from tests.conftest import HASHED, logged_in
from web import create_app

FORM = {"title": "Kota Pariaman Dalam Angka 2025", "pages": "12-18, 25", "copies": "2"}


@pytest.fixture
def desk(build: Callable[[str], FrontDesk]) -> FrontDesk:
    """Kota Pariaman."""
    return build("1377")


@pytest.fixture
def rina(desk: FrontDesk) -> Member:
    return desk.store.write(
        staff.add, login="rina", name="Rina Marlina", role="officer", password_hash=HASHED
    )


@pytest.fixture
def app(desk: FrontDesk) -> Flask:
    app = create_app(desk)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask, desk: FrontDesk, rina: Member) -> FlaskClient:
    return logged_in(app, desk, rina)


@pytest.fixture
def reader(desk: FrontDesk, rina: Member) -> Visit:
    """In the reading room, and before the officer."""
    visit = desk.store.write(
        visits.walk_in, desk.office, Request("one", "library", "desk"), place="frontline", staff=rina.id
    )
    desk.store.write(visits.start_serving, desk.office, visit.id, place="frontline", staff=rina.id)
    return desk.store.write(visits.finish_serving, visit.id, staff=rina.id)


def focus(client: FlaskClient, visit: Visit) -> str:
    client.post(f"/desk/visits/{visit.id}/focus")
    return client.get("/desk/").text


def test_the_officer_s_form_prints_and_the_book_goes_out(
    client: FlaskClient, desk: FrontDesk, reader: Visit
) -> None:
    assert "Formulir layanan fotokopi" in client.get(f"/desk/visits/{reader.id}/photocopy").text
    answer = client.post(f"/desk/visits/{reader.id}/photocopy", data=FORM)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/")
    page = focus(client, reader)
    assert "F001" in page
    assert "Pulang tanpa buku kembali" in page


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"title": "A" * 10_000}, "Judul paling panjang 200 huruf."),
        ({"pages": "18-12"}, "18 sampai 12 terbalik. Tulis yang kecil dahulu."),
        ({"pages": "<b>"}, "bukan halaman. Tulis seperti 12-18, 25."),
        ({"copies": "-1"}, "Jumlah salinan harus dari 1 sampai 10."),
    ],
)
def test_nonsense_gets_a_message_beside_its_field(
    client: FlaskClient, reader: Visit, entry: dict[str, str], message: str
) -> None:
    answer = client.post(f"/desk/visits/{reader.id}/photocopy", data={**FORM, **entry})
    assert answer.status_code == 422
    assert message in answer.text
    assert "<b>" not in answer.text


def test_goodbye_is_refused_while_a_book_is_out_until_a_reason_is_given(
    client: FlaskClient, desk: FrontDesk, reader: Visit
) -> None:
    client.post(f"/desk/visits/{reader.id}/photocopy", data=FORM)
    (form,) = desk.store.read(photocopies.out)

    answer = client.post(f"/desk/visits/{reader.id}/see-off", follow_redirects=True)
    assert "Masih ada buku di luar. Catat kembalinya, atau tulis alasannya." in answer.text
    assert desk.store.read(visits.get, reader.id).is_open

    answer = client.post(
        f"/desk/photocopies/{form.id}/excused", data={"reason": "other"}, follow_redirects=True
    )
    assert "Pilih alasannya" in answer.text
    client.post(f"/desk/photocopies/{form.id}/excused", data={"reason": "owner_told"})
    client.post(f"/desk/visits/{reader.id}/see-off")
    assert not desk.store.read(visits.get, reader.id).is_open


def test_a_form_from_the_kiosk_is_signed_or_cancelled(
    client: FlaskClient, desk: FrontDesk, reader: Visit
) -> None:
    for pages in ("1", "2"):
        wanted = photocopies.parse(desk.office, {**FORM, "pages": pages})
        desk.store.write(photocopies.ask, desk.office, reader.id, wanted, made_on="kiosk")
    first, second = desk.store.read(photocopies.unsettled)
    assert "Menunggu tanda tangan" in focus(client, reader)

    client.post(f"/desk/photocopies/{first.id}/out")
    client.post(f"/desk/photocopies/{second.id}/dropped")

    assert [(form.id, form.state) for form in desk.store.read(photocopies.unsettled)] == [(first.id, "out")]


def test_what_is_overdue_is_shown_until_the_book_is_back(
    app: Flask, desk: FrontDesk, rina: Member, reader: Visit, clock: ManualClock
) -> None:
    client = logged_in(app, desk, rina)
    client.post(f"/desk/visits/{reader.id}/photocopy", data=FORM)
    assert "Buku lewat waktu" not in client.get("/desk/columns").text
    clock.advance(3_700)
    client = logged_in(app, desk, rina)  # an hour without a click

    assert "Buku lewat waktu: F001" in client.get("/desk/columns").text
    assert "Lewat waktu" in client.get("/desk/lending").text
    answer = client.post("/desk/lending/return", data={"number": "f001"}, follow_redirects=True)
    assert "Semua buku ada di sini." in answer.text
    assert "Buku lewat waktu" not in client.get("/desk/columns").text


def test_a_return_of_a_book_that_never_went_out_gets_a_message(client: FlaskClient, reader: Visit) -> None:
    answer = client.post("/desk/lending/return", data={"number": "F009"})
    assert answer.status_code == 422
    assert "Tidak ada buku yang sedang keluar dengan formulir &#34;F009&#34;." in answer.text


def test_a_request_is_settled_with_a_click_and_says_by_whom_and_how_long(
    client: FlaskClient, desk: FrontDesk, reader: Visit, clock: ManualClock
) -> None:
    wanted = inquiries.parse("softcopy", {"words": "Sakernas 2020", "email": "s@contoh.id"}, has_email=False)
    number = desk.store.write(inquiries.ask, desk.office, reader.id, wanted, made_on="phone")
    page = client.get("/desk/lending/now").text
    assert "Sakernas 2020" in page
    assert 'href="mailto:s@contoh.id"' in page
    clock.advance(660)

    client.post(f"/desk/inquiries/{number}/done")
    again = client.post(f"/desk/inquiries/{number}/done")

    assert again.status_code == 303
    assert "Sudah dikirim: Rina Marlina, dalam 11 menit" in client.get("/desk/lending").text


def test_the_desk_lists_who_reads_and_the_board_says_only_how_many(
    client: FlaskClient, desk: FrontDesk, reader: Visit
) -> None:
    assert "1 dari 12 kursi terisi" in client.get("/desk/").text
    assert f"<strong>{reader.label}</strong>" in client.get("/desk/lending").text
    board = client.get("/board").text
    assert "Ruang baca: 1/12" in board
    assert reader.label not in board


def test_an_office_without_photocopies_has_no_such_pages(build: Callable[[str], FrontDesk]) -> None:
    desk = build("1373")
    member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash=HASHED)
    client = logged_in(create_app(desk), desk, member)
    visit = desk.store.write(
        visits.walk_in, desk.office, Request("x", "library", "desk"), place="frontline", staff=member.id
    )
    assert client.get(f"/desk/visits/{visit.id}/photocopy").status_code == 404
    assert client.get(f"/v/{visit.token}/photocopy").status_code == 404
    assert client.get(f"/v/{visit.token}/request/softcopy").status_code == 404
    assert client.get(f"/v/{visit.token}/request/consultation").status_code == 200
    assert client.get("/kiosk/for/photocopy").status_code == 404


def test_the_day_s_end_leads_from_a_book_to_where_its_return_is_noted(
    client: FlaskClient, reader: Visit
) -> None:
    client.post(f"/desk/visits/{reader.id}/photocopy", data=FORM)

    page = client.get("/desk/closing").text

    assert '<a class="button button--quiet" href="/desk/lending">' in page
    assert "Catat kembalinya" in page
    assert 'value="kept_safe"' not in page, "a book is with its borrower"
