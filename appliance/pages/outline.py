"""The edges of a page: straight lines once the page lies flat, so they are searched there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.sheet import AnyArray, Floats, Image

_LEAST = 5.0  # grey levels: a weaker step is no edge of paper
_SHARE = 0.35  # of the length of an edge may be hidden, by a finger or a shadow
_LOOSE = 2  # pixels by which an edge may waver
_EVERY = 3  # rows: so many are enough to tell an edge
_NEAR = 3  # pixels on either side that are compared
_BRIGHTNESS = 0.13  # the logarithm by which the light may differ between two places of the margin
_TINT = 0.06  # the same for its colour
_WEAKER = 0.5  # of the first edge: a later one is no weaker


@dataclass(frozen=True, slots=True)
class Outline:
    """Edges of the page in pixels of the flat picture; `seen` in the order left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float
    seen: tuple[bool, bool, bool, bool]


def find_outline(
    flat: Image,
    inside: AnyArray,
    content: tuple[float, float, float, float],
    bound: tuple[bool, bool],
    reach: int,
) -> Outline:
    """The page around its content (left, top, right, bottom).

    `flat` is a small flat picture of everything around the page, `inside` says which of its pixels the
    camera saw. `bound` says whether the left and the right end of the picture are the gutter. `reach` is
    wider than a stroke of print.
    """
    paper: AnyArray = cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    paper = np.asarray(cv2.GaussianBlur(paper, (3, 3), 0), np.float64)
    height, width = flat.shape[:2]
    left, top, right, bottom = content
    rows, columns = _between(top, bottom, height), _between(left, right, width)
    across, seen_across = paper[rows], inside[rows]
    down = paper[:, columns].transpose(1, 0, 2)
    seen_down = inside[:, columns].T
    x0, sees_x0 = (0.0, True) if bound[0] else _edge(across[:, ::-1], seen_across[:, ::-1], width - left)
    x1, sees_x1 = (float(width), True) if bound[1] else _edge(across, seen_across, right)
    y0, sees_y0 = _edge(down[:, ::-1], seen_down[:, ::-1], height - top)
    y1, sees_y1 = _edge(down, seen_down, bottom)
    seen = (sees_x0, sees_y0, sees_x1, sees_y1)
    return Outline(0.0 if bound[0] else width - x0, height - y0, x1, y1, seen)  # fmt: skip


def _edge(strip: Floats, seen: AnyArray, start: float) -> tuple[float, bool]:
    """Where the paper ends beyond `start`, going along the second axis; else where the picture ends.

    Of several edges the last one counts that has the same paper on its near side as the first: so a picture
    beside the print is not the end of the page, but the block of pages under it is.
    """
    length = strip.shape[1]
    begin = int(np.clip(start, _NEAR, length - 1))
    share, paper, at = _steps(strip, seen)
    usual = float(np.median(share[: max(1, begin - _NEAR)])) if begin > 2 * _NEAR else 0.0
    end = _last_seen(seen)
    peak = share >= cv2.dilate(share[None], np.ones((1, 4 * _NEAR + 1), np.uint8))[0]
    strong = np.flatnonzero(peak & (share > max(_LEAST, 3 * usual)) & (at >= begin) & (at < end - 1))
    near = [paper[max(0, i - 3 * _NEAR) : max(1, i - 1)].mean(axis=0) for i in strong]
    good = [i for i, colour in zip(strong, near, strict=True) if _is_like(colour, near[0])]
    good = [i for i in good if share[i] >= _WEAKER * share[good[0]]]
    if not good:
        return float(end), False
    plateau = np.flatnonzero(np.abs(share[good[-1] :] - share[good[-1]]) > 0.02 * share[good[-1]])
    width = int(plateau[0]) - 1 if len(plateau) else 0
    return float(at[good[-1]] + width / 2), True


def _between(first: float, last: float, length: int) -> slice:
    """The part of an axis from one place to another that is in the picture, and never nothing."""
    low = int(np.clip(first, 0, max(0, length - 8)))
    return slice(low, int(np.clip(last, min(length, low + 8), length)))


def _is_like(colour: Floats, paper: Floats) -> bool:
    """Whether a colour could be the same paper in somewhat other light."""
    ratio = np.log(np.maximum(colour, 1) / np.maximum(paper, 1))
    return bool(np.abs(ratio).max() < _BRIGHTNESS and abs(ratio[0] - ratio[2]) < _TINT)


def _steps(strip: Floats, seen: AnyArray) -> tuple[Floats, Floats, AnyArray]:
    """For each place along the strip: how sharply it changes there, its usual colour, and its index."""
    strip, seen = strip[::_EVERY], seen[::_EVERY]
    length = strip.shape[1]
    total = np.cumsum(np.pad(strip, ((0, 0), (1, 0), (0, 0))), axis=1)
    at = np.arange(_NEAR, length - _NEAR)
    before = (total[:, at] - total[:, at - _NEAR]) / _NEAR
    after = (total[:, at + _NEAR] - total[:, at]) / _NEAR
    step = np.linalg.norm(after - before, axis=2) / np.sqrt(3)
    step = np.where(seen[:, np.minimum(at + _NEAR, length - 1)] & seen[:, at], step, 0).astype(np.float32)
    loose = cv2.dilate(step, np.ones((1, 2 * _LOOSE + 1), np.uint8))
    return np.quantile(loose, _SHARE, axis=0), np.median(strip, axis=0)[at], at


def _last_seen(seen: AnyArray) -> int:
    """The last column most of which the camera saw, plus one."""
    enough = np.flatnonzero(seen.mean(axis=0) > 0.5)
    return int(enough[-1]) + 1 if len(enough) else seen.shape[1]
