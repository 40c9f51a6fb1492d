"""A first look at a photograph: its letters and lines, turned so that one can read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.pages import ink, upright
from appliance.pages.ink import Boxes, Ink, Reduced
from appliance.pages.lines import Lines, find_lines
from appliance.pages.sheet import Gray, Image, Wish

_USUAL = 190  # x-heights along the longer side of a photograph, where there is no print to tell


@dataclass(frozen=True, slots=True)
class Seen:
    """A photograph that lies upright, and what is written on it."""

    photo: Image
    turn: int  # degrees clockwise by which it was turned
    reduced: Reduced
    ink: Ink
    boxes: Boxes
    lines: Lines  # in pixels of the reduced picture

    @property
    def gray(self) -> Gray:
        """The reduced picture."""
        return self.reduced.gray

    @property
    def grow(self) -> float:
        """Photograph pixels in one of the reduced picture."""
        return 1 / self.reduced.scale

    @property
    def x_height(self) -> float:
        """In pixels of the reduced picture: measured, or where there is no print a usual one."""
        return self.boxes.x_height or max(self.gray.shape) / _USUAL


def look(photo: Image, wish: Wish) -> Seen:
    """Reads the letters, and turns the photograph upright unless it was said how it lies."""
    seen = _read(photo, (wish.turn or 0) % 360)
    if wish.turn is not None:
        return seen
    height, width = seen.gray.shape
    if upright.is_sideways(seen.boxes, seen.lines, width, height):
        seen = _read(photo, 90)
    height, width = seen.gray.shape
    stance = upright.is_upside_down(seen.boxes, seen.lines, width, height)
    if stance.sure and stance.turn:
        seen = _read(photo, (seen.turn + stance.turn) % 360)
    return seen


def _read(photo: Image, turn: int) -> Seen:
    turned = np.ascontiguousarray(np.rot90(photo, -turn // 90)) if turn else photo
    reduced, marks, boxes = ink.read_letters(turned)
    return Seen(turned, turn, reduced, marks, boxes, find_lines(boxes))
