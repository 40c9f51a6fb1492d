"""The flatbed through real python-sane and libsane, on SANE's own `test` and `pnm` backends.

Each scan runs in a process of its own, as it does at work: libsane keeps state, and may crash or hang.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.simulated.glass import Glass

CHILD = """
import json, os, sys, threading, time
wanted = json.loads(sys.argv[1])
from drivers.base import DriverError
from drivers.flatbed import SaneFlatbed, ScanSettings
area = tuple(wanted["area"]) if wanted.get("area") else None
colour, options = wanted.get("colour", "colour"), wanted.get("options", {})
settings = ScanSettings(wanted.get("dpi", 50), colour, area, options)
flatbed = SaneFlatbed(pattern=wanted["pattern"], settings=settings)
told, answer = [], {}
def stop_midway():
    while not told:
        time.sleep(0.005)
    flatbed.cancel()
if wanted.get("stop"):
    threading.Thread(target=stop_midway, daemon=True).start()
def progress(done, total):
    told.append((done, total))
    if wanted.get("break_progress"):
        raise RuntimeError("a mistake of ours")
try:
    flatbed.connect()
    if wanted.get("to"):
        import cv2
        cv2.imwrite(wanted["to"], flatbed.read(progress)[:, :, ::-1])
        answer = {"rows": "kept"}
    else:
        photo = flatbed.scan(progress)
        from PIL import Image
        import io
        picture = Image.open(io.BytesIO(photo.data))
        answer = {"size": picture.size, "mode": picture.mode, "dpi": photo.dpi, "format": picture.format}
    answer["progress"] = bool(told)
except DriverError as error:
    answer = {"error": type(error).__name__, "detail": error.detail, "retry": error.retry}
print(json.dumps(answer), flush=True)
os._exit(0)
"""


def scan(glass: Path, deadline_s: float = 20.0, **wanted: Any) -> dict[str, Any]:
    """What one scan came to, in a child that is killed at its deadline."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(wanted)],
        check=False,
        capture_output=True,
        text=True,
        timeout=deadline_s,
        env={**os.environ, "SANE_CONFIG_DIR": str(glass)},
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def glass(tmp_path: Path) -> Glass:
    return Glass(tmp_path / "sane")


def test_a_page_comes_in_the_size_and_colour_that_were_asked_for(glass: Glass) -> None:
    answer = scan(glass.folder, pattern="^test:0", dpi=100, area=[0, 0, 50.8, 76.2])
    assert (answer["mode"], answer["dpi"], answer["format"]) == ("RGB", 100, "JPEG")
    assert answer["size"] == pytest.approx([200, 300], abs=1)
    assert answer["progress"]

    grey = scan(glass.folder, pattern="^test:0", colour="grey", dpi=50, area=[0, 0, 50.8, 76.2])
    assert grey["mode"] == "L"
    assert grey["size"] == pytest.approx([100, 150], abs=1)


def test_without_an_area_it_is_the_whole_glass(glass: Glass) -> None:
    width, height = scan(glass.folder, pattern="^test:0", dpi=50)["size"]
    assert (width, height) == (pytest.approx(200 / 25.4 * 50, abs=2), pytest.approx(200 / 25.4 * 50, abs=2))


@pytest.mark.parametrize(
    ("fault", "error", "retry"),
    [
        ("jammed", "Jammed", False),
        ("lid_open", "LidOpen", False),
        ("no_original", "NoOriginal", False),
        ("read_fault", "ReadFault", False),
        ("busy", "Busy", True),
        ("denied", "Denied", False),
        ("cancelled", "Cancelled", False),
    ],
)
def test_each_trouble_of_the_scanner_is_an_error_of_its_own(
    glass: Glass, fault: str, error: str, retry: bool
) -> None:
    glass.set_fault(fault, True)
    answer = scan(glass.folder, pattern="^test:0")
    assert (answer.get("error"), answer.get("retry")) == (error, retry)

    glass.set_fault(fault, False)
    assert "size" in scan(glass.folder, pattern="^test:0")


def test_a_scanner_that_ends_early_gave_no_page(glass: Glass) -> None:
    glass.set_fault("ends_early", True)
    assert scan(glass.folder, pattern="^test:0")["error"] == "ShortPicture"


def test_a_slow_scanner_is_ended_by_whoever_holds_the_watch(glass: Glass) -> None:
    glass.set_fault("slow", True)
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        scan(glass.folder, deadline_s=2.0, pattern="^test:0", dpi=600)
    assert time.monotonic() - began < 20.0

    glass.set_fault("slow", False)
    assert "size" in scan(glass.folder, pattern="^test:0")


def test_a_cancelled_scan_is_no_short_page(glass: Glass) -> None:
    glass.set_fault("slow", True)
    assert scan(glass.folder, pattern="^test:0", dpi=300, stop=True)["error"] == "Cancelled"


def test_a_mistake_in_telling_the_progress_does_not_end_the_process(glass: Glass) -> None:
    assert "size" in scan(glass.folder, pattern="^test:0", break_progress=True)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("nosuch", "none matches"), ("test", "several match")],
)
def test_it_is_never_just_the_first_scanner(glass: Glass, pattern: str, said: str) -> None:
    answer = scan(glass.folder, pattern=pattern)
    assert answer["error"] == "Missing"
    assert said in answer["detail"]
    assert "test:0" in answer["detail"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"options": {"nosuch": 1}}, "no option 'nosuch'"),
        ({"dpi": 9999}, "takes resolution"),
    ],
)
def test_what_the_scanner_does_not_take_is_said(glass: Glass, wanted: dict[str, Any], said: str) -> None:
    answer = scan(glass.folder, pattern="^test:0", **wanted)
    assert answer["error"] == "Missing"
    assert said in answer["detail"]


def test_a_page_picture_comes_through_libsane_pixel_for_pixel(tmp_path: Path) -> None:
    conf = tmp_path / "sane"
    conf.mkdir()
    (conf / "dll.conf").write_text("pnm\n")
    page = np.random.default_rng(5).integers(0, 255, (220, 150, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "page.ppm"), page)

    answer = scan(
        conf,
        pattern="^pnm:0",
        dpi=75,
        options={"filename": str(tmp_path / "page.ppm")},
        to=str(tmp_path / "kept.png"),
    )

    assert answer == {"rows": "kept", "progress": True}
    kept = cv2.imread(str(tmp_path / "kept.png"))
    assert kept is not None
    assert np.array_equal(kept, page)
