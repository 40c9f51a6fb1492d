"""The photocopy form on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance import photocopies, printing, slips, staff, visits
from appliance.front_desk import FrontDesk
from appliance.visits import Request
from drivers.base import Document, Text

WIDTHS = (32, 48)


def form_on_paper(desk: FrontDesk, columns: int, title: str, *, signed: bool = True) -> Document:
    member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
    visit = desk.store.write(
        visits.walk_in, desk.office, Request("one", "library", "desk"), place="frontline", staff=member.id
    )
    wanted = photocopies.parse(desk.office, {"title": title, "pages": "12-18, 25", "copies": "2"})
    desk.store.write(
        photocopies.ask,
        desk.office,
        visit.id,
        wanted,
        made_on="desk",
        staff=member.id if signed else None,
    )
    job = desk.store.read(printing.of_visit, visit.id, photocopies.PAPER)
    assert job is not None
    made = slips.document(desk, job, columns)
    assert made is not None
    return made


def lines(document: Document) -> list[str]:
    return [line for block in document if isinstance(block, Text) for line in block.text.splitlines()]


def test_it_has_all_that_the_cooperative_needs_and_two_places_to_sign(
    build: Callable[[str], FrontDesk],
) -> None:
    assert lines(form_on_paper(build("1377"), 32, "Kota Pariaman Dalam Angka 2025")) == [
        "PELAYANAN STATISTIK TERPADU",
        "BPS KOTA PARIAMAN",
        "FORMULIR FOTOKOPI",
        "F001",
        "Kota Pariaman Dalam Angka 2025",
        "KUNJUNGAN : T001",
        "Halaman   : 12-18, 25",
        "Salinan   : 2",
        "Lembar    : 16",
        "Bawa buku dan formulir ini ke",
        "koperasi, lalu kembalikan buku",
        "ke petugas.",
        "Kembali sebelum 10.00 WIB",
        "." * 32,
        "Petugas",
        "." * 32,
        "Koperasi",
        "Layanan perpustakaan gratis.",
    ]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("title", ["A" * 200, "Statistik Kesejahteraan Rakyat " * 6])
def test_the_longest_title_fits_the_paper(
    build: Callable[[str], FrontDesk], columns: int, title: str
) -> None:
    for block in form_on_paper(build("1377"), columns, title):
        if isinstance(block, Text):
            assert all(len(line) * block.size <= columns for line in block.text.splitlines()), block


def test_a_form_that_waits_for_a_signature_says_when_the_book_would_be_due(
    build: Callable[[str], FrontDesk],
) -> None:
    assert "Kembali sebelum 10.00 WIB" in lines(form_on_paper(build("1377"), 48, "Buku", signed=False))
