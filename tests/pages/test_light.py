"""Even light: paper is white everywhere, print and pictures are as they were printed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.pages import light
from appliance.pages.sheet import AnyArray, Image
from tests.pages.sheets import DPI, Sheet, mm, photographed, psnr

PAPER = 255 * light.WHITE


def evened(image: Image) -> Image:
    return light.even(image, light.read(image, DPI))


def grey(image: Image) -> AnyArray:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


@pytest.mark.parametrize("shadow", [0.0, 0.35], ids=["lamp and gutter", "and a shadow over a corner"])
def test_paper_is_equally_white_everywhere(shadow: float) -> None:
    page = Sheet().prose(18, 20, 84, 22)
    seen = photographed(page.image, shade=0.5, shadow=shadow, noise=1.0)
    bare = cv2.erode((grey(page.image) > 250).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    bare[:, : mm(1.5)] = False

    before, after = grey(seen)[bare], cv2.blur(grey(evened(seen)), (5, 5))[bare]

    assert np.ptp(np.percentile(before, [1, 99])) > 60
    assert np.ptp(np.percentile(after, [1, 99])) < 12
    assert abs(float(np.median(after)) - PAPER) < 4


def test_colour_of_the_lamp_goes_and_colour_of_the_print_stays() -> None:
    page = Sheet().prose(18, 20, 84, 10).box(20, 90, 30, 20, (40, 90, 190))

    after = evened(photographed(page.image))

    paper = after[mm(140), mm(60)].astype(int)
    bar = after[mm(100), mm(35)].astype(int)
    assert np.ptp(paper) < 9
    assert bar[0] - bar[2] > 80  # blue, green, red


def test_photograph_keeps_its_dark_and_its_light_parts() -> None:
    page = Sheet().prose(18, 15, 84, 8).photograph(20, 65, 80, 60)
    inside = (slice(mm(67), mm(123)), slice(mm(22), mm(98)))

    after = grey(evened(photographed(page.image)))[inside]
    truth = grey(page.image)[inside].astype(np.float32) / 255 * 0.93 + 0.03

    assert psnr(after, truth / 0.96 * PAPER) > 24


def test_sky_as_bright_as_paper_does_not_let_the_light_into_a_picture() -> None:
    page = Sheet().photograph(18, 15, 84, 120)
    picture = page.image
    picture[mm(40) : mm(60), mm(90) : mm(102)] = 252  # a cloud at the frame
    inside = (slice(mm(17), mm(133)), slice(mm(20), mm(88)))

    after = grey(evened(photographed(picture)))[inside]
    truth = grey(picture)[inside].astype(np.float32) / 255 * 0.93 + 0.03

    assert psnr(after, truth / 0.96 * PAPER) > 21


def test_grain_in_the_dark_is_not_made_stronger_than_the_light_was_weaker() -> None:
    seen = photographed(Sheet().image, shade=0.6, noise=2.0)
    dark, lit = (slice(mm(60), mm(100)), slice(mm(2), mm(4))), (slice(mm(20), mm(60)), slice(mm(60), mm(90)))
    gain = float(seen[lit].mean() / seen[dark].mean())

    after = grey(evened(seen)).astype(np.float32)
    grain = [float(np.std(after[part] - cv2.blur(after, (9, 9))[part])) for part in (dark, lit)]

    assert gain > 1.4
    assert grain[0] < grain[1] * gain * 1.25


def test_page_without_paper_is_left_as_it_is() -> None:
    picture = Sheet().photograph(0, 0, 120, 160, colour=True).image

    found = light.read(picture, DPI)

    assert not found.is_known
    measure = 255 / float(found.paper.max())
    assert psnr(light.even(picture, found), np.clip(picture * measure, 0, 255)) > 45
