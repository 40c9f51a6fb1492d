"""Photographs of the simulated book, with the truth about them.

A photograph comes with everything a test could want to compare: the flat pages, their text and x-height,
where each point of a page lies in the frame, the gutter and a map of what each pixel shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.simulated.book import camera as eye
from drivers.simulated.book.camera import Array, Leaf, Pinhole
from drivers.simulated.book.light import develop, expose, lay_desk, lay_fingers
from drivers.simulated.book.scene import Scene, draw_scene
from drivers.simulated.book.typeset import MM_PER_INCH, Kind, Paper, Print, typeset

GRID = (25, 33)  # columns and rows of the truth
DESK, LEFT, RIGHT, FINGER = 0, 1, 2, 3  # labels of pixels
_COARSE = 8  # the geometry is solved for one pixel in so many, both ways


@dataclass(frozen=True, slots=True)
class TruePage:
    """What is known of one page of a photograph."""

    side: str  # "left", "right" or "single"
    flat: NDArray[np.uint8]
    text: str
    x_height: float  # in pixels of the flat page
    dpi: float  # of the flat page
    quad: Array  # its corners in the photograph: top left, top right, bottom right, bottom left
    grid: Array  # 33 rows x 25 columns x 2: photograph coordinates of evenly spaced points of the page


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph of the open book and the truth about it."""

    image: NDArray[np.uint8]
    pages: tuple[TruePage, ...]
    gutter: Array | None  # points from the top of the page to its foot
    labels: NDArray[np.uint8]
    scene: Scene


def photograph(
    level: int,
    seed: int,
    width: int = 4000,
    kinds: Sequence[Kind] = (Kind.PROSE, Kind.PROSE),
    scene: Scene | None = None,
    paper: Paper | None = None,
) -> Photograph:
    """A photograph of two facing pages, or of one where the scene holds a single page."""
    scene = scene or draw_scene(level, seed)
    paper = paper or Paper(font=seed % 3, language=("id", "en")[seed % 2])
    dpi = max(90.0, min(300.0, width / scene.frame_mm * MM_PER_INCH * 1.1))
    first = 2 + 2 * (seed % 90)
    prints = [typeset(paper, kind, first + i, seed, dpi) for i, kind in enumerate(kinds)]
    return take(prints[:1] if scene.single else prints[:2], paper, scene, width, seed)


def take(prints: Sequence[Print], paper: Paper, scene: Scene, width: int, seed: int) -> Photograph:
    """The photograph of given prints: one for a single page, else the left and the right one."""
    height = round(width * (1.36 if scene.single else 0.75))
    leaves = [
        Leaf(scene.curls[i], 1 if scene.single or i else -1, paper.width_mm, paper.height_mm)
        for i in range(len(prints))
    ]
    camera = eye.stand(scene, width, height, paper.width_mm / 2 if scene.single else 0.0)
    rng = np.random.default_rng([seed, 77])
    image = lay_desk(scene, width, height, rng)
    labels = np.zeros((height, width), np.uint8)
    light = np.ones((height, width), np.float32)
    for i, leaf in enumerate(leaves):
        _lay_page(image, labels, light, (scene, camera, leaf, prints[i], prints[-1 - i]))
    expose(image, light, labels, scene, rng)
    lay_fingers(image, labels, scene, rng, [_outer_edge(camera, leaf) for leaf in leaves])
    sides = ("single",) if scene.single else ("left", "right")
    pages = tuple(_truth(camera, leaf, p, s) for leaf, p, s in zip(leaves, prints, sides, strict=True))
    gutter = None if scene.single else _gutter(camera, leaves[1])
    return Photograph(develop(image, scene, rng), pages, gutter, labels, scene)


Placed = tuple[Scene, Pinhole, Leaf, Print, Print]


def _lay_page(
    image: NDArray[np.float32], labels: NDArray[np.uint8], light: NDArray[np.float32], placed: Placed
) -> None:
    """Draws one page, and the edge of the block beside it, into the photograph."""
    scene, camera, leaf, front, back = placed
    s, y, shade = _see_page(scene, camera, leaf)
    scale = front.dpi / MM_PER_INCH
    across = s if leaf.sign > 0 else leaf.width - s
    sheet = _inked(front, back, scene)
    drawn = cv2.remap(
        sheet, across * scale - 0.5, y * scale - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    near = 0.0 if scene.single else -3.0
    inside = (s >= near) & (s <= leaf.width) & (y >= 0) & (y <= leaf.height)
    mine = inside & (leaf.sign * _side(camera, s.shape) >= 0) if not scene.single else inside
    block = (s > leaf.width) & (s <= leaf.width + scene.block) & (y >= 0) & (y <= leaf.height)
    image[block] = _block_edge(s[block] - leaf.width)
    image[mine] = drawn[mine]
    light[mine | block] = shade[mine | block]
    labels[mine] = LEFT if leaf.sign < 0 else RIGHT


def _block_edge(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """The edges of the pages underneath: fine lines of paper and shade."""
    tone = 150 + 45 * np.sin(depth * 11) + 20 * np.sin(depth * 29)
    return np.stack([tone * 0.9, tone * 0.96, tone], axis=-1).astype(np.float32)


def _side(camera: Pinhole, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """On which side of the gutter a pixel looks: below 0 left, above right."""
    points = np.array([[0.0, -400.0, 0.0], [0.0, 400.0, 0.0]])
    (x0, y0), (x1, y1) = camera.see(points)
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    line = x0 + (rows - y0) * (x1 - x0) / (y1 - y0)
    return np.asarray(np.arange(shape[1], dtype=np.float32)[None] - line, np.float32)


def _see_page(scene: Scene, camera: Pinhole, leaf: Leaf) -> tuple[NDArray[np.float32], ...]:
    """For every pixel: place on the flat page (mm from the gutter, mm from the top) and light."""
    xs = np.arange(0, camera.width + _COARSE, _COARSE, dtype=float)
    ys = np.arange(0, camera.height + _COARSE, _COARSE, dtype=float)
    pixels = np.stack(np.meshgrid(xs, ys), axis=-1)
    points = eye.meet(leaf, camera, camera.rays(pixels))
    s, y = eye.unroll(leaf, points)
    sx, sy = leaf.slope(points[..., 0], points[..., 1])
    normal = np.stack([-sx, -sy, np.ones_like(sx)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    to_lamp = np.array(scene.lamp) - points
    distance = np.linalg.norm(to_lamp, axis=-1)
    facing = np.clip(np.sum(normal * to_lamp, axis=-1) / distance, 0.15, 1)
    fall = (scene.lamp[2] / distance) ** (2 * scene.falloff)
    valley = 1 - scene.gutter_shade * np.exp(-np.maximum(s, 0) / 9.0)
    shade = (0.35 + 0.65 * facing * fall) * valley
    grow = _grow(camera)
    return grow(s), grow(y), grow(np.clip(shade, 0.1, 1.1))


def _grow(camera: Pinhole) -> Callable[[Array], NDArray[np.float32]]:
    """Makes a coarse map as large as the photograph."""
    matrix = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]])
    size = (camera.width, camera.height)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def grow(coarse: Array) -> NDArray[np.float32]:
        small = coarse.astype(np.float32)
        grown = cv2.warpAffine(small, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(grown, np.float32)

    return grow


def _inked(front: Print, back: Print, scene: Scene) -> NDArray[np.float32]:
    """The print on paper that is not quite white, blurred a little, with the back shining through."""
    sheet = front.image.astype(np.float32)
    if scene.show_through > 0:
        other = cv2.GaussianBlur(back.image[:, ::-1], (0, 0), 2.5 * front.dpi / 300).astype(np.float32)
        sheet *= 1 - scene.show_through * (1 - other / 255)
    sheet = np.asarray(
        cv2.GaussianBlur(sheet, (0, 0), max(0.3, scene.ink_blur * front.dpi / 300)), np.float32
    )
    return np.asarray(sheet * np.array([0.90, 0.945, 0.96], np.float32), np.float32)


def _truth(camera: Pinhole, leaf: Leaf, print_: Print, side: str) -> TruePage:
    s = np.linspace(0, leaf.width, GRID[0])
    y = np.linspace(0, leaf.height, GRID[1])
    grid = camera.see(eye.roll_up(leaf, s, y))
    if leaf.sign < 0:
        grid = grid[:, ::-1]
    quad = np.array([grid[0, 0], grid[0, -1], grid[-1, -1], grid[-1, 0]])
    return TruePage(side, print_.image, print_.text, print_.x_height, print_.dpi, quad, grid)


def _gutter(camera: Pinhole, leaf: Leaf) -> Array:
    y = np.linspace(0, leaf.height, GRID[1])
    return np.asarray(camera.see(eye.roll_up(leaf, np.zeros(1), y))[:, 0])


def _outer_edge(camera: Pinhole, leaf: Leaf) -> Array:
    """The outer edge of a page in the photograph, from its top to its foot."""
    y = np.linspace(0, leaf.height, 9)
    return np.asarray(camera.see(eye.roll_up(leaf, np.array([leaf.width]), y))[:, 0])
