"""Bilevel print: every letter, point and rule, and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.pages import develop
from appliance.pages.compose import stencils
from appliance.pages.develop import FinishedPage, Settings
from appliance.pages.sheet import AnyArray, Image
from tests.pages.sheets import DPI, Sheet, flat, mm, photographed


def clean(image: Image, dpi: float = DPI) -> tuple[AnyArray, FinishedPage]:
    page = develop.clean(flat(image, dpi), Settings())
    masks = stencils(page.part)
    return np.logical_or.reduce(masks) if masks else np.zeros(image.shape[:2], np.bool_), page


def printed(image: Image) -> AnyArray:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) < 128


def spots(ink: AnyArray) -> AnyArray:
    """x, y, width, height, area of each spot."""
    return cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)[2][1:]


@pytest.mark.parametrize("dpi", [200.0, 300.0])
def test_every_decimal_point_of_a_table_is_kept(dpi: float) -> None:
    sheet = Sheet(dpi=dpi).table(12, 20, 24)
    truth = printed(sheet.image)
    seen = photographed(sheet.image, shadow=0.3, back=Sheet(dpi=dpi).prose(18, 20, 84, 24).image)

    ink, page = clean(seen, dpi)

    points = [box for box in spots(truth) if max(box[2], box[3]) < mm(1.1, dpi)]
    assert len(points) > 150
    grown = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = [grown[y : y + h, x : x + w].mean() > 0.5 for x, y, w, h, _ in points]
    assert all(kept)
    assert page.kind.value == "bilevel"


def test_a_point_stays_apart_from_the_figures_beside_it() -> None:
    sheet = Sheet(dpi=300).table(12, 20, 24)

    ink, _ = clean(photographed(sheet.image, shadow=0), 300)

    truth, found = len(spots(printed(sheet.image))), len(spots(ink))
    assert abs(truth - found) <= 0.03 * truth


def test_strokes_become_neither_fatter_nor_thinner() -> None:
    sheet = Sheet(dpi=300).prose(18, 20, 84, 22)

    ink, _ = clean(photographed(sheet.image), 300)

    assert 0.85 < ink.sum() / printed(sheet.image).sum() < 1.25


def test_thin_rules_of_a_table_are_whole() -> None:
    sheet = Sheet(dpi=300)
    for row in range(8):
        sheet.rule(15, 30 + row * 10, 105, 0.12)

    ink, _ = clean(photographed(sheet.prose(18, 120, 84, 5).image, shadow=0), 300)

    for row in range(8):
        y = mm(30 + row * 10, 300)
        band = ink[y - 4 : y + 5, mm(16, 300) : mm(104, 300)]
        assert band.any(axis=0).mean() > 0.97


def test_what_shines_through_is_gone_and_print_is_not() -> None:
    front, back = Sheet().prose(18, 20, 84, 10), Sheet().prose(18, 90, 84, 12, size=4.5)

    ink, _ = clean(photographed(front.image, back=back.image, shadow=0))

    assert not ink[mm(86) :].any()
    truth = printed(front.image)
    assert float(ink[truth].mean()) > 0.9


def test_dirt_goes_and_points_commas_leaders_and_page_numbers_stay() -> None:
    sheet = Sheet(dpi=300).write(18, 20, "1. Keadaan geografi . . . . . . . . . . 7,5")
    sheet.write(60, 148, "9", anchor="ma")
    clean_page, _ = clean(photographed(sheet.image, shadow=0, noise=1), 300)
    dirty = photographed(sheet.image, shadow=0, noise=1)
    for x, y in ((30, 70), (90, 100), (50, 120)):
        cv2.circle(dirty, (mm(x, 300), mm(y, 300)), 1, (60, 60, 60), -1)

    ink, _ = clean(dirty, 300)

    assert len(spots(clean_page)) == len(spots(printed(sheet.image)))
    assert np.array_equal(ink, clean_page)


def test_blank_page_is_offered_for_deletion_whatever_shines_through() -> None:
    _, page = clean(photographed(Sheet().image, back=Sheet().table(12, 20, 24).image))

    assert page.is_blank
    assert len(page.part) < 2000


@pytest.mark.parametrize("sign", ["7", "iv", "."])
def test_page_with_as_little_as_a_number_is_not_blank(sign: str) -> None:
    sheet = Sheet().write(60, 140, sign, 3.5 if sign != "." else 9, anchor="ma")

    _, page = clean(photographed(sheet.image, shadow=0))

    assert not page.is_blank
