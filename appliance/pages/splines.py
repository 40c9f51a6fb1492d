"""Cubic B-splines, and the interpolation of a coarse grid, as matrices to put values through."""

from __future__ import annotations

import numpy as np

from appliance.pages.sheet import AnyArray, Floats

DEGREE = 3


def clamped(breaks: AnyArray) -> Floats:
    """A knot vector for splines over the given breaks."""
    breaks = np.asarray(breaks, np.float64)
    return np.concatenate([np.repeat(breaks[0], DEGREE), breaks, np.repeat(breaks[-1], DEGREE)])


def basis(knots: Floats, x: Floats) -> Floats:
    """The value of each spline at each x: rows as x, columns as splines. Outside, the ends go on straight."""
    low, high = knots[DEGREE], knots[-DEGREE - 1]
    inside = np.clip(x, low, high)
    value = _evaluate(knots, inside, DEGREE)
    beyond = np.flatnonzero(inside != x)
    if len(beyond):
        value[beyond] += (x - inside)[beyond, None] * slopes(knots, inside[beyond])
    return value


def slopes(knots: Floats, x: Floats) -> Floats:
    """The first derivative of each spline at each x within the breaks."""
    return _differentiate(knots, _evaluate(knots, x, DEGREE - 1), DEGREE)


def bends(knots: Floats, x: Floats) -> Floats:
    """The second derivative of each spline at each x within the breaks."""
    first = _differentiate(knots, _evaluate(knots, x, DEGREE - 2), DEGREE - 1)
    return _differentiate(knots, first, DEGREE)


def _evaluate(knots: Floats, x: Floats, degree: int) -> Floats:
    """De Boor's recursion; one column more for each degree that is missing to three."""
    span = np.clip(np.searchsorted(knots, x, side="right") - 1, DEGREE, len(knots) - DEGREE - 2)
    value = np.zeros((len(x), len(knots) - 1))
    value[np.arange(len(x)), span] = 1.0
    for k in range(1, degree + 1):
        n = len(knots) - 1 - k
        left = _ratio(x[:, None] - knots[None, :n], knots[k : k + n] - knots[:n])
        right = _ratio(
            knots[None, k + 1 : k + 1 + n] - x[:, None], knots[k + 1 : k + 1 + n] - knots[1 : 1 + n]
        )
        value = left * value[:, :n] + right * value[:, 1 : n + 1]
    return value


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.where(below > 1e-12, above / np.maximum(below, 1e-12), 0.0)


def _differentiate(knots: Floats, lower: Floats, degree: int) -> Floats:
    n = len(knots) - 1 - degree
    a = knots[degree : degree + n] - knots[:n]
    b = knots[degree + 1 : degree + 1 + n] - knots[1 : 1 + n]
    return degree * (lower[:, :n] * _ratio(np.ones(n), a) - lower[:, 1 : n + 1] * _ratio(np.ones(n), b))


def refine(count: int, positions: Floats) -> Floats:
    """Natural cubic interpolation of `count` evenly spaced values at positions 0 .. count - 1."""
    if count < 3:
        low = np.clip(positions, 0, count - 1)
        return np.stack([1 - low, low], axis=1) if count == 2 else np.ones((len(positions), 1))
    system = np.diag(np.full(count, 4.0)) + np.diag(np.ones(count - 1), 1) + np.diag(np.ones(count - 1), -1)
    system[0, :] = system[-1, :] = 0
    system[0, 0] = system[-1, -1] = 1
    second = np.zeros((count, count))
    rows = np.arange(1, count - 1)
    second[rows, rows - 1], second[rows, rows], second[rows, rows + 1] = 6, -12, 6
    bend = np.linalg.solve(system, second)
    cell = np.clip(positions.astype(int), 0, count - 2)
    t = (positions - cell)[:, None]
    one = np.eye(count)
    return np.asarray(
        (1 - t) * one[cell] + t * one[cell + 1]
        + ((1 - t) ** 3 - (1 - t)) / 6 * bend[cell] + (t**3 - t) / 6 * bend[cell + 1]
    )  # fmt: skip
