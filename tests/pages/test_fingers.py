"""Fingers and rims: painted over on the margin, never over print."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.pages import develop
from appliance.pages.compose import stencils
from appliance.pages.develop import Settings
from appliance.pages.sheet import AnyArray, Defect, Image
from tests.pages.sheets import Sheet, finger, flat, mm, photographed


def ink_of(image: Image) -> tuple[AnyArray, develop.FinishedPage]:
    page = develop.clean(flat(image), Settings())
    masks = stencils(page.part)
    return np.logical_or.reduce(masks) if masks else np.zeros(image.shape[:2], np.bool_), page


def test_finger_on_the_margin_leaves_nothing_behind_and_takes_no_letter() -> None:
    sheet = photographed(Sheet().prose(18, 20, 80, 22).image, shadow=0)
    whole, _ = ink_of(sheet)
    held, where = finger(sheet, 14)

    ink, page = ink_of(held)

    assert float(ink[where].mean()) <= 0.01
    assert not page.has(Defect.FINGER)
    outside = ~(cv2.dilate(where.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0)
    assert float((ink ^ whole)[outside].sum()) <= 0.002 * float(whole.sum())
    print_ = slice(0, mm(98))
    assert float((ink ^ whole)[:, print_].sum()) <= 0.002 * float(whole.sum())


def test_finger_on_the_print_is_said_and_print_beside_it_stays() -> None:
    sheet = photographed(Sheet().prose(18, 20, 88, 22).image, shadow=0)
    whole, _ = ink_of(sheet)
    held, where = finger(sheet, 34)

    ink, page = ink_of(held)

    found = next(one for one in page.findings if one.defect is Defect.FINGER)
    assert found.strength >= 1
    assert 8 < found.measures["depth_mm"] < 30
    beside = ~(cv2.dilate(where.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0)
    lost = whole & ~ink & beside
    assert float(lost.sum()) <= 0.004 * float(whole.sum())


def test_picture_that_bleeds_off_the_page_is_no_finger() -> None:
    sheet = Sheet().prose(18, 20, 60, 22).box(90, 60, 30, 40, (190, 130, 105)).image

    page = develop.clean(flat(photographed(sheet, shadow=0)), Settings())

    assert not page.has(Defect.FINGER)
    assert page.kind.value == "mixed"


def test_desk_and_pages_below_are_painted_over_and_letters_near_the_rim_stay() -> None:
    sheet = Sheet().prose(6, 20, 100, 20).image
    seen = photographed(sheet, shadow=0, shade=0)
    plain, _ = ink_of(seen)
    dirty = seen.copy()
    dirty[-mm(4) :] = 30
    dirty[:, -mm(1.2) :] = 25
    dirty[mm(5) : -mm(5), -mm(3) : -mm(2.6)] = 60  # the edge of a page below

    ink, _ = ink_of(dirty)

    assert not ink[-mm(4) :].any()
    assert not ink[:, -mm(3.2) :].any()
    assert float((ink ^ plain)[: -mm(5), : -mm(4)].sum()) <= 0.002 * float(plain.sum())
