"""The station's screen: what it says, what each tap does, and who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import scans, visits
from appliance.clock import ManualClock
from appliance.config import parse
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.scanning.folder import PageFiles, ScanFolder
from appliance.scanning.protocol import Line
from appliance.scanning.station import Station
from appliance.scans import Scan
from appliance.store import Transaction
from appliance.visits import Visit
from tests.conftest import CONFIG
from web import create_app

STATION = """
[scanner]
[camera]
address = "/dev/v4l/by-id/usb-*"
[flatbed]
device = "Canon"
[delivery]
usb = true
"""
JPEG = b"\xff\xd8\xff\xe0 a picture"


class Heard:
    """What a scanning process would have been told."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def send(self, line: Line) -> None:
        self.lines.append(line)

    def done(self) -> list[str]:
        return [line["do"] for line in self.lines]


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk with a station, whose threads are not at work."""
    desk = assemble(
        load_office("1373"), parse(CONFIG.format(office="1373") + STATION), clock, tmp_path / "data"
    )
    desk.store.open()
    yield desk
    desk.store.close()


@pytest.fixture
def station(desk: FrontDesk) -> Station:
    assert desk.station is not None
    return desk.station


@pytest.fixture
def process(station: Station) -> Heard:
    """A scanning process that is ready."""
    heard = Heard()
    station.connect(heard, "ready")
    return heard


@pytest.fixture
def client(desk: FrontDesk) -> FlaskClient:
    app = create_app(desk)
    app.testing = True
    return app.test_client()


@pytest.fixture
def begun(desk: FrontDesk, station: Station, process: Heard, issue: Callable[..., Visit]) -> Scan:
    """A visitor who has accepted the notice."""
    scan = desk.store.write(scans.begin, desk.office, visit_id=issue().id, opened_by="touch", language="id")
    scan = desk.store.write(scans.accept, desk.office, scan.id, "bps")
    station.open(scan)
    return scan


def take(station: Station, scan: Scan, pages: int | None = 1, *, poor: tuple[str, ...] = ()) -> None:
    """A frame comes, and is developed."""
    folder = station.folder_of(scan)
    number = folder.keep_frame(JPEG, "jpg")
    folder.keep_look(number, JPEG)
    if pages is not None:
        folder.keep_pages(number, [PageFiles(b"%PDF", JPEG, JPEG, poor) for _ in range(pages)])
    station.hear({"is": "page", "frame": number})


def finish(desk: FrontDesk, station: Station, scan: Scan, size: int = 1_400_000) -> str:
    """The PDF is there, and its link."""
    station.folder_of(scan).book.write_bytes(b"%PDF" + b"x" * (size - 4))
    desk.store.write(scans.finish, scan.id, pages=3, size=size)
    token = desk.store.write(scans.make_link, scan.id)
    station.show_link(token)
    return token


def words(answer: TestResponse) -> str:
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", main.group() if main else answer.text, flags=re.DOTALL)
    return " ".join(unescape(text).split())


# ------------------------------------------------------------------------------------ beginning


def test_the_first_screen_asks_for_the_ticket_and_shows_the_numbers(
    client: FlaskClient, process: Heard, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    text = words(client.get("/scanner"))
    assert "Letakkan tiket Anda di bawah kamera" in text
    assert visit.label in text
    assert "Dilarang memindai kartu identitas" in text
    assert "Cari dulu sebelum memindai" in text
    assert "Lay your ticket under the camera" in words(client.get("/scanner?lang=en"))


def test_a_touched_number_opens_the_session_of_its_visit(
    client: FlaskClient, desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    client.post("/scanner/begin", data={"number": visit.label})
    scan = desk.store.read(scans.at_station)
    assert scan is not None
    assert scan.visit_id == visit.id
    assert "Buku apa yang Anda pindai?" in words(client.get("/scanner"))


def test_an_unknown_number_opens_nothing(client: FlaskClient, desk: FrontDesk) -> None:
    assert client.post("/scanner/begin", data={"number": "P999"}).status_code == 404
    assert desk.store.read(scans.at_station) is None


def test_a_session_without_a_number_belongs_to_no_visit(client: FlaskClient, desk: FrontDesk) -> None:
    client.post("/scanner/begin")
    scan = desk.store.read(scans.at_station)
    assert scan is not None
    assert scan.visit_id is None


def test_the_notice_says_what_may_be_scanned_and_restricted_is_refused(
    client: FlaskClient, desk: FrontDesk
) -> None:
    client.post("/scanner/begin")
    text = words(client.get("/scanner"))
    for said in (
        "boleh dipindai untuk keperluan nonkomersial dengan menyebutkan sumber",
        "hanya sebagian, satu salinan",
        "Batas di alat ini: 10 % isi buku atau satu bab.",
        "Saya memahami dan akan mematuhi",
    ):
        assert said in text

    assert client.post("/scanner/accept", data={"book": "restricted"}).status_code == 409
    assert client.post("/scanner/accept", data={"book": "comic"}).status_code == 404
    client.post("/scanner/accept", data={"book": "other"})
    scan = desk.store.read(scans.at_station)
    assert scan is not None
    assert scan.book == "other"


# ------------------------------------------------------------------------------------ scanning


def test_pages_are_shown_as_they_come_and_a_poor_one_says_why(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    assert "Belum ada halaman" in words(client.get("/scanner"))
    take(station, begun, 2)
    take(station, begun, 1, poor=("blurred", "finger"))
    take(station, begun, None)

    page = client.get("/scanner")
    text = words(page)
    assert "4 halaman dipindai" in text
    assert "1 sedang dirapikan" in text
    assert "buram, jari" in text
    assert page.text.count("thumb--poor") == 1
    station.folder_of(begun).give_up(3, "picture_truncated")
    station.hear({"is": "page", "frame": 3})
    assert text != words(client.get("/scanner"))
    assert desk.wording.text("error.picture_truncated.title", "id") in words(client.get("/scanner"))
    assert client.get("/scanner/picture/000001-1.jpg?small=1").data == JPEG
    assert client.get("/scanner/picture/000003.jpg?small=1").data == JPEG


@pytest.mark.parametrize(
    ("view", "data", "after"),
    [
        ("delete", {"key": "000001-1"}, ["000001-2", "000002-1"]),
        ("move", {"key": "000001-1", "way": "later"}, ["000001-2", "000001-1", "000002-1"]),
        ("move", {"key": "000002-1", "way": "earlier"}, ["000001-1", "000002-1", "000001-2"]),
        ("turn", {"key": "000001-1"}, ["000001-1", "000001-2", "000002-1"]),
    ],
)
def test_each_change_is_one_tap_and_one_tap_undoes_it(
    client: FlaskClient, station: Station, begun: Scan, view: str, data: dict[str, str], after: list[str]
) -> None:
    take(station, begun, 2)
    take(station, begun, 1)
    before = station.look().leaves

    assert client.post(f"/scanner/{view}", data=data).status_code == 303
    assert [leaf.key for leaf in station.look().leaves] == after
    assert station.look().leaves != before
    assert "Urungkan" in words(client.get("/scanner"))

    client.post("/scanner/undo")
    assert station.look().leaves == before


def test_the_button_and_a_retake_are_told_to_the_process(
    client: FlaskClient, station: Station, process: Heard, begun: Scan
) -> None:
    take(station, begun, 1, poor=("blurred",))
    client.post("/scanner/take")
    client.post("/scanner/take", data={"glass": "1"})
    client.post("/scanner/take", data={"instead": "000001-1"})
    assert process.lines[-3:] == [
        {"do": "take", "instead": None},
        {"do": "scan", "instead": None},
        {"do": "take", "instead": 1},
    ]


def test_a_full_disk_refuses_new_pages_with_the_reason_and_the_finished_ones_are_bound(
    client: FlaskClient, station: Station, process: Heard, begun: Scan
) -> None:
    take(station, begun)
    station.has_room = lambda: False
    answer = client.post("/scanner/take")
    assert answer.status_code == 409
    assert "Penyimpanan hampir penuh" in answer.text
    assert "Tekan Selesai untuk membawa pulang" in answer.text

    client.post("/scanner/finish")
    assert process.lines[-1]["do"] == "bind"
    assert process.lines[-1]["pages"] == [("000001-1", 0)]


def test_the_house_rule_for_other_books_ends_the_scanning(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    desk.store.write(scans.accept, desk.office, begun.id, "other")
    take(station, begun, 40)
    answer = client.post("/scanner/take")
    assert answer.status_code == 409
    assert "Batas halaman tercapai" in answer.text


def test_above_fifty_pages_of_bps_it_points_to_the_digital_copy(
    client: FlaskClient, station: Station, begun: Scan
) -> None:
    take(station, begun, 50)
    assert "cari dahulu versi digital" not in words(client.get("/scanner"))
    take(station, begun, 1)
    assert "Lebih dari 50 halaman: cari dahulu versi digital" in words(client.get("/scanner"))


def test_trouble_is_said_in_words_and_that_nothing_is_lost(
    client: FlaskClient, station: Station, begun: Scan
) -> None:
    station.hear({"is": "scanned", "problem": "jammed"})
    assert "Pemindai tersangkut" in words(client.get("/scanner"))
    station.connect(None, "lost")
    text = words(client.get("/scanner"))
    assert "Pemindai tidak merespons. Petugas telah diberi tahu." in text
    assert "tetap tersimpan" in text
    assert client.post("/scanner/take").status_code == 409


def test_who_is_quiet_too_long_is_asked_and_may_stay(
    client: FlaskClient, desk: FrontDesk, begun: Scan, clock: ManualClock
) -> None:
    clock.advance(desk.scan_limits.idle_s - 50)
    assert "Masih memindai? Sesi dihapus dalam 50 detik." in words(client.get("/scanner"))
    client.post("/scanner/stay")
    assert "Masih memindai?" not in words(client.get("/scanner"))


# ------------------------------------------------------------------------------------ taking it home


def test_finishing_waits_for_the_pages_in_work_and_then_offers_the_file(
    client: FlaskClient, desk: FrontDesk, station: Station, process: Heard, begun: Scan
) -> None:
    take(station, begun, None)
    client.post("/scanner/finish")
    assert "PDF sedang disusun" in words(client.get("/scanner"))
    assert "bind" not in process.done()

    station.folder_of(begun).keep_pages(1, [PageFiles(b"%PDF", JPEG, JPEG)])
    station.hear({"is": "page", "frame": 1})
    assert process.lines[-1]["source_line"] == (
        "Dipindai di PST BPS Kota Sawahlunto, 23 November 2026, nonkomersial, sebutkan sumber."
    )
    token = finish(desk, station, begun)

    page = client.get("/scanner")
    text = words(page)
    assert "PDF Anda siap" in text
    assert "3 halaman, 1,4 MB" in text
    assert "Unduh dengan kode QR (berlaku 15 menit)" in text
    assert f"/d/{token}" in page.text
    assert "paling lambat pukul 09.30 WIB" in text


def test_the_link_downloads_the_file_counts_it_and_is_over_after_its_time(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan, clock: ManualClock
) -> None:
    token = finish(desk, station, begun)
    phone = {"REMOTE_ADDR": "192.168.1.77"}
    assert "Unduh PDF" in client.get(f"/d/{token}", environ_base=phone).text
    answer = client.get(f"/d/{token}/pindaian-pst.pdf", environ_base=phone)
    assert answer.mimetype == "application/pdf"
    assert answer.data[:4] == b"%PDF"
    answer.close()
    assert desk.store.read(scans.get, begun.id).downloads == 1

    clock.advance(15 * 60)
    for path in (f"/d/{token}", f"/d/{token}/pindaian-pst.pdf"):
        over = client.get(path, environ_base=phone)
        assert over.status_code == 409
        assert "tidak berlaku lagi" in over.text
    assert "Buat kode baru" in words(client.get("/scanner"))
    client.post("/scanner/link")
    assert station.link not in (None, token)


def test_guessing_links_is_slowed_down_and_the_token_is_not_stored(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    token = finish(desk, station, begun)
    assert len(token) == 22
    answers = [client.get(f"/d/{'A' * 21}{number % 10}").status_code for number in range(12)]
    assert answers[:10] == [409] * 10
    assert answers[-1] == 429
    row = desk.store.read(lambda db: dict(db.execute("SELECT * FROM scan").fetchone()))
    assert token not in str(row)


def test_what_is_too_large_for_e_mail_is_said_before(tmp_path: Path, clock: ManualClock) -> None:
    mail = 'email_host = "relay.example.org"\nemail_sender = "pst@example.org"\n'
    config = parse(CONFIG.format(office="1373") + STATION + mail)
    desk = assemble(load_office("1373"), config, clock, tmp_path / "mail")
    desk.store.open()
    assert desk.station is not None
    client = create_app(desk).test_client()
    scan = desk.store.write(scans.begin, desk.office, visit_id=None, opened_by="touch", language="id")
    desk.store.write(scans.accept, desk.office, scan.id, "bps")
    desk.station.open(scan)
    finish(desk, desk.station, scan, 9_000_000)
    text = words(client.get("/scanner"))
    assert "lebih besar dari 10 MB yang dapat dikirim" in text
    assert "Alamat e-mail" not in text
    desk.store.close()


def test_going_on_scanning_ends_the_link(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    token = finish(desk, station, begun)
    client.post("/scanner/on")
    assert client.get(f"/d/{token}").status_code == 409
    assert station.link is None
    assert desk.store.read(scans.get, begun.id).state == "open"


# ------------------------------------------------------------------------------------ the end


def test_that_all_is_erased_is_said_only_when_it_is(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    take(station, begun)
    answer = client.post("/scanner/cancel")  # no keeper is at work here: the folder stays
    assert answer.location.endswith("gone=yet")
    assert "sedang dihapus" in words(client.get("/scanner?gone=yet"))

    ScanFolder(station.folder_of(begun).path).erase()
    client.post("/scanner/begin")
    assert client.post("/scanner/cancel").location.endswith("gone=now")
    assert "Berkas pindai telah dihapus dari alat ini." in words(client.get("/scanner?gone=now"))


def test_the_pages_of_a_visitor_who_has_left_are_seen_by_nobody(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan
) -> None:
    take(station, begun)
    finish(desk, station, begun)
    client.post("/scanner/leave")
    assert client.get("/scanner/picture/000001-1.jpg").status_code == 404
    assert "thumb" not in client.get("/scanner").text


@pytest.mark.parametrize("path", ["", "/now", "/live.jpg", "/page/000001-1", "/picture/000001-1.jpg"])
def test_only_the_kiosks_networks_see_the_screen(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/scanner{path}", environ_base={"REMOTE_ADDR": "192.168.1.77"})
    assert answer.status_code == 404


def test_a_front_desk_without_a_scanner_says_so(tmp_path: Path, clock: ManualClock) -> None:
    desk = assemble(load_office("1373"), parse(CONFIG.format(office="1373")), clock, tmp_path / "none")
    desk.store.open()
    client = create_app(desk).test_client()
    assert "Alat pindai belum dipasang" in words(client.get("/scanner"))
    assert client.post("/scanner/take").status_code == 404
    desk.store.close()


def test_checkout_the_time_limit_and_the_days_end_are_reasons_to_erase(
    desk: FrontDesk, station: Station, begun: Scan, clock: ManualClock
) -> None:
    limits = desk.scan_limits
    assert desk.store.read(scans.due, clock.now(), limits) == {}
    clock.advance(limits.idle_s + 1)
    assert desk.store.read(scans.due, clock.now(), limits) == {begun.id: "idle"}
    desk.store.write(scans.touch, begun.id)
    finish(desk, station, begun)
    clock.step(86_400 * 365)  # the wall clock is no reason
    assert desk.store.read(scans.due, clock.now(), limits) == {}
    clock.step(-86_400 * 365)
    clock.advance(limits.keep_s + 1)
    assert desk.store.read(scans.due, clock.now(), limits) == {begun.id: "time_limit"}

    def check_out(tx: Transaction) -> None:
        tx.db.execute("UPDATE visit SET state = 'reading' WHERE id = ?", (begun.visit_id,))
        tx.db.execute("UPDATE scan SET finished = ?", (tx.now.stamp(),))
        visits.check_out(tx, begun.visit_id or 0, staff=0)

    desk.store.write(check_out)
    assert desk.store.read(scans.due, clock.now(), limits) == {begun.id: "checkout"}
    desk.store.write(scans.erase_due, limits)
    assert desk.store.read(scans.kept_folders) == frozenset()
