"""Pictures that show what each geometric step saw, for `--debug` and for whoever wonders."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages.lines import Lines
from appliance.pages.sheet import AnyArray, Flattening, Gray, Image, Points

_WIDTH = 1400
_COLOURS = ((40, 40, 220), (200, 90, 20), (30, 150, 30))


def on_photo(gray: Gray, lines: Lines, rules: Lines, gutter: Points | None) -> Image:
    """Baselines, rules and the gutter over the reduced picture; all in its pixels."""
    picture = np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)
    for k in range(lines.count):
        _path(picture, _points(lines, k), _COLOURS[k % 2])
    for k in range(rules.count):
        _path(picture, _points(rules, k), _COLOURS[2])
    if gutter is not None:
        _path(picture, gutter, (0, 200, 255), 3)
    return picture


def grid_on_photo(photo: Image, flattening: Flattening) -> Image:
    """The grid of a flat page over the photograph: every second line of it."""
    scale = min(1.0, _WIDTH / photo.shape[1])
    picture = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    grid = flattening.grid.astype(np.float64) * scale
    for i in range(0, grid.shape[0], 2):
        _path(picture, grid[i], _COLOURS[0])
    for j in range(0, grid.shape[1], 2):
        _path(picture, grid[:, j], _COLOURS[1])
    return picture


def outline_on_flat(
    flat: Image, inside: AnyArray, content: tuple[float, ...], page: tuple[float, ...]
) -> Image:
    """The print (red) and the page (green) on the small flat picture in which the edges were searched."""
    picture = flat.copy()
    picture[~inside] = (200, 0, 200)
    for box, colour in ((content, (0, 0, 255)), (page, (0, 200, 0))):
        left, top, right, bottom = (round(v) for v in box)
        cv2.rectangle(picture, (left, top), (right, bottom), colour, 2)
    return picture


def _points(lines: Lines, k: int) -> Points:
    part = lines.line == k
    return np.stack([lines.x[part], lines.y[part]], axis=1)


def _path(picture: Image, points: Points, colour: tuple[int, int, int], width: int = 1) -> None:
    cv2.polylines(picture, [np.round(points).astype(np.int32)], False, colour, width, cv2.LINE_AA)
