"""Reads the photograph through a grid: the only place where the picture itself is resampled."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages import splines
from appliance.pages.sheet import AnyArray, Flattening, Image


def place(flattening: Flattening, width: int, height: int) -> tuple[AnyArray, AnyArray]:
    """Where each pixel of a flat page of the given size lies in the photograph: x and y."""
    rows, columns = flattening.grid.shape[:2]
    down = splines.refine(rows, (np.arange(height) + 0.5) / height * (rows - 1)).astype(np.float32)
    across = splines.refine(columns, (np.arange(width) + 0.5) / width * (columns - 1)).astype(np.float32)
    x = down @ flattening.grid[..., 0] @ across.T
    y = down @ flattening.grid[..., 1] @ across.T
    return x, y


def apply(photo: AnyArray, flattening: Flattening, scale: float = 1.0, fine: bool = True) -> Image:
    """The flat page, `scale` times as large as the flattening says."""
    width, height = max(1, round(flattening.width * scale)), max(1, round(flattening.height * scale))
    x, y = place(flattening, width, height)
    how = cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR
    return np.asarray(cv2.remap(photo, x, y, how, borderMode=cv2.BORDER_REPLICATE), np.uint8)
