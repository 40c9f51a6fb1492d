"""How straight a page is, told from its ink alone: the ruler of the tests, the benchmark and the pipeline.

Curvature is the distance of a baseline from its own best straight line (root mean square), in x-heights of
that line, averaged over the lines by their length. Fan is how much the slopes of the lines differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.ink import letters_of
from appliance.pages.lines import Lines, find_lines
from appliance.pages.sheet import Floats, Gray

LEAST_LETTERS = 12
LEAST_SPAN = 12.0  # x-heights
_LARGEST = 4200  # a larger page is reduced first
_SMALLEST = 9.0  # x-height below which a page is looked at twice as large
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Straightness:
    """Of one page. Angles in degrees, clockwise; zeros where there are no lines."""

    lines: int
    x_height: float  # pixels
    curvature: float  # x-heights, mean of the lines by length
    worst: float  # x-heights, of the worst line in ten
    skew: float  # median slope
    fan: float  # standard deviation of the slopes


@dataclass(frozen=True, slots=True)
class _Line:
    """One baseline, made smooth."""

    curvature: float
    slope: float
    span: float


def straightness(gray: Gray) -> Straightness:
    """Of a page picture, at whatever scale."""
    scale = min(1.0, _LARGEST / max(gray.shape))
    if scale < 1:
        gray = _resized(gray, scale)
    _, boxes = letters_of(gray)
    if 0 < boxes.x_height < _SMALLEST and max(gray.shape) < 2500:
        gray, scale = _resized(gray, 2.0), scale * 2
        _, boxes = letters_of(gray)
    return of_lines(find_lines(boxes), 1 / scale)


def of_lines(lines: Lines, scale: float = 1.0) -> Straightness:
    """Of lines that were found already; `scale` brings their x-height into pixels of the page."""
    fitted = [f for k in range(lines.count) for f in [_fit(lines, k)] if f]
    if not fitted:
        return Straightness(0, lines.x_height * scale, 0.0, 0.0, 0.0, 0.0)
    length = np.array([f.span for f in fitted])
    length /= length.sum()
    bend = np.array([f.curvature for f in fitted])
    angle = np.degrees(np.arctan([f.slope for f in fitted]))
    order = np.argsort(angle)
    skew = float(angle[order][min(len(order) - 1, int(np.searchsorted(np.cumsum(length[order]), 0.5)))])
    usual = np.abs(angle - skew) < 15
    part = length[usual] / length[usual].sum()
    fan = float(np.sqrt(np.sum(part * (angle[usual] - np.sum(part * angle[usual])) ** 2)))
    return Straightness(
        lines=len(fitted),
        x_height=lines.x_height * scale,
        curvature=float(np.sum(length * bend)),
        worst=float(np.percentile(bend, 90)),
        skew=skew,
        fan=fan,
    )


def _resized(gray: Gray, scale: float) -> Gray:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def _fit(lines: Lines, k: int) -> _Line | None:
    """A smooth, robust curve through the feet of one line."""
    part = lines.line == k
    x, y, xh = lines.x[part], lines.y[part], lines.x_height
    span = float(np.ptp(x))
    if len(x) < LEAST_LETTERS or span < LEAST_SPAN * xh:
        return None
    t = (x - x.mean()) / (span / 2)
    curve = _robust(t, y, xh, _degree(span / xh, len(x)))
    if curve is None:
        return None
    at = np.linspace(t.min(), t.max(), _STEPS)
    value = np.polyval(curve, at)
    straight = np.polyfit(at, value, 1)
    off = value - np.polyval(straight, at)
    return _Line(float(np.sqrt(np.mean(off**2))) / xh, float(straight[0]) / (span / 2), span)


def _degree(span: float, letters: int) -> int:
    wished = 2 if span < 20 else 3 if span < 30 else 5
    return min(wished, max(1, letters // 6))


def _robust(t: Floats, y: Floats, xh: float, degree: int) -> Floats | None:
    """Tukey's fit: letters that hang or float count less with every round, and in the end not at all."""
    powers = np.vander(t, degree + 1)
    weight = np.ones(len(t))
    curve = np.zeros(degree + 1)
    for i in range(9):
        use = powers if i > 2 else powers[:, max(0, degree - 3) :]
        normal = (use * weight[:, None]).T @ use
        found = np.linalg.solve(normal + 1e-9 * np.eye(len(normal)), (use * weight[:, None]).T @ y)
        curve = np.concatenate([np.zeros(degree + 1 - len(found)), found])
        off = y - powers @ curve
        off = off - np.median(off)
        usual = float(np.clip(1.4826 * np.median(np.abs(off)), 0.06 * xh, 0.22 * xh))
        u = off / (3 * usual)
        weight = np.where(np.abs(u) < 1, (1 - u * u) ** 2, 0.0)
        if np.count_nonzero(weight > 0.05) < max(8, degree + 4):
            return None
    return curve if np.mean(weight > 0.05) >= 0.5 else None
