"""From the fitted shape to the flat page: unrolls the paper and lays a grid over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.pages import surface as shapes
from appliance.pages.sheet import AnyArray, Flattening, Floats, Grid
from appliance.pages.surface import Surface

_TABLE = 1500  # points of the table between m and the length of the paper
_NODE = 32.0  # pixels of the flat page between two points of its grid, about


@dataclass(frozen=True, slots=True)
class Unrolled:
    """One page of the shape, unrolled: s across and y down, both in depths (a depth is `focal` pixels)."""

    surface: Surface
    page: int
    m: Floats  # ascending
    s: Floats  # length of the paper up to there
    depth: Floats
    wobble: Wobble | None = None  # what is left of the lines' bend

    def to_photo(self, s: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Pixels of places on the flat page."""
        m = _interpolate(s, self.s, self.m)
        if self.wobble is not None:
            y = y + self.wobble.at(s, y)
        return self.surface.lens.pixels(m, y / np.interp(m, self.m, self.depth))

    def from_photo(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Places on the flat page of pixels, without the wobble."""
        m, n = self.surface.lens.slopes(x, y)
        return _interpolate(m, self.m, self.s), n * np.interp(m, self.m, self.depth)


@dataclass(frozen=True, slots=True)
class Wobble:
    """A smooth lift of what should be straight, on a grid over the page."""

    s: tuple[float, float]
    y: tuple[float, float]
    values: Floats  # rows x columns

    def at(self, s: Floats, y: Floats) -> Floats:
        """Bilinear over a grid that is fine enough; beyond it the border goes on."""
        rows, columns = self.values.shape
        u = np.clip((s - self.s[0]) / (self.s[1] - self.s[0]), 0, 1) * (columns - 1)
        v = np.clip((y - self.y[0]) / (self.y[1] - self.y[0]), 0, 1) * (rows - 1)
        i, j = np.minimum(v.astype(int), rows - 2), np.minimum(u.astype(int), columns - 2)
        a, b = v - i, u - j
        q = self.values
        return np.asarray(
            (1 - a) * ((1 - b) * q[i, j] + b * q[i, j + 1])
            + a * ((1 - b) * q[i + 1, j] + b * q[i + 1, j + 1])
        )


def _interpolate(x: Floats, known: Floats, values: Floats) -> Floats:
    """Linear, and going on straight beyond the ends."""
    inside = np.interp(x, known, values)
    low = values[0] + (x - known[0]) * (values[1] - values[0]) / (known[1] - known[0])
    high = values[-1] + (x - known[-1]) * (values[-1] - values[-2]) / (known[-1] - known[-2])
    return np.where(x < known[0], low, np.where(x > known[-1], high, inside))


def unroll(surface: Surface, page: int, x0: float, x1: float) -> Unrolled:
    """One page between two x of the photograph, at mid-height."""
    ends, _ = surface.lens.slopes(np.array([x0, x1]), np.full(2, surface.lens.centre[1]))
    m = np.linspace(ends[0], ends[1], _TABLE)
    return Unrolled(surface, page, m, shapes.arc(surface, page, m), surface.leafs.depth(page, m))


def lay_grid(
    unrolled: Unrolled, area: tuple[float, float, float, float], scale: float, dpi: float, sized: bool
) -> Flattening:
    """A flat page from an area (left, top, right, bottom) in depths, at `scale` pixels a depth."""
    left, top, right, bottom = area
    width, height = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    columns, rows = max(4, round(width / _NODE)) + 1, max(4, round(height / _NODE)) + 1
    s, y = np.meshgrid(np.linspace(left, right, columns), np.linspace(top, bottom, rows))
    px, py = unrolled.to_photo(s, y)
    return Flattening(grid_of(px, py), width, height, dpi, sized)


def grid_of(x: AnyArray, y: AnyArray) -> Grid:
    """Two planes of coordinates as one grid."""
    return np.stack([x, y], axis=-1).astype(np.float32)
