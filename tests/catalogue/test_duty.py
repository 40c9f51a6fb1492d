"""The duty that copies and brings, and the pages that never wait for it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance import config, staff, visits
from appliance.assembly import web_api
from appliance.catalogue import imagined
from appliance.catalogue.errors import NoKey
from appliance.catalogue.library import Library, slug
from appliance.clock import ManualClock
from appliance.duties.catalogue import CatalogueDuty
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.visits import Request
from tests.catalogue.odd_api import KEY, OddApi, Reply, odd_api, row
from tests.catalogue.test_files import pdf, picture
from tests.conftest import HASHED, logged_in
from web import create_app


class Desk:
    """A front desk with a library, its duty, and the API at the other end."""

    def __init__(self, desk: FrontDesk, duty: CatalogueDuty, api: OddApi) -> None:
        assert desk.library is not None
        self.desk, self.duty, self.api = desk, duty, api
        self.library: Library = desk.library

    def until(self, holds: Callable[[], object]) -> None:
        give_up = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < give_up
            self.duty.step()


@pytest.fixture
def api() -> Iterator[OddApi]:
    with odd_api() as running:
        running.rows = {
            "1373": [
                row(
                    number,
                    cover=f"{running.url}/files/cover",
                    pdf=f"{running.url}/files/text",
                    size="0.2 MB",
                )
                for number in range(30)
            ],
            "1300": [row(1, "1300", title="Provinsi Sumatera Barat Dalam Angka 2025")],
            "0000": [row(1, "0000", title="Statistik Indonesia 2025")],
        }
        running.files = {"cover": Reply(body=picture()), "text": Reply(body=pdf(2))}
        yield running


@pytest.fixture
def at(tmp_path: Path, clock: ManualClock, api: OddApi) -> Iterator[Desk]:
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    settings = config.parse(
        f'[site]\noffice = "1373"\n[catalogue]\nurl = {json.dumps(api.url)}\n'
        f'key = {json.dumps(str(key))}\npause = "0s"\ntimeout = "2s"\n'
    )
    desk = assemble(load_office("1373"), settings, clock, tmp_path / "data")
    desk.store.open()
    duty = CatalogueDuty(desk, desk.library, lambda: web_api(settings.catalogue))  # type: ignore[arg-type]
    yield Desk(desk, duty, api)
    duty.end()
    desk.store.close()


def test_the_first_copy_is_made_at_once_and_the_next_at_night(at: Desk, clock: ManualClock) -> None:
    at.until(lambda: at.library.standing().made)
    assert at.library.standing().count == 32
    asked = len(at.api.asked)
    at.duty.step()
    assert len(at.api.asked) == asked
    clock.advance(17 * 3600)  # Tuesday, two in the night: 17 hours old
    at.duty._not_before = 0.0
    at.duty.step()
    assert len(at.api.asked) == asked
    clock.advance(4 * 3600)
    at.duty.step()
    assert len(at.api.asked) > asked


def test_somebody_may_ask_for_a_copy_now(at: Desk) -> None:
    at.until(lambda: at.library.standing().made)
    asked = len(at.api.asked)
    at.library.ask_sync()
    at.until(lambda: len(at.api.asked) > asked)


def test_trouble_is_told_once_in_the_log_and_on_the_page_until_it_is_over(
    at: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    at.until(lambda: at.library.standing().made)
    at.api.before = lambda path: Reply(body=b"<html>")
    for _ in range(3):
        at.library.ask_sync()
        at.duty.step()
    assert at.library.standing().trouble == "catalogue_odd_answer"
    assert at.library.search("dalam angka").count == 31, "the old copy stays"
    assert caplog.text.count("could not be copied") == 1
    assert KEY not in caplog.text
    at.api.before = lambda path: None
    at.library.ask_sync()
    at.until(lambda: at.library.standing().trouble is None)


def test_covers_and_texts_come_when_somebody_looks(at: Desk) -> None:
    at.until(lambda: at.library.standing().made)
    number = row(5)["pub_id"]
    at.library.wish("cover", number)
    at.library.wish("text", number)
    assert at.library.is_wished(number)
    assert at.library.next_wish() == ("text", number), "who waits to read comes first"
    at.until(lambda: at.library.next_wish() is None)
    assert at.library.files.cover(number) is not None
    kept = at.library.files.publication(number)
    assert kept is not None
    assert kept.pages == 2


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(body=b"<html>maintenance</html>"), "catalogue_not_a_pdf"),
        (Reply(404), "catalogue_odd_answer"),
        (Reply(body=b"%PDF-" + b" " * 2_000_000), "catalogue_too_large"),
        (Reply(body=b"%PDF-", endless=True), "catalogue_too_large"),
        (Reply(body=b"%PDF-1.4", cut=True), "catalogue_unreachable"),
    ],
)
def test_a_text_that_is_none_is_told_in_words(at: Desk, reply: Reply, code: str) -> None:
    at.until(lambda: at.library.standing().made)
    at.library.settings = at.library.settings.model_copy(update={"file_mb": 1})
    at.api.files["text"] = reply
    number = row(5)["pub_id"]
    at.library.wish("text", number)
    at.until(lambda: at.library.next_wish() is None)
    assert at.library.why_not(number) == code
    assert at.library.files.publication(number) is None


def test_wishes_are_bounded(at: Desk) -> None:
    at.until(lambda: at.library.standing().made)
    for number in range(500):
        at.library.wish("cover", f"abcd{number:04d}")
    assert at.library.next_wish() == ("cover", "abcd0499")
    assert len(at.library._wishes) == 60


def test_without_a_key_nothing_is_asked_and_the_links_are_shown(tmp_path: Path, clock: ManualClock) -> None:
    settings = config.parse('[site]\noffice = "1373"\n')
    desk = assemble(load_office("1373"), settings, clock, tmp_path)
    assert desk.library is not None
    assert not desk.library.standing().has_key
    desk.library.wish("cover", "abcd1")
    assert desk.library.next_wish() is None
    with pytest.raises(NoKey):
        web_api(settings.catalogue)
    desk.store.open()
    page = create_app(desk).test_client().get("/kiosk/library").text
    desk.store.close()
    assert "pst.bps.go.id" in page
    assert "perpustakaan.bps.go.id" in page
    assert "Cari judul publikasi" not in page


def test_a_key_that_cannot_be_read_is_said(tmp_path: Path, clock: ManualClock) -> None:
    settings = config.parse('[site]\noffice = "1373"\n[catalogue]\nkey = "/nowhere/key"\n')
    desk = assemble(load_office("1373"), settings, clock, tmp_path)
    assert desk.library is not None
    assert desk.library.standing().trouble == "catalogue_no_key"


def test_the_key_comes_as_a_credential_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "webapi-key").write_text("abc\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert config.parse('[site]\noffice = "1373"\n').catalogue.read_key() == "abc"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Kota Sawahlunto Dalam Angka 2025", "kota-sawahlunto-dalam-angka-2025"),
        ("  Öffentlich & Café / 2020 ", "offentlich-cafe-2020"),
        ("統計", "publikasi"),
        ("A" * 500, "a" * 120),
    ],
)
def test_the_public_address_has_the_title_in_it(title: str, words: str) -> None:
    assert slug(title) == words


# ---------------------------------------------------------------------------------------- the pages


@pytest.fixture
def client(at: Desk) -> FlaskClient:
    at.until(lambda: at.library.standing().made)
    return create_app(at.desk).test_client()


@pytest.mark.parametrize("place", ["/kiosk/library", "/scanner/library", "/library"])
def test_search_and_one_publication_on_every_screen(client: FlaskClient, at: Desk, place: str) -> None:
    page = client.get(f"{place}?q=sumatera+barat").text
    assert "Provinsi Sumatera Barat Dalam Angka 2025" in page
    assert "1 publikasi ditemukan" in page
    assert "Layanan ini menggunakan API Badan Pusat Statistik (BPS)." in page
    one = client.get(f"{place}/{row(1, '1300')['pub_id']}").text
    assert "<h1" in one
    public = f"https://sumbar.bps.go.id/id/publication/1991/02/28/{row(1, '1300')['pub_id']}"
    assert at.library.public_url(at.library.search("sumatera barat").publications[0]).startswith(public)
    assert KEY not in page + one
    assert "/files/" not in one, "never the long link"
    assert client.get(f"{place}/nobody").status_code == 404
    assert client.get(f"{place}?q=%22+OR+(&domain=9999").status_code == 200
    assert client.get(f"{place}/results?q={'x' * 10_000}").status_code == 200


def test_reading_here_from_the_wish_to_the_last_page(client: FlaskClient, at: Desk) -> None:
    number = row(5)["pub_id"]
    address = f"/kiosk/library/{number}"
    assert "Siapkan untuk dibaca di sini" in client.get(address).text
    assert client.get(f"{address}/read/1").status_code == 404
    client.post(f"{address}/fetch")
    assert "Sedang diambil" in client.get(f"{address}/state").text
    at.until(lambda: at.library.next_wish() is None)
    assert "Baca di sini" in client.get(f"{address}/state").text
    assert "Halaman 2 dari 2" in client.get(f"{address}/read/2").text
    assert client.get(f"{address}/page/2.jpg").data[:2] == b"\xff\xd8"
    assert client.get(f"{address}/read/3").status_code == 404
    assert client.get(f"{address}/page/99.jpg").status_code == 404
    assert client.get(f"/kiosk/library/cover/{number}.jpg").data[:2] == b"\xff\xd8"
    assert client.get("/kiosk/library/cover/..%2fkey.jpg").status_code == 404


def test_the_line_may_be_down_while_somebody_searches(client: FlaskClient, at: Desk) -> None:
    at.api.before = lambda path: Reply(503)
    at.library.ask_sync()
    at.until(lambda: at.library.standing().trouble)
    asked = len(at.api.asked)
    page = client.get("/kiosk/library?q=statistik+indonesia").text
    assert "Statistik Indonesia 2025" in page
    assert "Katalog tersimpan per 23 November 2026. Sambungan internet sedang terputus." in page
    assert len(at.api.asked) == asked, "no page asks the network"


def test_not_found_leads_to_a_request_with_the_words(client: FlaskClient, at: Desk) -> None:
    page = client.get("/kiosk/library?q=xyzzy").text
    assert "Tidak ditemukan" in page
    assert "/kiosk/for/consultation?words=xyzzy" in page
    member = at.desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash=HASHED)
    visit = at.desk.store.write(
        visits.walk_in, at.desk.office, Request("v", "library", "desk"), place="frontline", staff=member.id
    )
    at.desk.store.write(visits.start_serving, at.desk.office, visit.id, place="frontline", staff=member.id)
    answer = client.post("/kiosk/for/consultation?words=xyzzy", data={"number": visit.label})
    assert answer.headers["Location"].endswith("/request/consultation?words=xyzzy")


def test_the_kiosk_s_first_page_leads_to_it(client: FlaskClient) -> None:
    assert 'href="/kiosk/library"' in client.get("/kiosk/").text


def test_the_desk_sees_trouble_in_words_and_may_copy_now(at: Desk) -> None:
    at.until(lambda: at.library.standing().made)
    member = at.desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash=HASHED)
    desk = logged_in(create_app(at.desk), at.desk, member)
    assert "Salinan katalog per 23 November 2026: 32 publikasi" in desk.get("/desk/library").text
    at.api.before = lambda path: Reply(403)
    assert desk.post("/desk/library/sync").status_code == 303
    at.until(lambda: at.library.standing().trouble)
    page = desk.get("/desk/library").text
    assert "Kunci API ditolak" in page
    assert "catalogue_key_refused" in page
    assert KEY not in page
    assert desk.get("/desk/library?q=indonesia").status_code == 200


def test_nobody_sees_the_desk_s_search_without_logging_in(client: FlaskClient) -> None:
    assert client.get("/desk/library").status_code == 303


def test_an_office_without_a_digital_library_has_none(tmp_path: Path, clock: ManualClock) -> None:
    office = load_office("1373").model_copy(update={"digital_library": None})
    desk = assemble(office, config.parse('[site]\noffice = "1373"\n'), clock, tmp_path)
    desk.store.open()
    client = create_app(desk).test_client()
    assert client.get("/kiosk/library").status_code == 404
    assert "Cari publikasi digital" not in client.get("/kiosk/").text
    desk.store.close()


def test_the_simulated_api_is_copied_by_the_real_client(tmp_path: Path, clock: ManualClock) -> None:
    office = load_office("1377")
    assert office.digital_library is not None
    key = tmp_path / "key"
    key.write_text(imagined.KEY)
    with imagined.imagined(office.digital_library.domains) as api:
        settings = config.parse(
            f'[site]\noffice = "1377"\n[catalogue]\nurl = "{api.url}"\nkey = "{key}"\npause = "0s"\n'
        )
        desk = assemble(office, settings, clock, tmp_path / "data")
        assert desk.library is not None
        duty = CatalogueDuty(desk, desk.library, lambda: web_api(settings.catalogue))
        at = Desk(desk, duty, OddApi())
        at.until(lambda: at.library.standing().made)
        (found,) = at.library.search("kota pariaman dalam angka 2025").publications
        for kind in ("cover", "text"):
            at.library.wish(kind, found.id)
        at.until(lambda: at.library.next_wish() is None)
        assert at.library.files.cover(found.id) is not None
        kept = at.library.files.publication(found.id)
        assert kept is not None
        assert kept.pages == 3
        duty.end()
