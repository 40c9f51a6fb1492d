"""Even light: the paper becomes white everywhere, and what is printed keeps its strength.

The light is read from the bare paper alone. Paper is what can be reached from paper without crossing a
sharp edge: light changes softly, even in a gutter, while a picture, a bar or a tint begins at an edge. Over
what is no paper the light is carried on from around it, so that a photograph keeps its own dark parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.sheet import AnyArray, Floats, Gray, Image, Mask

LOW_DPI = 37.5  # at this resolution light is looked at: a pixel is 0.7 mm
PRINT_MM = 3.2  # strokes are thinner than this, and close
EDGE = 0.08  # change of brightness between neighbours that light alone does not make
COLOUR_EDGE = 0.035  # the same for the colour
LEAST_PAPER = 0.08  # of the page: with less of it there is no light to be read
ISLAND_MM2 = 12.0  # smaller spots of paper tell nothing
FALL = 0.84  # within this distance light falls off by less, but towards a side of the page
FALL_MM = 40.0
RIM_MM = 10.0  # of the sides, where only light is dark, and no picture
SHADE_MM = 25.0  # how far the shade of the gutter reaches
PICTURE_MM2 = 400.0
PICTURE_FILL = 0.75  # of its box that is surely picture
WHITE = 0.93  # bare paper, of the lightest that a picture can hold: its grain stays within


@dataclass(frozen=True, slots=True)
class Light:
    """How bright bare paper is at each place, in few pixels, and where bare paper was seen.

    `plain` is the page as it was photographed, in as few pixels, with its strokes taken away.
    """

    paper: Image
    bare: Mask
    plain: Image

    @property
    def is_known(self) -> bool:
        """Whether there is enough bare paper to speak of it."""
        return float(self.bare.mean()) >= LEAST_PAPER


def read(image: Image, dpi: float) -> Light:
    """The light on the paper of a flat page."""
    closed = _without_print(image, dpi)
    bare, tone = _bare_paper(closed, dpi)
    if bare.mean() < LEAST_PAPER:
        # One measure for all channels: the colours are the picture's own.
        white = np.full_like(closed, max(1, int(np.percentile(closed, 99.5))))
        return Light(white, bare, closed)
    return Light(np.clip(_carried_on(tone, bare), 1, 255).astype(np.uint8), bare, closed)


def even(image: Image, light: Light) -> Image:
    """The page with white paper; where it lay in the dark its grain is not made stronger than elsewhere."""
    height, width = image.shape[:2]
    paper = cv2.resize(light.paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return _divided(image, paper, light)


def even_plain(light: Light) -> Image:
    """The same of the page without its strokes: its pictures, its tints, and paper."""
    return _divided(light.plain, light.paper, light)


def _divided(image: Image, paper: AnyArray, light: Light) -> Image:
    white = WHITE if light.is_known else 1.0
    return np.asarray(cv2.divide(image, paper, scale=255.0 * white), np.uint8)


def low(image: AnyArray, dpi: float) -> AnyArray:
    """The picture in the few pixels in which light, fingers and pictures are looked for."""
    return cv2.resize(image, _size(image, LOW_DPI / dpi), interpolation=cv2.INTER_AREA)


def _size(image: AnyArray, scale: float) -> tuple[int, int]:
    height, width = image.shape[:2]
    scale = min(1.0, scale)
    return max(4, round(width * scale)), max(4, round(height * scale))


def low_px(mm: float) -> int:
    """A length in those few pixels; at least one."""
    return max(1, round(mm / 25.4 * LOW_DPI))


def spread(image: AnyArray) -> Gray:
    """How colourful each point is: its strongest channel less its weakest."""
    blue, green, red = cv2.split(np.ascontiguousarray(image))
    most, least = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    return np.asarray(cv2.subtract(most, least), np.uint8)


def disc(px: int) -> AnyArray:
    """The round shape with which things are grown and shrunk; `px` is its width."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (px | 1, px | 1))


def _without_print(image: Image, dpi: float) -> Image:
    """Few pixels, in which strokes have given way to the paper between them."""
    half = min(dpi, 2 * LOW_DPI)
    middling = cv2.resize(image, _size(image, half / dpi), interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(middling, cv2.MORPH_CLOSE, disc(round(PRINT_MM / 25.4 * half)))
    size = _size(image, LOW_DPI / dpi)
    return np.asarray(cv2.resize(closed, size, interpolation=cv2.INTER_AREA), np.uint8)


def _bare_paper(closed: Image, dpi: float) -> tuple[Mask, Floats]:
    """Where paper is bare, and its tone there."""
    tone = closed.astype(np.float32) + 1.0
    bright = np.log(_brightness(tone))
    colour = np.log(tone) - bright[..., None]
    smooth = (_steps(bright) < EDGE) & (_steps(colour) < COLOUR_EDGE)
    labels, areas = _regions(smooth)
    floor = np.log(np.percentile(_brightness(tone), 95) * 0.6)
    brightness = _means(bright, labels, len(areas))
    start = np.where(brightness > floor, areas, 0)
    start[0] = 0
    beside = np.where(_at_a_side(labels, len(areas)), start, 0)
    if beside.max() > 0.03 * labels.size:  # margins are paper, however large a picture is
        start = beside
    bare = labels == int(np.argmax(start)) if start.max() > 0 else np.zeros_like(smooth)
    if bare.mean() < LEAST_PAPER / 4:
        return bare, tone.astype(np.float64)
    least = max(4, round(ISLAND_MM2 * (LOW_DPI / 25.4) ** 2))
    for _ in range(3):
        more = bare | _islands(tone, bare, (labels, areas), least)
        if np.array_equal(more, bare):
            break
        bare = more
    bare = _without_dark_middle(bright, bare, least)
    return _with_shaded_rim(tone, bare), tone.astype(np.float64)


def _islands(tone: AnyArray, bare: Mask, regions: tuple[AnyArray, AnyArray], least: int) -> Mask:
    """Further regions that are as bright and of the same colour as the paper around them, or in a shadow."""
    labels, areas = regions
    expected = _carried_on(tone, bare)
    ratio = np.log(tone / expected)
    bright = _brightness(ratio)
    count = len(areas)
    level = _means(bright, labels, count)
    spread = np.sqrt(np.maximum(_means(bright**2, labels, count) - level**2, 0))
    tint = np.zeros(count)
    for channel in range(3):
        tint = np.maximum(tint, np.abs(_means(ratio[..., channel] - bright, labels, count)))
    as_bright = (areas >= least) & (np.abs(level) < 0.15) & (tint < 0.04)
    # A shadow with a sharp rim falls in from the side, is plain, and does not change the colour.
    rim = np.zeros(count, np.int64)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        rim += np.bincount(side, minlength=count)
    shadow = (areas >= 0.04 * labels.size) & (rim >= low_px(15)) & (spread < 0.06) & (tint < 0.04)
    shadow &= (level < 0) & (level > np.log(0.35))
    good = as_bright | shadow
    good[0] = False
    return np.asarray(good[labels], np.bool_)


def _without_dark_middle(bright: AnyArray, bare: Mask, least: int) -> Mask:
    """What is dark in the middle of the page is no light: a sky came in where it is as bright as paper."""
    # The shade at the gutter is the same along the whole side: without it a picture beside it stands alone.
    level = np.where(bare, bright, np.nan)
    shade = np.nanpercentile(np.where(bare.sum(axis=0) > 0, level, -9.0), 90, axis=0)
    reach = min(low_px(SHADE_MM), bright.shape[1] // 3)
    shade[reach:-reach] = np.linspace(shade[reach], shade[-reach - 1], bright.shape[1] - 2 * reach)
    bright = bright - cv2.blur(shade.astype(np.float32)[None], (5, 1))
    brightest = np.where(bare, bright, -9.0).astype(np.float32)
    around = cv2.dilate(_halved(brightest), disc(low_px(FALL_MM) // 2))
    around = cv2.resize(around, bare.shape[::-1], interpolation=cv2.INTER_LINEAR)
    rim = low_px(RIM_MM)
    dim = (bare & (bright < around + np.log(FALL)))[:, rim:-rim]
    labels, areas = _regions(dim)
    dark = (areas >= least) & ~_at_a_side(labels, len(areas))
    if dark.any():
        grown = cv2.dilate(dark[labels].astype(np.uint8), disc(low_px(8.0)))
        bare = bare.copy()
        bare[:, rim:-rim] &= grown == 0
    return _without_windows(bare)


def _without_windows(bare: Mask) -> Mask:
    """A picture is a rectangle: what looks like paper within one is a bright part of it."""
    other = (~bare).astype(np.uint8)
    rim = low_px(RIM_MM)
    other[:, :rim] = other[:, -rim:] = 0
    bare = bare.copy()
    for shapes in (other, cv2.morphologyEx(other, cv2.MORPH_OPEN, disc(low_px(3.5)))):
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(shapes, connectivity=8)
        for label in range(1, count):
            x, y, w, h, area = boxes[label]
            window = (slice(y, y + h), slice(x, x + w))
            if w * h < PICTURE_MM2 * (LOW_DPI / 25.4) ** 2 or area < w + h:
                continue
            if area >= PICTURE_FILL * w * h or _is_frame(labels[window] == label):
                bare[window] = False
    return bare


def _is_frame(shape: Mask) -> bool:
    """Whether it runs along its box nearly all the way round."""
    rim = low_px(2.5)
    along = (shape[:rim].any(axis=0), shape[-rim:].any(axis=0))
    down = (shape[:, :rim].any(axis=1), shape[:, -rim:].any(axis=1))
    sides = [float(side.mean()) for side in (*along, *down)]
    return min(sides) > 0.5 and sum(sides) / 4 > 0.75


def _at_a_side(labels: AnyArray, count: int) -> AnyArray:
    """A truth for each region: whether it reaches a side of the page."""
    reaches = np.zeros(count, np.bool_)
    for side in (labels[:2], labels[-2:], labels[:, :2], labels[:, -2:]):
        reaches[np.unique(side)] = True
    reaches[0] = False
    return reaches


def _halved(values: AnyArray) -> AnyArray:
    return cv2.resize(values, (max(2, values.shape[1] // 2), max(2, values.shape[0] // 2)))


def _with_shaded_rim(tone: AnyArray, bare: Mask) -> Mask:
    """The dark fold at the gutter counts as paper as long as it keeps the colour of the paper."""
    expected = _carried_on(tone, bare)
    ratio = tone / expected
    logs = np.log(ratio)
    away = np.abs(logs - _brightness(logs)[..., None])
    tint = np.maximum(np.maximum(away[..., 0], away[..., 1]), away[..., 2])
    band = np.zeros_like(bare)
    width = low_px(7)
    band[:, :width] = band[:, -width:] = True
    level = _brightness(ratio)
    shade = band & (level < 1.0) & (level > 0.25) & (tint < 0.10)
    # Only where the whole height is dark: a picture that bleeds off the page does not reach so far.
    dark = (shade & (level < 0.97)).mean(axis=0)
    return np.asarray(bare | (shade & (dark > 0.8)[None, :]), np.bool_)


def _steps(values: AnyArray) -> AnyArray:
    """How much neighbours differ, at most, over all channels."""
    kernel = np.ones((3, 3), np.uint8)
    steps = cv2.morphologyEx(values, cv2.MORPH_GRADIENT, kernel)
    return steps if steps.ndim == 2 else np.maximum(np.maximum(steps[..., 0], steps[..., 1]), steps[..., 2])


def _brightness(tone: AnyArray) -> AnyArray:
    return (tone[..., 0] + tone[..., 1] + tone[..., 2]) / 3


def _regions(mask: Mask) -> tuple[AnyArray, AnyArray]:
    """A number for each connected region, 0 outside of all, and their areas."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0 if count else areas
    return labels, areas


def _means(values: AnyArray, labels: AnyArray, count: int) -> Floats:
    """The mean of the values in each region."""
    flat = labels.ravel()
    sums = np.bincount(flat, weights=values.ravel(), minlength=count)
    return np.asarray(sums / np.maximum(np.bincount(flat, minlength=count), 1))


def _carried_on(tone: AnyArray, bare: Mask) -> Floats:
    """The tone of the paper everywhere: smoothed where it was seen, carried on from around elsewhere."""
    weight = bare.astype(np.float32)
    seen = np.dstack([tone.astype(np.float32) * weight[..., None], weight])
    whole = seen.reshape(-1, 4).sum(axis=0)
    filled = np.broadcast_to(whole[:3] / max(float(whole[3]), 1.0), tone.shape).astype(np.float32)
    for sigma in (60.0, 22.0, 8.0, 3.0, 1.0):
        near = _blurred(seen, sigma)
        # How far a scale is believed grows softly with what it has seen: no rim where scales meet.
        trust = np.clip((near[..., 3:] - 0.15) / 0.35, 0, 1)
        filled += (near[..., :3] / np.maximum(near[..., 3:], 1e-6) - filled) * trust
    return np.asarray(filled, np.float64)


def _blurred(values: AnyArray, sigma: float) -> AnyArray:
    """A wide blur is made of fewer points."""
    height, width = values.shape[:2]
    step = max(1, int(sigma / 1.5))
    size = max(2, width // step), max(2, height // step)
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA) if step > 1 else values
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
