"""Says what is wrong with a page while the book still lies open: blurred, cut off, glare, still bent."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages.lines import Lines
from appliance.pages.sheet import Defect, Finding, Findings, Floats, Gray, Image

_SOFT = 0.30  # x-heights: how wide the edge of a letter may be
_NEAR = 1.2  # x-heights from the frame: what is printed there is likely to go on outside
_CUT_LINES = 3
_GLARE = 0.003  # of the page
_BURNT = 250  # grey level
_BENT = 0.10  # x-heights: mean curvature that is left
_DARK = 45.0  # mean grey level of a covered lens
_STEP = 18.0  # grey levels: a picture without a sharper step shows nothing near


def judge(page: Image, x_height: float, curvature: float) -> Findings:
    """What can be seen on the flat page itself."""
    gray = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), np.uint8)
    found = [_glare(page), Finding(Defect.CURLED, curvature / _BENT, {"curvature": curvature})]
    if x_height > 0:
        width = edge_width(gray) / x_height
        found.append(Finding(Defect.BLURRED, width / _SOFT, {"edge": width}))
    return tuple(found)


def edge_width(gray: Gray) -> float:
    """How many pixels the sharper edges of the print need from paper to ink.

    Contrast and steepness are taken cell by cell, so neither light nor the amount of print counts.
    """
    cell = 96
    rows, columns = max(1, gray.shape[0] // cell), max(1, gray.shape[1] // cell)
    part = gray[: rows * cell, : columns * cell].astype(np.int16)
    across, down = np.abs(np.diff(part, axis=1)), np.abs(np.diff(part, axis=0))
    widths = []
    for i in range(rows):
        for j in range(i % 2, columns, 2):
            block = part[i * cell : (i + 1) * cell : 2, j * cell : (j + 1) * cell : 2]
            light, ink = np.partition(block.ravel(), (12, block.size - block.size // 4))[
                [block.size - block.size // 4, 12]
            ]
            if light - ink < 40:
                continue
            window = (slice(i * cell, (i + 1) * cell - 1), slice(j * cell, (j + 1) * cell - 1))
            steps = np.maximum(across[window], down[window]).ravel()
            k = len(steps) - len(steps) // 100
            widths.append(float(light - ink) / max(1.0, float(np.partition(steps, k)[k])))
    return float(np.median(widths)) if len(widths) >= 4 else 0.0


def _glare(page: Image) -> Finding:
    """Spots that are burnt out although the paper around them is not."""
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    burnt = (small.min(axis=2) >= _BURNT).astype(np.uint8)
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    share = float(burnt.mean())
    usual = float(np.percentile(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), 60))
    if usual > _BURNT - 15 or share > 0.5:
        share = 0.0
    return Finding(Defect.GLARE, share / _GLARE, {"share": share})


def cut_off(lines: Lines, width: int, height: int) -> Finding:
    """Lines of text that run into the frame of the photograph. All in pixels of the same picture."""
    if lines.count == 0:
        return Finding(Defect.CUT_OFF, 0.0, {"lines": 0.0})
    near = _NEAR * lines.x_height
    starts = np.flatnonzero(np.diff(lines.line, prepend=-1))
    ends = np.append(starts[1:], len(lines.x)) - 1
    left, right = lines.x[starts] < near, lines.x[ends] > width - 1 - near
    sides = float(max(left.sum(), right.sum()))
    level = np.array([np.median(part) for part in np.split(lines.y, starts[1:])])
    long = (ends - starts) > 12
    above = level - lines.x_height < 0.6 * near
    below = level > height - 1 - 0.6 * near
    touching = sides + _CUT_LINES * float(np.sum(long & (above | below)))
    return Finding(Defect.CUT_OFF, touching / _CUT_LINES, {"lines": touching})


def nothing(gray: Gray, photo: Image) -> Finding:
    """Why a photograph without a page shows none: the lens is covered, or there is none."""
    small = np.asarray(cv2.resize(gray, (160, max(8, 160 * gray.shape[0] // gray.shape[1]))), np.float64)
    smooth: Floats = np.asarray(cv2.GaussianBlur(small, (5, 5), 0))
    step = float(np.percentile(np.abs(smooth[:, 4:] - smooth[:, :-4]), 99))
    blue, _, red = (float(v) for v in cv2.mean(photo)[:3])
    measures = {"light": float(small.mean()), "step": step}
    skin = red > 1.25 * blue and step < _STEP
    if small.mean() < _DARK or skin:
        return Finding(Defect.COVERED, 1.0, measures)
    return Finding(Defect.NO_PAGE, 1.0, measures)
