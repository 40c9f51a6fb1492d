"""The geometric half of the pipeline in one call: a photograph in, flat upright pages out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from appliance.pages import evidence as witnesses
from appliance.pages import flat, ink, remap, rules, scale, surface, upright
from appliance.pages.evidence import Spread
from appliance.pages.flat import Unrolled
from appliance.pages.gutter import find_gutter
from appliance.pages.ink import Boxes, Ink, Reduced
from appliance.pages.lines import Lines, find_lines
from appliance.pages.outline import find_outline
from appliance.pages.sheet import Camera, FlatPage, Flattening, Image, Side, Split, Wish
from appliance.pages.spread import lay_out
from appliance.pages.surface import Evidence, Lens, Prior, Surface
from appliance.pages.wobble import find_wobble

_FOCAL = 1.12  # of the longer side: the usual lens, where nothing is known
_PREVIEW = 560.0  # pixels across a page where its edges are searched
_AROUND = 0.25  # of the print: how far beyond it the page may reach


@dataclass(frozen=True, slots=True)
class Seen:
    """A photograph that lies upright, and what is written on it."""

    photo: Image
    turn: int
    reduced: Reduced
    ink: Ink
    boxes: Boxes
    lines: Lines  # in pixels of the reduced picture


def flatten(photo: Image, camera: Camera | None = None, wish: Wish | None = None) -> list[FlatPage]:
    """All pages of one photograph, left before right; the same input gives the same output.

    Always gives at least one page: where none is to be seen, it is the whole photograph, with the finding
    `no_page` (or `covered`). The photograph itself is left as it is.
    """
    camera, wish = camera or Camera(), wish or Wish()
    seen = look(photo, wish)
    split = find_gutter(seen.reduced.gray, seen.boxes)
    grow = 1 / seen.reduced.scale
    split = split and Split((split.line + 0.5) * grow - 0.5, split.sureness)
    size = (seen.photo.shape[1], seen.photo.shape[0])
    spread = lay_out(split, seen.lines.scaled(grow), size, wish.layout)
    shape, found = fit_shape(seen, spread, camera)
    return [_page(seen, spread, shape, found, i, (camera, wish)) for i in range(len(spread.sides))]


def look(photo: Image, wish: Wish) -> Seen:
    """Reads the letters, and turns the photograph upright."""
    turn = wish.turn or 0
    seen = _read(photo, turn)
    if wish.turn is not None:
        return seen
    height, width = seen.reduced.gray.shape
    if upright.is_sideways(seen.boxes, seen.lines, width, height):
        seen = _read(photo, 90)
    height, width = seen.reduced.gray.shape
    stance = upright.is_upside_down(seen.boxes, seen.lines, width, height)
    if stance.sure and stance.turn:
        seen = _read(photo, (seen.turn + stance.turn) % 360)
    return seen


def _read(photo: Image, turn: int) -> Seen:
    turned = np.ascontiguousarray(np.rot90(photo, -turn // 90)) if turn else photo
    reduced, marks, boxes = ink.read_letters(turned)
    return Seen(turned, turn, reduced, marks, boxes, find_lines(boxes))


def fit_shape(seen: Seen, spread: Spread, camera: Camera) -> tuple[Surface, Evidence]:
    """The shape of the book, fitted twice: the second time with rows and margins that the first one showed."""
    grow = 1 / seen.reduced.scale
    found = witnesses.gather(
        spread,
        seen.lines.scaled(grow),
        rules.find_rules(seen.ink.mask, seen.boxes.x_height).scaled(grow),
        rules.find_uprights(seen.ink.mask, seen.boxes.x_height).scaled(grow),
    )
    height, width = seen.photo.shape[:2]
    focal = camera.focal_px or _FOCAL * max(width, height)
    lens = Lens((width / 2 - 0.5, height / 2 - 0.5), focal, 0.0, 0.0, 0.0, max(width, height) / 2)
    prior = Prior(lens, focal=0.004 if camera.focal_px else 0.03)
    first = surface.fit(found, prior)
    found = witnesses.with_rows(found, first)
    unrolled = [flat.unroll(first, i, *span) for i, span in enumerate(spread.spans)]
    down = [found.down] if found.down.count else []
    edges = witnesses.margins(found, unrolled)
    if edges.count:
        down.append(edges)
    if down:
        found = replace(found, down=witnesses.joined(down))
    return surface.fit(found, prior), found


def _page(
    seen: Seen, spread: Spread, shape: Surface, found: Evidence, index: int, settings: tuple[Camera, Wish]
) -> FlatPage:
    camera, wish = settings
    unrolled, area = _area(seen, spread, shape, found, index)
    flattening = _sized(unrolled, area, found.across.x_height, camera, wish)
    image = remap.apply(seen.photo, flattening)
    return FlatPage(
        image=image,
        flattening=_turned_back(flattening, seen),
        side=spread.sides[index],
        findings=(),
        method="dewarped",
        turn=seen.turn,
        x_height=found.across.x_height * flattening.width / ((area[2] - area[0]) * shape.lens.focal),
    )


def _sized(
    unrolled: Unrolled, area: tuple[float, float, float, float], x_height: float, camera: Camera, wish: Wish
) -> Flattening:
    focal = unrolled.surface.lens.focal
    width, height = (area[2] - area[0]) * focal, (area[3] - area[1]) * focal
    native = camera.dpi or scale.guess_dpi(width, height, x_height)
    dpi = scale.output_dpi(native, wish.dpi)
    return flat.lay_grid(unrolled, area, focal * dpi / native, dpi, camera.dpi is not None)


def _area(
    seen: Seen, spread: Spread, shape: Surface, found: Evidence, index: int
) -> tuple[Unrolled, tuple[float, float, float, float]]:
    """The page on the unrolled paper: left, top, right, bottom in depths."""
    height, width = seen.photo.shape[:2]
    gutter, span = spread.gutters[index], spread.spans[index]
    at_left = gutter is not None and gutter == span[0]
    at_right = gutter is not None and gutter == span[1]
    around = _AROUND * (span[1] - span[0])
    x0 = span[0] if at_left else max(0.0, span[0] - around)
    x1 = span[1] if at_right else min(width - 1.0, span[1] + around)
    unrolled = flat.unroll(shape, index, x0, x1)
    text = seen.lines.scaled(1 / seen.reduced.scale)
    here = spread.page_of(text.x, text.y) == index
    s, y = unrolled.from_photo(text.x[here], text.y[here])
    text = (s.min(), y.min() - found.across.x_height / shape.lens.focal, s.max(), y.max())
    left, right = 0.0, float(unrolled.s[-1])
    corners_y = np.array([0.0, height - 1.0, 0.0, height - 1.0])
    _, edge = unrolled.from_photo(np.array([x0, x0, x1, x1]), corners_y)
    top, bottom = float(edge[[0, 2]].min()), float(edge[[1, 3]].max())
    zoom = _PREVIEW / (right - left)
    preview = flat.lay_grid(unrolled, (left, top, right, bottom), zoom, 0.0, False)
    small = cv2.resize(seen.photo, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small_grid = replace(preview, grid=(preview.grid + 0.5) * 0.25 - 0.5)
    px, py = remap.place(preview, preview.width, preview.height)
    inside = (px > 1) & (px < width - 2) & (py > 1) & (py < height - 2)
    picture = remap.apply(small, small_grid, fine=False)
    content = tuple((v - o) * zoom for v, o in zip(text, (left, top, left, top), strict=True))
    reach = max(5, int(2.0 * found.across.x_height / shape.lens.focal * zoom)) | 1
    outline = find_outline(
        picture, inside, (content[0], content[1], content[2], content[3]), (at_left, at_right), reach
    )
    area = (
        left + outline.left / zoom, top + outline.top / zoom, left + outline.right / zoom, top + outline.bottom / zoom
    )  # fmt: skip
    return replace(unrolled, wobble=find_wobble(found, unrolled, shape.weight)), area


def _turned_back(flattening: Flattening, seen: Seen) -> Flattening:
    """The grid in pixels of the photograph as it was handed in."""
    if not seen.turn:
        return flattening
    height, width = seen.photo.shape[:2]
    x, y = flattening.grid[..., 0], flattening.grid[..., 1]
    back = {90: (y, width - 1 - x), 180: (width - 1 - x, height - 1 - y), 270: (height - 1 - y, x)}[seen.turn]
    return replace(flattening, grid=flat.grid_of(*back))


__all__ = ["Side", "fit_shape", "flatten", "look"]
