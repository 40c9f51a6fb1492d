"""Gathers what the shape of the book is fitted to: lines of text, rules, margins and the gutter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from appliance.pages.flat import Unrolled
from appliance.pages.lines import Lines
from appliance.pages.sheet import AnyArray, Floats, Points, Side
from appliance.pages.surface import Evidence, Surface

_SHORT = 14  # letters: a shorter piece may be a part of a row
_LEVEL = 0.16  # x-heights: pieces of one row are no further apart
_MARGIN = 1.0  # x-heights: ends of lines that belong to one margin
_STRAY = 0.12  # x-heights: the median distance of its letters from a line that is none
_RULE = 1.5  # how much surer a point of a rule is than the foot of a letter


@dataclass(frozen=True, slots=True)
class Spread:
    """Which pages the photograph shows, and between which x each of them lies. All in photograph pixels."""

    sides: tuple[Side, ...]
    gutter: Points | None
    spans: tuple[tuple[float, float], ...]
    gutters: tuple[float | None, ...]

    def page_of(self, x: Floats, y: Floats) -> AnyArray:
        """The page of each point: 0, 1, or -1 for none."""
        if self.gutter is None:
            return np.zeros(len(x), int)
        right = x > np.interp(y, self.gutter[:, 1], self.gutter[:, 0])
        if len(self.sides) == 2:
            return right.astype(int)
        mine = right if self.sides[0] is Side.RIGHT else ~right
        return np.where(mine, 0, -1)


def joined(parts: list[Lines]) -> Lines:
    """Several sets of lines as one."""
    line, start = [], 0
    for part in parts:
        line.append(part.line + start)
        start += part.count
    return Lines(
        np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts]), np.concatenate(line),
        parts[0].x_height,
    )  # fmt: skip


def gather(spread: Spread, text: Lines, rules: Lines, uprights: Lines) -> Evidence:
    """All lines of the pages that are there, ordered by line."""
    across = joined([text, rules])
    sure = np.concatenate([np.ones(len(text.x)), np.full(len(rules.x), _RULE)])
    page = spread.page_of(across.x, across.y)
    # a line that runs over the gutter is two lines
    key = across.line * 2 + np.maximum(page, 0)
    keep = page >= 0
    _, line = np.unique(key[keep], return_inverse=True)
    order = np.argsort(line, kind="stable")
    across = Lines(across.x[keep][order], across.y[keep][order], line[order], across.x_height)
    down = [uprights] if uprights.count else []
    if spread.gutter is not None:
        gutter = spread.gutter
        down.append(Lines(gutter[:, 0], gutter[:, 1], np.zeros(len(gutter), int), across.x_height))
    empty = Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), across.x_height)
    return Evidence(
        across,
        page[keep][order],
        joined(down) if down else empty,
        sure[keep][order],
        spread.spans,
        spread.gutters,
    )


def with_edges(evidence: Evidence, spread: Spread, edges: tuple[Lines, Lines], sureness: float) -> Evidence:
    """The same with the edges of the paper: upper and lower ones, and those at the sides."""
    across, down = edges
    old = evidence.across
    page = spread.page_of(across.x, across.y)
    keep = page >= 0
    lines = Lines(across.x[keep], across.y[keep], across.line[keep], old.x_height)
    if lines.count:
        lines = Lines(lines.x, lines.y, np.unique(lines.line, return_inverse=True)[1], old.x_height)
        evidence = replace(
            evidence,
            across=joined([old, lines]),
            page=np.concatenate([evidence.page, page[keep]]),
            sureness=np.concatenate([evidence.sureness, np.full(int(keep.sum()), sureness)]),
        )
    if not down.count:
        return evidence
    both = joined([evidence.down, down]) if evidence.down.count else down
    return replace(evidence, down=both)


def without_strays(evidence: Evidence, surface: Surface) -> Evidence:
    """Less the lines whose letters do not stand in a line: specks of a picture, strung together."""
    across = evidence.across
    starts = np.flatnonzero(np.diff(across.line, prepend=-1))
    stray = np.array([np.median(np.abs(part)) > _STRAY for part in np.split(surface.residual, starts[1:])])
    keep = ~stray[across.line]
    if keep.sum() < 20:
        return evidence
    line = np.unique(across.line[keep], return_inverse=True)[1]
    return replace(
        evidence,
        across=Lines(across.x[keep], across.y[keep], line, across.x_height),
        page=evidence.page[keep],
        sureness=evidence.sureness[keep],
    )


def with_rows(evidence: Evidence, surface: Surface) -> Evidence:
    """Short pieces that stand at the same height of one page are taken for one line: the rows of a table."""
    across = evidence.across
    starts = np.flatnonzero(np.diff(across.line, prepend=-1))
    ends = np.append(starts[1:], len(across.x))
    scale = surface.lens.focal / across.x_height
    height = np.zeros(len(across.x))
    for page in range(len(evidence.spans)):
        here = evidence.page == page
        height[here] = surface.unfold(page, across.x[here], across.y[here])[1] * scale
    pieces = [
        (
            int(evidence.page[a]),
            float(np.median(height[a:b])),
            float(across.x[a]),
            float(across.x[b - 1]),
            b - a,
        )
        for a, b in zip(starts, ends, strict=True)
    ]
    row = _rows(pieces)
    line = row[across.line]
    order = np.lexsort((across.x, line))
    number = np.unique(line[order], return_inverse=True)[1]
    merged = Lines(across.x[order], across.y[order], number, across.x_height)
    return Evidence(
        merged,
        evidence.page[order],
        evidence.down,
        evidence.sureness[order],
        evidence.spans,
        evidence.gutters,
    )


def _rows(pieces: list[tuple[int, float, float, float, int]]) -> AnyArray:
    """The number of the row of each piece."""
    row = np.arange(len(pieces))
    order = sorted(range(len(pieces)), key=lambda i: (pieces[i][0], pieces[i][1]))
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            if pieces[j][0] != pieces[i][0] or pieces[j][1] - pieces[i][1] > _LEVEL:
                break
            apart = pieces[i][3] < pieces[j][2] or pieces[j][3] < pieces[i][2]
            if apart and min(pieces[i][4], pieces[j][4]) < _SHORT and row[j] == j:
                row[j] = row[i]
    return row


def margins(evidence: Evidence, unrolled: list[Unrolled]) -> Lines:
    """The ends of lines where several of them end at the same place: they are straight from top to foot."""
    across = evidence.across
    starts = np.flatnonzero(np.diff(across.line, prepend=-1))
    ends = np.append(starts[1:], len(across.x)) - 1
    parts = []
    for page, flat in enumerate(unrolled):
        for index in (starts, ends):
            mine = index[evidence.page[index] == page]
            if len(mine) < 5:
                continue
            s, _ = flat.from_photo(across.x[mine], across.y[mine])
            s = s * flat.surface.lens.focal / across.x_height
            near = np.abs(s[:, None] - s[None]) < _MARGIN
            best = near[int(np.argmax(near.sum(axis=1)))]
            if best.sum() >= 5 and best.sum() > 0.3 * len(mine):
                k = mine[best]
                order = np.argsort(across.y[k])
                parts.append(
                    Lines(across.x[k][order], across.y[k][order], np.zeros(len(k), int), across.x_height)
                )
    if not parts:
        return Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), across.x_height)
    return joined(parts)
