"""Blank pages: nothing is printed on them, whatever shines through."""

from __future__ import annotations

import numpy as np

from appliance.pages.binarise import Spots
from appliance.pages.sheet import MM_PER_INCH, AnyArray

LETTER_MM = 0.9  # the height of the smallest letter or digit
LETTER_MM2 = 0.15  # and its ink; a page with a single page number is not blank


def is_blank(spots: Spots, chosen: AnyArray, pictures: int, dpi: float) -> bool:
    """Whether neither a picture nor anything as large as a letter is on the page."""
    mm = dpi / MM_PER_INCH
    tall = np.maximum(spots.boxes[:, 2], spots.boxes[:, 3]) >= LETTER_MM * mm
    letters = chosen & tall & (spots.areas >= LETTER_MM2 * mm * mm)
    letters[0] = False
    return pictures == 0 and not bool(letters.any())
