"""The finished book: put together at once, whatever its number of pages; whole or not at all."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pikepdf
import pytest

from appliance.pages import compose, pdf
from appliance.pages.compose import Layers
from appliance.pages.inks import Ink
from appliance.pages.margins import Box
from appliance.pages.pdf import Details
from appliance.pages.sheet import AnyArray
from appliance.pages.source_line import WIDTHS, wrapped
from tests.pages.sheets import Sheet

WIB = timezone(timedelta(hours=7))
MADE = datetime(2026, 11, 25, 9, 30, tzinfo=WIB)
LINE = (
    "Kota Sawahlunto Dalam Angka 2025 – dipindai di PST BPS Kota Sawahlunto, 25 November 2026, "
    "nonkomersial, sebutkan sumber."
)


def ink(sheet: Sheet) -> AnyArray:
    return np.asarray(sheet.image[..., 1] < 128)


PROSE = ink(Sheet().prose(18, 20, 84, 22))


def part(folder: Path, name: str, mask: AnyArray = PROSE, box: Box | None = None) -> Path:
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = box or Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    path = folder / name
    path.write_bytes(compose.part(Layers(width, height, 200.0, [Ink(mask, (0, 0, 0))], [], box)))
    return path


def said_by(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def test_book_says_what_it_is(tmp_path: Path) -> None:
    book = tmp_path / "book.pdf"

    pdf.finish(
        [part(tmp_path, "1.pdf"), part(tmp_path, "2.pdf")],
        book,
        Details(MADE, title="Sawahlunto Dalam Angka é", source_line=LINE, first_number=12),
    )

    said_by("qpdf", "--check", book)
    info = said_by("pdfinfo", book)
    assert "Sawahlunto Dalam Angka é" in info
    assert "PST Front Desk" in info
    with pikepdf.Pdf.open(book) as found:
        assert str(found.docinfo.CreationDate) == "D:20261125093000+07'00"
        assert [page.label for page in found.pages] == ["12", "13"]
        assert str(found.Root.Lang) == "id"


def test_source_line_stands_on_the_first_page_alone_and_covers_no_print(tmp_path: Path) -> None:
    book = tmp_path / "book.pdf"
    full = ink(Sheet().prose(5, 2, 105, 33))  # print nearly to the foot

    pdf.finish(
        [part(tmp_path, "1.pdf", full), part(tmp_path, "2.pdf")], book, Details(MADE, source_line=LINE)
    )

    assert " ".join(said_by("pdftotext", "-l", "1", book, "-").split()) == LINE
    assert said_by("pdftotext", "-f", "2", book, "-").strip() == ""
    with pikepdf.Pdf.open(book) as found:
        first, second = found.pages[0], found.pages[1]
        lowest = float(first.artbox[1])
        assert float(first.mediabox[1]) + 12 < lowest
        assert float(second.mediabox[3]) - float(second.mediabox[1]) == pytest.approx(160 / 25.4 * 72, abs=1)


def test_source_line_breaks_between_words_and_fits() -> None:
    lines = wrapped(LINE * 3, 200)

    assert " ".join(lines) == " ".join((LINE * 3).split())
    assert len(lines) > 3
    assert WIDTHS["a"] == 556
    assert WIDTHS["~"] == 584


def test_pages_get_the_same_size_and_print_stands_at_the_same_place(tmp_path: Path) -> None:
    shifted = np.roll(PROSE, 9, axis=1)[:-12]
    parts = [part(tmp_path, "1.pdf"), part(tmp_path, "2.pdf", shifted), part(tmp_path, "3.pdf")]
    map_ = part(tmp_path, "4.pdf", np.hstack([PROSE, PROSE]))
    book = tmp_path / "book.pdf"

    pdf.finish([*parts, map_], book, Details(MADE))

    with pikepdf.Pdf.open(book) as found:
        sizes = [
            [float(b) - float(a) for a, b in zip(p.mediabox[:2], p.mediabox[2:], strict=False)]
            for p in found.pages
        ]
        left = [float(page.artbox[0]) - float(page.mediabox[0]) for page in found.pages]
    assert sizes[0] == pytest.approx(sizes[1], abs=0.1)
    assert left[0] == pytest.approx(left[1], abs=0.5)
    assert sizes[3][0] == pytest.approx(2 * sizes[0][0], abs=1)


def test_pages_are_turned_as_they_were_turned_on_the_screen(tmp_path: Path) -> None:
    book = tmp_path / "book.pdf"

    pdf.finish([part(tmp_path, "1.pdf"), part(tmp_path, "2.pdf")], book, Details(MADE), [0, 1])

    assert [
        line.split()[-1] for line in said_by("pdfinfo", "-l", "2", book).splitlines() if "rot:" in line
    ] == [
        "0",
        "90",
    ]


def test_book_is_whole_or_as_it_was_before(tmp_path: Path) -> None:
    book = tmp_path / "book.pdf"
    book.write_bytes(b"the old one")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")

    with pytest.raises(pikepdf.PdfError):
        pdf.finish([part(tmp_path, "1.pdf"), broken], book, Details(MADE))

    assert book.read_bytes() == b"the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"1.pdf", "book.pdf", "broken.pdf"}


def test_300_pages_are_a_book_within_5_seconds(tmp_path: Path) -> None:
    one = part(tmp_path, "page.pdf").read_bytes()
    parts = []
    for number in range(300):
        path = tmp_path / f"{number:03}.pdf"
        path.write_bytes(one)
        parts.append(path)

    begin = time.process_time()
    pdf.finish(parts, tmp_path / "book.pdf", Details(MADE, source_line=LINE))
    spent = time.process_time() - begin

    assert spent < 5
    with pikepdf.Pdf.open(tmp_path / "book.pdf") as book:
        assert len(book.pages) == 300


MEMORY = """
import resource, sys
from datetime import datetime, timezone
from pathlib import Path
from appliance.pages import pdf
parts = [Path(sys.argv[1])] * int(sys.argv[2])
pdf.finish(parts, Path(sys.argv[3]), pdf.Details(datetime.now(timezone.utc)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.fault
def test_memory_of_the_binding_grows_by_little_with_the_pages(tmp_path: Path) -> None:
    one = part(tmp_path, "page.pdf")

    peaks = [
        int(said_by(sys.executable, "-c", MEMORY, one, str(count), tmp_path / f"{count}.pdf"))
        for count in (50, 1000)
    ]

    size = (tmp_path / "1000.pdf").stat().st_size
    assert peaks[1] - peaks[0] < 90_000  # kB, of which most is what qpdf knows of each object
    assert size > 10_000_000 or size > 900 * one.stat().st_size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
