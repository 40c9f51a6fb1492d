"""Compares flat pages with the truth about the photograph they were made from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages import splines
from appliance.pages.sheet import FlatPage, Floats
from drivers.simulated.book.photo import TruePage


@dataclass(frozen=True)
class Error:
    """Of one page against the truth."""

    distortion: float  # x-heights: root mean square of what the best homography leaves over, in the print
    missing: float  # part of the print that is not on the page
    edges: tuple[float, float, float, float]  # mm by which left, top, right, bottom are too far out


def compare(page: FlatPage, true: TruePage) -> Error:
    """How far the page is from the flat page that was photographed."""
    flattening = page.flattening
    rows, columns = 44, 32
    v, u = np.meshgrid(np.linspace(0.005, 0.995, rows), np.linspace(0.005, 0.995, columns), indexing="ij")
    photo = _read(flattening.grid.astype(float), v.ravel(), u.ravel())
    at = unproject(true, photo)
    print_ = (np.abs(at[:, 0] - 0.5) < 0.39) & (np.abs(at[:, 1] - 0.5) < 0.42)
    here = np.stack([u.ravel() * flattening.width, v.ravel() * flattening.height], axis=1)
    height, width = true.flat.shape[:2]
    there = at * [width, height]
    homography, _ = cv2.findHomography(here[print_], there[print_], 0)
    mapped = cv2.perspectiveTransform(here[None], homography)[0]
    off = np.linalg.norm(mapped - there, axis=1)[print_] / true.x_height
    box = at.reshape(rows, columns, 2)
    wide, high = width / true.dpi * 25.4, height / true.dpi * 25.4
    edges = (
        -float(np.median(box[:, 0, 0])) * wide,
        -float(np.median(box[0, :, 1])) * high,
        (float(np.median(box[:, -1, 0])) - 1) * wide,
        (float(np.median(box[-1, :, 1])) - 1) * high,
    )
    wanted = [0.11, 0.08, 0.89, 0.94]  # of the page: the print and its number
    lost = max(0.0, box[:, 0, 0].max() - wanted[0]) + max(0.0, wanted[2] - box[:, -1, 0].min())
    lost += max(0.0, box[0, :, 1].max() - wanted[1]) + max(0.0, wanted[3] - box[-1, :, 1].min())
    return Error(float(np.sqrt(np.mean(off**2))), lost, edges)


def unproject(true: TruePage, photo: Floats) -> Floats:
    """Places on the flat page, as parts of its width and height, of points of the photograph."""
    grid = true.grid
    nodes = grid.reshape(-1, 2)
    nearest = np.argmin(((photo[:, None] - nodes[None]) ** 2).sum(axis=2), axis=1)
    rows, columns = grid.shape[:2]
    v, u = nearest // columns / (rows - 1), nearest % columns / (columns - 1)
    d = 1e-4
    for _ in range(6):
        f = _read(grid, v, u)
        fu, fv = (_read(grid, v, u + d) - f) / d, (_read(grid, v + d, u) - f) / d
        gap = photo - f
        det = fu[:, 0] * fv[:, 1] - fu[:, 1] * fv[:, 0]
        u = np.clip(u + (gap[:, 0] * fv[:, 1] - gap[:, 1] * fv[:, 0]) / det, -0.3, 1.3)
        v = np.clip(v + (fu[:, 0] * gap[:, 1] - fu[:, 1] * gap[:, 0]) / det, -0.3, 1.3)
    return np.stack([u, v], axis=1)


def _read(grid: Floats, v: Floats, u: Floats) -> Floats:
    """Points of a grid at places from 0 to 1, going on straight beyond."""
    rows, columns = grid.shape[:2]
    down, across = _weights(rows, v), _weights(columns, u)
    return np.asarray(np.einsum("nr,rck,nc->nk", down, grid, across), np.float64)


def _weights(count: int, part: Floats) -> Floats:
    inside = np.clip(part, 0, 1)
    weights = splines.refine(count, inside * (count - 1))
    if (inside != part).any():
        step = 0.02
        inner = np.clip(inside, step, 1 - step)
        slope = splines.refine(count, np.clip(inside + 0.0, 0, 1) * (count - 1)) - splines.refine(
            count, np.where(part > 1, 1 - step, np.where(part < 0, step, inner)) * (count - 1)
        )
        weights = weights + slope / step * np.abs(part - inside)[:, None]
    return weights


def gutter_error(page: FlatPage, gutter: Floats, width: int) -> float:
    """How far the inner edge of a page is from the gutter, as a part of the photograph's width."""
    grid = page.flattening.grid.astype(float)
    column = grid[:, -1] if page.side == "left" else grid[:, 0]
    y = np.linspace(gutter[4, 1], gutter[-5, 1], 9)
    order = np.argsort(column[:, 1])
    here = np.interp(y, column[order, 1], column[order, 0])
    there = np.interp(y, gutter[:, 1], gutter[:, 0])
    return float(np.max(np.abs(here - there)) / width)


def character_errors(read: str, true: str) -> float:
    """Levenshtein's distance over the length of the truth, white space folded."""
    a, b = " ".join(read.split()), " ".join(true.split())
    codes = {c: i for i, c in enumerate(sorted(set(a) | set(b)))}
    target = np.array([codes[c] for c in b])
    row = np.arange(len(b) + 1)
    steps = np.arange(len(b) + 1)
    for i, c in enumerate(a, 1):
        best = np.minimum(row[:-1] + (target != codes[c]), row[1:] + 1)
        row = np.minimum.accumulate(np.concatenate([[i], best]) - steps) + steps
    return float(row[-1]) / max(1, len(b))


def median_and_worst(values: list[float]) -> tuple[float, float]:
    """Of some values; zeros where there are none."""
    return (float(np.median(values)), float(np.max(values))) if values else (0.0, 0.0)


__all__ = ["Error", "character_errors", "compare", "gutter_error", "median_and_worst", "unproject"]
