"""What the paper says, on 58 mm and on 80 mm, for both offices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
import segno

from appliance import guestbook, lockers, printing, slips, staff, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.lockers import Wanted
from appliance.printing import Job
from appliance.visits import Request, Visit
from drivers.base import Block, Document, QrCode, Rule, Text

OFFICES = ("1373", "1377")
WIDTHS = (32, 48)
DOTS = {32: 384, 48: 576}  # across the paper


@pytest.fixture(params=OFFICES)
def office(request: pytest.FixtureRequest, build: Callable[[str], FrontDesk]) -> FrontDesk:
    """The front desk of each office that comes with the product."""
    return build(request.param)


def issue(desk: FrontDesk, *, priority: bool = False, service: str = "library") -> Visit:
    return desk.store.write(tickets.issue, desk.office, Request("a", service, "kiosk", priority=priority))


def paper(desk: FrontDesk, visit: Visit | None, kind: str = "ticket", columns: int = 32) -> Document:
    """The newest paper of this kind."""
    job = desk.store.read(printing.of_visit, visit.id, kind) if visit else job_without_visit(desk, kind)
    assert job is not None
    made = slips.document(desk, job, columns)
    assert made is not None
    return made


def job_without_visit(desk: FrontDesk, kind: str) -> Job:
    return Job(1, kind, None, {}, copy=False, state="queued", problem=None, asked=desk.clock.now())


def lines(document: Document) -> list[str]:
    return [line for block in document if isinstance(block, Text) for line in block.text.splitlines()]


def take_in(desk: FrontDesk, visit: Visit, wanted: Wanted) -> Visit:
    member = desk.store.write(staff.add, login="rina", name="Rina M", role="officer", password_hash="")
    return desk.store.write(lockers.take_in, visit.id, wanted, pockets=12, staff=member.id)


def every_paper(desk: FrontDesk, columns: int) -> list[Document]:
    papers = [paper(desk, None, kind, columns) for kind in ("first_start", "test")]
    visit = issue(desk, priority=True)
    take_in(desk, visit, Wanted("1", "ktp", "hash"))
    return papers + [paper(desk, visit, kind, columns) for kind in ("ticket", "locker_slip")]


# ------------------------------------------------------------------------------------------ the width


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_is_longer_than_the_paper_is_wide(office: FrontDesk, columns: int) -> None:
    for document in every_paper(office, columns):
        for block in document:
            if isinstance(block, Text):
                assert all(len(line) * block.size <= columns for line in block.text.splitlines()), block


@pytest.mark.parametrize("columns", WIDTHS)
def test_every_qr_code_fits_with_its_quiet_zone(office: FrontDesk, columns: int) -> None:
    """With an address as long as an office may have too."""
    public = "https://antrean-pst-kota-sawahlunto.example.go.id"
    panel = office.config.panel.model_copy(update={"public_url": public})
    desk = replace(office, config=office.config.model_copy(update={"panel": panel}))
    for document in every_paper(desk, columns):
        for block in document:
            if isinstance(block, QrCode):
                assert block.data.startswith(public)
                width, _ = segno.make(block.data, error="m", micro=False).symbol_size(block.module, border=4)
                assert width <= DOTS[columns]


def test_the_test_print_shows_the_whole_width(office: FrontDesk) -> None:
    for columns in WIDTHS:
        assert len(lines(paper(office, None, "test", columns))[-1]) == columns


# ------------------------------------------------------------------------------------------ the ticket


def shape(block: Block) -> str:
    if isinstance(block, Text):
        return block.text
    return {Rule: "----", QrCode: "[qr]"}.get(type(block), "")


def test_the_ticket_of_sawahlunto_on_58_mm(desk: FrontDesk, clock: ManualClock) -> None:
    clock.advance(14 * 60)
    visit = issue(desk)
    assert [shape(block) for block in paper(desk, visit)] == [
        "PELAYANAN STATISTIK TERPADU",
        "BPS KOTA SAWAHLUNTO",
        "----",
        "NOMOR ANTREAN",
        "P001",
        "",
        "Layanan  : Perpustakaan",
        "Waktu    : 23/11/2026 09.14 WIB",
        "Di depan : 0 orang",
        "[qr]",
        "Pindai untuk buku tamu dan",
        "giliran Anda",
        "----",
        "Silakan tunggu panggilan.",
        "Dilayani maks. 5 menit setelah",
        "mengisi buku tamu. Gratis.",
        "Saran:",
        "s.bps.go.id/pengaduan-1373",
        "Berlaku hari ini saja.",
    ]


def test_the_number_is_large_and_the_qr_code_opens_the_visit(office: FrontDesk) -> None:
    visit = issue(office)
    for columns in WIDTHS:
        document = paper(office, visit, columns=columns)
        (number,) = (block for block in document if isinstance(block, Text) and block.text == "P001")
        assert (number.size, number.align, number.bold) == (6, "center", True)
        (code,) = (block for block in document if isinstance(block, QrCode))
        assert code.data == f"http://127.0.0.1:8080/v/{visit.token}"


def test_priority_is_on_the_ticket_only_where_it_was_asked_for_and_without_a_reason(
    desk: FrontDesk,
) -> None:
    usual = issue(desk)
    urgent = desk.store.write(tickets.issue, desk.office, Request("b", "library", "kiosk", priority=True))
    assert "PRIORITAS" not in lines(paper(desk, usual))
    assert lines(paper(desk, urgent)).count("PRIORITAS") == 1
    assert "Di depan : 0 orang" in lines(paper(desk, urgent)), "who is called first has nobody ahead"


@pytest.mark.parametrize(
    ("profile", "links"),
    [
        ("1373", ["s.bps.go.id/pengaduan-1373"]),
        ("1377", ["s.bps.go.id/pengaduan1377", "https://lapor.go.id"]),
    ],
)
def test_the_complaint_channels_are_as_published_each_once(
    build: Callable[[str], FrontDesk], profile: str, links: list[str]
) -> None:
    desk = build(profile)
    printed = lines(paper(desk, issue(desk), columns=48))
    assert [line.removeprefix("Saran: ") for line in printed if line.startswith("Saran: ")] == links


def test_the_promise_is_that_of_the_offices_standard(desk: FrontDesk) -> None:
    visit = issue(desk)
    sla = desk.office.sla.model_copy(update={"minutes": 10, "starts": "previous_visit_ended"})
    other = replace(desk, office=desk.office.model_copy(update={"sla": sla}))
    printed = " ".join(lines(paper(other, visit)))
    assert "Dilayani maks. 10 menit setelah pengunjung sebelumnya. Gratis." in printed


def test_an_office_that_spells_antrian_prints_antrian(
    build: Callable[[str], FrontDesk], tmp_path: Path
) -> None:
    profile = resources.files("appliance.offices").joinpath("1373.toml").read_text(encoding="utf-8")
    path = tmp_path / "office.toml"
    path.write_text(profile.replace('queue_word = "antrean"', 'queue_word = "antrian"'), encoding="utf-8")
    desk = build(str(path))
    assert "NOMOR ANTRIAN" in lines(paper(desk, issue(desk)))


# ------------------------------------------------------------------------------------------ copies, slips


def test_a_copy_is_marked_and_otherwise_the_same(office: FrontDesk) -> None:
    visit = issue(office)
    job = office.store.read(printing.of_visit, visit.id)
    assert job is not None
    office.store.write(printing.begin, job.id)
    office.store.write(printing.end, job.id, "unknown")
    original = slips.document(office, job, 32)
    office.store.write(printing.ask_copy, job.id, staff=1)
    copy = paper(office, visit)
    assert original is not None
    assert [block for block in copy if block not in original] == [
        Text("SALINAN", "center", bold=True, size=2)
    ]


def test_the_slip_names_locker_and_pocket_and_the_number_of_the_visit(office: FrontDesk) -> None:
    visit = take_in(office, issue(office), Wanted("2", "ktp", "hash"))
    document = paper(office, visit, "locker_slip")
    assert Text("2", "center", bold=True, size=6) in document
    printed = lines(document)
    assert "Kantong kartu : 1" in printed
    assert printed[printed.index("Kantong kartu : 1") + 1].endswith(": P001")
    assert any(isinstance(block, QrCode) for block in document), "for whoever has no card to be known by"


def test_a_slip_without_a_card_says_so_and_one_without_a_bag_names_no_locker(office: FrontDesk) -> None:
    bag = take_in(office, issue(office), Wanted("2", None))
    assert any(line.endswith(": Tanpa kartu") for line in lines(paper(office, bag, "locker_slip")))
    card = office.store.write(tickets.issue, office.office, Request("b", "library", "kiosk"))
    card = office.store.write(lockers.take_in, card.id, Wanted(None, "sim"), pockets=12, staff=1)
    assert "LOKER" not in lines(paper(office, card, "locker_slip"))


def test_no_paper_carries_a_name_a_card_kind_or_what_was_kept_of_a_card(desk: FrontDesk) -> None:
    visit = take_in(desk, issue(desk), Wanted("1", "passport", "card-hash"))
    values = {
        "name": "Siti Nurhaliza",
        "email": "siti@example.org",
        "institution": "SMA Negeri 1",
        "sub_services": "printed_library",
        **dict.fromkeys(("sex", "birth_year", "education", "occupation"), "-"),
        **dict.fromkeys(("institution_category", "main_use"), "-"),
    }
    entry = Entry(values, notice_hash="", language="id", entered_on="kiosk")
    desk.store.write(guestbook.submit, desk.office, visit.id, entry)
    for kind in ("ticket", "locker_slip"):
        printed = "\n".join(map(repr, paper(desk, visit, kind))).lower()
        for secret in ("siti", "nurhaliza", "example.org", "sma negeri", "passport", "card-hash", "rina"):
            assert secret not in printed


def test_a_visit_without_a_ticket_has_a_slip_under_its_own_label(office: FrontDesk) -> None:
    member = office.store.write(staff.add, login="rina", name="Rina M", role="officer", password_hash="")
    visit = office.store.write(
        visits.walk_in, office.office, Request("a", "library", "desk"), place="frontline", staff=member.id
    )
    office.store.write(lockers.take_in, visit.id, Wanted("1", None), pockets=1, staff=member.id)
    assert any(line.endswith(f": T{visit.id:03}") for line in lines(paper(office, visit, "locker_slip")))


def test_the_first_code_is_printed_with_the_address_where_it_is_entered(office: FrontDesk) -> None:
    printed = lines(paper(office, None, "first_start"))
    code = staff.first_start_code(office.folder)
    assert f"{code[:4]} {code[4:]}" in printed
    assert "http://127.0.0.1:8080/setup" in printed


def test_after_the_set_up_no_code_is_printed_any_more(office: FrontDesk) -> None:
    office.store.write(staff.add, login="rina", name="Rina M", role="administrator", password_hash="")
    assert slips.document(office, job_without_visit(office, "first_start"), 32) is None


@pytest.mark.parametrize(
    ("text", "columns", "wrapped"),
    [
        ("", 10, [""]),
        ("kurang", 10, ["kurang"]),
        ("satu dua tiga", 8, ["satu dua", "tiga"]),
        ("s.bps.go.id/pengaduan-1373", 20, ["s.bps.go.id/pengadua", "n-1373"]),
    ],
)
def test_texts_are_broken_between_words_and_links_where_they_must(
    text: str, columns: int, wrapped: list[str]
) -> None:
    assert slips.wrap(text, columns) == wrapped
