"""Pictures of a page as JPEG, as fine as the bytes allow; smoothed a little first, since grain costs most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pillow

from appliance.pages.content import Picture
from appliance.pages.light import WHITE
from appliance.pages.margins import Box
from appliance.pages.sheet import AnyArray, Image, Mask

DPI = 150.0  # of pictures beside print: the screen of a printed photograph is no finer
QUALITIES = (72, 60, 48, 38)
COARSER = (1.0, 0.8, 0.66, 0.5)  # of that resolution, when the bytes do not suffice
WHOLE_BYTES = 450_000  # for a page that is one picture


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A picture at its place on the page, in pixels of the whole page."""

    box: Box
    data: bytes
    width: int
    height: int
    coloured: bool


def of_parts(
    image: Image, pictures: tuple[Picture, ...], print_: Mask, dpi: float, budget: int
) -> list[Jpeg]:
    """The pictures of a mixed page; all of them together keep within the budget, if that can be."""
    height, width = image.shape[:2]
    parts = []
    for picture in pictures:
        box = _whole_pixels(picture.box.grown(dpi / 40, width, height))
        part = image[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
        ink = print_[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
        shrunk = _shrunk(_whitened(part), min(1.0, DPI / dpi), ink)
        parts.append((box, shrunk, picture.coloured))
    area = sum(part.shape[0] * part.shape[1] for _, part, _ in parts)
    return [
        _within(box, part, coloured, int(budget * part.shape[0] * part.shape[1] / max(area, 1)))
        for box, part, coloured in parts
    ]


def of_page(image: Image, coloured: bool, budget: int = WHOLE_BYTES) -> Jpeg:
    """A page that is kept as one picture, in its full resolution if the bytes allow it."""
    height, width = image.shape[:2]
    return _within(Box(0, 0, width, height), _denoised(_whitened(image)), coloured, budget)


def _within(box: Box, part: AnyArray, coloured: bool, budget: int) -> Jpeg:
    """The best of the qualities whose bytes are within the budget, else the smallest."""
    if not coloured:
        part = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    data, shown = b"", part
    for shown, quality in _tries(part):
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        data = cv2.imencode(".jpg", shown, options)[1].tobytes()
        if len(data) <= budget:
            break
    return Jpeg(box, data, shown.shape[1], shown.shape[0], coloured)


def _tries(part: AnyArray) -> Iterator[tuple[AnyArray, int]]:
    for scale in COARSER:
        shown = part if scale == 1.0 else _resized(part, scale)
        for quality in QUALITIES:
            yield shown, quality


def _resized(part: AnyArray, scale: float) -> AnyArray:
    height, width = part.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def _shrunk(part: AnyArray, scale: float, ink: Mask) -> AnyArray:
    """In lower resolution; under the ink stands the colour from around it, so that no shadow shows."""
    small = _resized(part, scale)
    if not ink.any():
        return small
    kernel = np.ones((3, 3), np.uint8)
    grown = cv2.dilate(ink.astype(np.uint8), kernel) * 255
    size = small.shape[1], small.shape[0]
    under = np.asarray(cv2.resize(grown, size, interpolation=cv2.INTER_AREA) > 40, np.bool_)
    weight = (~under).astype(np.float32)
    around = cv2.blur(np.asarray(small * weight[..., None], np.float32), (15, 15))
    seen = cv2.blur(weight, (15, 15))[..., None]
    filled = np.where(seen > 0.02, around / np.maximum(seen, 0.02), small)
    small[under] = filled[under].astype(np.uint8)
    return small


def _whitened(part: AnyArray) -> AnyArray:
    """Paper becomes white with its grain; what is printed keeps its place between black and white."""
    paper = 255 * WHITE
    table = np.clip(np.arange(256) * (255 / (paper - 5)), 0, 255).astype(np.uint8)
    return cv2.LUT(part, table)


def _denoised(part: AnyArray) -> AnyArray:
    """Less grain, the same edges."""
    return cv2.bilateralFilter(np.ascontiguousarray(part), 5, 14, 2)


def _whole_pixels(box: Box) -> Box:
    return Box(int(box.left), int(box.top), int(np.ceil(box.right)), int(np.ceil(box.bottom)))


def as_dots(part: Image) -> Mask:
    """A picture in black and white alone: dots whose density is its darkness."""
    grey = cv2.cvtColor(_whitened(part), cv2.COLOR_BGR2GRAY)
    dots = Pillow.fromarray(np.asarray(grey, np.uint8)).convert("1")  # error diffusion
    return ~np.asarray(dots, np.bool_)
