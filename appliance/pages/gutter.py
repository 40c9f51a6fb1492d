"""Finds the gutter of an open book: a narrow valley of shade between two bright pages, free of print."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages.ink import Boxes, background
from appliance.pages.sheet import Floats, Gray, Mask, Points, Split

_SMALL = 300  # width of the picture in which the valley is searched
_FINE = 1400  # width of the picture in which it is followed
_LEANS = np.linspace(-0.14, 0.14, 29)  # slopes of the gutter that are tried
_CAP = 0.12  # deeper is not surer
_SURE = 0.030  # mean depth from which a valley is a gutter
_FLANK = 0.05  # of the width: how far on each side the paper must be bright again
_EDGE = 0.06  # of the width: no gutter nearer to the frame
_SHADE = 0.012  # depth from which a row is in the valley
_TRACE = 0.006  # depth of the faintest valley: with less, a row of bright paper is in a hole
_BRIGHT = 0.1  # the logarithm by which bright paper may be darker than the paper of its row
_MOST = 0.7  # of all rows: a valley along more of them may have any hole
_HOLE = 0.08  # of its length: bars of charts, one above the other, leave larger holes; no gutter does


def find_gutter(gray: Gray, boxes: Boxes) -> Split | None:
    """The gutter in pixels of `gray`, from its top to its bottom, or None where there is none.

    `boxes` are the letters in the same picture: a gutter does not run through them.
    """
    scale = _SMALL / gray.shape[1]
    size = (_SMALL, max(8, round(gray.shape[0] * scale)))
    paper = background(gray, int(max(9.0, 3.2 * boxes.x_height)) | 1)
    small = np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_AREA), np.uint8)
    valley = _valley(small)
    print_ = _letters(boxes, scale, (size[1], size[0]))
    best = _best_line(valley, print_, _bright(small))
    if best is None:
        return None
    score, x0, slope = best
    middle = size[1] / 2
    rows = np.linspace(0, gray.shape[0] - 1, 49)
    rough = ((x0 + (rows * scale - middle) * slope) + 0.5) / scale - 0.5
    j = np.clip(np.round((rough + 0.5) * scale - 0.5), 0, size[0] - 1).astype(int)
    i = np.clip(np.round((rows + 0.5) * scale - 0.5), 0, size[1] - 1).astype(int)
    line = _follow(gray, rows, rough, cv2.blur(valley, (5, 1))[i, j], boxes.x_height)
    return Split(line, float(min(1.0, score / (2 * _SURE))))


def _valley(small: Gray) -> Floats:
    """How much darker each pixel is than the paper on both of its sides, as a part of that paper."""
    value = np.log(np.maximum(cv2.GaussianBlur(small, (1, 5), 0).astype(np.float32), 12))
    flank = max(4, round(_FLANK * small.shape[1]))
    kernel = np.ones((1, flank), np.uint8)
    left = cv2.dilate(value, kernel, anchor=(flank - 1, 0))
    right = cv2.dilate(value, kernel, anchor=(0, 0))
    bright = np.log(max(40.0, 0.45 * float(np.percentile(small, 85))))
    depth = np.minimum(left, right) - value
    # both flanks must be paper: what lies between a page and a dark desk is no gutter
    depth[np.minimum(left, right) < bright] = 0
    # deeper than the cap is not surer, but the middle of a wide valley should win over its banks
    return np.asarray(np.clip(depth, 0, _CAP) + 0.05 * np.clip(depth - _CAP, 0, 1), np.float64)


def _bright(small: Gray) -> Mask:
    """Where the paper is as bright as anywhere in its row. In a gutter it never is."""
    value = np.log(np.maximum(cv2.GaussianBlur(small, (1, 5), 0).astype(np.float32), 12))
    return np.asarray(value > np.percentile(value, 80, axis=1, keepdims=True) - _BRIGHT)


def _letters(boxes: Boxes, scale: float, shape: tuple[int, int]) -> Floats:
    """Where letters are: 1 inside their boxes."""
    there = np.zeros(shape, np.float64)
    usual = (boxes.height < 3 * boxes.x_height) & (boxes.height > 0.5 * boxes.x_height)
    x = ((boxes.left + boxes.right) / 2 * scale)[usual].astype(int)
    y = ((boxes.top + boxes.bottom) / 2 * scale)[usual].astype(int)
    there[np.clip(y, 0, shape[0] - 1), np.clip(x, 0, shape[1] - 1)] = 1.0
    return there


def _best_line(valley: Floats, letters: Floats, bright: Mask) -> tuple[float, float, float] | None:
    """Score, x at mid-height and slope of the best line from top to bottom; None where none is a gutter."""
    height, width = valley.shape
    rows = np.arange(height)
    margin = round(_EDGE * width)
    columns = np.arange(margin, width - margin)
    blocked = cv2.dilate(letters, np.ones((1, 3), np.uint8))
    best: tuple[float, float, float] | None = None
    for slope in _LEANS:
        x = columns[None] + np.round((rows - height / 2) * slope).astype(int)[:, None]
        x = np.clip(x, 0, width - 1)
        deep = valley[rows[:, None], x]
        score = deep.mean(axis=0) - 0.25 * blocked[rows[:, None], x].mean(axis=0)
        score *= np.clip((deep > _SHADE).mean(axis=0) * 2 - 0.5, 0, 1)  # along most of the height
        least = best[0] if best else _SURE
        order = [int(k) for k in np.argsort(-score) if score[k] > least]
        k = next((k for k in order if not _is_broken(deep[:, k] > _TRACE, bright[rows, x[:, k]])), None)
        if k is not None:
            best = (float(score[k]), float(columns[k]), float(slope))
    return best


def _is_broken(dark: Mask, bright: Mask) -> bool:
    """Whether bright paper makes a large hole in a valley, as between the bars of two charts."""
    rows = np.flatnonzero(dark)
    if dark.mean() > _MOST or len(rows) < 2:
        return False
    first, last = np.percentile(rows, [2, 98])  # a few rows further out are no part of it
    rows = np.flatnonzero(dark | ~bright)
    rows = rows[(rows >= first) & (rows <= last)]
    return bool(np.diff(rows).max(initial=0) > _HOLE * (last - first))


def _follow(gray: Gray, rows: Floats, rough: Floats, deep: Floats, x_height: float) -> Points:
    """The darkest place of each row near the rough line, made smooth."""
    scale = min(1.0, _FINE / gray.shape[1])
    size = (round(gray.shape[1] * scale), round(gray.shape[0] * scale))
    fine = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    # closed downwards only: print goes, the gutter stays as sharp as it is
    tall = max(5, int(3.5 * x_height * scale)) | 1
    fine = cv2.morphologyEx(fine, cv2.MORPH_CLOSE, np.ones((tall, 1), np.uint8))
    fine = cv2.GaussianBlur(fine, (5, 15), 0).astype(np.float64)
    reach = max(6, round(0.02 * size[0]))
    found = []
    for y, x in zip(rows * scale, rough * scale, strict=True):
        low = int(np.clip(round(x) - reach, 0, size[0] - 2 * reach - 1))
        strip = fine[min(size[1] - 1, int(y)), low : low + 2 * reach + 1]
        weight = np.clip(strip.min() + 0.12 * np.ptp(strip) + 1 - strip, 0, None)
        found.append((low + np.average(np.arange(len(strip)), weights=weight)) / scale)
    return np.stack([_smooth(rows, np.array(found), deep, rough, reach / scale), rows], axis=1)


def _smooth(rows: Floats, x: Floats, trust: Floats, rough: Floats, reach: float) -> Floats:
    """A line, then a parabola, through the dark places; those which do not fit are left out."""
    t = (rows - rows.mean()) / max(1.0, np.ptp(rows) / 2)
    shift = x - rough
    weight = trust * (np.abs(shift) < 0.95 * reach) + 1e-6
    order = np.argsort(shift)
    half = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    line = rough + shift[order][min(len(order) - 1, int(half))]
    for degree, width in ((0, 0.5), (1, 0.4), (1, 0.25), (1, 0.2), (2, 0.2), (2, 0.15)):
        off = (x - line) / (width * reach)
        fit = trust * np.clip(1 - off**2, 0, 1) ** 2 + 1e-6
        line = rough + np.polyval(np.polyfit(t, shift, degree, w=np.sqrt(fit)), t)
    return np.asarray(line)
