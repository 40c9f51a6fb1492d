"""One page as a PDF: true size, few bytes, and every point as it was, by other readers than wrote it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image as Pillow

from appliance.pages import compose, develop
from appliance.pages.compose import Layers
from appliance.pages.develop import Settings
from appliance.pages.inks import Ink
from appliance.pages.margins import Box
from appliance.pages.sheet import AnyArray
from tests.pages.sheets import Sheet, flat, photographed

BLACK = (0, 0, 0)


def page_of(ink: AnyArray, dpi: float = 300.0, jbig2: str | None = None) -> bytes:
    height, width = ink.shape
    layers = Layers(width, height, dpi, [Ink(ink, BLACK)], [], Box(0, 0, width, height))
    return compose.part(layers, jbig2)


def drawn(part: bytes, folder: Path, dpi: float = 300.0) -> AnyArray:
    """What poppler draws of it, point by point."""
    path = folder / "page.pdf"
    path.write_bytes(part)
    command = ["pdftoppm", "-r", f"{dpi}", "-mono", "-singlefile", str(path), str(folder / "page")]
    subprocess.run(command, check=True, capture_output=True)
    with Pillow.open(folder / "page.pbm") as picture:
        return ~np.asarray(picture.convert("1"), np.bool_)


def checked(part: bytes, folder: Path) -> None:
    path = folder / "checked.pdf"
    path.write_bytes(part)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def noisy() -> AnyArray:
    """Ink in every pattern, of an odd width."""
    rng = np.random.default_rng(4)
    ink = rng.random((901, 1203)) < 0.1
    ink[200:500, 300:777] = True
    return ink


@pytest.fixture
def encoder(tmp_path: Path) -> str:
    """A JBIG2 encoder as a program of its own."""
    root = Path(__file__).parents[2]
    program = tmp_path / "jbig2"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m tests.pages.jbig2_encoder "$@"\n'
    )
    program.chmod(0o755)
    return str(program)


def test_bilevel_page_is_drawn_bit_for_bit_from_g4(noisy: AnyArray, tmp_path: Path) -> None:
    part = page_of(noisy)

    assert b"/CCITTFaxDecode" in part
    assert np.array_equal(drawn(part, tmp_path), noisy)
    assert np.array_equal(compose.stencils(part)[0], noisy)
    checked(part, tmp_path)


def test_real_page_is_extracted_bit_for_bit(tmp_path: Path) -> None:
    page = develop.clean(flat(photographed(Sheet().table(12, 20, 24).image)), Settings())
    (tmp_path / "page.pdf").write_bytes(page.part)

    subprocess.run(["pdfimages", "-all", "page.pdf", "ink"], cwd=tmp_path, check=True)

    (ink,) = compose.stencils(page.part)
    raw = next(tmp_path.glob("ink-*.ccitt")).read_bytes()
    assert raw == compose.g4(ink)
    assert np.array_equal(drawn(page.part, tmp_path, 200.0), ink)


def test_jbig2_is_used_where_its_encoder_is_and_drawn_bit_for_bit(
    noisy: AnyArray, encoder: str, tmp_path: Path
) -> None:
    part = page_of(noisy, jbig2=encoder)

    assert b"/JBIG2Decode" in part
    assert b"/JBIG2Globals" not in part  # the form that puts one letter for another needs them
    assert np.array_equal(drawn(part, tmp_path), noisy)
    checked(part, tmp_path)


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/jbig2"])
def test_encoder_that_fails_costs_only_bytes(program: str, noisy: AnyArray) -> None:
    assert b"/CCITTFaxDecode" in page_of(noisy, jbig2=program)


def test_page_has_its_true_size(tmp_path: Path) -> None:
    width, height = round(210 / 25.4 * 300), round(297 / 25.4 * 300)
    part = page_of(np.zeros((height, width), np.bool_))

    (tmp_path / "page.pdf").write_bytes(part)
    said = subprocess.run(["pdfinfo", str(tmp_path / "page.pdf")], capture_output=True, text=True, check=True)

    assert "(A4)" in said.stdout


def test_text_page_of_a_yearbook_at_300_dpi_takes_at_most_60_kb() -> None:
    sheet = Sheet(width=182, height=257, dpi=300).prose(22, 25, 136, 36, size=4.0)

    page = develop.clean(flat(photographed(sheet.image), 300), Settings())

    assert page.kind.value == "bilevel"
    assert len(page.part) <= 60_000
    # What the camera added costs little: the page as it was printed takes nearly as much.
    assert len(page.part) <= 1.25 * len(compose.g4(np.asarray(sheet.image[..., 1] < 128)))


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
def test_mixed_page_takes_at_most_150_kb(colour: bool, tmp_path: Path) -> None:
    sheet = Sheet(width=182, height=257, dpi=300).prose(20, 20, 140, 14)
    sheet.photograph(25, 110, 130, 95, colour).prose(20, 215, 140, 5)

    page = develop.clean(flat(photographed(sheet.image), 300), Settings())

    assert page.kind.value == "mixed"
    assert len(page.part) <= 150_000
    checked(page.part, tmp_path)


def test_whole_picture_takes_at_most_450_kb_and_keeps_its_size(tmp_path: Path) -> None:
    sheet = Sheet(width=148, height=210, dpi=300).photograph(0, 0, 148, 210, colour=True)

    page = develop.clean(flat(sheet.image, 300), Settings())

    assert page.kind.value == "colour"
    assert len(page.part) <= 455_000
    checked(page.part, tmp_path)
    with pikepdf.Pdf.open(BytesIO(page.part)) as pdf:
        assert [round(float(side) / 72 * 25.4) for side in pdf.pages[0].mediabox[2:]] == [148, 210]


def test_no_encoder_of_its_own_is_needed() -> None:
    """JBIG2 is an extra; whoever has it on the PATH gets it."""
    assert develop.Settings().jbig2 is None
    assert shutil.which("jbig2", path=os.devnull) is None
