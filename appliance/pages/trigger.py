"""Takes a page by itself, when it has been turned and lies still: never twice, and none left out.

A state machine over what the camera sees, with the time handed in; it opens nothing and waits for nothing.

    covered   black, or without any detail: a hand or a cap over the lens
    moving    a hand, a leaf in the air
    settling  still, but not for long enough, or not sharp yet
    known     this page has been taken already: turn over
    still     still, and new, but nothing may be taken now; it is as new when that changes
    take      still, and new: taken in this very moment

Still is what has not changed against the first picture of its rest, so that slow movement does not pass
for rest. Known is what agrees with a page that was taken, piece by piece: most pieces with print on them are
found again within a few pixels. So a hand on the page, another light, or a book that was pushed a little make
no new page, while a table does after a table of the same shape, because its figures are others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

_WIDE: Final = 160  # of the picture in which movement is looked for
_SHARP: Final = 320  # of the one whose sharpness is judged
_DETAIL: Final = 640  # of the one in which pages are compared
_PIECES: Final = (10, 8)  # across and down
_MARGIN: Final = 0.14  # of the picture: the table around the book is always the same
_REACH: Final = 10  # pixels by which a piece may have moved
_PRINT: Final = 4.0  # contrast from which a piece has print on it
_AGREES: Final = 0.8  # correlation from which a piece is the same
_SAME: Final = 0.45  # share of such pieces from which the page is the same


class Sight(StrEnum):
    """What the trigger makes of a picture."""

    COVERED = "covered"
    MOVING = "moving"
    SETTLING = "settling"
    KNOWN = "known"
    STILL = "still"
    TAKE = "take"


@dataclass(frozen=True, slots=True)
class Rules:
    """When a page counts as lying still, and as sharp."""

    still_s: float = 0.25  # so long nothing may have moved,
    still: int = 3  # and in so many pictures: a camera that stalls is no page that lies still
    patience_s: float = 1.5  # so long a camera may hunt for its focus; then the page is taken as it is
    changed: int = 14  # grey levels by which a pixel must differ to have moved
    part: float = 0.006  # of the pixels, from which something has moved
    dark: float = 22.0  # mean grey level
    bare: float = 7.0  # contrast of the whole picture
    sharp: float = 1.2  # how much finer than its own blur a picture is
    remembered: int = 4  # pages that are compared with: turning back does not take one again


class Trigger:
    """Looks at one picture after the other; see the module."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._rest: Floats | None = None  # the first picture of the present rest
        self._rest_s = 0.0
        self._rested = 0  # pictures of it so far
        self._known: deque[Floats] = deque(maxlen=self._rules.remembered)
        self._settled = False  # the present rest has been decided on

    def look(self, picture: Grey, at_s: float, detail: Callable[[], Grey], *, may_take: bool = True) -> Sight:
        """What to make of a picture; `detail` gives the same at 640 pixels or more, when it is asked for."""
        rules, small = self._rules, _small(picture)
        if float(small.mean()) < rules.dark or float(small.std()) < rules.bare:
            self._stir()
            return Sight.COVERED
        if self._rest is None or self._differs(small, self._rest):
            moved = self._rest is not None
            self._rest, self._rest_s, self._rested, self._settled = small, at_s, 1, False
            return Sight.MOVING if moved else Sight.SETTLING
        self._rested += 1
        if self._settled:
            return Sight.KNOWN
        rested = at_s - self._rest_s
        if rested < rules.still_s or self._rested < rules.still:
            return Sight.SETTLING
        page = _page(detail())
        if any(same_page(page, taken) for taken in self._known):
            self._settled = True
            return Sight.KNOWN
        if not may_take:
            return Sight.STILL
        if rested < rules.patience_s and sharpness(picture) < rules.sharp:
            return Sight.SETTLING
        self._remember(page)
        return Sight.TAKE

    def was_taken(self, detail: Grey) -> None:
        """This page was taken by other means: the button."""
        self._remember(_page(detail))

    def forget(self) -> None:
        """What lies there may be taken again: for a page that is to be done once more."""
        self._known.clear()
        self._settled = False

    def _remember(self, page: Floats) -> None:
        self._known.append(page)
        self._settled = True

    def _stir(self) -> None:
        self._rest, self._settled = None, False

    def _differs(self, one: Floats, other: Floats) -> bool:
        # The light may change as a whole, by a lamp or by the camera's own exposure: that is no movement.
        shift = float(np.median(one - other))
        return float((np.abs(one - other - shift) > self._rules.changed).mean()) > self._rules.part


def same_page(page: Floats, taken: Floats) -> bool:
    """Whether two pictures (of `_page`) show the same pages of the book."""
    found = with_print = 0
    across, down = _PIECES
    height, width = page.shape
    rows = np.linspace(height * _MARGIN, height * (1 - _MARGIN), down + 1).astype(int)
    columns = np.linspace(width * _MARGIN, width * (1 - _MARGIN), across + 1).astype(int)
    for top, foot in pairwise(rows):
        for left, right in pairwise(columns):
            piece = page[top:foot, left:right]
            if float(piece.std()) < _PRINT:
                continue
            with_print += 1
            around = taken[
                max(0, top - _REACH) : foot + _REACH,
                max(0, left - _REACH) : right + _REACH,
            ]
            found += float(cv2.matchTemplate(around, piece, cv2.TM_CCOEFF_NORMED).max()) > _AGREES
    if with_print == 0:  # nothing printed on either: an empty spread, which nobody needs twice
        return not _has_print(taken)
    return found / with_print >= _SAME


def sharpness(picture: Grey) -> float:
    """How much finer a picture is than its own blur: about 2 and more when sharp, 1 when blurred."""
    height = max(1, round(picture.shape[0] * _SHARP / picture.shape[1]))
    small = cv2.resize(picture, (_SHARP, height), interpolation=cv2.INTER_AREA)
    fine = np.abs(cv2.Laplacian(small, cv2.CV_32F)).mean()
    blurred = np.abs(cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 1.5), cv2.CV_32F)).mean()
    return float(fine / (blurred + 1e-3)) / 3.0


def _has_print(page: Floats) -> bool:
    height, width = page.shape
    inner = page[
        int(height * _MARGIN) : int(height * (1 - _MARGIN)), int(width * _MARGIN) : int(width * (1 - _MARGIN))
    ]
    return float(inner.std()) >= _PRINT


def _small(picture: Grey) -> Floats:
    height = max(1, round(picture.shape[0] * _WIDE / picture.shape[1]))
    small = cv2.resize(picture, (_WIDE, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


def _page(detail: Grey) -> Floats:
    """The fine detail of a picture, without its light and shade."""
    height = max(1, round(detail.shape[0] * _DETAIL / detail.shape[1]))
    page = cv2.resize(detail, (_DETAIL, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(page - cv2.GaussianBlur(page, (0, 0), 4.0), np.float32)
