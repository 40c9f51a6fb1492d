"""The colours in which a page is printed: black, and up to four others, each with its own sharp mask."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages.binarise import Spots
from appliance.pages.light import WHITE
from appliance.pages.sheet import MM_PER_INCH, AnyArray, Floats, Image, Mask

MOST = 4
WHITE_PAPER = 255 * WHITE
COLOURED = 34.0  # spread of the channels in the ink; the rims of black letters have less
LEAST_MM2 = 6.0  # of an ink that counts
ALIKE = 0.965  # cosine between two inks, as they darken the paper, from which they are one
MANY_COLOURS = 0.12  # of a spot in another colour: lines of a chart that cross


@dataclass(frozen=True, slots=True)
class Ink:
    """All that is printed in one colour."""

    mask: Mask
    colour: tuple[int, int, int]  # red, green, blue

    @property
    def is_black(self) -> bool:
        """Whether it is the ink of most print."""
        return self.colour == (0, 0, 0)


def separate(image: Image, spots: Spots, chosen: AnyArray, dpi: float) -> list[Ink]:
    """The print of the chosen spots, by colour; black comes first. Without print there is none."""
    print_ = spots.mask(chosen)
    where = np.flatnonzero(print_)
    if not len(where):
        return []
    soft = cv2.blur(image, (3, 3)).reshape(-1, 3)[where].astype(np.float32)
    labels = spots.labels.ravel()[where]
    means = _means(soft, labels, spots.count)
    vivid = _spread(soft) > COLOURED
    share = np.bincount(labels, weights=vivid, minlength=spots.count) / np.maximum(spots.areas, 1)
    spread = _spread(means)
    coloured = chosen & ((spread > COLOURED) | ((share > MANY_COLOURS) & (spots.areas > 400)))
    in_colour = coloured[labels] & vivid
    if in_colour.sum() < LEAST_MM2 * (dpi / MM_PER_INCH) ** 2:
        return [Ink(print_, (0, 0, 0))]
    colours = _colours(soft[in_colour])
    owner = np.zeros(len(where), np.uint8)  # 0 is black
    single = coloured & (spread > COLOURED) & (share > 1 - 2 * MANY_COLOURS)
    of_spot = _nearest(means, colours) + 1
    owner[single[labels]] = of_spot[labels[single[labels]]]
    mixed = coloured[labels] & ~single[labels] & vivid
    owner[mixed] = _nearest(soft[mixed], colours) + 1
    inks = []
    for number, colour in enumerate([(0.0, 0.0, 0.0), *colours.tolist()]):
        mask = np.zeros(print_.size, np.bool_)
        mask[where[owner == number]] = True
        if mask.any():
            blue, green, red = (round(part) for part in colour)
            inks.append(Ink(mask.reshape(print_.shape), (red, green, blue)))
    return inks


def _spread(colours: AnyArray) -> AnyArray:
    blue, green, red = colours.T
    most, least = np.maximum(np.maximum(blue, green), red), np.minimum(np.minimum(blue, green), red)
    return np.asarray(most - least)


def _means(values: AnyArray, labels: AnyArray, count: int) -> Floats:
    sums = [np.bincount(labels, weights=values[:, channel], minlength=count) for channel in range(3)]
    return np.asarray(np.stack(sums, axis=1) / np.maximum(np.bincount(labels, minlength=count), 1)[:, None])


def _colours(points: AnyArray) -> Floats:
    """The few colours that the coloured points have; the same for the same points."""
    step = max(1, len(points) // 4000)
    sample = np.asarray(points[::step], np.float64)
    colours: list[AnyArray] = []
    rest = sample
    while len(rest) > 0.03 * len(sample) and len(colours) < MOST:
        # The most frequent colour: the fullest cell of a coarse cube, and what is near it.
        cells, counts = np.unique((rest // 32).astype(np.int64), axis=0, return_counts=True)
        heart = np.median(rest[((rest // 32) == cells[int(np.argmax(counts))]).all(axis=1)], axis=0)
        near = _likeness(rest, heart) > ALIKE
        # The rims of thin strokes are paler than the ink: its darker half speaks for it.
        brightness = rest[near].sum(axis=1)
        colours.append(np.median(rest[near][brightness <= np.percentile(brightness, 40)], axis=0))
        rest = rest[~near]
    return np.asarray(colours)


def _nearest(points: AnyArray, colours: Floats) -> AnyArray:
    alike = [_likeness(points, colour) for colour in colours]
    return np.asarray(np.argmax(np.stack(alike, axis=1), axis=1))


def _likeness(points: AnyArray, colour: AnyArray) -> AnyArray:
    """Whether they take the same from the paper; the pale rim of a stroke is of the ink of its middle."""
    taken, ink = WHITE_PAPER - np.asarray(points, np.float64), WHITE_PAPER - np.asarray(colour, np.float64)
    lengths = np.linalg.norm(taken, axis=1) * np.linalg.norm(ink)
    return np.asarray(taken @ ink / np.maximum(lengths, 1e-6))
