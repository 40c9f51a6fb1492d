"""The geometric half of the pipeline in one call: a photograph in, flat upright pages out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from appliance.pages import drawing, findings, flat, remap, rules, scale, surface
from appliance.pages import evidence as witnesses
from appliance.pages import paper as sheets
from appliance.pages.evidence import Spread
from appliance.pages.gutter import find_gutter
from appliance.pages.leaf import Bounds, Leaf, bounds_of, find_leaf, is_sound, straighter, with_wobble
from appliance.pages.lines import Lines
from appliance.pages.paper import Paper
from appliance.pages.reading import Seen, look
from appliance.pages.sheet import Camera, FlatPage, Flattening, Image, Side, Split, Wish
from appliance.pages.spread import lay_out
from appliance.pages.surface import Evidence, Lens, Prior, Surface

_FOCAL = 1.12  # of the longer side: the usual lens, where nothing is known
_FOCAL_KNOWN = 0.004  # how far a known focal length may be off, as a logarithm
_FEW = 5  # long lines on a page; with fewer, the edges of the paper help
_LONG = 0.3  # of a page: what makes a line long
_EDGE = 0.25  # how sure a point of an edge is beside the foot of a letter
_TRUSTED = 0.05  # of its weight is left to a point that a shape can follow
_EDGE_POINTS = 110  # on a page with little print: fewer are not both of its edges


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that is known of a photograph before its pages are cut out."""

    seen: Seen
    spread: Spread
    paper: Paper | None
    found: Evidence
    plain: Surface
    curved: Surface | None
    camera: Camera
    wish: Wish


def flatten(photo: Image, camera: Camera | None = None, wish: Wish | None = None) -> list[FlatPage]:
    """All pages of one photograph, left before right; the same input gives the same output.

    Always gives at least one page: where none is to be seen, it is the whole photograph, with the finding
    `no_page` (or `covered`). The photograph itself is left as it is.
    """
    camera, wish = camera or Camera(), wish or Wish()
    seen = look(photo, wish)
    paper = sheets.find_paper(seen.gray)
    if paper is None and seen.lines.count < 2:
        return [_whole(seen, camera)]
    spread = lay_out(_split(seen, paper), seen.lines.scaled(seen.grow), seen.photo.shape[:2], wish.layout)
    if paper is not None:
        spread = _widened(spread, paper, seen)
    found, plain, curved = fit_shapes(seen, spread, paper, (camera, wish))
    scene = _Scene(seen, spread, paper, found, plain, curved, camera, wish)
    return [_page(scene, i) for i in range(len(spread.sides))]


def _split(seen: Seen, paper: Paper | None) -> Split | None:
    """The gutter in pixels of the photograph."""
    split = find_gutter(seen.gray, seen.boxes)
    return split and Split((split.line + 0.5) * seen.grow - 0.5, split.sureness)


def _widened(spread: Spread, paper: Paper, seen: Seen) -> Spread:
    """The spans of pages with little print reach as far as the paper does."""
    text = seen.lines.scaled(seen.grow)
    page = spread.page_of(text.x, text.y)
    left, right = paper.box[0] * seen.grow, paper.box[2] * seen.grow
    spans = []
    for i, (span, gutter) in enumerate(zip(spread.spans, spread.gutters, strict=True)):
        if (page == i).sum() > 150:
            spans.append(span)
            continue
        low = span[0] if gutter == span[0] else max(0.0, left)
        high = span[1] if gutter == span[1] else min(seen.photo.shape[1] - 1.0, right)
        spans.append((low, high) if high - low > 20 else span)
    gutters = tuple(
        None if g is None else (new[0] if g == old[0] else new[1])
        for g, old, new in zip(spread.gutters, spread.spans, spans, strict=True)
    )
    return replace(spread, spans=tuple(spans), gutters=gutters)


def fit_shapes(
    seen: Seen, spread: Spread, paper: Paper | None, settings: tuple[Camera, Wish]
) -> tuple[Evidence, Surface, Surface | None]:
    """Lines and edges, flat pages through them, and curved ones where that was not forbidden.

    The curved shape is fitted twice, the second time with the rows and margins that the first one showed.
    """
    camera, wish = settings
    height, width = seen.photo.shape[:2]
    focal = camera.focal_px or _FOCAL * max(width, height)
    lens = Lens((width / 2 - 0.5, height / 2 - 0.5), focal, 0.0, 0.0, 0.0, max(width, height) / 2)
    prior = replace(Prior(lens), focal=_FOCAL_KNOWN) if camera.focal_px else Prior(lens)
    found = _gather(seen, spread, paper)
    first = surface.fit(found, prior if wish.dewarp else replace(prior, smooth=surface.STIFF))
    found = witnesses.without_strays(found, first)
    found = witnesses.with_rows(found, first)
    edges = witnesses.margins(found, [flat.unroll(first, i, *span) for i, span in enumerate(spread.spans)])
    if edges.count:
        found = replace(found, down=witnesses.joined([found.down, edges]) if found.down.count else edges)
    plain = surface.fit(found, replace(prior, smooth=surface.STIFF))
    return found, plain, surface.fit(found, prior) if wish.dewarp else None


def _gather(seen: Seen, spread: Spread, paper: Paper | None) -> Evidence:
    text = replace(seen.lines, x_height=seen.x_height).scaled(seen.grow)
    across = rules.find_rules(seen.ink.mask, seen.x_height).scaled(seen.grow)
    down = rules.find_uprights(seen.ink.mask, seen.x_height).scaled(seen.grow)
    found = witnesses.gather(spread, text, across, down)
    poor = tuple(_is_poor(found, page, span) for page, span in enumerate(spread.spans))
    if not any(poor):
        return found
    if paper is None:
        return replace(found, flat=poor)
    spans = tuple((a / seen.grow, b / seen.grow) for a, b in spread.spans)
    edges = sheets.across_edges(paper, seen.gray, spans, seen.x_height).scaled(seen.grow)
    sides = sheets.down_edges(paper, seen.gray, seen.x_height).scaled(seen.grow)
    found = witnesses.with_edges(found, spread, (edges, sides), _EDGE)
    bare = tuple(p and np.sum(found.page == i) < _EDGE_POINTS for i, p in enumerate(poor))
    return replace(found, flat=bare)


def _is_poor(found: Evidence, page: int, span: tuple[float, float]) -> bool:
    """Whether a page has too few long lines to tell its shape."""
    here = found.page == page
    x, line = found.across.x[here], found.across.line[here]
    if not len(x):
        return True
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    ends = np.append(starts[1:], len(x)) - 1
    return bool(np.sum(np.abs(x[ends] - x[starts]) > _LONG * (span[1] - span[0])) < _FEW)


def _page(scene: _Scene, index: int) -> FlatPage:
    """One page: curved where that makes it straighter, otherwise plain."""
    seen, found, debug = scene.seen, scene.found, scene.wish.debug
    leaf = plain = find_leaf(seen, scene.spread, scene.paper, scene.plain, found, index)
    method, after, before = "plain", 0.0, 0.0
    if scene.curved is not None:
        curved = with_wobble(
            find_leaf(seen, scene.spread, scene.paper, scene.curved, found, index), found, scene.curved
        )
        trusted = np.maximum(scene.plain.weight, scene.curved.weight) > _TRUSTED
        better, after, before = straighter(seen, found, trusted, curved, plain)
        if better:
            leaf, method = curved, "dewarped"
        else:
            after = before
    bounds = bounds_of(leaf, seen, found.across.x_height, debug)
    if method == "dewarped" and not is_sound(leaf, bounds):
        leaf, method, after = plain, "plain", before
        bounds = bounds_of(leaf, seen, found.across.x_height, debug)
    flattening, native = _sized(leaf, bounds, scene)
    image = remap.apply(seen.photo, flattening)
    x_height = seen.boxes.x_height * seen.grow * flattening.dpi / native
    lines = seen.lines
    height, width = seen.gray.shape
    faults = (findings.cut_off(lines, width, height), *findings.judge(image, x_height, after))
    return FlatPage(
        image=image,
        flattening=_turned_back(flattening, seen),
        side=scene.spread.sides[index],
        findings=faults,
        method=method,
        turn=seen.turn,
        x_height=x_height,
        measures={"curvature": after, "plain_curvature": before},
        debug=_debug(scene, bounds, flattening) if debug else {},
    )


def _sized(leaf: Leaf, bounds: Bounds, scene: _Scene) -> tuple[Flattening, float]:
    """The grid of the page at the wished resolution, and the resolution of the photograph."""
    area, focal = bounds.area, leaf.unrolled.surface.lens.focal
    width, height = (area[2] - area[0]) * focal, (area[3] - area[1]) * focal
    x_height = scene.seen.boxes.x_height * scene.seen.grow
    native = scene.camera.dpi or scale.guess_dpi(width, height, x_height, bounds.whole)
    dpi = scale.output_dpi(native, scene.wish.dpi)
    return flat.lay_grid(leaf.unrolled, area, focal * dpi / native, dpi, scene.camera.dpi is not None), native


def _turned_back(flattening: Flattening, seen: Seen) -> Flattening:
    """The grid in pixels of the photograph as it was handed in."""
    if not seen.turn:
        return flattening
    height, width = seen.photo.shape[:2]
    x, y = flattening.grid[..., 0], flattening.grid[..., 1]
    back = {90: (y, width - 1 - x), 180: (width - 1 - x, height - 1 - y), 270: (height - 1 - y, x)}[seen.turn]
    return replace(flattening, grid=flat.grid_of(*back))


def _whole(seen: Seen, camera: Camera) -> FlatPage:
    """The photograph as it is, where there is no page in it."""
    height, width = seen.photo.shape[:2]
    x, y = np.meshgrid(np.linspace(-0.5, width - 0.5, 4), np.linspace(-0.5, height - 0.5, 4))
    dpi = camera.dpi or scale.guess_dpi(width, height, 0.0, False)
    flattening = Flattening(flat.grid_of(x, y), width, height, dpi, camera.dpi is not None)
    fault = findings.nothing(seen.gray, seen.photo)
    return FlatPage(seen.photo, flattening, Side.SINGLE, (fault,), "plain", seen.turn, 0.0)


def _debug(scene: _Scene, bounds: Bounds, flattening: Flattening) -> dict[str, Image]:
    seen, gutter = scene.seen, scene.spread.gutter
    small = None if gutter is None else (gutter + 0.5) / seen.grow - 0.5
    across = rules.find_rules(seen.ink.mask, seen.x_height)
    drawn = {
        "1-lines": drawing.on_photo(seen.gray, seen.lines, across, small),
        "3-grid": drawing.grid_on_photo(seen.photo, flattening),
    }
    if bounds.picture is not None:
        drawn["2-outline"] = bounds.picture
    return dict(sorted(drawn.items()))


__all__ = ["Lines", "fit_shapes", "flatten"]
