"""Photocopy form and requests, on the phone and on the kiosk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import inquiries, photocopies, staff, visits
from appliance.front_desk import FrontDesk
from appliance.visits import Request, Visit
from web import create_app

FORM = {"title": "Kota Pariaman Dalam Angka 2025", "pages": "12-18, 25", "copies": "1"}


@pytest.fixture
def desk(build: Callable[[str], FrontDesk]) -> FrontDesk:
    """Kota Pariaman."""
    return build("1377")


@pytest.fixture
def client(desk: FrontDesk) -> FlaskClient:
    return create_app(desk).test_client()


@pytest.fixture
def rina(desk: FrontDesk) -> int:
    return desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="").id


@pytest.fixture
def reader(desk: FrontDesk, rina: int) -> Visit:
    visit = desk.store.write(
        visits.walk_in, desk.office, Request("one", "library", "desk"), place="frontline", staff=rina
    )
    return desk.store.write(visits.start_serving, desk.office, visit.id, place="frontline", staff=rina)


@pytest.mark.parametrize(("at", "made_on"), [("/v", "phone"), ("/kiosk/v", "kiosk")])
def test_a_form_is_printed_and_says_where_the_book_goes(
    client: FlaskClient, desk: FrontDesk, reader: Visit, at: str, made_on: str
) -> None:
    page = f"{at}/{reader.token}/photocopy"
    assert "Contoh: 12-18, 25" in client.get(page).text
    answer = client.post(page, data=FORM, follow_redirects=True)

    (form,) = desk.store.read(photocopies.of_visit, reader.id)
    assert form.state == "asked"
    assert answer.request.path == f"{page}/1"
    for words in (
        "Formulir F001",
        "Minta petugas menandatangani formulir F001 dahulu.",
        "Bawa publikasi dan formulir F001 ke koperasi.",
        "Harap kembali sebelum pukul 10.00 WIB.",
    ):
        assert words in answer.text
    assert made_on in str(desk.store.read(_made_on))


def _made_on(db) -> list[str]:  # type: ignore[no-untyped-def]
    return [row["made_on"] for row in db.execute("SELECT made_on FROM photocopy")]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"title": "A" * 10_000}, "Judul paling panjang 200 huruf."),
        ({"title": " "}, "Bagian ini wajib diisi."),
        ({"pages": "semua"}, "bukan halaman"),
        ({"copies": "99"}, "Jumlah salinan harus dari 1 sampai 10."),
    ],
)
def test_nonsense_gets_a_message_beside_its_field_and_keeps_the_rest(
    client: FlaskClient, reader: Visit, entry: dict[str, str], message: str
) -> None:
    answer = client.post(f"/v/{reader.token}/photocopy", data={**FORM, **entry})
    assert answer.status_code == 422
    assert message in answer.text
    assert "A" * 201 not in answer.text


def test_what_was_entered_is_on_no_page_of_the_ticket(
    client: FlaskClient, desk: FrontDesk, reader: Visit, rina: int
) -> None:
    client.post(f"/v/{reader.token}/photocopy", data=FORM)
    client.post(f"/v/{reader.token}/request/softcopy", data={"words": "Rahasia saya", "email": "s@contoh.id"})
    (form,) = desk.store.read(photocopies.of_visit, reader.id)
    desk.store.write(photocopies.hand_out, desk.office, form.id, staff=rina)

    page = client.get(f"/v/{reader.token}").text
    assert "Formulir F001" in page
    assert "Harap kembali sebelum pukul 10.00 WIB." in page
    for secret in ("Pariaman Dalam", "Rahasia saya", "s@contoh.id"):
        assert secret not in page
        assert secret not in client.get(f"/v/{reader.token}/photocopy").text
        assert secret not in client.get(f"/v/{reader.token}/request/softcopy").text


def test_a_file_by_e_mail_needs_an_address(client: FlaskClient, desk: FrontDesk, reader: Visit) -> None:
    page = f"/v/{reader.token}/request/softcopy"
    answer = client.post(page, data={"words": "Sakernas", "email": ""})
    assert answer.status_code == 422
    assert "Bagian ini wajib diisi." in answer.text

    answer = client.post(page, data={"words": "Sakernas", "email": "s@contoh.id"}, follow_redirects=True)
    assert "Publikasi dikirim lewat e-mail." in answer.text
    assert [one.words for one in desk.store.read(inquiries.open_ones)] == ["Sakernas"]


def test_the_words_of_a_search_come_along(client: FlaskClient, reader: Visit) -> None:
    assert (
        "Dalam Angka 1999"
        in client.get(f"/kiosk/v/{reader.token}/request/softcopy?words=Dalam+Angka+1999").text
    )


def test_the_kiosk_asks_whose_form_it_is(client: FlaskClient, reader: Visit) -> None:
    assert "Fotokopi" in client.get("/kiosk/").text
    page = client.get("/kiosk/for/photocopy").text
    assert reader.label in page
    assert str(reader.token) not in page, "the tokens of others stand on no page"

    answer = client.post("/kiosk/for/photocopy", data={"number": reader.label})
    assert answer.headers["Location"] == f"/kiosk/v/{reader.token}/photocopy"
    answer = client.post("/kiosk/for/softcopy", data={"number": reader.label})
    assert answer.headers["Location"] == f"/kiosk/v/{reader.token}/request/softcopy"
    answer = client.post("/kiosk/for/softcopy", data={"number": "T999"})
    assert answer.headers["Location"] == "/kiosk/for/softcopy?said=not_now"


def test_nobody_here_is_said(client: FlaskClient) -> None:
    assert "Belum ada pengunjung yang dilayani" in client.get("/kiosk/for/photocopy").text


def test_over_is_said_in_a_friendly_way(
    client: FlaskClient, desk: FrontDesk, reader: Visit, rina: int
) -> None:
    desk.store.write(visits.check_out, reader.id, staff=rina)
    for page in ("photocopy", "request/softcopy"):
        assert "Kunjungan ini sudah selesai." in client.get(f"/v/{reader.token}/{page}").text
        answer = client.post(f"/v/{reader.token}/{page}", data={**FORM, "words": "x", "email": "a@contoh.id"})
        assert answer.status_code == 409
        assert "Kunjungan ini sudah selesai." in answer.text
    assert client.get(f"/v/{reader.token}/photocopy/77").status_code == 404


def test_sawahlunto_shows_the_way_to_the_online_service(build: Callable[[str], FrontDesk]) -> None:
    desk = build("1373")
    client = create_app(desk).test_client()
    member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
    visit = desk.store.write(
        visits.walk_in, desk.office, Request("s", "library", "desk"), place="frontline", staff=member.id
    )
    page = client.get(f"/kiosk/v/{visit.token}/request/consultation").text
    assert "pst.bps.go.id" in page
    assert 'class="qr"' in page
