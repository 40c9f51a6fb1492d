"""One page of the fitted shape: where it ends, whether undoing its curl helps, and its flat picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from appliance.pages import drawing, flat, remap
from appliance.pages.evidence import Spread
from appliance.pages.flat import Unrolled
from appliance.pages.ink import letters_of
from appliance.pages.lines import find_lines
from appliance.pages.measure import Straightness, of_lines
from appliance.pages.outline import find_outline
from appliance.pages.paper import Paper
from appliance.pages.reading import Seen
from appliance.pages.sheet import AnyArray, Floats, Image
from appliance.pages.surface import Evidence, Surface
from appliance.pages.wobble import find_wobble

_PREVIEW = 560.0  # pixels across a page where its edges are searched
_AROUND = 0.25  # of the print: how far beyond it the page may reach
_FEW = 5  # lines of text; with fewer, rules and edges tell whether a page became straighter
_SLANT = 0.3  # x-heights a degree: what a slope that differs from the others counts beside a bend
_GAIN = 0.92  # of its bend is left at most, or undoing the curl does not help
_CAP = 0.4  # x-heights: further off is another line
_PIECE = 6.0  # x-heights of a line that are looked at together
_MUCH = 400  # letters: fewer do not tell how far a page reaches
_INNER = 0.03  # of the paper on each side may be something else
_CLEAR = 0.8  # of the bend is left at most where only rules and edges tell
_CALM = 0.09  # x-heights: and no more than this
_DOUBT = 0.004  # x-heights: what two looks at the same lines may differ
_STRETCH = (0.2, 3.0)  # how much shorter or longer than usual a step of the grid may be
_SEARCHED = 0.25  # of the photograph's pixels, in the picture for the edges

Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page on the unrolled paper, and the area of its print in depths."""

    unrolled: Unrolled
    content: Area
    gutters: tuple[bool, bool]  # whether its left and its right end are the gutter


@dataclass(frozen=True, slots=True)
class Bounds:
    """The area of a page in depths, which of its edges were seen, and the picture that shows it."""

    area: Area
    whole: bool
    picture: Image | None = None


def find_leaf(
    seen: Seen, spread: Spread, paper: Paper | None, shape: Surface, found: Evidence, index: int
) -> Leaf:
    """The page with this number on the shape."""
    unrolled, gutters = _unroll(seen, spread, shape, index)
    text = seen.lines.scaled(seen.grow)
    here = spread.page_of(text.x, text.y) == index
    size = found.across.x_height / unrolled.surface.lens.focal
    boxes = []
    if here.any():
        s, y = unrolled.from_photo(text.x[here], text.y[here])
        boxes.append((s.min() - size, y.min() - 1.5 * size, s.max() + size, y.max() + size))
    if here.sum() < _MUCH and paper is not None:
        boxes.append(_sheet(paper, seen, spread, unrolled))
    if not boxes:
        s, y = unrolled.from_photo(found.across.x[found.page == index], found.across.y[found.page == index])
        boxes.append((s.min(), y.min(), s.max(), y.max()))
    low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return Leaf(unrolled, (float(low[0]), float(low[1]), float(high[2]), float(high[3])), gutters)


def _sheet(paper: Paper, seen: Seen, spread: Spread, unrolled: Unrolled) -> Area:
    """The inner part of the paper that lies on something darker, as far as it belongs to the page."""
    y, x = (k.astype(np.float64) / paper.scale * seen.grow for k in np.nonzero(paper.mask))
    here = spread.page_of(x, y) == unrolled.page
    s, h = unrolled.from_photo(x[here][::7], y[here][::7])
    left, right = np.percentile(s, [3, 97])
    top, bottom = np.percentile(h, [3, 97])
    wide, high = _INNER * (right - left), _INNER * (bottom - top)
    return float(left + wide), float(top + high), float(right - wide), float(bottom - high)


def bounds_of(leaf: Leaf, seen: Seen, x_height: float, debug: bool) -> Bounds:
    """Where the page ends. `x_height` is that of the photograph."""
    around = _around(seen, leaf.unrolled)
    zoom = _PREVIEW / (around[2] - around[0])
    preview = flat.lay_grid(leaf.unrolled, around, zoom, 0.0, False)
    px, py = remap.place(preview, preview.width, preview.height)
    height, width = seen.photo.shape[:2]
    inside = (px > 1) & (px < width - 2) & (py > 1) & (py < height - 2)
    small = cv2.resize(seen.photo, None, fx=_SEARCHED, fy=_SEARCHED, interpolation=cv2.INTER_AREA)
    grid = (preview.grid + 0.5) * _SEARCHED - 0.5
    picture = remap.apply(np.asarray(small), replace(preview, grid=grid), fine=False)
    box = _zoomed(leaf.content, around, zoom)
    reach = max(5, int(2.0 * x_height / leaf.unrolled.surface.lens.focal * zoom)) | 1
    outline = find_outline(picture, inside, box, leaf.gutters, reach)
    edges = (outline.left, outline.top, outline.right, outline.bottom)
    area = [e / zoom + around[i % 2] for i, e in enumerate(edges)]
    drawn = drawing.outline_on_flat(picture, inside, box, edges) if debug else None
    return Bounds((area[0], area[1], area[2], area[3]), all(outline.seen), drawn)


def with_wobble(leaf: Leaf, found: Evidence, shape: Surface) -> Leaf:
    """The same page, with the last bend taken out of its lines where that helps."""
    return replace(
        leaf, unrolled=replace(leaf.unrolled, wobble=find_wobble(found, leaf.unrolled, shape.weight))
    )


def straighter(
    seen: Seen, found: Evidence, trusted: AnyArray, curved: Leaf, plain: Leaf
) -> tuple[bool, float, float]:
    """Whether the curved page is measurably straighter than the plain one, and the curvature of both.

    `trusted` are the points of the evidence that at least one of the two shapes could follow.

    Two judges: the letters must stand closer to their lines, and the lines that are read anew on small flat
    pictures of both must not have become worse or fewer.
    """
    bent, unbent = _bend(found, trusted, curved.unrolled), _bend(found, trusted, plain.unrolled)
    helps = bent < _GAIN * unbent
    if not helps:
        return False, 0.0, _look_again(seen, plain).curvature
    one, other = _look_again(seen, curved), _look_again(seen, plain)
    if min(one.lines, other.lines) < _FEW:
        return bent < _CLEAR * unbent and bent < _CALM, one.curvature, other.curvature
    lost = one.lines < 0.85 * other.lines - 1
    return _score(one) < _score(other) + _DOUBT and not lost, one.curvature, other.curvature


def is_sound(leaf: Leaf, bounds: Bounds) -> bool:
    """Whether the page neither folds nor stretches more than paper can."""
    scale = leaf.unrolled.surface.lens.focal
    flattening = flat.lay_grid(leaf.unrolled, bounds.area, scale, 0.0, False)
    for axis in (0, 1):
        step = np.diff(flattening.grid.astype(np.float64), axis=axis)[..., 1 - axis]
        usual = float(np.median(step))
        if usual <= 0 or step.min() < _STRETCH[0] * usual or step.max() > _STRETCH[1] * usual:
            return False
    return True


def _score(straight: Straightness) -> float:
    return float(np.hypot(straight.curvature, _SLANT * straight.fan))


def _look_again(seen: Seen, leaf: Leaf) -> Straightness:
    """The straightness of the print, flattened as small as the letters were read."""
    scale = seen.reduced.scale
    laid = flat.lay_grid(leaf.unrolled, leaf.content, leaf.unrolled.surface.lens.focal * scale, 0.0, False)
    picture = remap.apply(seen.gray, replace(laid, grid=(laid.grid + 0.5) * scale - 0.5), fine=False)
    return of_lines(find_lines(letters_of(picture)[1]))


def _bend(found: Evidence, trusted: AnyArray, unrolled: Unrolled) -> float:
    """How far all lines and edges of a page are from straight and level, in x-heights.

    Told by pieces of several letters each, so that the letters' own unevenness hardly counts.
    """
    here = np.flatnonzero((found.page == unrolled.page) & trusted)
    if not len(here):
        return 0.0
    s, y = unrolled.from_photo(found.across.x[here], found.across.y[here])
    if unrolled.wobble is not None:
        y = y - unrolled.wobble.at(s, y)
    size = found.across.x_height / unrolled.surface.lens.focal
    line = found.across.line[here]
    piece = line * 10_000 + np.floor(s / (_PIECE * size)).astype(int)
    order = np.argsort(piece, kind="stable")
    parts = np.split(y[order], np.flatnonzero(np.diff(piece[order])) + 1)
    height = np.array([np.median(part) for part in parts if len(part) > 2])
    owner = np.array([k for k, part in zip(np.unique(piece), parts, strict=True) if len(part) > 2]) // 10_000
    if len(height) < 4:
        return 0.0
    _, owner = np.unique(owner, return_inverse=True)
    rows = np.split(height, np.flatnonzero(np.diff(owner)) + 1)
    off = np.concatenate([row - np.median(row) for row in rows if len(row) > 1] or [np.zeros(1)]) / size
    return float(np.sqrt(np.mean(np.minimum(np.abs(off), _CAP) ** 2)))


def _unroll(seen: Seen, spread: Spread, shape: Surface, index: int) -> tuple[Unrolled, tuple[bool, bool]]:
    """The paper from the gutter, or from well outside the print, and which of its ends are the gutter."""
    gutter, span = spread.gutters[index], spread.spans[index]
    at_left = gutter is not None and gutter == span[0]
    at_right = gutter is not None and gutter == span[1]
    around = _AROUND * (span[1] - span[0])
    x0 = span[0] if at_left else max(0.0, span[0] - around)
    x1 = span[1] if at_right else min(seen.photo.shape[1] - 1.0, span[1] + around)
    return flat.unroll(shape, index, x0, x1), (at_left, at_right)


def _around(seen: Seen, unrolled: Unrolled) -> Area:
    """Everything of the photograph that could belong to the page."""
    lens, height = unrolled.surface.lens, seen.photo.shape[0]
    ends_x, _ = lens.pixels(unrolled.m[[0, -1]], np.zeros(2))
    _, top = unrolled.from_photo(ends_x, np.zeros(2))
    _, bottom = unrolled.from_photo(ends_x, np.full(2, height - 1.0))
    return 0.0, float(top.min()), float(unrolled.s[-1]), float(bottom.max())


def _zoomed(box: Area, around: Area, zoom: float) -> Area:
    values: Floats = (np.array(box) - np.array([around[0], around[1], around[0], around[1]])) * zoom
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])
