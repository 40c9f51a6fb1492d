"""Finds the print on a photograph: an even picture, the ink on it, and the boxes of its letters.

All of it works on a reduced picture, in which small letters are about ten pixels high.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.sheet import AnyArray, Floats, Gray, Image

WORK_SIDE = 2100  # the longer side of the picture that is searched for letters
_SMALL = 7.0  # letters lower than this many pixels are searched in a larger picture
_SMALL_SHARE = 0.4  # of the commonest height: so common, a lower one is that of the small letters
_FAINT = 0.5  # what is fainter than this part of the usual print is paper, grain or show-through


@dataclass(frozen=True, slots=True)
class Reduced:
    """A grey picture at a smaller scale; `scale` times the photograph's pixels give its own."""

    gray: Gray
    scale: float


@dataclass(frozen=True, slots=True)
class Ink:
    """Even light, and what is printed."""

    even: Gray  # paper near 255, whatever the lamp did
    mask: Gray  # 255 where there is ink
    x_height: float  # 0 where there are no letters


@dataclass(frozen=True, slots=True)
class Boxes:
    """Bounding boxes of connected ink that could be letters, all in pixels of the reduced picture."""

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    x_height: float

    def __len__(self) -> int:
        return len(self.left)

    @property
    def width(self) -> Floats:
        """Of each box."""
        return self.right - self.left

    @property
    def height(self) -> Floats:
        """Of each box."""
        return self.bottom - self.top

    def chosen(self, which: AnyArray) -> Boxes:
        """Some of the boxes."""
        return Boxes(self.left[which], self.right[which], self.top[which], self.bottom[which], self.x_height)


def reduce(photo: Image, side: int = WORK_SIDE) -> Reduced:
    """The grey picture, no longer than `side`; small photographs stay as they are."""
    scale = min(1.0, side / max(photo.shape[:2]))
    gray = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return Reduced(np.asarray(gray, np.uint8), scale)


def background(gray: Gray, reach: int) -> Gray:
    """The paper without its print: what is darker and narrower than `reach` is filled."""
    step = 4 if min(gray.shape) > 600 else 2
    size = (max(1, gray.shape[1] // step), max(1, gray.shape[0] // step))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    k = max(5, (reach // step) | 1)
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k, k)))
    small = cv2.GaussianBlur(small, (0, 0), k * 0.6)
    return np.asarray(cv2.resize(small, gray.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def find_ink(gray: Gray, x_height: float = 0.0) -> Ink:
    """Light divided out and thresholded; the x-height is guessed first and then measured."""
    guess = x_height or max(gray.shape) / 150
    reach = int(np.clip(guess * 3, 13, 151)) | 1
    even = cv2.divide(gray, np.maximum(background(gray, reach), 1), scale=255)
    mask = cv2.adaptiveThreshold(
        even, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, max(11, int(guess * 2.5) | 1), 16
    )
    mask[even > 205] = 0
    return Ink(np.asarray(even, np.uint8), np.asarray(mask, np.uint8), x_height)


def find_letters(ink: Ink) -> Boxes:
    """Boxes of everything that could be a letter, and the x-height that most of them share."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.mask, connectivity=8)
    darkness: AnyArray = np.bincount(labels.ravel(), weights=(255 - ink.even).ravel(), minlength=len(stats))
    stats = stats[1:]
    if len(stats) == 0:
        return _boxes(stats, 0.0)
    darkness = np.asarray(darkness[1:] / stats[:, 4])
    height, width = ink.mask.shape
    usual = stats[:, 3] < height / 12
    reference = _weighted_quantile(darkness, np.where(usual, np.minimum(stats[:, 4], 2000), 0), 0.6)
    keep = usual & (darkness > _FAINT * reference) & (stats[:, 4] >= 6) & (stats[:, 3] >= 3)
    keep &= (stats[:, 2] < width / 4) & (stats[:, 0] > 0) & (stats[:, 1] > 0)
    keep &= (stats[:, 0] + stats[:, 2] < width) & (stats[:, 1] + stats[:, 3] < height)
    stats = stats[keep]
    size = _x_height(stats)
    return _boxes(stats[_outside_pictures(stats, ink.mask, size)] if size else stats, size)


def letters_of(gray: Gray) -> tuple[Ink, Boxes]:
    """Ink and letters, looked for a second time with the size that the first look found."""
    ink = find_ink(gray)
    boxes = find_letters(ink)
    if boxes.x_height and not 0.75 < boxes.x_height / (max(gray.shape) / 150) < 1.4:
        ink = find_ink(gray, boxes.x_height)
        boxes = find_letters(ink)
    return Ink(ink.even, ink.mask, boxes.x_height), boxes


def read_letters(photo: Image) -> tuple[Reduced, Ink, Boxes]:
    """The reduced picture and its letters, at a larger scale where the letters are small."""
    reduced = reduce(photo)
    ink, boxes = letters_of(reduced.gray)
    if 0 < boxes.x_height < _SMALL:
        grow = min(2.0, 9.0 / boxes.x_height)
        scale = reduced.scale * grow
        if max(photo.shape[:2]) * scale <= 2 * WORK_SIDE:
            size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            gray = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
            reduced = Reduced(np.asarray(cv2.resize(gray, size, interpolation=how), np.uint8), scale)
            ink, boxes = letters_of(reduced.gray)
    return reduced, ink, boxes


def _boxes(stats: AnyArray, x_height: float) -> Boxes:
    x, y, w, h = (stats[:, i].astype(np.float64) for i in range(4))
    return Boxes(x, x + w, y, y + h, x_height)


def _weighted_quantile(values: AnyArray, weights: AnyArray, part: float) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    if total[-1] <= 0:
        return float(np.median(values))
    return float(values[order][min(len(order) - 1, int(np.searchsorted(total, part * total[-1])))])


def _x_height(stats: AnyArray) -> float:
    """The commonest height of boxes, the larger ones counting more: specks are many."""
    heights = stats[(stats[:, 3] >= 4) & (stats[:, 2] >= 2), 3].astype(np.float64)
    if len(heights) < 20:
        return 0.0
    count, edges = np.histogram(heights, bins=np.arange(3.5, 122.5), weights=np.minimum(heights, 80))
    smooth = np.convolve(count, [0.25, 0.5, 1, 0.5, 0.25], "same")
    peak = int(np.argmax(smooth))
    # capitals and figures are half as high again as small letters, and may be as many
    low, high = int(0.62 * (peak + 4) - 4), int(0.82 * (peak + 4) - 4)
    if low >= 0 and high > low and smooth[low:high].max() > _SMALL_SHARE * smooth[peak]:
        peak = low + int(np.argmax(smooth[low:high]))
    around = slice(max(0, peak - 1), peak + 2)
    middle = edges[around] + 0.5
    return float(np.average(middle, weights=count[around] + 1e-9))


def _outside_pictures(stats: AnyArray, mask: Gray, x_height: float) -> AnyArray:
    """Text keeps white between its lines, pictures do not: a map of solid ink tells them apart."""
    k = max(1, round(x_height / 6))
    size = (max(1, mask.shape[1] // k), max(1, mask.shape[0] // k))
    solid: AnyArray = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 60).astype(np.uint8)
    close, opened = max(3, int(0.6 * x_height / k)) | 1, max(5, int(4.5 * x_height / k)) | 1
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((close, close), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((opened, opened), np.uint8))
    solid = cv2.dilate(solid, np.ones((opened, opened), np.uint8))
    x = np.clip((stats[:, 0] + stats[:, 2] // 2) // k, 0, size[0] - 1)
    y = np.clip((stats[:, 1] + stats[:, 3] // 2) // k, 0, size[1] - 1)
    return np.asarray(solid[y, x] == 0)
