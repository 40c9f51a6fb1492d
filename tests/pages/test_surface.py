"""The shape of a page, from exact lines on a known cylinder."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.pages import flat, surface
from appliance.pages.evidence import Spread, gather
from appliance.pages.lines import Lines
from appliance.pages.sheet import Side
from appliance.pages.surface import Lens, Prior, Surface
from drivers.simulated.book.camera import Leaf, roll_up, stand
from drivers.simulated.book.scene import Curl, draw_scene

X_HEIGHT = 20.0
NONE = Lines(np.zeros(0), np.zeros(0), np.zeros(0, int), X_HEIGHT)


def lines_on(leaf: Leaf, noise: float = 0.0) -> tuple[Lines, np.ndarray, float]:
    """Where thirty lines of a page lie in a photograph, the photograph's points, and its focal length."""
    scene = draw_scene(3, 4)
    camera = stand(scene, 4000, 3000, 75.0)
    grid = camera.see(roll_up(leaf, np.linspace(15, 135, 60), np.linspace(20, 190, 30)))
    rng = np.random.default_rng(1)
    y = grid[..., 1] + rng.normal(0, noise, grid.shape[:2])
    lines = Lines(grid[..., 0].ravel(), y.ravel(), np.repeat(np.arange(30), 60), X_HEIGHT)
    return lines, grid, camera.focal


def fitted(lines: Lines, focal: float) -> Surface:
    span = (float(lines.x.min() - 100), float(lines.x.max() + 100))
    spread = Spread((Side.SINGLE,), None, (span,), (None,))
    prior = Prior(Lens((1999.5, 1499.5), focal, 0.0, 0.0, 0.0, 2000.0))
    return surface.fit(gather(spread, lines, NONE, NONE), prior)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_the_lines_of_a_curled_page_come_out_straight_and_evenly_spaced_along_the_paper(noise: float) -> None:
    leaf = Leaf(Curl(18, 12, 7, 60), 1, 148, 210)
    lines, grid, focal = lines_on(leaf, noise)

    shape = fitted(lines, focal)

    unrolled = flat.unroll(shape, 0, float(grid[..., 0].min()), float(grid[..., 0].max()))
    s, y = unrolled.from_photo(grid[..., 0], grid[..., 1])
    scale = focal / X_HEIGHT
    assert np.std(y - y.mean(axis=1, keepdims=True)) * scale < 0.03
    step = np.diff(s, axis=1)
    assert step.std() / step.mean() < 0.03


def test_going_to_the_photograph_and_back_changes_nothing() -> None:
    lines, _, focal = lines_on(Leaf(Curl(10, 12, 4, 60), 1, 148, 210))
    shape = fitted(lines, focal)
    unrolled = flat.unroll(shape, 0, float(lines.x.min()), float(lines.x.max()))
    s, y = np.meshgrid(np.linspace(0.01, unrolled.s[-1] - 0.01, 9), np.linspace(-0.2, 0.2, 7))

    back = unrolled.from_photo(*unrolled.to_photo(s, y))

    assert np.allclose(back[0], s, atol=1e-6)
    assert np.allclose(back[1], y, atol=1e-6)


def test_a_flat_page_is_found_flat() -> None:
    lines, _, focal = lines_on(Leaf(Curl(0, 12, 0, 60), 1, 148, 210))

    shape = fitted(lines, focal)

    m = np.linspace(-0.15, 0.15, 40)
    x, z = m * shape.leafs.depth(0, m), shape.leafs.depth(0, m)
    assert np.abs(z - np.polyval(np.polyfit(x, z, 1), x)).max() < 1e-3


def test_a_page_cannot_shrink_to_a_point_to_make_its_lines_straight() -> None:
    lines, _, focal = lines_on(Leaf(Curl(20, 12, 9, 60), 1, 148, 210), noise=6.0)

    shape = fitted(lines, focal)

    m, _ = shape.lens.slopes(lines.x, lines.y)
    depth = shape.leafs.depth(0, np.linspace(m.min(), m.max(), 30))
    assert 0.7 < depth.min() < depth.max() < 1.3
