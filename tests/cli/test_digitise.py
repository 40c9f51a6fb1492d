"""`frontdesk digitise` and `frontdesk bench pages`, on real files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
from click.testing import Result

from appliance.scanning import digitising
from appliance.scanning.digitising import Order, Outcome, pictures_of
from tests.pages.sheets import Sheet, photographed

Command = Callable[..., Result]


def photo(folder: Path, name: str, sheet: Sheet) -> Path:
    """A page on a dark desk."""
    page = photographed(sheet.image, shadow=0, shade=0)
    desk = np.full((page.shape[0] + 240, page.shape[1] + 240, 3), (38, 44, 52), np.uint8)
    desk[120:-120, 120:-120] = page
    path = folder / name
    cv2.imwrite(str(path), desk)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A folder with two pages, a picture that is cut off, and a text."""
    folder = tmp_path / "book"
    folder.mkdir()
    photo(folder, "page 10.jpg", Sheet().write(20, 20, "Barangin dan Talawi", 5).prose(18, 40, 84, 14))
    first = photo(folder, "page 2.jpg", Sheet().write(20, 20, "Lembah Segar", 5).prose(18, 40, 84, 14))
    (folder / "page 3.jpg").write_bytes(first.read_bytes()[:50_000])
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_pages_of_a_folder_become_a_book_and_a_bad_picture_costs_only_itself(
    command: Command, book: Path, tmp_path: Path
) -> None:
    target, steps = tmp_path / "out" / "book.pdf", tmp_path / "steps"

    done = command(
        "digitise", book, "-o", target, "--jobs", 2, "--ocr", "--title", "Dalam Angka", "--debug", steps,
        "--source-line", "dipindai di PST BPS, nonkomersial, sebutkan sumber",
    )  # fmt: skip

    assert done.exit_code == 1
    assert "page 3.jpg: The picture is incomplete" in done.stderr
    assert done.stdout.startswith("2 pages (")
    assert [path.name for path in target.parent.iterdir()] == ["book.pdf"]
    subprocess.run(["qpdf", "--check", str(target)], check=True, capture_output=True)
    text = subprocess.run(["pdftotext", str(target), "-"], capture_output=True, text=True, check=True).stdout
    assert text.index("Lembah Segar") < text.index("sebutkan sumber") < text.index("Barangin dan Talawi")
    with pikepdf.Pdf.open(target) as pdf:
        assert str(pdf.docinfo.Title) == "Dalam Angka"
    assert len(list(steps.glob("page 2-1-*.png"))) >= 5


def test_nothing_is_written_when_no_picture_gives_a_page(command: Command, tmp_path: Path) -> None:
    bad = tmp_path / "empty.png"
    bad.touch()

    done = command("digitise", bad, "-o", tmp_path / "book.pdf")

    assert done.exit_code == 1
    assert "The picture file is empty" in done.stderr
    assert not (tmp_path / "book.pdf").exists()


def test_language_that_is_not_installed_is_said_before_anything_is_begun(
    command: Command, book: Path, tmp_path: Path
) -> None:
    done = command("digitise", book, "-o", tmp_path / "book.pdf", "--ocr", "--lang", "ind+xyz")

    assert done.exit_code == 1
    assert "Tesseract with xyz" in done.stderr


def test_folder_without_pictures_is_said(command: Command, tmp_path: Path) -> None:
    done = command("digitise", tmp_path, "-o", tmp_path / "book.pdf")

    assert done.exit_code == 1
    assert "no pictures" in done.stderr


def test_pictures_of_a_folder_come_in_the_order_of_their_numbers(book: Path) -> None:
    assert [path.name for path in pictures_of([book])] == ["page 2.jpg", "page 3.jpg", "page 10.jpg"]


def workers() -> list[int]:
    """The processes that develop pages for this one."""
    found = []
    for children in Path("/proc/self/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            with contextlib.suppress(OSError):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(child)
    return found


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_process_that_falls_costs_no_picture(book: Path, tmp_path: Path) -> None:
    for number in range(20, 26):
        photo(book, f"page {number}.jpg", Sheet().prose(18, 20, 84, 16))
    outcomes: list[Outcome] = []

    for outcome in digitising.develop_all(pictures_of([book]), Order(), tmp_path, 2):
        outcomes.append(outcome)
        if len(outcomes) == 2:
            for worker in workers():
                os.kill(worker, signal.SIGKILL)

    assert sorted(outcome.number for outcome in outcomes) == list(range(9))
    assert [outcome.error for outcome in outcomes if not outcome.pages] == ["picture_truncated"]


def test_bench_gives_seconds_memory_bytes_and_straightness(command: Command, book: Path) -> None:
    done = command("bench", "pages", book)

    first, broken, last = json.loads(done.stdout)
    assert done.exit_code == 0
    assert broken == {"picture": "page 3.jpg", "error": "picture_truncated"}
    for figures in (first, last):
        (page,) = figures["pages"]
        assert figures["peak_mb"] > 50
        assert page["bytes"] > 5_000
        assert page["lines"] >= 8
        assert page["curvature_xh"] < 0.06
        assert page["seconds"] == pytest.approx(sum(page["by_step"].values()), abs=0.01)
