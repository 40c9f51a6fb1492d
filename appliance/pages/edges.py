"""The rim of the page: what is left there of the desk and of the block of pages below is painted over."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages.binarise import Spots
from appliance.pages.light import low_px, spread
from appliance.pages.sheet import MM_PER_INCH, AnyArray, Image, Mask

RIM_MM = 8.0  # how far dirt reaches in; a picture that bleeds off the page reaches farther
SLIVER_MM = 2.0  # a spot at the rim that is no deeper is no letter
CORNER_MM = 2.5  # nothing is printed so near to two sides
LONG_MM = 12.0  # one that runs along the rim is none either
BLOCK_MM = 6.0  # pages below show as lines within this distance
BLOCK_LENGTH = 0.5  # of the side


def dark_rim(plain: Image) -> Mask:
    """The dark or coloured strips along the sides, in few pixels, on an evened page without strokes."""
    grey = cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY)
    colour = spread(plain)
    other = ((grey < 200) | (colour > 30)).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(other, connectivity=4)
    height, width = other.shape
    deep = low_px(RIM_MM)
    x, y, w, h = (boxes[:, column] for column in range(4))
    beside = (w <= deep) & ((x <= 1) | (x + w >= width - 1))
    above = (h <= deep) & ((y <= 1) | (y + h >= height - 1))
    rim = beside | above
    rim[0] = False
    found = rim[labels] if count > 1 else np.zeros(other.shape, np.bool_)
    return np.asarray(cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def paint(image: Image, rim: Mask, paper: int) -> Image:
    """The page with paper along its rim. Changes the picture it is given."""
    height, width = image.shape[:2]
    mask = cv2.resize(rim.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    image[mask > 0] = paper
    return image


def without_rim(ink: Mask, dpi: float) -> Mask:
    """The ink without long dark lines and wedges at the sides, even where they meet at a corner.

    Looked at side by side: what goes on further in than dirt reaches is none. Changes what it is given.
    """
    deep, long_ = round(RIM_MM * dpi / MM_PER_INCH), LONG_MM * dpi / MM_PER_INCH
    touch, corner = (max(2, round(length * dpi / MM_PER_INCH)) for length in (0.8, CORNER_MM))
    for turns in range(4):
        side = np.rot90(ink, turns)[:deep]
        side[:corner, :corner] = False
        strip = np.ascontiguousarray(side[:, corner:-corner]).astype(np.uint8)
        if side.shape[0] < deep or not strip[:touch].any():
            continue
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
        rest = (boxes[:, 1] <= touch) & (boxes[:, 2] >= long_) & (boxes[:, 1] + boxes[:, 3] < deep)
        rest[0] = False
        if count > 1 and rest.any():
            side[:, corner:-corner][rest[labels]] = False
    return ink


def slivers(spots: Spots, shape: tuple[int, int], dpi: float) -> AnyArray:
    """A truth for each spot: whether it is a rest of something beside the page."""
    height, width = shape
    mm = dpi / MM_PER_INCH
    x, y, w, h = (spots.boxes[:, column].astype(np.int64) for column in range(4))
    touch = max(2, round(0.8 * mm))
    rest = np.zeros(spots.count, np.bool_)
    for near, far, deep, long_, side in (
        (x, width - x - w, w, h, height),
        (y, height - y - h, h, w, width),
    ):
        gap = np.minimum(near, far)
        touching = gap <= touch
        rest |= touching & ((deep <= SLIVER_MM * mm) | ((long_ >= LONG_MM * mm) & (deep <= RIM_MM * mm)))
        rest |= (gap + deep <= BLOCK_MM * mm) & (long_ >= BLOCK_LENGTH * side)
    rest[0] = False
    return rest
