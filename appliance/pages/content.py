"""What is on a page: pictures and charts with their boxes, and whether they have colours.

Looked for on the evened page in few pixels, without its strokes: what then is not paper is a photograph, a
bar or a tint. Plain black, as in the head of a table, is print. A chart keeps its letters sharp; in a
photograph nothing is taken for a letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from appliance.pages.light import LOW_DPI, disc, low_px, spread
from appliance.pages.margins import Box
from appliance.pages.sheet import MM_PER_INCH, AnyArray, Gray, Image, Mask

TINT = 212  # evened paper is at 237: what is darker without strokes is a tint
DARK_TINT = 150  # letters on anything darker stay with the picture
COLOURED = 17  # spread of the channels of a tint; of paper, below 8
BLACK = 85  # of the ink of a plain black bar
COLOUR_PART = 0.02  # of a picture that must be coloured for a coloured picture
JOIN_MM = 6.0  # parts of one chart lie no farther apart
LEAST_MM2 = 45.0
FLAT = 0.72  # of a chart: paper and plain fills; a photograph has less
WHOLE = 0.62  # of the page: a picture this large makes it a picture


class Kind(StrEnum):
    """How a page is kept."""

    BILEVEL = "bilevel"
    MIXED = "mixed"  # sharp print over pictures, or print in colours
    GREY = "grey"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph, a chart or a tint: its box in pixels of the whole page."""

    box: Box
    coloured: bool
    chart: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The pictures of a page, and (in few pixels) where no print is looked for."""

    pictures: tuple[Picture, ...]
    no_print: Mask
    whole: bool  # the page is one picture
    coloured: bool  # that one, or any of them


def find(plain: Image, small: Image, scale: float, known_light: bool) -> Content:
    """What is on the page: `plain` without its strokes, `small` with them, both evened and in few pixels.

    `scale` is how many pixels of the whole page one of theirs is.
    """
    grey = cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY)
    colour = spread(plain)
    solid = cv2.morphologyEx(
        ((grey < TINT) | (colour > COLOURED)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disc(low_px(JOIN_MM)))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    least = LEAST_MM2 * (LOW_DPI / MM_PER_INCH) ** 2
    pictures = []
    no_print = np.zeros(grey.shape, np.bool_)
    for label in range(1, count):
        x, y, w, h = boxes[label, :4]
        part = (slice(y, y + h), slice(x, x + w))
        inside = (labels[part] == label) & (solid[part] > 0)
        if inside.sum() < least or _is_black(grey[part][inside], colour[part][inside]):
            continue
        chart = _is_chart(grey[part], plain[part])
        hue = _has_colour(small[part])
        pictures.append(Picture(Box(x * scale, y * scale, (x + w) * scale, (y + h) * scale), hue, chart))
        no_print[part] |= (inside & (grey[part] < DARK_TINT)) if chart else np.bool_(True)
    merged = _merged(pictures)
    whole = not known_light or _part_of(merged, grey.shape, scale) > WHOLE
    grown = cv2.dilate(no_print.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    hue = _has_colour(small) if whole else any(picture.coloured for picture in merged)
    return Content(tuple(merged), grown, whole, hue)


def _is_black(grey: Gray, colour: Gray) -> bool:
    """A plain black bar; its rim, which is neither black nor white, aside."""
    return bool((grey < BLACK).mean() > 0.75 and np.median(colour) < 2 * COLOURED)


def _is_chart(grey: AnyArray, plain: AnyArray) -> bool:
    """Whether it is made of plain areas."""
    kernel = np.ones((3, 3), np.uint8)
    steps = cv2.morphologyEx(np.ascontiguousarray(plain), cv2.MORPH_GRADIENT, kernel)
    inner = cv2.erode(
        cv2.max(cv2.max(steps[..., 0], steps[..., 1]), steps[..., 2]), kernel
    )  # the rims of plain areas are narrow
    return bool((inner <= 9).mean() > FLAT)


def _has_colour(part: AnyArray) -> bool:
    vivid = spread(part)
    return bool((vivid > 2 * COLOURED).mean() > COLOUR_PART or (vivid > 1.2 * COLOURED).mean() > 0.2)


def _part_of(pictures: list[Picture], shape: tuple[int, ...], scale: float) -> float:
    area = sum(picture.box.width * picture.box.height for picture in pictures if not picture.chart)
    return area / (shape[0] * shape[1] * scale * scale)


def _merged(pictures: list[Picture]) -> list[Picture]:
    """Boxes that overlap become one."""
    merged: list[Picture] = []
    for picture in pictures:
        one = picture
        while near := next((other for other in merged if other.box.meets(one.box)), None):
            merged.remove(near)
            one = Picture(one.box.around(near.box), one.coloured or near.coloured, one.chart and near.chart)
        merged.append(one)
    return sorted(merged, key=lambda one: (one.box.top, one.box.left))
