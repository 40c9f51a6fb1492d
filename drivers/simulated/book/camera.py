"""The geometry of a photographed book: where a point of a page lies in the frame, and what a pixel sees.

The gutter lies at x = 0 on the table, x to the right, y down, z up from the bottom of the gutter. A page is
a surface z(x, y); it is unrolled by the length of its arc, row by row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.book.scene import Curl, Scene

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page as a surface; `sign` is +1 to the right of the gutter and -1 to its left."""

    curl: Curl
    sign: int
    width: float
    height: float

    def lift(self, x: Array, y: Array) -> Array:
        """z over the table. Beyond the page the surface goes on smoothly."""
        u = np.maximum(self.sign * x, -20.0)
        c, row = self.curl, y / self.height
        body = c.thickness * (1 - np.exp(-np.maximum(u, -6) / c.rise))
        hump = c.hump * (u / c.crest) * np.exp(1 - u / c.crest)
        return np.asarray((body + hump) * (1 + c.cone * row) + c.twist * (u / self.width) * (row + 0.5))

    def arcs(self, y: Array) -> tuple[Array, Array]:
        """For each row of y: x samples, and the length of the arc from the gutter to each of them."""
        u = np.linspace(0, self.width * 1.1, 1200)
        x = np.broadcast_to(self.sign * u, (len(y), len(u)))
        z = self.lift(x, y[:, None])
        step = np.hypot(np.diff(u)[None], np.diff(z, axis=1))
        return u, np.concatenate([np.zeros((len(y), 1)), np.cumsum(step, axis=1)], axis=1)

    def slope(self, x: Array, y: Array) -> tuple[Array, Array]:
        """dz/dx and dz/dy."""
        d = 0.05
        return (
            (self.lift(x + d, y) - self.lift(x - d, y)) / (2 * d),
            (self.lift(x, y + d) - self.lift(x, y - d)) / (2 * d),
        )


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A camera above the table."""

    width: int
    height: int
    focal: float  # in pixels
    turn: Array  # 3 x 3: table to camera
    centre: Array  # of the lens, over the table
    lens: float  # radial distortion for a radius of half the width

    def see(self, points: Array) -> Array:
        """Pixels of points (..., 3) over the table."""
        q = (points - self.centre) @ self.turn.T
        plane = q[..., :2] / q[..., 2:]
        middle = np.array([self.width / 2 - 0.5, self.height / 2 - 0.5])
        return np.asarray(self._bend(plane) * self.focal + middle)

    def rays(self, pixels: Array) -> Array:
        """Directions over the table of pixels (..., 2)."""
        plane = (pixels - np.array([self.width / 2 - 0.5, self.height / 2 - 0.5])) / self.focal
        r2 = np.sum(plane**2, axis=-1, keepdims=True)
        plane = plane * (1 + self._k * r2)
        return np.concatenate([plane, np.ones((*plane.shape[:-1], 1))], axis=-1) @ self.turn

    @property
    def _k(self) -> float:
        return self.lens / (self.width / 2 / self.focal) ** 2

    def _bend(self, plane: Array) -> Array:
        """The inverse of what `rays` does to the radius, by Newton's method."""
        ru = np.linalg.norm(plane, axis=-1, keepdims=True)
        rd = ru.copy()
        for _ in range(5):
            rd -= (rd * (1 + self._k * rd**2) - ru) / (1 + 3 * self._k * rd**2)
        return np.asarray(plane * np.where(ru > 1e-12, rd / np.maximum(ru, 1e-12), 1.0))


def stand(scene: Scene, width: int, height: int, middle: float) -> Pinhole:
    """The camera of a scene. `middle` is the x of the middle of what it should see."""
    focal = scene.focal * width
    distance = focal * scene.frame_mm / width
    tilt, roll, turn = (math.radians(a) for a in (scene.tilt, scene.roll, scene.turn))
    ct, st = math.cos(tilt), math.sin(tilt)
    cr, sr = math.cos(roll), math.sin(roll)
    cu, su = math.cos(turn), math.sin(turn)
    down = np.diag([1.0, 1.0, -1.0])  # the camera looks along -z
    about_x = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
    about_y = np.array([[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]])
    about_z = np.array([[cu, -su, 0], [su, cu, 0], [0, 0, 1]])
    matrix = about_x @ about_y @ down @ about_z
    aim = np.array([middle, 0.0, 0.0]) + about_z.T @ np.array([*scene.offset, 0.0])
    axis = matrix.T @ np.array([0.0, 0.0, 1.0])
    return Pinhole(width, height, focal, matrix, aim - axis * distance, scene.lens)


def meet(leaf: Leaf, camera: Pinhole, rays: Array) -> Array:
    """Where rays meet the surface of a page: points (..., 3). Newton along each ray."""
    base = camera.centre
    t = (4.0 - base[2]) / rays[..., 2]
    for _ in range(7):
        p = base + rays * t[..., None]
        gap = p[..., 2] - leaf.lift(p[..., 0], p[..., 1])
        sx, sy = leaf.slope(p[..., 0], p[..., 1])
        rate = rays[..., 2] - sx * rays[..., 0] - sy * rays[..., 1]
        t = t - gap / rate
    return np.asarray(base + rays * t[..., None])


def unroll(leaf: Leaf, points: Array) -> tuple[Array, Array]:
    """Places on the flat page, from the gutter outwards and from the top, of points on its surface."""
    rows = np.linspace(-0.6, 0.6, 13) * leaf.height
    u, arcs = leaf.arcs(rows)
    x, y = leaf.sign * points[..., 0], points[..., 1]
    along = np.clip((y / leaf.height + 0.6) / 1.2 * 12, 0, 12)
    low = np.minimum(along.astype(int), 11)
    part = along - low
    position = np.clip(x / (u[1] - u[0]), 0, len(u) - 1.001)
    i = position.astype(int)
    f = position - i

    def read(row: NDArray[np.int_]) -> Array:
        return np.asarray(arcs[row, i] * (1 - f) + arcs[row, i + 1] * f)

    s = read(low) * (1 - part) + read(low + 1) * part
    return np.where(x < 0, x, s), y + leaf.height / 2


def roll_up(leaf: Leaf, s: Array, y: Array) -> Array:
    """Points (rows, columns, 3) on the surface, of places s (columns) and y (rows) of the flat page."""
    rows = y - leaf.height / 2
    u, arcs = leaf.arcs(rows)
    x = np.stack([leaf.sign * np.interp(s, arc, u) for arc in arcs])
    yy = np.broadcast_to(rows[:, None], x.shape)
    return np.stack([x, yy, leaf.lift(x, yy)], axis=-1)
