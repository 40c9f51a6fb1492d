"""How large a page is in millimetres: from the camera where it is known, else by the usual sizes of books."""

from __future__ import annotations

import math

from appliance.pages.sheet import MM_PER_INCH

_SIZES = ((148, 210), (176, 250), (182, 257), (210, 297), (215.9, 279.4), (152, 229), (165, 240))
_PRINT_MM = 1.75  # the usual x-height of running text
_MOST_LARGER = 1.6  # the picture is not blown up by more than this


def guess_dpi(width: float, height: float, x_height: float, whole: bool) -> float:
    """Pixels an inch of a page of so many pixels, its x-height in the same pixels (0: unknown).

    A size of paper is taken that has the shape of the page and gives its text the usual size. Where not
    the whole page is to be seen its shape says nothing, and the text decides.
    """
    if not whole and x_height > 0:
        return x_height / _PRINT_MM * MM_PER_INCH
    best, least = 0.0, math.inf
    for a, b in _SIZES:
        for w, h in ((a, b), (b, a)):
            scale = math.sqrt(width * height / (w * h))  # pixels a millimetre
            cost = abs(math.log((width / height) / (w / h))) / 0.03
            if x_height > 0:
                cost += abs(math.log(x_height / scale / _PRINT_MM)) / 0.2
            cost += 1.0 if w > h else 0.0
            if cost < least:
                best, least = scale * MM_PER_INCH, cost
    return best


def output_dpi(native: float, wished: float) -> float:
    """What the page is made at: as wished, unless the photograph is much coarser."""
    return min(wished, native * _MOST_LARGER)
