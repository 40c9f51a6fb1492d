"""What a camera sees while a page of the book is turned: the leaf in the air, the hand, and its shadow.

Pure functions on pictures. `share` is how far the leaf has come, from 0 (it lies to the right) to 1 (it lies
to the left); everything that moves is blurred, as it is in a real picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_COARSE = 4  # what moves is drawn small and blurred, so nobody sees it
_SKIN = (120, 150, 195)  # blue, green, red
_TILE = 256  # pixels after which the noise repeats itself
_NOISE = 1.5  # in grey levels, as a still picture has


def turning(before: Picture, after: Picture, share: float) -> Picture:
    """The picture in the midst of a turn from one spread to the next."""
    height, width = before.shape[:2]
    size = (width // _COARSE, height // _COARSE)
    old, new = (
        np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.uint8) for one in (before, after)
    )
    columns, middle = size[0], size[0] // 2
    edge = int(columns * (0.95 - 0.9 * share))
    mixed = old.copy()
    mixed[:, max(edge, middle) :] = new[:, max(edge, middle) :]
    if edge < middle:
        mixed[:, edge:middle] = new[:, edge:middle]
    _lift(mixed, edge, columns // 9)
    _lay_hand(mixed, (edge, int(size[1] * (0.7 - 0.1 * share))), size[1] // 7)
    mixed = cv2.blur(mixed, (columns // 40 + 1, 3)).astype(np.uint8)
    return cv2.resize(mixed, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def _lift(picture: Picture, edge: int, wide: int) -> None:
    """The leaf on its edge: bright where it bulges, dark beside it."""
    columns = np.arange(picture.shape[1])
    bulge = np.exp(-(((columns - edge) / wide) ** 2))
    shade = 0.45 * np.exp(-(((columns - edge - 1.6 * wide) / wide) ** 2))
    lit = picture * (1 - shade[None, :, None]) + (240 - picture) * (0.75 * bulge[None, :, None])
    picture[:] = np.clip(lit, 0, 255)


def _lay_hand(picture: Picture, at: tuple[int, int], size: int) -> None:
    """A hand on the leaf, and the arm behind it."""
    cv2.ellipse(picture, at, (size, size // 2), 60, 0, 360, _SKIN, -1)
    foot = (min(picture.shape[1], at[0] + size), picture.shape[0])
    cv2.line(picture, at, foot, _SKIN, max(1, size))


def covered(picture: Picture, share: float = 0.6) -> Picture:
    """The same with a hand over it, from below: `share` of its height."""
    hidden = picture.copy()
    height, width = picture.shape[:2]
    cv2.ellipse(hidden, (width // 2, height), (width // 3, int(height * share)), 0, 180, 360, _SKIN, -1)
    return hidden


def noisy(picture: Picture, seed: int) -> Picture:
    """As the next picture of a camera differs from the one before: by its noise."""
    rows, columns = picture.shape[:2]
    tile = np.random.default_rng(seed).normal(0, _NOISE, (_TILE, _TILE)).astype(np.int16)
    field = np.tile(tile, (rows // _TILE + 1, columns // _TILE + 1))[:rows, :columns, None]
    return np.clip(picture + field, 0, 255).astype(np.uint8)
