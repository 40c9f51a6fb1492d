"""Pictures to look at: the finished page in few pixels, its thumbnail, and what each step saw."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from appliance.pages.compose import Layers
from appliance.pages.content import Content
from appliance.pages.light import Light
from appliance.pages.sheet import AnyArray, Image, Mask

PREVIEW_WIDTH = 900
THUMBNAIL_WIDTH = 300
MARKS = ((60, 60, 230), (230, 140, 30), (40, 170, 60), (200, 60, 200))  # blue, green, red


def finished(layers: Layers, width: int = PREVIEW_WIDTH) -> Image:
    """The page as a reader of the PDF sees it."""
    scale = min(1.0, width / layers.width)
    size = max(1, round(layers.width * scale)), max(1, round(layers.height * scale))
    shown = np.full((size[1], size[0], 3), 255, np.uint8)
    for picture in layers.pictures:
        flags = cv2.IMREAD_COLOR
        part = cv2.imdecode(np.frombuffer(picture.data, np.uint8), flags)
        left, top = round(picture.box.left * scale), round(picture.box.top * scale)
        right, bottom = round(picture.box.right * scale), round(picture.box.bottom * scale)
        room = shown[top:bottom, left:right]
        if room.size and part is not None:
            room[:] = cv2.resize(part, (room.shape[1], room.shape[0]), interpolation=cv2.INTER_AREA)
    for ink in layers.inks:
        cover = cv2.resize(ink.mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
        share = cover[..., None].astype(np.float32) / 255
        colour = np.array(ink.colour[::-1], np.float32)
        shown = (shown * (1 - share) + colour * share).astype(np.uint8)
    return shown


def jpeg(shown: Image, width: int = PREVIEW_WIDTH) -> bytes:
    """A JPEG of it, of this width."""
    height = max(1, round(shown.shape[0] * width / shown.shape[1]))
    small = cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def light(before: Image, lamp: Light, after: Image) -> Image:
    """Side by side: the page as it came, the light on it, where paper was seen, the page in even light."""
    height, width = lamp.paper.shape[:2]
    bare = cv2.cvtColor(lamp.bare.astype(np.uint8) * 255, cv2.COLOR_GRAY2BGR)
    row = [before, lamp.paper, bare, after]
    return np.asarray(
        np.hstack([cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in row]), np.uint8
    )


def marked(image: Image, masks: Mapping[str, Mask]) -> Image:
    """The picture with each mask in its colour, the first in red."""
    height, width = image.shape[:2]
    shown = image.copy()
    for mark, mask in zip(MARKS, masks.values(), strict=False):
        cover = cv2.resize(mask.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA)
        shown[cover > 20] = mark
    return shown


def boxes(image: Image, found: Content, scale: float) -> Image:
    """The picture with a frame around photographs (red) and charts (orange); grey: no print is looked for."""
    shown: AnyArray = image.copy()
    shown[found.no_print] = shown[found.no_print] // 2 + 64
    for picture in found.pictures:
        corners = [round(part / scale) for part in (picture.box.left, picture.box.top)]
        ends = [round(part / scale) for part in (picture.box.right, picture.box.bottom)]
        cv2.rectangle(shown, corners, ends, MARKS[1] if picture.chart else MARKS[0], 2)
    return np.asarray(shown, np.uint8)
