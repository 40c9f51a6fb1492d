"""What a cylinder cannot explain: a smooth field that takes the last bend out of the lines of a page.

Real paper is not quite a cylinder: corners curl, a hand presses. The field is only used where it straightens
lines that it has not been fitted to, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.pages import splines
from appliance.pages.flat import Unrolled, Wobble
from appliance.pages.sheet import AnyArray, Floats
from appliance.pages.surface import Evidence

_CELL = 6.0  # x-heights of a line that make one point
_ACROSS = np.linspace(0, 1, 9)
_DOWN = np.linspace(0, 1, 6)
_STIFF = (30.0, 8.0, 2.0)  # how much a bend of the field costs, tried in turn
_GAIN = 0.96  # of the bend must be left at most on the lines that were held back
_FOLDS = 3
_GRID = (28, 28)
_NOISE = 0.03  # x-heights: of one point
_LEAST = 40  # points


@dataclass(frozen=True, slots=True)
class _Cells:
    """Pieces of lines: where they lie on the page (0 to 1 both ways), how far off, and how many letters."""

    u: Floats
    v: Floats
    off: Floats  # x-heights
    count: Floats
    line: AnyArray


def find_wobble(evidence: Evidence, unrolled: Unrolled, weight: Floats) -> Wobble | None:
    """The field of one page, or None where it would not help."""
    here = (evidence.page == unrolled.page) & (weight > 0.05)
    if here.sum() < _LEAST:
        return None
    s, y = unrolled.from_photo(evidence.across.x[here], evidence.across.y[here])
    size = evidence.across.x_height / unrolled.surface.lens.focal
    s_range, y_range = (float(s.min()), float(s.max())), (float(y.min()), float(y.max()))
    if s_range[1] - s_range[0] < 10 * size or y_range[1] - y_range[0] < 10 * size:
        return None
    cells = _cells(s, y, evidence.across.line[here], size, (s_range, y_range))
    if len(cells.u) < _LEAST:
        return None
    stiff = _best_stiffness(cells)
    if stiff is None:
        return None
    field = _fit(cells, np.ones(len(cells.u), bool), stiff)
    v, u = np.meshgrid(np.linspace(0, 1, _GRID[1]), np.linspace(0, 1, _GRID[0]), indexing="ij")
    values = (_basis(u.ravel(), v.ravel()) @ field).reshape(_GRID[1], _GRID[0]) * size
    return Wobble(s_range, y_range, values)


def _cells(
    s: Floats, y: Floats, line: AnyArray, size: float, ranges: tuple[tuple[float, float], ...]
) -> _Cells:
    _, line = np.unique(line, return_inverse=True)
    place = np.floor((s - s.min()) / (size * _CELL)).astype(int)
    _, cell = np.unique(line * 100_000 + place, return_inverse=True)
    count = np.bincount(cell).astype(float)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(cell, weights=values) / count)

    owner = np.round(mean(line.astype(float))).astype(int)
    height = mean(y)
    level = np.bincount(owner, weights=count * height) / np.bincount(owner, weights=count)
    (s0, s1), (y0, y1) = ranges
    return _Cells(
        (mean(s) - s0) / (s1 - s0), (height - y0) / (y1 - y0), (height - level[owner]) / size, count, owner
    )  # fmt: skip


def _basis(u: Floats, v: Floats) -> Floats:
    across, down = splines.basis(splines.clamped(_ACROSS), u), splines.basis(splines.clamped(_DOWN), v)
    return np.asarray((across[:, :, None] * down[:, None, :]).reshape(len(u), -1))


def _stiffness() -> Floats:
    """Rows that are zero for a field without bends."""
    a, d = len(_ACROSS) + splines.DEGREE - 1, len(_DOWN) + splines.DEGREE - 1
    across = np.kron(np.diff(np.eye(a), 2, axis=0), np.eye(d))
    down = np.kron(np.eye(a), np.diff(np.eye(d), 1, axis=0))
    return np.vstack([across, 0.7 * down])


def _centred(values: Floats, cells: _Cells) -> Floats:
    """Less the mean of each line."""
    total = np.bincount(cells.line, weights=cells.count)
    if values.ndim == 1:
        return values - (np.bincount(cells.line, weights=cells.count * values) / total)[cells.line]
    mean = np.zeros((len(total), values.shape[1]))
    np.add.at(mean, cells.line, values * cells.count[:, None])
    return values - (mean / total[:, None])[cells.line]


def _fit(cells: _Cells, use: AnyArray, stiff: float) -> Floats:
    factor = (np.sqrt(np.minimum(cells.count, 8)) * use / _NOISE)[:, None]
    a = _centred(_basis(cells.u, cells.v), cells) * factor
    b = cells.off * factor[:, 0]
    hold = _stiffness() * stiff / _NOISE
    normal = a.T @ a + hold.T @ hold + 0.2 * np.eye(a.shape[1])
    return np.asarray(np.linalg.solve(normal, a.T @ b), np.float64)


def _best_stiffness(cells: _Cells) -> float | None:
    """The stiffness that straightens held-back lines best, or None where none straightens them."""
    design = _centred(_basis(cells.u, cells.v), cells)
    before = float(np.sum(cells.count * cells.off**2))
    best, least = None, _GAIN * before
    for stiff in _STIFF:
        after = 0.0
        for fold in range(_FOLDS):
            held = cells.line % _FOLDS == fold
            off = cells.off - design @ _fit(cells, ~held, stiff)
            after += float(np.sum((cells.count * off**2)[held]))
        if after < least:
            best, least = stiff, after
    return best
