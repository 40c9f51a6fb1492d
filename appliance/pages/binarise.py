"""Bilevel print: which points of an evened page are ink.

The rim of a letter runs midway between its own darkest and the paper (or the tint) that it stands on. So a
hairline, which a camera sees as grey, comes out as well as a bold letter, and neither becomes fatter.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.sheet import MM_PER_INCH, AnyArray, Gray, Mask

REACH_MM = 0.75  # how far around a point its stroke is looked for
MIDDLE = 0.52  # where between paper and stroke the rim of a letter runs
LEAST_CONTRAST = 36  # of 255: less is the grain of the paper


@dataclass(frozen=True, slots=True)
class Spots:
    """The connected spots of ink on a page: a number for each point, and what each spot is like."""

    labels: AnyArray  # 0 is paper
    boxes: AnyArray  # x, y, width, height, area; the first row is the paper
    darkness: AnyArray  # of the darkest point of each, 0 to 255

    @property
    def count(self) -> int:
        """How many rows there are, that of the paper with them."""
        return len(self.boxes)

    @property
    def areas(self) -> AnyArray:
        """In points."""
        return np.asarray(self.boxes[:, cv2.CC_STAT_AREA])

    def mask(self, chosen: AnyArray) -> Mask:
        """Where the chosen spots are; `chosen` has a truth for each row."""
        pick = np.asarray(chosen, np.uint8).copy()
        pick[0] = 0
        return np.asarray(pick[self.labels], np.uint8).view(np.bool_)


def threshold(soft: Gray, paper: Gray, dpi: float) -> Gray:
    """Up to which brightness each point of an evened page is ink; `paper` is the page without strokes."""
    height, width = soft.shape
    size = max(1, width // 2), max(1, height // 2)
    half = cv2.resize(soft, size, interpolation=cv2.INTER_AREA)
    side = max(1, round(REACH_MM / MM_PER_INCH * dpi / 2)) * 2 + 1
    darkest = cv2.erode(half, np.ones((side, side), np.uint8))
    darkest = cv2.blur(darkest, (side, side))
    under = cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR)
    limit = cv2.addWeighted(darkest, MIDDLE, under, 1 - MIDDLE, 0)
    limit[cv2.subtract(under, darkest) < LEAST_CONTRAST] = 0
    return np.asarray(cv2.resize(limit, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def dark(grey: Gray, paper: Gray, dpi: float) -> tuple[Mask, Gray]:
    """Where an evened page is dark, and the smoothed page by which that was told."""
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.3, 0.6 * dpi / 300)), np.uint8)
    return np.asarray(cv2.compare(soft, threshold(soft, paper, dpi), cv2.CMP_LT)).view(np.bool_), soft


def find(ink: Mask, soft: Gray) -> Spots:
    """All spots of what is dark."""
    dark = ink.view(np.uint8)
    count, found, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    labels = np.asarray(found, np.int32)
    lightest = np.full(count, 255, np.uint8)
    where = np.flatnonzero(dark)
    np.minimum.at(lightest, labels.ravel()[where], soft.ravel()[where])
    return Spots(labels, boxes, 255 - lightest)
