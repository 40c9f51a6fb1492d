"""Measures the flattening: `python -m tests.pages.survey --levels 2 3 --seeds 6 [--ocr]`.

One line a page, then a table by level: curvature (x-heights), local distortion (x-heights), error of the
gutter (% of the width), character errors (%), pages made worse than plain, and CPU seconds a page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from appliance.pages import ink
from appliance.pages.geometry import flatten
from appliance.pages.measure import straightness
from appliance.pages.sheet import FlatPage, Gray, Wish
from drivers.simulated.book.photo import Photograph, photograph
from drivers.simulated.book.typeset import Kind
from tests.pages import truth

KINDS = (Kind.PROSE, Kind.MIXED, Kind.TABLE, Kind.COLUMNS, Kind.CHART)


@dataclass
class Row:
    """One page."""

    name: str
    method: str
    curvature: float
    plain: float  # curvature of the page when only perspective and skew are undone
    fan: float
    distortion: float
    missing: float
    gutter: float
    errors: float
    plain_errors: float
    seconds: float
    findings: str


def survey(level: int, seed: int, width: int, ocr: bool, kinds: tuple[Kind, ...]) -> list[Row]:
    """All pages of one generated photograph."""
    pair = (kinds[seed % len(kinds)], kinds[(seed // 2 + 1) % len(kinds)])
    photo = photograph(level, seed, width if level else width // 2, pair)
    began = time.process_time()
    pages = flatten(photo.image)
    seconds = (time.process_time() - began) / max(1, len(photo.pages))
    plain = flatten(photo.image, wish=Wish(dewarp=False))
    if len(pages) != len(photo.pages):
        print(f"level {level} seed {seed} {pair}: {len(pages)} pages for {len(photo.pages)}")  # noqa: T201
        return []
    return [
        _row(photo, i, pages[i], plain[i], (f"{level}/{seed}/{pair[i]}", seconds, ocr))
        for i in range(len(pages))
    ]


def _row(photo: Photograph, index: int, page: FlatPage, plain: FlatPage, how: tuple[str, float, bool]) -> Row:
    name, seconds, ocr = how
    true = photo.pages[index]
    error = truth.compare(page, true)
    straight = straightness(gray_of(page))
    before = straightness(gray_of(plain))
    gutter = 0.0 if photo.gutter is None else truth.gutter_error(page, photo.gutter, photo.image.shape[1])
    errors = [truth.character_errors(read(p), true.text) * 100 if ocr else 0.0 for p in (page, plain)]
    return Row(
        name, page.method, round(straight.curvature, 4), round(before.curvature, 4), round(straight.fan, 3),
        round(error.distortion, 4), round(error.missing, 3), round(gutter * 100, 2), round(errors[0], 2),
        round(errors[1], 2), round(seconds, 2), " ".join(f.defect for f in page.findings if f.strength >= 1),
    )  # fmt: skip


def gray_of(page: FlatPage) -> Gray:
    """The page in grey."""
    return np.asarray(cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY), np.uint8)


def read(page: FlatPage) -> str:
    """What Tesseract reads on a page in even light."""
    gray = gray_of(page)
    even = cv2.divide(gray, np.maximum(ink.background(gray, 61), 1), scale=245)
    png = cv2.imencode(".png", even)[1].tobytes()
    command = ["tesseract", "stdin", "-", "-l", "ind+eng", "--psm", "3", "--dpi", "300"]
    done = subprocess.run(
        command,
        input=png,
        capture_output=True,
        check=True,
        env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout.decode()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--ocr", action="store_true")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    for level in wanted.levels:
        rows: list[Row] = []
        for seed in range(wanted.first, wanted.first + wanted.seeds):
            found = survey(level, seed, wanted.width, wanted.ocr, tuple(Kind(k) for k in wanted.kinds))
            rows += found
            for row in found:
                sys.stdout.write((json.dumps(asdict(row)) if wanted.json else _line(row)) + "\n")
                sys.stdout.flush()
        sys.stdout.write(_summary(level, rows) + "\n")


def _line(row: Row) -> str:
    return "  ".join(f"{k}={v}" for k, v in asdict(row).items())


def _summary(level: int, rows: list[Row]) -> str:
    worse = sum(r.curvature > r.plain + 0.003 or r.errors > r.plain_errors + 0.5 for r in rows)
    parts = [f"LEVEL {level}: {len(rows)} pages"]
    for name in (
        "curvature",
        "plain",
        "distortion",
        "gutter",
        "missing",
        "errors",
        "plain_errors",
        "seconds",
    ):
        median, worst = truth.median_and_worst([getattr(r, name) for r in rows])
        parts.append(f"{name} {median:.3f} ({worst:.3f})")
    return "; ".join([*parts, f"worse than plain {worse}"])


if __name__ == "__main__":
    main()
