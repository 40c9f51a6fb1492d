"""Searchable text: read by the real Tesseract, found again by another reader, in the order one reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from appliance.errors import TextUnread
from appliance.pages import compose, develop, ocr
from appliance.pages.develop import Settings
from appliance.pages.sheet import Image
from tests.pages.sheets import Sheet, flat, photographed

BOTH = ("ind", "eng")


def text_of(part: bytes, folder: Path) -> str:
    path = folder / "page.pdf"
    path.write_bytes(part)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout


def read(image: Image, languages: tuple[str, ...] = BOTH, dpi: float = 200.0) -> develop.FinishedPage:
    return develop.clean(flat(image, dpi), Settings(languages=languages))


def test_two_columns_are_found_one_after_the_other(tmp_path: Path) -> None:
    sheet = Sheet()
    left = ("Angka kemiskinan kota turun", "pada bulan Maret dan kembali", "turun pada bulan September") * 4
    right = ("Produksi padi tahun ini naik", "di semua kecamatan kecuali", "Talawi yang terkena kemarau") * 4
    for row in range(12):
        sheet.write(8, 20 + row * 4.8, left[row], 3.8).write(64, 20 + row * 4.8, right[row], 3.8)

    page = read(photographed(sheet.image, shadow=0))

    assert page.has_text
    words = " ".join(text_of(page.part, tmp_path).split())
    assert words == " ".join([*left, *right])


def test_columns_that_are_set_wide_stand_in_the_file_one_after_the_other(tmp_path: Path) -> None:
    """Poppler joins such lines across the page by itself; `-raw` shows the order of the file."""
    sheet = Sheet()
    left, right = ("Angka kemiskinan kota turun",) * 10, ("Produksi padi tahun ini naik",) * 10
    for row in range(10):
        sheet.write(8, 20 + row * 6.5, left[row], 3.8).write(64, 20 + row * 6.5, right[row], 3.8)
    path = tmp_path / "page.pdf"
    path.write_bytes(read(photographed(sheet.image, shadow=0)).part)

    text = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, text=True, check=True)

    assert " ".join(text.stdout.split()) == " ".join([*left, *right])


def test_figures_of_a_table_are_found_with_their_decimals(tmp_path: Path) -> None:
    sheet = Sheet(dpi=300)
    figures = ["61.421,5", "83.690,5", "68.472,6", "9.394,1", "0,7", "12.305"]
    for row, figure in enumerate(figures):
        sheet.write(15, 30 + row * 8, "Lembah Segar", 4.2).write(90, 30 + row * 8, figure, 4.2, anchor="ra")

    page = read(photographed(sheet.image, shadow=0.3), dpi=300.0)

    found = text_of(page.part, tmp_path).split()
    assert [figure for figure in figures if figure not in found] == []


def test_text_adds_nothing_that_is_seen(tmp_path: Path) -> None:
    image = photographed(Sheet().prose(18, 20, 84, 6).image, shadow=0)

    plain, searchable = read(image, ()), read(image)

    drawn = []
    for name, page in (("plain", plain), ("searchable", searchable)):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(page.part)
        command = ["pdftoppm", "-r", "200", "-mono", "-singlefile", str(path), str(tmp_path / name)]
        subprocess.run(command, check=True)
        drawn.append((tmp_path / f"{name}.pbm").read_bytes())
    assert drawn[0] == drawn[1]
    assert not plain.has_text
    assert len(searchable.part) < len(plain.part) + 12_000


def test_page_without_print_needs_no_reading() -> None:
    part = read(photographed(Sheet().image), ()).part

    assert ocr.searchable(part, 200.0, BOTH, deadline_s=0.0) == part


def test_page_that_takes_too_long_is_kept_without_text() -> None:
    image = photographed(Sheet().prose(18, 20, 84, 22).image, shadow=0)
    ink = compose.stencils(read(image, ()).part)[0]

    with pytest.raises(TextUnread, match="no text after"):
        ocr.read(ink, 200.0, BOTH, deadline_s=0.01)
    page = develop.clean(flat(image), Settings(languages=BOTH, text_deadline_s=0.01))
    assert not page.has_text
    assert np.array_equal(compose.stencils(page.part)[0], ink)


def test_language_that_is_not_installed_is_said() -> None:
    ink = compose.stencils(read(photographed(Sheet().prose(18, 20, 84, 2).image), ()).part)[0]

    with pytest.raises(TextUnread):
        ocr.read(ink, 200.0, ("xyz",))
    assert set(BOTH) <= ocr.languages()


def test_program_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ink = np.ones((300, 300), np.bool_)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TextUnread):
        ocr.read(ink, 200.0, BOTH)
