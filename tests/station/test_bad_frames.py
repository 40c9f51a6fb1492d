"""What is no picture of a page, and a disk that is full: each is told, and the other pages stay."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from PIL import Image

from appliance.errors import ApplianceError
from appliance.scanning.folder import PageFiles, ScanFolder, Verdict
from appliance.scanning.process import Deadlines, ScanProcess, as_child
from appliance.scanning.protocol import Setup
from appliance.wording import load_wording
from drivers.simulated.book_camera import Look, draw_spread

SOON_S = 100.0

pytestmark = pytest.mark.timeout(180)


def family(root: type[ApplianceError]) -> Iterator[type[ApplianceError]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


def picture(size: tuple[int, int], kind: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, 200 if mode in ("L", "I;16") else None).save(data, kind, **options)
    return data.getvalue()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ScanProcess]:
    """A scanning process without devices: it develops what lies in the folder."""
    setup = Setup(None, None, auto=False, searchable=False, memory_mb=1024)
    process = ScanProcess(
        setup,
        deadlines=Deadlines(60.0, 60.0, 60.0),
        sane_config=None,
        start=as_child(tmp_path / "temporary"),
    )
    process.connect()
    yield process
    process.close()


def test_each_bad_frame_says_what_it_is_and_the_good_one_becomes_a_page(
    process: ScanProcess, tmp_path: Path
) -> None:
    good = cv2.imencode(".jpg", draw_spread(3, Look(), 1200))[1].tobytes()
    pages = [Image.new("RGB", (300, 400)) for _ in range(2)]
    several = io.BytesIO()
    pages[0].save(several, "TIFF", save_all=True, append_images=pages[1:])
    bad = {
        "not a picture": b"Data are no picture" * 50,
        "truncated": good[: len(good) // 3],
        "empty": b"",
        "one pixel": picture((1, 1)),
        "several pictures": several.getvalue(),
    }
    folder = ScanFolder(tmp_path / "scan")
    folder.make()
    numbers = {name: folder.keep_frame(data, "jpg") for name, data in bad.items()}
    last = folder.keep_frame(good, "jpg")

    process.send({"do": "open", "folder": str(folder.path)})
    give_up = time.monotonic() + SOON_S
    while folder.verdict(last) is None:
        process.receive(0.2)
        assert time.monotonic() < give_up

    verdicts = {name: folder.verdict(number) or Verdict() for name, number in numbers.items()}
    problems = {name: verdict.problem for name, verdict in verdicts.items()}
    known = {kind.code for kind in family(ApplianceError)}
    assert set(problems.values()) <= known
    assert len(set(problems.values())) == len(bad)  # each its own
    assert all(f"error.{code}.do" in load_wording() for code in problems.values())
    assert (folder.verdict(last) or Verdict()).pages


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_fills_up_leaves_no_half_frame_and_all_that_was_there(small_disk: Path) -> None:
    folder = ScanFolder(small_disk / "scan")
    folder.make()
    first = folder.keep_frame(b"x" * 900_000, "jpg")
    with pytest.raises(OSError, match="No space left"):
        folder.keep_frame(b"y" * 1_500_000, "jpg")
    assert [frame.number for frame in folder.frames()] == [first]
    assert folder.frames()[0].path.read_bytes() == b"x" * 900_000

    with pytest.raises(OSError, match="No space left"):
        folder.keep_pages(first, [PageFiles(b"p" * 1_500_000, b"", b"")])
    assert folder.verdict(first) is None  # it is tried again once there is room
    assert [frame.number for frame in folder.undeveloped()] == [first]


def test_a_frame_is_never_written_over(tmp_path: Path) -> None:
    folder = ScanFolder(tmp_path / "scan")
    folder.make()
    first, second = folder.keep_frame(b"one", "jpg"), folder.keep_frame(b"two", "jpg", instead=1)
    assert (first, second) == (1, 2)
    assert [frame.instead for frame in folder.frames()] == [None, 1]
    assert folder.frames()[0].path.read_bytes() == b"one"
