"""Strings letters to lines of text, and finds where each line stands: its baseline, letter by letter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from appliance.pages.ink import Boxes
from appliance.pages.sheet import AnyArray, Floats

LEAST_LETTERS = 6
_REACH = 3.2  # x-heights to the next letter, word gaps included
_FAR = 400  # how many letters further right the next one is looked for


@dataclass(frozen=True, slots=True)
class Lines:
    """Feet of letters, in pixels of the picture they were found in, ordered by line and then by x."""

    x: Floats
    y: Floats
    line: AnyArray  # which line each point belongs to, 0, 1, 2, ... without gaps
    x_height: float

    @property
    def count(self) -> int:
        """Of lines."""
        return int(self.line[-1]) + 1 if len(self.line) else 0

    def scaled(self, factor: float) -> Lines:
        """The same lines in a picture of another scale."""
        return Lines(
            (self.x + 0.5) * factor - 0.5, (self.y + 0.5) * factor - 0.5, self.line, self.x_height * factor
        )

    def chosen(self, keep: AnyArray) -> Lines:
        """The points that are kept; lines left with too few of them go."""
        count = np.bincount(self.line[keep], minlength=self.count) if len(self.line) else np.zeros(0)
        keep = keep & (count[self.line] >= LEAST_LETTERS) if len(self.line) else keep
        _, line = np.unique(self.line[keep], return_inverse=True)
        return Lines(self.x[keep], self.y[keep], line, self.x_height)


def find_lines(boxes: Boxes) -> Lines:
    """Baselines of everything that reads like text."""
    xh = boxes.x_height
    if xh <= 0:
        return Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), 0.0)
    tall, wide = boxes.height, boxes.width
    boxes = boxes.chosen((tall > 0.5 * xh) & (tall < 2.8 * xh) & (wide < 14 * xh) & (wide > 0.12 * xh))
    chains = _follow(_link(boxes))
    feet = [foot for chain in chains if len(chain) >= LEAST_LETTERS for foot in [_feet(boxes, chain)] if foot]
    if not feet:
        return Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), xh)
    line = np.repeat(np.arange(len(feet)), [len(x) for x, _ in feet])
    return Lines(np.concatenate([x for x, _ in feet]), np.concatenate([y for _, y in feet]), line, xh)


def _link(boxes: Boxes) -> AnyArray:
    """For each letter the next one on its line, or -1. Each letter is the next of one other at most."""
    order = np.argsort(boxes.left, kind="stable")
    b, n, xh = boxes.chosen(order), len(boxes), boxes.x_height
    best = np.full(n, np.inf)
    second = np.full(n, np.inf)
    after, other = np.full(n, -1), np.full(n, -1)
    tall = b.height
    for k in range(1, min(n, _FAR)):
        i, j = slice(0, n - k), slice(k, n)
        gap = b.left[j] - b.right[i]
        if k > 40 and np.min(gap) > _REACH * xh:
            break
        drop = np.abs(b.bottom[j] - b.bottom[i])
        overlap = np.minimum(b.bottom[i], b.bottom[j]) - np.maximum(b.top[i], b.top[j])
        near = (gap < _REACH * xh) & (gap > -0.6 * xh) & (drop < 0.75 * xh)
        near &= overlap > 0.4 * np.minimum(tall[i], tall[j])
        cost = np.where(near, np.maximum(gap, 0) + 1.5 * drop, np.inf)
        index = np.arange(k, n)
        first = cost < best[i]
        later = ~first & (cost < second[i])
        other[i] = np.where(first, after[i], np.where(later, index, other[i]))
        second[i] = np.where(first, best[i], np.where(later, cost, second[i]))
        after[i] = np.where(first, index, after[i])
        best[i] = np.where(first, cost, best[i])
    following = _one_to_one(after, best, other, second)
    back = np.full(n, -1)
    linked = following >= 0
    back[order[linked]] = order[following[linked]]
    return back


def _one_to_one(after: AnyArray, best: Floats, other: AnyArray, second: Floats) -> AnyArray:
    """Cheapest links first; a letter whose first choice is taken has its second."""
    n = len(after)
    source = np.concatenate([np.arange(n), np.arange(n)])
    target = np.concatenate([after, other])
    cost = np.concatenate([best, second + 0.1])
    result = np.full(n, -1)
    taken = np.zeros(n, bool)
    for e in np.argsort(cost, kind="stable"):
        s, t = source[e], target[e]
        if not np.isfinite(cost[e]):
            break
        if t >= 0 and result[s] < 0 and not taken[t]:
            result[s] = t
            taken[t] = True
    return result


def _follow(after: AnyArray) -> list[list[int]]:
    """Chains of letters from the links."""
    n = len(after)
    has_before = np.zeros(n, bool)
    has_before[after[after >= 0]] = True
    chains = []
    for start in np.flatnonzero(~has_before):
        chain = [int(start)]
        while after[chain[-1]] >= 0:
            chain.append(int(after[chain[-1]]))
        chains.append(chain)
    return chains


def _feet(boxes: Boxes, chain: list[int]) -> tuple[Floats, Floats] | None:
    """Where the letters of a chain stand, without those that hang below the line or float above it."""
    c = np.asarray(chain)
    x, y = (boxes.left[c] + boxes.right[c]) / 2, boxes.bottom[c]
    xh = boxes.x_height
    window = min(9, len(c) | 1)
    padded = np.pad(y, window // 2, mode="edge")
    level = np.median(sliding_window_view(padded, window)[: len(c)], axis=1)
    # a slope tilts the window's median nowhere, but its ends lean: a straight line through them is enough
    stands = np.abs(y - level) < 0.33 * xh
    if stands.sum() < LEAST_LETTERS or stands.mean() < 0.4:
        return None
    return x[stands], y[stands]
