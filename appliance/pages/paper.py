"""Finds the paper itself, by its brightness against what it lies on, and the edges it ends at.

Needed where there is too little print to tell the shape of a page, and to tell a blank page from no page.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.ink import background
from appliance.pages.lines import Lines
from appliance.pages.sheet import AnyArray, Floats, Gray

_SMALL = 360  # pixels: the longer side of the picture in which paper is told from desk
_LEAST = 0.08  # of the picture: less is no page
_CONTRAST = 1.16  # how much brighter than the desk the paper must be
_STRAIGHT = 0.84  # of its rectangle a page fills
_STEPS = 90  # points along an edge
_STEP = 8.0  # grey levels: where it changes less, the paper goes on in the shade
_INSET = 0.06  # of an edge near the corners is left out


@dataclass(frozen=True, slots=True)
class Paper:
    """Where paper lies, in a small picture; `scale` times the pixels of the reduced picture are its own."""

    mask: Gray
    scale: float
    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the reduced picture


def find_paper(gray: Gray) -> Paper | None:
    """The sheets that lie on something darker; None where nothing looks like that."""
    scale = _SMALL / max(gray.shape)
    size = (max(8, round(gray.shape[1] * scale)), max(8, round(gray.shape[0] * scale)))
    small = np.asarray(cv2.resize(background(gray, 41), size, interpolation=cv2.INTER_AREA), np.uint8)
    level, mask = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright, dark = small[mask > 0], small[mask == 0]
    if not len(bright) or not len(dark) or float(np.median(bright)) < _CONTRAST * float(np.median(dark)):
        return None
    mask = cv2.morphologyEx(np.asarray(mask, np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [np.asarray(cv2.convexHull(c)) for c in contours]
    areas = [cv2.contourArea(c) for c in contours]
    if not areas or max(areas) < _LEAST * mask.size:
        return None
    sheets = [c for c, a in zip(contours, areas, strict=True) if a > 0.25 * max(areas)]
    if not all(_is_sheet(c) for c in sheets) or level > 250:
        return None
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, sheets, -1, 255, cv2.FILLED)
    x, y, w, h = cv2.boundingRect(np.concatenate(sheets))
    box = (x / scale, y / scale, (x + w) / scale, (y + h) / scale)
    return Paper(np.asarray(filled, np.uint8), scale, box)


def _is_sheet(contour: AnyArray) -> bool:
    (_, (w, h), _) = cv2.minAreaRect(contour)
    return bool(cv2.contourArea(contour) > _STRAIGHT * max(1.0, w * h) and min(w, h) > 0.2 * max(w, h))


def across_edges(paper: Paper, gray: Gray, spans: tuple[tuple[float, float], ...], x_height: float) -> Lines:
    """Upper and lower edges of the sheets between each two x, in pixels of the reduced picture."""
    parts = [part for span in spans for part in _ends(paper, gray, span)]
    return _lines(parts, x_height)


def down_edges(paper: Paper, gray: Gray, x_height: float) -> Lines:
    """The left and right edge of everything, likewise."""
    turned = Paper(np.ascontiguousarray(paper.mask.T), paper.scale, (0, 0, 0, 0))
    parts = _ends(turned, np.ascontiguousarray(gray.T), (paper.box[1], paper.box[3]))
    return _lines([(y, x) for x, y in parts], x_height)


def _lines(parts: list[tuple[Floats, Floats]], x_height: float) -> Lines:
    if not parts:
        return Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), x_height)
    line = np.repeat(np.arange(len(parts)), [len(x) for x, _ in parts])
    return Lines(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]), line, x_height)


def _ends(paper: Paper, gray: Gray, span: tuple[float, float]) -> list[tuple[Floats, Floats]]:
    """The first and the last row of paper in columns of the span, moved to the sharpest step nearby."""
    inset = _INSET * (span[1] - span[0])
    columns = np.linspace(span[0] + inset, span[1] - inset, _STEPS)
    index = np.clip(columns * paper.scale, 0, paper.mask.shape[1] - 1).astype(int)
    strip = paper.mask[:, index] > 0
    there = strip.any(axis=0)
    first, last = np.argmax(strip, axis=0), strip.shape[0] - 1 - np.argmax(strip[::-1], axis=0)
    smooth = np.asarray(cv2.GaussianBlur(gray, (7, 7), 0), np.float64)
    found = []
    for ends, rough, sign in ((first > 1, first, 1.0), (last < strip.shape[0] - 2, last + 1, -1.0)):
        keep = there & ends
        if keep.mean() < 0.6:
            continue
        x, y = columns[keep], rough[keep] / paper.scale
        y, step = _sharpest(smooth, x, y, int(4 / paper.scale) + 3, sign)
        sharp = step > _STEP
        if sharp.mean() > 0.5:
            found.append((x[sharp], y[sharp]))
    return found


def _sharpest(smooth: Floats, x: Floats, y: Floats, reach: int, sign: float) -> tuple[Floats, Floats]:
    """The row near y where the picture becomes brighter (sign 1) or darker (-1) most, and by how much."""
    height, width = smooth.shape
    rows = np.clip(np.round(y).astype(int)[None] + np.arange(-reach, reach + 1)[:, None], 2, height - 3)
    column = np.clip(np.round(x).astype(int), 0, width - 1)[None]
    step = sign * (smooth[rows + 2, column] - smooth[rows - 2, column])
    weight = np.clip(step - 0.6 * step.max(axis=0), 0, None) + 1e-9
    return (rows * weight).sum(axis=0) / weight.sum(axis=0), step.max(axis=0)
