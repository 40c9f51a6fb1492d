"""The shape of the open book, from lines that are known to be straight on paper.

A page is taken for a general cylinder: bent in one direction, straight along its rulings, which run beside
the spine. Seen from the lens, a ray is described by two slopes in a frame that is turned to the rulings:
m across them and n along them. Along a ruling the page keeps its depth, so depth is a function E(m) alone,
and a point of the page is (m E, n E, E). A line of text is straight on paper when n E(m) is the same for all
its letters: for given rulings and lens that is *linear* in E, so the depth of both pages of a spread, as a
spline, comes out of one small system of equations. Four numbers remain to be searched: the direction of the
rulings (two), the focal length and the distortion of the lens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from appliance.pages import splines
from appliance.pages.lines import Lines
from appliance.pages.sheet import AnyArray, Floats, Points

_NOISE = 0.06  # x-heights: how far the foot of a letter usually is from its line
_UPRIGHT_NOISE = 0.25  # the same for edges and margins
_BREAKS = (0.0, 0.025, 0.06, 0.11, 0.18, 0.28, 0.42, 0.6, 0.8, 1.0)  # of a page, from the gutter outwards
_EVEN = tuple(np.linspace(0, 1, 11))
_STEPS = np.array([1e-3, 1e-3, 1e-3, 1e-3])
_ROUNDS = 7
_EXACT = 3e3  # a weight that leaves no choice
_HEIGHTS = 0.03  # depths: by how much the pages of a spread lie higher or lower than each other
_SLOPES = 0.15  # depths: by how much one end of a page lies higher than the other
STIFF = 3e3  # smoothness that leaves only planes
_SAMPLES = 48  # a page: where the bend is held smooth


@dataclass(frozen=True, slots=True)
class Lens:
    """The four numbers that are searched, and the frame they are for."""

    centre: tuple[float, float]
    focal: float
    lean: float  # of the rulings to the side, as a slope
    tilt: float  # of the rulings in depth, as a slope
    barrel: float = 0.0  # radial distortion at the edge of the frame
    edge: float = 1.0  # half the longer side of the frame in pixels

    def frame(self) -> Floats:
        """Rows: across, along the rulings, in depth."""
        along = np.array([self.lean, 1.0, self.tilt])
        along /= np.linalg.norm(along)
        across = np.array([1.0, 0.0, 0.0]) - along * along[0]
        across /= np.linalg.norm(across)
        return np.stack([across, along, np.cross(across, along)])

    def slopes(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """m and n of pixels."""
        px, py = (x - self.centre[0]) / self.edge, (y - self.centre[1]) / self.edge
        grow = (1 + self.barrel * (px * px + py * py)) * self.edge / self.focal
        ray = np.stack([px * grow, py * grow, np.ones_like(px)], axis=-1) @ self.frame().T
        return ray[..., 0] / ray[..., 2], ray[..., 1] / ray[..., 2]

    def pixels(self, m: Floats, n: Floats) -> tuple[Floats, Floats]:
        """Pixels of rays: the inverse of `slopes`."""
        ray = np.stack([m, n, np.ones_like(m)], axis=-1) @ self.frame()
        ux = ray[..., 0] / ray[..., 2] * self.focal / self.edge
        uy = ray[..., 1] / ray[..., 2] * self.focal / self.edge
        true = np.hypot(ux, uy)
        bent = true.copy()
        for _ in range(4):
            bent -= (bent * (1 + self.barrel * bent**2) - true) / (1 + 3 * self.barrel * bent**2)
        ratio = np.where(true > 1e-9, bent / np.maximum(true, 1e-9), 1.0) * self.edge
        return ux * ratio + self.centre[0], uy * ratio + self.centre[1]


@dataclass(frozen=True, slots=True)
class Leafs:
    """The depth of one or two pages over m: splines whose coefficients stand one after the other."""

    knots: tuple[Floats, ...]
    coefficients: tuple[Floats, ...]

    def depth(self, page: int, m: Floats) -> Floats:
        """E of one page."""
        flat = splines.basis(self.knots[page], m.ravel()) @ self.coefficients[page]
        return np.asarray(1 + flat.reshape(m.shape))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the shape is fitted to; all in pixels of the photograph."""

    across: Lines  # baselines, rules, upper and lower edges
    page: AnyArray  # of each point in `across`: 0 or, to the right of a gutter, 1
    down: Lines  # edges, margins and rules that are straight from top to bottom
    sureness: Floats  # a weight for each point of `across`
    spans: tuple[tuple[float, float], ...]  # x of the pages at mid-height, left before right
    gutters: tuple[float | None, ...]  # which end of each span is the gutter, as x; None where not known
    flat: tuple[bool, ...] = (False, False)  # pages with too little on them to tell a curl


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before looking, as standard deviations around the given lens."""

    lens: Lens
    lean: float = 0.3
    tilt: float = 0.1
    focal: float = 0.03  # of its logarithm
    barrel: float = 0.003
    smooth: float = 0.03


@dataclass(frozen=True, slots=True)
class Surface:
    """The fitted shape."""

    lens: Lens
    leafs: Leafs
    residual: Floats  # of each point of the evidence, in x-heights
    weight: Floats  # what robust fitting left of each point

    def unfold(self, page: int, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """m, and the height on the flat page (in depths), of pixels."""
        m, n = self.lens.slopes(x, y)
        return m, n * self.leafs.depth(page, m)


def fit(evidence: Evidence, prior: Prior) -> Surface:
    """The shape that makes the lines straight. Needs at least one line."""
    problem = _Problem(evidence, prior)
    theta = np.zeros(4)
    weight = evidence.sureness.copy()
    for i in range(_ROUNDS):
        residual, coefficients = problem.solve(theta, weight)
        columns = [(problem.solve(theta + d, weight)[0] - residual) / d.sum() for d in np.diag(_STEPS)]
        jacobian = np.stack(columns, axis=1)
        step = np.linalg.solve(jacobian.T @ jacobian + 1e-9 * np.eye(4), -jacobian.T @ residual)
        theta = theta + np.clip(step, -0.15, 0.15)
        residual, coefficients = problem.solve(theta, weight)
        weight = evidence.sureness * problem.trust(theta, coefficients, i)
        if i > 2 and np.abs(step).max() < 2e-5:
            break
    _, coefficients = problem.solve(theta, weight)
    return problem.result(theta, coefficients, weight)


class _Problem:
    """The system of equations for given rulings and lens."""

    def __init__(self, evidence: Evidence, prior: Prior) -> None:
        self.evidence, self.prior = evidence, prior
        self.knots = tuple(
            _knots(prior.lens, s, g) for s, g in zip(evidence.spans, evidence.gutters, strict=True)
        )
        self.sizes = [len(k) - splines.DEGREE - 1 for k in self.knots]
        self.holds = self._holds()

    def lens(self, theta: Floats) -> Lens:
        start = self.prior.lens
        return replace(
            start, lean=start.lean + theta[0], tilt=start.tilt + theta[1],
            focal=start.focal * math.exp(theta[2]), barrel=start.barrel + theta[3],
        )  # fmt: skip

    def _scale(self, lens: Lens) -> float:
        """How many x-heights a depth is."""
        return lens.focal / max(1e-6, self.evidence.across.x_height)

    def _spread(self, page: int, rows: Floats) -> Floats:
        """Rows for the splines of one page, with zeros for those of the other."""
        return np.hstack([rows if i == page else np.zeros((len(rows), k)) for i, k in enumerate(self.sizes)])

    def _holds(self) -> Floats:
        """Smoothness, the same depth on both sides of the gutter, and modest heights and slopes.

        With the mean depth of all points they keep a page from shrinking to a point, where every line is
        straight.
        """
        rows = []
        for page, knots in enumerate(self.knots):
            low, high = knots[splines.DEGREE], knots[-splines.DEGREE - 1]
            at = np.linspace(low, high, _SAMPLES)
            smooth = max(self.prior.smooth, STIFF if self.evidence.flat[page] else 0.0)
            rows.append(self._spread(page, splines.bends(knots, at)) * smooth)
            value = self._spread(page, splines.basis(knots, at))
            rows.append(value.mean(axis=0, keepdims=True) / _HEIGHTS)
            rows.append((value[-1:] - value[:1]) / _SLOPES)
        if len(self.knots) == 2:
            left, right = self.knots
            end = self._spread(0, splines.basis(left, left[-1:])) - self._spread(
                1, splines.basis(right, right[:1])
            )
            rows.append(end * _EXACT)
        return np.vstack(rows)

    def _centred(self, values: AnyArray, weight: Floats) -> AnyArray:
        """Less the mean of each line: so the height of the line drops out."""
        lines = self.evidence.across
        total = np.bincount(lines.line, weights=weight, minlength=lines.count) + 1e-12
        if values.ndim == 1:
            mean = np.bincount(lines.line, weights=weight * values, minlength=lines.count) / total
            return np.asarray(values - mean[lines.line])
        starts = np.flatnonzero(np.diff(lines.line, prepend=-1))
        mean = np.add.reduceat(values * weight[:, None], starts, axis=0) / total[:, None]
        return np.asarray(values - mean[lines.line])

    def _design(self, lens: Lens) -> tuple[Floats, Floats, Floats]:
        """The heights of the points for each spline, their n, and the mean depth of all for each spline."""
        lines, page = self.evidence.across, self.evidence.page
        m, n = lens.slopes(lines.x, lines.y)
        rows = np.zeros((len(m), sum(self.sizes)))
        start = 0
        for i, knots in enumerate(self.knots):
            here = page == i
            rows[here, start : start + self.sizes[i]] = splines.basis(knots, m[here])
            start += self.sizes[i]
        mean = rows.mean(axis=0, keepdims=True) * _EXACT
        return rows * n[:, None], n, mean

    def solve(self, theta: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """The best depths for a lens, and everything that is left over."""
        lens = self.lens(theta)
        rows, n, mean = self._design(lens)
        holds = np.vstack([self.holds, mean])
        factor = np.sqrt(weight) * self._scale(lens) / _NOISE
        a = self._centred(rows, weight) * factor[:, None]
        b = -self._centred(n, weight) * factor
        normal = a.T @ a + holds.T @ holds
        best = np.linalg.solve(normal + 1e-9 * np.eye(len(normal)), a.T @ b)
        left = [
            a @ best - b,
            holds @ best,
            self._uprights(theta),
            self._beliefs(theta),
        ]
        return np.concatenate(left), np.asarray(best, np.float64)

    def _uprights(self, theta: Floats) -> Floats:
        """How far the points of each upright are from one m, kept from growing without bound."""
        down = self.evidence.down
        if not down.count:
            return np.zeros(0)
        lens = self.lens(theta)
        m, _ = lens.slopes(down.x, down.y)
        count = np.bincount(down.line, minlength=down.count)
        mean = np.bincount(down.line, weights=m) / count
        off = (m - mean[down.line]) * self._scale(lens) / _UPRIGHT_NOISE
        return np.asarray(off / np.sqrt(count)[down.line] * 2.5)

    def _beliefs(self, theta: Floats) -> Floats:
        p = self.prior
        return np.asarray(theta / np.array([p.lean, p.tilt, p.focal, p.barrel]))

    def off(self, theta: Floats, coefficients: Floats, weight: Floats) -> Floats:
        """How far each point is from its line, in x-heights."""
        lens = self.lens(theta)
        rows, n, _ = self._design(lens)
        return np.asarray(self._centred(rows @ coefficients + n, weight) * self._scale(lens))

    def trust(self, theta: Floats, coefficients: Floats, i: int) -> Floats:
        """Tukey's weights, the tighter the further the search has come."""
        off = self.off(theta, coefficients, self.evidence.sureness)
        off = off - _line_medians(off, self.evidence.across)[self.evidence.across.line]
        usual = 1.4826 * float(np.median(np.abs(off)))
        width = max(4.0 * usual, (0.5, 0.4, 0.3)[min(i, 2)])
        return np.asarray(np.where(np.abs(off) < width, (1 - (off / width) ** 2) ** 2, 0.0) + 1e-9)

    def result(self, theta: Floats, coefficients: Floats, weight: Floats) -> Surface:
        parts = np.split(coefficients, np.cumsum(self.sizes)[:-1])
        off = self.off(theta, coefficients, weight)
        return Surface(self.lens(theta), Leafs(self.knots, tuple(parts)), off, weight)


def _knots(lens: Lens, span: tuple[float, float], gutter: float | None) -> Floats:
    """Knots over m for a page that reaches from one x to another, closer together at the gutter."""
    ends, _ = lens.slopes(np.array(span), np.full(2, lens.centre[1]))
    parts = np.array(_EVEN if gutter is None else _BREAKS)
    if gutter is not None and abs(gutter - span[1]) < abs(gutter - span[0]):
        parts = 1 - parts[::-1]
    return splines.clamped(ends[0] + (ends[1] - ends[0]) * parts)


def _line_medians(values: Floats, lines: Lines) -> Floats:
    starts = np.flatnonzero(np.diff(lines.line, prepend=-1))
    return np.array([np.median(part) for part in np.split(values, starts[1:])])


def arc(surface: Surface, page: int, m: Floats) -> Floats:
    """The length of the paper from the first to each of ascending m, in depths."""
    depth = surface.leafs.depth(page, m)
    step = np.hypot(np.diff(m * depth), np.diff(depth))
    return np.concatenate([[0.0], np.cumsum(step)])


def corners(points: Points) -> tuple[Floats, Floats]:
    """x and y of points."""
    return points[:, 0], points[:, 1]
