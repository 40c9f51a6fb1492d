"""What desk, lamp, hand and camera add to a drawn book."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.simulated.book.scene import Scene

Floats = NDArray[np.float32]
_TILE = 640  # the side of the piece of noise that is laid out over the photograph
_FINGER = 3
_SKIN = (118.0, 148.0, 206.0)


def lay_desk(scene: Scene, width: int, height: int, rng: np.random.Generator) -> Floats:
    """A desk with a grain that runs along it."""
    coarse = rng.normal(0, scene.grain, (max(2, height // 24), max(2, width // 320))).astype(np.float32)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.array(scene.desk, np.float32) + grain[..., None], np.float32)


def expose(
    image: Floats, light: Floats, labels: NDArray[np.uint8], scene: Scene, rng: np.random.Generator
) -> None:
    """Puts light, shadow, vignette, glare and the colour of the lamp on everything."""
    height, width = light.shape
    small = (max(2, width // 16), max(2, height // 16))
    y, x = np.mgrid[0 : small[1], 0 : small[0]].astype(np.float32)
    x, y = x / small[0] - 0.5, y / small[1] - 0.5
    field = 1 - scene.vignette * 2 * (x**2 + y**2)
    if scene.shadow > 0:
        angle = rng.uniform(0, 2 * np.pi)
        edge = (x * np.cos(angle) + y * np.sin(angle) - rng.uniform(0.15, 0.4)) * 14
        field *= 1 - scene.shadow / (1 + np.exp(-edge))
    field = cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) * light
    for channel in range(3):
        image[..., channel] *= field * scene.cast[channel]
    if scene.glare > 0:
        _mirror_lamp(image, labels, scene.glare, rng)


def _mirror_lamp(image: Floats, labels: NDArray[np.uint8], strength: float, rng: np.random.Generator) -> None:
    """A bright spot on the paper that takes the print with it."""
    height, width = labels.shape
    ys, xs = np.nonzero(labels[::16, ::16])
    k = int(rng.integers(len(xs) // 4, 3 * len(xs) // 4))
    cx, cy = xs[k] * 16, ys[k] * 16
    y, x = np.ogrid[0:height, 0:width]
    spot = np.exp(-((((x - cx) / (0.09 * width)) ** 2 + ((y - cy) / (0.05 * width)) ** 2) ** 2))
    part = (strength * spot)[..., None].astype(np.float32)
    image *= 1 - part
    image += 300 * part


Edges = Sequence[NDArray[np.float64]]


def lay_fingers(
    image: Floats, labels: NDArray[np.uint8], scene: Scene, rng: np.random.Generator, edges: Edges
) -> None:
    """Thumbs that hold the book open, on the outer margins and not on the print."""
    size = image.shape[1] / 4000
    middle = (
        np.mean([edge.mean(axis=0) for edge in edges], axis=0)
        if len(edges) > 1
        else edges[0].mean(axis=0) - [900 * size, 0]
    )
    for i in range(scene.fingers):
        edge = edges[(i + 1) % len(edges)]
        tip = edge[int(rng.integers(3, len(edge) - 2))]
        inward = np.sign(middle[0] - tip[0])
        end = tip + np.array([inward * rng.uniform(60, 110) * size, 0])
        start = tip - [inward * 700 * size, rng.uniform(-250, 250) * size]
        mask = np.zeros(labels.shape, np.uint8)
        radius = int(rng.uniform(75, 95) * size)
        cv2.line(mask, _pixel(start), _pixel(end - [inward * radius, 0]), 255, 2 * radius)
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, 6 * size)).astype(np.float32)[..., None] / 255
        shade = cv2.distanceTransform(mask, cv2.DIST_L2, 3)[..., None] / max(1, radius)
        skin = np.array(_SKIN, np.float32) * (0.55 + 0.5 * np.minimum(1, shade))
        image[:] = image * (1 - soft) + skin * soft
        labels[mask > 0] = _FINGER


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def develop(image: Floats, scene: Scene, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Defocus, motion, noise and JPEG."""
    size = image.shape[1] / 4000
    if scene.motion * size > 0.5:
        length = max(3, round(scene.motion * size) | 1)
        image = np.asarray(cv2.blur(image, (length, 1)), np.float32)
    if scene.defocus * size > 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), scene.defocus * size), np.float32)
    if scene.noise > 0:
        tile = rng.normal(0, scene.noise, (_TILE, _TILE, 3)).astype(np.float32)
        for top in range(0, image.shape[0], _TILE):
            for left in range(0, image.shape[1], _TILE):
                part = image[top : top + _TILE, left : left + _TILE]
                turn = np.roll(tile, int(rng.integers(_TILE)), axis=1)
                part += turn[: part.shape[0], : part.shape[1]]
    frame = np.clip(image, 0, 255).astype(np.uint8)
    ok, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
    if not ok:
        raise RuntimeError("the photograph could not be encoded")
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)
