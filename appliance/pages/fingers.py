"""Fingers that hold the book: painted over with paper on the margin, never where print may lie.

Looked for on the evened page in few pixels, without its strokes. A finger comes in from a side of the page,
has the colour of skin (or is dark), is as broad as a finger, and ends round, not as the corner of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.light import LOW_DPI, disc, low_px, spread
from appliance.pages.sheet import MM_PER_INCH, AnyArray, Gray, Image, Mask

LEAST_MM2, MOST_MM2 = 40.0, 3500.0
BROADEST_MM = 50.0
LEAST_DEPTH_MM, MOST_DEPTH_MM = 3.0, 75.0
ROUND = 0.93  # of its box that a finger fills at most; a picture with corners fills more
HALO_MM = 2.5  # the shadow that a finger throws around itself
NEIGHBOURS_MM = 14.0  # lines this far above and below tell how far the print reaches


@dataclass(frozen=True, slots=True)
class Fingers:
    """Where fingers are, in few pixels: all of each, and what of it may be painted over."""

    found: Mask
    paint: Mask
    on_print: float  # depth of the deepest finger within the print, in millimetres; 0 on the margins

    @property
    def any(self) -> bool:
        """Whether there is a finger at all."""
        return bool(self.found.any())


def find(plain: Image, print_: Mask) -> Fingers:
    """The fingers of an evened page without strokes; `print_` says where its strokes were."""
    candidates = _not_paper(plain)
    found = np.zeros(print_.shape, np.bool_)
    paint = found.copy()
    deepest = 0.0
    # The same look from all four sides: turned, so that the side is always the right one.
    for turns in range(4):
        seen, skin = np.rot90(candidates, turns), np.rot90(plain, turns)
        for finger in _from_the_right(seen, skin):
            free, depth = _free_of_print(finger, np.rot90(print_, turns))
            deepest = max(deepest, depth)
            found |= np.rot90(finger, -turns)
            paint |= np.rot90(free, -turns)
    return Fingers(found, paint, deepest)


def paint(image: Image, fingers: Fingers, paper: int) -> Image:
    """The page with paper where fingers lay on the margin."""
    height, width = image.shape[:2]
    mask = cv2.resize(fingers.paint.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    image = image.copy()
    image[mask > 0] = paper
    return image


def _not_paper(plain: Image) -> Gray:
    return np.asarray((cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY) < 195) | (spread(plain) > 30), np.uint8)


def _from_the_right(candidates: Gray, plain: AnyArray) -> list[Mask]:
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(candidates), connectivity=4
    )
    width = candidates.shape[1]
    square = (MM_PER_INCH / LOW_DPI) ** 2
    fingers = []
    for label in range(1, count):
        x, _y, w, h, area = boxes[label]
        if x + w < width - 2 or not LEAST_MM2 <= area * square <= MOST_MM2:
            continue
        if (
            h > low_px(BROADEST_MM)
            or not low_px(LEAST_DEPTH_MM) <= w <= low_px(MOST_DEPTH_MM)
            or area > ROUND * w * h
        ):
            continue
        mask = labels == label
        if _is_skin(plain[mask]) and _is_one_piece(mask, int(area)):
            fingers.append(mask)
    return fingers


def _is_skin(colours: AnyArray) -> bool:
    """Skin of any shade under evened light; a glove or a shadowed finger is plainly dark."""
    tones = cv2.cvtColor(np.ascontiguousarray(colours[None]), cv2.COLOR_BGR2YCrCb)[0].astype(np.int16)
    y, cr, cb = tones[:, 0], tones[:, 1], tones[:, 2]
    skin = (cr >= 136) & (cr <= 185) & (cb >= 75) & (cb <= 126) & (y > 25)
    dark = (y < 75) & (np.abs(cr - 128) < 12)
    return bool(skin.mean() > 0.55 or dark.mean() > 0.8)


def _is_one_piece(mask: Mask, area: int) -> bool:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = max(cv2.contourArea(cv2.convexHull(contour)) for contour in contours)
    return area > 0.75 * hull


def _free_of_print(finger: Mask, print_: AnyArray) -> tuple[Mask, float]:
    """What of a finger from the right may be painted over, and how deep it lies in the print, in mm.

    The lines above and below say how far the print reaches: beyond it there is only margin.
    """
    rows = np.flatnonzero(finger.any(axis=1))
    tip = int(np.flatnonzero(finger.any(axis=0))[0])
    halo = low_px(HALO_MM)
    reach = low_px(NEIGHBOURS_MM)
    near = print_[max(0, rows[0] - reach) : rows[-1] + reach + 1].copy()
    around = cv2.dilate(finger.astype(np.uint8), disc(2 * halo + 1)) > 0
    near &= ~around[max(0, rows[0] - reach) : rows[-1] + reach + 1]
    near[:, -low_px(2.0) :] = False
    columns = np.flatnonzero(near.sum(axis=0) >= 2)
    end = int(columns[-1]) + 1 if len(columns) else 0
    hidden = cv2.dilate(finger.astype(np.uint8), disc(3)) > 0  # whatever is there is no print to be seen
    around[:, : min(end + 1, around.shape[1])] = False
    depth = max(0.0, (min(end, finger.shape[1]) - tip) / LOW_DPI * MM_PER_INCH)
    return around & (hidden | ~print_), depth if depth > 1.5 else 0.0
