"""What the steps of the page pipeline hand to each other.

An image is an array as OpenCV gives it: height x width x 3, blue green red, eight bits. Points are
(x, y) in pixels of the photograph that was handed in, with the centre of the first pixel at (0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # H x W x 3, BGR
Gray = NDArray[np.uint8]  # H x W
Points = NDArray[np.float64]  # N x 2
Quad = NDArray[np.float64]  # 4 x 2: top left, top right, bottom right, bottom left, as one reads the page
Grid = NDArray[np.float32]  # rows x columns x 2: where each point of the flat page lies in the photograph
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
AnyArray = NDArray[Any]

MM_PER_INCH = 25.4
TARGET_DPI = 300.0


class Side(StrEnum):
    """Which page of the book it is."""

    LEFT = "left"
    RIGHT = "right"
    SINGLE = "single"


class Layout(StrEnum):
    """What lies under the camera."""

    AUTO = "auto"
    SINGLE = "single"
    SPREAD = "spread"


class Defect(StrEnum):
    """What can be wrong with a page, to be told while the book still lies open."""

    BLURRED = "blurred"
    CUT_OFF = "cut_off"  # text or the page itself runs out of the picture
    GLARE = "glare"
    FINGER = "finger"  # on the print; fingers on the margin are painted over
    COVERED = "covered"  # a hand over the lens, or the cap on it
    NO_PAGE = "no_page"
    BLANK = "blank"
    CURLED = "curled"  # still bent after flattening


@dataclass(frozen=True, slots=True)
class Camera:
    """What is known of the camera. Nothing needs to be: what is missing is estimated."""

    focal_px: float | None = None  # focal length over pixel pitch, for the whole frame
    dpi: float | None = None  # pixels an inch at the height of the book or on the glass, where known
    overhead: bool = True  # False: a flatbed, without perspective


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, where the default is to find out."""

    layout: Layout = Layout.AUTO
    turn: int | None = None  # degrees clockwise that bring the photograph upright; None finds out
    dewarp: bool = True
    dpi: float = TARGET_DPI
    debug: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, and how strong it is against the limit from which it counts (1 and more: it counts)."""

    defect: Defect
    strength: float
    measures: Mapping[str, float] = field(default_factory=dict)


Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Where the gutter runs: a line from top to bottom that may bend, and how sure it is (0 to 1)."""

    line: Points
    sureness: float


@dataclass(frozen=True, slots=True)
class Flattening:
    """Where every point of a flat page lies in the photograph.

    The grid is coarse and smooth: its corners are the corners of the page, and what lies between two
    points follows by interpolation. It is applied once (`appliance.pages.remap`).
    """

    grid: Grid
    width: int  # of the flat page, in pixels
    height: int
    dpi: float  # of the flat page; true where the camera is known, else the best guess
    sized: bool  # True where the scale is known rather than guessed

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the page."""
        return self.width / self.dpi * MM_PER_INCH, self.height / self.dpi * MM_PER_INCH


@dataclass(frozen=True, slots=True)
class FlatPage:
    """A page that lies flat and upright, still in the colours and the light of the photograph.

    Upside-down or sideways photographs were turned, the left page comes before the right one. `method`
    says how it was flattened: "dewarped", or "plain" where undoing the curl would not have helped.
    """

    image: Image
    flattening: Flattening
    side: Side
    findings: Findings
    method: str
    turn: int  # degrees clockwise by which the photograph was turned
    x_height: float  # of the text, in pixels of `image`; 0 where there is too little text
    measures: Mapping[str, float] = field(default_factory=dict)
    debug: Mapping[str, Image] = field(default_factory=dict)  # step -> picture, when asked for

    def has(self, defect: Defect) -> bool:
        """Whether a defect was found that counts."""
        return any(f.defect is defect and f.strength >= 1 for f in self.findings)
