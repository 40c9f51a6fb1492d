"""Measures the flattening: `python -m tests.pages.survey --levels 2 3 --seeds 6 [--ocr]`.

One line a page, then a table by level: curvature (x-heights), local distortion (x-heights), error of the
gutter (% of the width), pages made worse than plain, and CPU seconds a page. With `--ocr` also what
Tesseract reads on the finished page, on the plain one and on the true one (`read_back.py`): wrong characters
and the F1 of the words, in %.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from appliance.pages.geometry import flatten
from appliance.pages.measure import straightness
from appliance.pages.sheet import FlatPage, Gray, Wish
from drivers.simulated.book.photo import Photograph, TruePage, photograph
from drivers.simulated.book.typeset import Kind
from tests.pages import read_back, truth
from tests.pages.read_back import Reading

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
    oracle_errors: float
    words: float
    plain_words: float
    oracle_words: float
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
    ours, flat, best = _readings(page, plain, true) if ocr else (Reading(0.0, 0.0),) * 3
    return Row(
        name=name,
        method=page.method,
        curvature=round(straight.curvature, 4),
        plain=round(before.curvature, 4),
        fan=round(straight.fan, 3),
        distortion=round(error.distortion, 4),
        missing=round(error.missing, 3),
        gutter=round(gutter * 100, 2),
        errors=round(ours.characters, 2),
        plain_errors=round(flat.characters, 2),
        oracle_errors=round(best.characters, 2),
        words=round(ours.words, 1),
        plain_words=round(flat.words, 1),
        oracle_words=round(best.words, 1),
        seconds=round(seconds, 2),
        findings=" ".join(f.defect for f in page.findings if f.strength >= 1),
    )


def _readings(page: FlatPage, plain: FlatPage, true: TruePage) -> tuple[Reading, Reading, Reading]:
    """Of the page, the plain one and the true one."""
    ours, best = (read_back.compare(one, true) for one in (page, read_back.oracle(true)))
    return ours, ours if page.method == "plain" else read_back.compare(plain, true), best


def gray_of(page: FlatPage) -> Gray:
    """The page in grey."""
    return np.asarray(cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY), np.uint8)


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
    """The median of each measure, and its worst in brackets."""
    worse = sum(r.curvature > r.plain + 0.003 or r.errors > r.plain_errors + 0.5 for r in rows)
    parts = [f"LEVEL {level}: {len(rows)} pages"]
    low = ("curvature", "plain", "distortion", "gutter", "missing", "seconds")
    for name in (*low, "errors", "plain_errors", "oracle_errors"):
        median, worst = truth.median_and_worst([getattr(r, name) for r in rows])
        parts.append(f"{name} {median:.3f} ({worst:.3f})")
    for name in ("words", "plain_words", "oracle_words"):
        lacking, most = truth.median_and_worst([100 - getattr(r, name) for r in rows])
        parts.append(f"{name} {100 - lacking:.1f} ({100 - most:.1f})")
    return "; ".join([*parts, f"worse than plain {worse}"])


if __name__ == "__main__":
    main()
