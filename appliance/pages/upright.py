"""Which way up a photograph lies, by its letters: they stand in lines, and more of them rise than hang."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.pages.ink import Boxes
from appliance.pages.lines import Lines, find_lines

_SIDEWAYS = 1.5  # how much more text must stand in lines the other way
_RISES = 0.22  # x-heights above the small letters, or below the line, that make a letter tall or hanging
_SURE = 2.0  # standard deviations


@dataclass(frozen=True, slots=True)
class Stance:
    """Degrees clockwise that bring the picture upright, and whether there is no doubt."""

    turn: int
    sure: bool


def turned(boxes: Boxes, width: float, height: float, quarter: int) -> Boxes:
    """The boxes after the picture was turned clockwise by so many quarters."""
    for _ in range(quarter % 4):
        boxes = Boxes(height - boxes.bottom, height - boxes.top, boxes.left, boxes.right, boxes.x_height)
        width, height = height, width
    return boxes


def is_sideways(boxes: Boxes, lines: Lines, width: float, height: float) -> bool:
    """Whether the lines of text run up or down rather than across."""
    other = find_lines(turned(boxes, width, height, 1))
    return len(other.x) > _SIDEWAYS * len(lines.x) + 20


def is_upside_down(boxes: Boxes, lines: Lines) -> Stance:
    """Whether letters hang from their lines more often than they rise above them."""
    rise, hang = _rising(boxes, lines)
    if rise + hang < 25:
        return Stance(0, False)
    spread = np.sqrt(rise + hang)
    sure = abs(rise - hang) > _SURE * spread and not 0.6 < rise / max(1.0, hang) < 1.7
    return Stance(180 if hang > rise else 0, bool(sure))


def _rising(boxes: Boxes, lines: Lines) -> tuple[float, float]:
    """How many letters of the lines rise above the small ones, and how many hang below the foot line."""
    xh = lines.x_height
    if lines.count == 0:
        return 0.0, 0.0
    x = (boxes.left + boxes.right) / 2
    rise = hang = 0.0
    for k in range(lines.count):
        part = lines.line == k
        lx, ly = lines.x[part], lines.y[part]
        near = np.flatnonzero(
            (x >= lx[0]) & (x <= lx[-1]) & (boxes.width > 0.25 * xh) & (boxes.width < 2 * xh)
        )
        foot = np.interp(x[near], lx, ly)
        high, low = foot - boxes.top[near], boxes.bottom[near] - foot
        mine = (low > -0.3 * xh) & (low < 0.8 * xh) & (high > 0.6 * xh) & (high < 2.0 * xh)
        rise += float(np.sum(mine & (high > (1 + _RISES) * xh) & (low < 0.15 * xh)))
        hang += float(np.sum(mine & (low > _RISES * xh) & (high < (1 + _RISES) * xh)))
    return rise, hang
