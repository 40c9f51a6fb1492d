"""Where the print of a page lies, and how pages of one book come to lie alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from appliance.pages.sheet import Mask

ALIKE = 0.12  # sizes that differ by less are one size, measured a little differently
SAME_PRINT = 0.03  # print of the same width (height) stands at the same place
AIR = 8.0  # points that print keeps from the side of the page when pages are laid alike


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; left and top belong to it, right and bottom no longer."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def grown(self, by: float, width: float, height: float) -> Box:
        """Larger on all sides, but within a page of this size."""
        return Box(
            max(0, self.left - by),
            max(0, self.top - by),
            min(width, self.right + by),
            min(height, self.bottom + by),
        )

    def around(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def meets(self, other: Box) -> bool:
        """Whether the two overlap or touch."""
        apart = self.right < other.left or other.right < self.left
        return not (apart or self.bottom < other.top or other.bottom < self.top)


def print_box(ink: Mask, pictures: Sequence[Box]) -> Box | None:
    """The smallest box around all print and all pictures, in pixels; None on a blank page."""
    box: Box | None = None
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows):
        box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    for picture in pictures:
        box = picture if box is None else box.around(picture)
    return box


def alike(pages: Sequence[tuple[tuple[float, float], Box | None]]) -> list[Box]:
    """For each page (its size and its print, top left is 0, 0) the sheet on which it is shown.

    Pages of about the same size get the same size. Print that is as wide (high) as is usual stands where it
    usually stands; other pages are centred on the sheet. A page of another size, such as a folded map, keeps
    its own.
    """
    if not pages:
        return []
    width = median(size[0] for size, _ in pages)
    height = median(size[1] for size, _ in pages)
    usual = [box for size, box in pages if box is not None and _is_alike(size, (width, height))]
    spans = [(box.left, box.right) for box in usual], [(box.top, box.bottom) for box in usual]
    sheets = []
    for size, box in pages:
        if not _is_alike(size, (width, height)):
            sheets.append(Box(0, 0, *size))
            continue
        left = _shift(size[0], width, (box.left, box.right) if box else None, spans[0])
        top = _shift(size[1], height, (box.top, box.bottom) if box else None, spans[1])
        sheets.append(Box(left, top, left + width, top + height))
    return sheets


def _is_alike(size: tuple[float, float], usual: tuple[float, float]) -> bool:
    return all(abs(a - b) <= ALIKE * b for a, b in zip(size, usual, strict=True))


def _shift(
    length: float, usual: float, span: tuple[float, float] | None, spans: Sequence[tuple[float, float]]
) -> float:
    """Where the sheet begins on the page, along one side."""
    start = (length - usual) / 2
    if span is None:
        return start
    length_of_print = median(end - begin for begin, end in spans)
    if abs((span[1] - span[0]) - length_of_print) <= SAME_PRINT * usual:
        start = span[0] - median(begin for begin, _ in spans)
    # No print is cut off, whatever its neighbours look like.
    lowest, highest = span[1] + AIR - usual, span[0] - AIR
    return min(max(start, lowest), highest) if lowest <= highest else (span[0] + span[1] - usual) / 2
