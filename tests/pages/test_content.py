"""What is on the page decides how it is kept."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image as Pillow

from appliance.pages import develop
from appliance.pages.compose import stencils
from appliance.pages.develop import FinishedPage, Mode, Settings
from tests.pages.sheets import Sheet, clouds, flat, mm, photographed, psnr


def finished(sheet: Sheet, mode: Mode = Mode.AUTO, shadow: float = 0.0) -> FinishedPage:
    image = photographed(sheet.image, shadow=shadow)
    return develop.clean(flat(image, sheet.dpi), Settings(mode=mode))


def pictures(page: FinishedPage) -> list[Pillow.Image]:
    with pikepdf.Pdf.open(BytesIO(page.part)) as pdf:
        images = pdf.pages[0].resources.XObject
        drawn = [images[name] for name in sorted(images.keys()) if "/ImageMask" not in images[name]]
        return [Pillow.open(BytesIO(one.read_raw_bytes())).copy() for one in drawn]


def chart(colours: tuple[tuple[int, int, int], ...]) -> Sheet:
    sheet = Sheet(dpi=300).prose(18, 15, 84, 6)
    sheet.box(20, 60, 0.4, 60, (20, 20, 20)).box(20, 120, 80, 0.4, (20, 20, 20))
    for number in range(8):
        height = 15 + 5 * number
        sheet.box(24 + 9 * number, 120 - height, 6, height, colours[number % len(colours)])
        sheet.write(27 + 9 * number, 115 - height, f"{height / 10:.1f}".replace(".", ","), 2.6, anchor="ma")
    return sheet


PROSE = Sheet().prose(18, 20, 84, 22)
TABLE = Sheet().table(12, 20, 24)
GREYS, COLOURS = ((90, 90, 90), (160, 160, 160)), ((30, 110, 180), (230, 130, 30))


@pytest.mark.parametrize(
    ("sheet", "kind"),
    [
        (PROSE, "bilevel"),
        (TABLE, "bilevel"),
        (Sheet(), "bilevel"),
        (Sheet().prose(18, 20, 84, 8).photograph(20, 75, 80, 60), "mixed"),
        (chart(GREYS), "mixed"),
        (chart(COLOURS), "mixed"),
        (Sheet().write(18, 20, "Inflasi", 6, (10, 70, 160)).prose(18, 40, 84, 12), "mixed"),
        (Sheet().box(15, 20, 90, 9, (0, 0, 0)).prose(18, 40, 84, 12), "bilevel"),
        (Sheet().photograph(8, 8, 104, 144), "grey"),
        (Sheet().photograph(0, 0, 120, 160, colour=True), "colour"),
    ],
    ids=[
        "prose",
        "table",
        "blank",
        "photo",
        "grey chart",
        "chart",
        "blue heading",
        "black bar",
        "plate",
        "cover",
    ],
)
def test_kind_follows_from_what_is_on_the_page(sheet: Sheet, kind: str) -> None:
    assert finished(sheet).kind.value == kind


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.AUTO])
def test_a_wish_goes_before(mode: Mode) -> None:
    assert finished(chart(COLOURS), mode).kind.value == mode.value


def test_letters_of_a_chart_are_sharp_and_its_bars_keep_their_colours() -> None:
    sheet = chart(COLOURS)

    page = finished(sheet)

    ink = np.logical_or.reduce(stencils(page.part))
    label = ink[mm(99, 300) : mm(104, 300), mm(23, 300) : mm(32, 300)]
    assert label.any()
    (picture,) = pictures(page)
    colours = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.abs(colours - COLOURS[0]).max(axis=1) < 40).mean() > 0.05
    assert (np.abs(colours - COLOURS[1]).max(axis=1) < 40).mean() > 0.05


def test_grey_bars_are_kept_in_grey_alone() -> None:
    (picture,) = pictures(finished(chart(GREYS)))

    assert picture.mode == "L"


def test_photograph_is_kept_and_no_letter_is_seen_in_it() -> None:
    page = finished(Sheet(dpi=300).prose(18, 20, 84, 8).photograph(20, 75, 80, 60))

    (picture,) = pictures(page)
    truth = clouds((mm(60, 300), mm(80, 300)), 0).astype(np.float32) / 255 * 0.93 + 0.03
    inner = cv2.resize(truth[80:-80, 80:-80], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    seen = np.asarray(picture).astype(np.float32)
    _, alike, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(seen, inner, cv2.TM_CCOEFF_NORMED))
    assert alike > 0.98
    part = seen[y : y + inner.shape[0], x : x + inner.shape[1]]
    assert psnr(part, np.clip(inner / 0.96 * 260, 0, 255)) > 24
    ink = np.logical_or.reduce(stencils(page.part))
    assert not ink[mm(77, 300) : mm(133, 300), mm(22, 300) : mm(98, 300)].any()


def test_words_in_colour_stay_in_their_colour_and_sharp() -> None:
    page = finished(Sheet(dpi=300).write(18, 20, "Inflasi 2025", 6, (10, 70, 160)).prose(18, 40, 84, 12))

    with pikepdf.Pdf.open(BytesIO(page.part)) as pdf:
        drawing = pdf.pages[0].Contents.read_bytes().decode()
    colours = [[float(part) for part in line.split()[:3]] for line in drawing.splitlines() if " rg" in line]
    assert [0.0, 0.0, 0.0] in colours
    red, _green, blue = next(colour for colour in colours if any(colour))
    assert blue - red > 0.3
    assert len(stencils(page.part)) == 2


def test_picture_in_a_bilevel_page_becomes_dots() -> None:
    page = finished(Sheet(dpi=300).photograph(20, 75, 80, 60), Mode.BILEVEL)

    (ink,) = stencils(page.part)
    inside = ink[mm(80, 300) : mm(130, 300), mm(25, 300) : mm(95, 300)]
    grey = cv2.GaussianBlur((~inside).astype(np.float32), (0, 0), 8)
    truth = cv2.GaussianBlur(clouds((mm(60, 300), mm(80, 300)), 0).astype(np.float32), (0, 0), 8)
    match = cv2.matchTemplate(truth, grey[60:-60, 60:-60], cv2.TM_CCOEFF_NORMED)
    assert float(match.max()) > 0.9
