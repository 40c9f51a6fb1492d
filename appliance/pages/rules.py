"""Finds rules: the straight strokes of tables and charts, which are as good as a line of text."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages.lines import Lines
from appliance.pages.sheet import AnyArray, Floats, Gray

_THIN = 0.45  # x-heights: what is thicker is no rule
_LONG = 9.0  # x-heights: what is shorter is no rule
_MOST = 60
_CROWDED = 90  # of 255: so much ink around is a picture


def find_rules(mask: Gray, x_height: float) -> Lines:
    """Rules that run across the page, as points on their middle, about one an x-height."""
    if x_height <= 0:
        return _none(0.0)
    thin = max(2, int(_THIN * x_height))
    thick = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thin + 1, 1), np.uint8)), np.uint8)
    strokes = cv2.morphologyEx(mask & ~thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(strokes, np.uint8), connectivity=8)
    wide = stats[:, 2] > _LONG * x_height
    wide &= (stats[:, 3] < 0.35 * stats[:, 2]) & (stats[:, 4] > 0.9 * stats[:, 2])
    wide[0] = False
    wide &= ~_in_picture(mask, labels, len(stats), x_height)
    found = sorted(np.flatnonzero(wide), key=lambda i: -stats[i, 2])[:_MOST]
    strips = [_middle(labels, stats[i], int(i), x_height) for i in found]
    strips = [s for s in strips if len(s[0]) >= 6]
    if not strips:
        return _none(x_height)
    line = np.repeat(np.arange(len(strips)), [len(x) for x, _ in strips])
    return Lines(
        np.concatenate([x for x, _ in strips]), np.concatenate([y for _, y in strips]), line, x_height
    )


def find_uprights(mask: Gray, x_height: float) -> Lines:
    """Rules that run down the page; the points still have x and y in their places."""
    turned = find_rules(np.ascontiguousarray(mask.T), x_height)
    return Lines(turned.y, turned.x, turned.line, x_height)


def _in_picture(mask: Gray, labels: AnyArray, count: int, x_height: float) -> AnyArray:
    """Which strokes lie among so much other ink that they belong to a picture."""
    k = max(3, round(2 * x_height)) | 1
    dense = cv2.boxFilter(mask, -1, (k, k)) > _CROWDED
    inside = np.bincount(labels[dense], minlength=count)
    return np.asarray(inside > 0.3 * np.bincount(labels.ravel(), minlength=count))


def _none(x_height: float) -> Lines:
    return Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), x_height)


def _middle(labels: AnyArray, box: AnyArray, label: int, x_height: float) -> tuple[Floats, Floats]:
    """The middle of a stroke in each column that it covers with a thin piece, averaged over an x-height."""
    x, y, w, h = box[:4]
    part = labels[y : y + h, x : x + w] == label
    count = part.sum(axis=0)
    usable = (count > 0) & (count <= _THIN * x_height + 1)
    middle = (part * np.arange(h)[:, None]).sum(axis=0) / np.maximum(count, 1) + y
    columns = np.flatnonzero(usable)
    if len(columns) < 6:
        return np.zeros(0), np.zeros(0)
    cell = (columns / max(1.0, x_height)).astype(int)
    _, cell, size = np.unique(cell, return_inverse=True, return_counts=True)
    px = np.bincount(cell, weights=columns) / size + x
    py = np.bincount(cell, weights=middle[columns]) / size
    return px, py
