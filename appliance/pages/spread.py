"""Which pages a photograph shows: one, two, or one with a sliver of its neighbour."""

from __future__ import annotations

import numpy as np

from appliance.pages.evidence import Spread
from appliance.pages.lines import Lines
from appliance.pages.sheet import Floats, Layout, Side, Split

_SLIVER = 0.36  # of the wider side: a narrower one is the neighbour, not a page
_BEYOND = 0.14  # of the width of the print: how far the paper may reach beyond it


def lay_out(split: Split | None, lines: Lines, size: tuple[int, ...], wanted: Layout) -> Spread:
    """The pages, from the gutter and the lines (both in photograph pixels) and the photograph's shape."""
    height, width = size[0], size[1]
    if split is None or (wanted is Layout.SINGLE and _is_central(split, width)):
        return Spread((Side.SINGLE,), None, (_span(lines.x, 0, width),), (None,))
    x = float(np.interp(height / 2, split.line[:, 1], split.line[:, 0]))
    left, right = x, width - x
    of_left = lines.x < np.interp(lines.y, split.line[:, 1], split.line[:, 0])
    l_span, r_span = _span(lines.x[of_left], 0, x, x), _span(lines.x[~of_left], x, width, x)
    if right < _SLIVER * left or (wanted is Layout.SINGLE and left > right):
        return Spread((Side.LEFT,), split.line, (l_span,), (x,))
    if left < _SLIVER * right or wanted is Layout.SINGLE:
        return Spread((Side.RIGHT,), split.line, (r_span,), (x,))
    return Spread((Side.LEFT, Side.RIGHT), split.line, (l_span, r_span), (x, x))


def _is_central(split: Split, width: int) -> bool:
    x = float(np.median(split.line[:, 0]))
    return 0.3 * width < x < 0.7 * width


def _span(x: Floats, low: float, high: float, gutter: float | None = None) -> tuple[float, float]:
    """From where to where a page reaches: its print and some paper around, the gutter exactly."""
    if not len(x):
        return low, high
    a, b = np.percentile(x, [1, 99])
    more = _BEYOND * (b - a)
    first = low if gutter is not None and gutter == low else max(low, a - more)
    last = high if gutter is not None and gutter == high else min(high, b + more)
    return (float(first), float(last)) if last - first > 20 else (low, high)
