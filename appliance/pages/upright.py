"""Which way up a photograph lies, by its letters: they stand in lines, and more of them rise than hang."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.pages.ink import Boxes
from appliance.pages.lines import Lines, find_lines
from appliance.pages.sheet import AnyArray, Floats

_SIDEWAYS = 1.5  # how much more text must stand in lines the other way
_RISES = 0.22  # x-heights above the small letters, or below the line, that make a letter tall or hanging
_MARKED = 0.1  # of the letters must rise or hang to tell anything
_LEAD = 0.08  # how much larger a part of them must rise the right way up
_PLAIN = 0.74  # so large a part rises on no page that stands on its head
_DOTS = 14  # full stops and commas that tell something


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


def is_upside_down(boxes: Boxes, lines: Lines, width: float, height: float) -> Stance:
    """Whether the picture stands on its head.

    More letters rise above the small ones (b, d, h, k, l, t, capitals and figures) than hang below the line
    (g, p, q, y), so the two ways up are compared. In columns of figures nothing rises or hangs, but full
    stops and commas lie low.
    """
    as_is = _traits(boxes, lines)
    if as_is.marks > 2 * _MARKED * max(400, len(lines.x)) and as_is.rising > _PLAIN:
        return Stance(0, True)
    head = turned(boxes, width, height, 2)
    on_head = _traits(head, find_lines(head))
    if min(as_is.marks, on_head.marks) > _MARKED * max(400, len(lines.x)):
        lead = as_is.rising - on_head.rising
        return Stance(0 if lead > 0 else 180, abs(lead) > _LEAD)
    low, high = as_is.low + on_head.high, as_is.high + on_head.low
    if low + high < _DOTS:
        return Stance(0, False)
    return Stance(0 if low > high else 180, max(low, high) > 3 * min(low, high))


@dataclass(frozen=True, slots=True)
class _Traits:
    """Of all letters that stand in lines."""

    marks: float  # letters that rise or hang
    rising: float  # the part of them that rises
    low: float  # dots that lie on the line
    high: float  # dots that float at the height of the letters


def _traits(boxes: Boxes, lines: Lines) -> _Traits:
    xh = lines.x_height
    x = (boxes.left + boxes.right) / 2
    rise = hang = dots_low = dots_high = 0.0
    for k in range(lines.count):
        part = lines.line == k
        lx, ly = lines.x[part], lines.y[part]
        near = np.flatnonzero((x >= lx[0]) & (x <= lx[-1]))
        foot = _level(lx, ly, x[near], xh)
        high, low = foot - boxes.top[near], boxes.bottom[near] - foot
        wide = boxes.width[near]
        letter = (low > -0.3 * xh) & (low < 0.8 * xh) & (high > 0.6 * xh) & (high < 2.0 * xh)
        letter &= (wide > 0.25 * xh) & (wide < 2 * xh)
        rise += float(np.sum(letter & (high > (1 + _RISES) * xh) & (low < 0.15 * xh)))
        hang += float(np.sum(letter & (low > _RISES * xh) & (high < (1 + _RISES) * xh)))
        dot = (
            (high + low < 0.45 * xh)
            & (wide < 0.45 * xh)
            & (high > 0)
            & (low < 0.35 * xh)
            & (high < 1.25 * xh)
        )
        free = ~_covered(x[near][dot], boxes.left[near][letter], boxes.right[near][letter])
        middle = ((high - low) / 2)[dot][free]
        dots_low += float(np.sum(middle < 0.3 * xh))
        dots_high += float(np.sum(middle > 0.6 * xh))
    return _Traits(rise + hang, rise / max(1.0, rise + hang), dots_low, dots_high)


def _covered(x: Floats, left: Floats, right: Floats) -> AnyArray:
    """Which places lie above or below a letter: the dot of an i is no full stop."""
    return np.asarray(((x[:, None] > left[None]) & (x[:, None] < right[None])).any(axis=1))


def _level(x: Floats, y: Floats, at: Floats, xh: float) -> Floats:
    """The height of a line, from a curve too stiff to run after single letters and hide that they hang."""
    middle, half = x.mean(), max(1.0, float(np.ptp(x)) / 2)
    t = (x - middle) / half
    weight = np.ones(len(x))
    curve = np.zeros(1)
    for _ in range(5):
        curve = np.polyfit(t, y, 3 if len(x) > 24 else 1, w=np.sqrt(weight))
        off = (y - np.polyval(curve, t)) / (0.25 * xh)
        weight = 1 / (1 + off**2) ** 2
    return np.asarray(np.polyval(curve, (at - middle) / half))
