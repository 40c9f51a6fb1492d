"""What shines through the paper from its other side: fainter than the print of this side, all of it.

A rule is never mistaken for it as long as it is somewhat stronger than that: a camera sees hairlines faintly.
"""

from __future__ import annotations

import numpy as np

from appliance.pages.binarise import Spots
from appliance.pages.light import WHITE
from appliance.pages.sheet import MM_PER_INCH, AnyArray

LEAST_CONTRAST = 0.28  # of the paper's brightness: what is fainter is no print of this side
FAINT = 0.42  # of the strength of the page's print
RULE_CONTRAST = 0.17  # the same for a rule
RULE_MM, RULE_BREADTH_MM = 9.0, 1.2
LARGEST = 2000  # points of a spot that count: a black bar does not speak for the letters


def strength(spots: Spots) -> float:
    """How dark the print of this page is: the darkness that most of its ink reaches; 0 without print."""
    areas = np.minimum(spots.areas[1:], LARGEST).astype(np.float64)
    if not len(areas):
        return 0.0
    darkness = spots.darkness[1:]
    order = np.argsort(darkness)
    reached = np.cumsum(areas[order])
    place = int(np.searchsorted(reached, 0.6 * reached[-1]))
    return float(darkness[order][min(place, len(order) - 1)])


def of_this_side(spots: Spots, dpi: float) -> AnyArray:
    """A truth for each spot: whether it is print of this side."""
    paper = 255 * WHITE
    least = max(255 - paper * (1 - LEAST_CONTRAST), FAINT * strength(spots))
    rule = _rules(spots, dpi) & (spots.darkness >= 255 - paper * (1 - RULE_CONTRAST))
    return np.asarray((spots.darkness >= least) | rule)


def _rules(spots: Spots, dpi: float) -> AnyArray:
    """A truth for each spot: whether it is long and thin, as a rule or the grid of a chart is."""
    mm = dpi / MM_PER_INCH
    long_ = np.maximum(spots.boxes[:, 2], spots.boxes[:, 3])
    return np.asarray((long_ >= RULE_MM * mm) & (spots.areas <= long_ * RULE_BREADTH_MM * mm))
