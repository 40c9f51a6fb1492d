"""Dirt in the print. Points, commas, leaders and dots above letters are no dirt, and stay.

Dirt is smaller than any point that can be printed; or it is as small as a point, and neither letters nor
other points are anywhere near.
"""

from __future__ import annotations

import numpy as np

from appliance.pages.binarise import Spots
from appliance.pages.sheet import MM_PER_INCH, AnyArray

DUST_MM2 = 0.022  # a third of a decimal point in the smallest print
POINT_MM2 = 0.11  # a point in print of usual size
NEAR_MM = 4.5


def find(spots: Spots, chosen: AnyArray, dpi: float) -> AnyArray:
    """A truth for each spot: whether it is dirt; only chosen spots count as print that may be near."""
    square = (dpi / MM_PER_INCH) ** 2
    areas = spots.areas
    dust = areas < max(2.0, DUST_MM2 * square)
    small = chosen & ~dust & (areas < POINT_MM2 * square)
    if not small.any():
        return np.asarray(dust)
    lonely = small & (_ink_around(spots, chosen & ~dust, dpi) < 0.5 * DUST_MM2 * square)
    return np.asarray(dust | lonely)


def _ink_around(spots: Spots, chosen: AnyArray, dpi: float) -> AnyArray:
    """How much other ink lies near each spot, in points."""
    step = max(2, round(NEAR_MM / MM_PER_INCH * dpi / 3))
    height, width = spots.labels.shape
    rows, columns = height // step + 1, width // step + 1
    x, y, w, h, area = (spots.boxes[:, column] for column in range(5))
    grid = np.zeros((rows, columns), np.float64)
    # A long rule counts along its whole length: at both ends and in the middle.
    for part in (0.0, 0.5, 1.0):
        column = np.minimum((x + w * part).astype(int) // step, columns - 1)
        row = np.minimum((y + h * part).astype(int) // step, rows - 1)
        np.add.at(grid, (row[chosen], column[chosen]), area[chosen] / 3.0)
    total = np.pad(grid, 3).cumsum(axis=0).cumsum(axis=1)
    total = np.pad(total, ((1, 0), (1, 0)))
    near = total[7:, 7:] - total[:-7, 7:] - total[7:, :-7] + total[:-7, :-7]
    row, column = (y + h // 2) // step, (x + w // 2) // step
    return np.asarray(near[np.minimum(row, rows - 1), np.minimum(column, columns - 1)] - area)
