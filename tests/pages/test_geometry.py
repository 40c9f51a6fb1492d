"""Photographs of the simulated book, flattened and compared with the truth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.pages.geometry import flatten
from appliance.pages.measure import straightness
from appliance.pages.sheet import Camera, Defect, FlatPage, Gray, Image, Layout, Side, Wish
from drivers.simulated.book.photo import Photograph, photograph
from drivers.simulated.book.scene import draw_scene
from drivers.simulated.book.typeset import Kind, Paper
from tests.pages import truth

WIDTH = 1300
LARGE_TYPE = Paper(type_pt=16.0)  # so that small photographs show letters of a usual size


def spread(level: int, seed: int, *kinds: Kind) -> Photograph:
    return photograph(level, seed, WIDTH, kinds or (Kind.PROSE, Kind.PROSE), paper=LARGE_TYPE)


def gray(page: FlatPage) -> Gray:
    return np.asarray(cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY), np.uint8)


@pytest.fixture(scope="module")
def thick() -> Photograph:
    return spread(3, 1)


@pytest.fixture(scope="module")
def flattened(thick: Photograph) -> list[FlatPage]:
    return flatten(thick.image, wish=Wish(debug=True))


def test_a_thick_book_comes_out_flat_and_whole_on_both_sides_of_the_gutter(
    thick: Photograph, flattened: list[FlatPage]
) -> None:
    pages = flattened

    assert [p.side for p in pages] == [Side.LEFT, Side.RIGHT]
    assert not any(p.has(Defect.GLARE) for p in pages)
    for page, true in zip(pages, thick.pages, strict=True):
        error = truth.compare(page, true)
        assert page.method == "dewarped"
        assert error.distortion < 0.08
        assert error.missing == 0
        assert max(abs(edge) for edge in error.edges) < 3
        assert straightness(gray(page)).curvature < 0.04
        assert thick.gutter is not None
        assert truth.gutter_error(page, thick.gutter, WIDTH) < 0.01


def test_the_same_photograph_gives_the_same_pages(thick: Photograph, flattened: list[FlatPage]) -> None:
    before = thick.image.copy()
    one, other = flattened, flatten(thick.image)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, other, strict=True))
    assert np.array_equal(thick.image, before)


@pytest.mark.parametrize("turn", [180, 270])
def test_a_photograph_that_lies_on_its_side_or_head_is_turned(thick: Photograph, turn: int) -> None:
    pages = flatten(np.ascontiguousarray(np.rot90(thick.image, turn // 90)))

    assert [p.turn for p in pages] == [turn, turn]
    assert [p.side for p in pages] == [Side.LEFT, Side.RIGHT]
    height, width = np.rot90(thick.image, turn // 90).shape[:2]
    assert all(0 <= p.flattening.grid[..., 0].mean() < width for p in pages)
    assert all(0 <= p.flattening.grid[..., 1].mean() < height for p in pages)


@pytest.mark.parametrize(
    "kinds", [(Kind.TABLE, Kind.CHART), (Kind.MIXED, Kind.COLUMNS), (Kind.PROSE, Kind.BLANK)]
)
def test_pages_without_running_text_are_found_whole(kinds: tuple[Kind, Kind]) -> None:
    photo = spread(2, 4, *kinds)

    pages = flatten(photo.image)

    assert len(pages) == 2
    for page, true in zip(pages, photo.pages, strict=True):
        error = truth.compare(page, true)
        assert error.missing == 0
        assert error.distortion < 0.25


def test_a_page_on_glass_is_left_plain() -> None:
    photo = photograph(0, 2, 1000, (Kind.PROSE,), paper=LARGE_TYPE)

    (page,) = flatten(photo.image)

    assert (page.side, page.method) == (Side.SINGLE, "plain")
    assert abs(straightness(gray(page)).skew) < 0.05
    assert truth.compare(page, photo.pages[0]).distortion < 0.03


@pytest.mark.parametrize("seed", [0, 104, 107])
def test_bars_of_two_charts_one_above_the_other_are_no_gutter(seed: int) -> None:
    photo = photograph(0, seed, 1000, (Kind.CHART,))

    (page,) = flatten(photo.image)

    assert page.side == Side.SINGLE
    assert truth.compare(page, photo.pages[0]).missing == 0


def test_undoing_the_curl_can_be_forbidden(thick: Photograph) -> None:
    pages = flatten(thick.image, wish=Wish(dewarp=False))
    assert {p.method for p in pages} == {"plain"}


def test_a_spread_can_be_called_one_page() -> None:
    photo = photograph(0, 2, 1000, (Kind.COLUMNS,), paper=LARGE_TYPE)
    assert len(flatten(photo.image, wish=Wish(layout=Layout.SINGLE))) == 1


def test_a_known_resolution_gives_the_true_size_of_the_page() -> None:
    photo = photograph(0, 3, 1000, (Kind.PROSE,), paper=LARGE_TYPE)
    dpi = 1000 / photo.scene.frame_mm * 25.4

    (page,) = flatten(photo.image, camera=Camera(dpi=dpi, overhead=False))

    assert page.flattening.sized
    x_height = page.x_height / page.flattening.dpi
    assert x_height == pytest.approx(photo.pages[0].x_height / photo.pages[0].dpi, rel=0.25)


def test_a_debug_picture_shows_each_step(flattened: list[FlatPage]) -> None:
    for page in flattened:
        assert list(page.debug) == ["1-lines", "2-outline", "3-grid"]
        assert all(picture.ndim == 3 for picture in page.debug.values())


def blank(value: int) -> Image:
    return np.full((600, 800, 3), value, np.uint8)


def test_a_picture_without_a_page_says_so() -> None:
    (page,) = flatten(blank(170))
    assert page.has(Defect.NO_PAGE)
    assert page.image.shape == (600, 800, 3)


def test_a_covered_lens_is_told_from_an_empty_desk() -> None:
    (page,) = flatten(blank(20))
    assert page.has(Defect.COVERED)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (40, 3, 3)])
def test_the_smallest_pictures_are_no_page_and_no_crash(shape: tuple[int, int, int]) -> None:
    (page,) = flatten(np.full(shape, 200, np.uint8))
    assert page.has(Defect.NO_PAGE)


def test_a_blurred_page_is_said_to_be_blurred_and_a_sharp_one_is_not() -> None:
    sharp = draw_scene(2, 1)
    for scene, blurred in ((sharp, False), (replace(sharp, defocus=11.0), True)):
        photo = photograph(2, 1, WIDTH, (Kind.PROSE, Kind.PROSE), scene, LARGE_TYPE)
        assert [p.has(Defect.BLURRED) for p in flatten(photo.image)] == [blurred, blurred]


def test_a_mirrored_lamp_is_glare() -> None:
    scene = draw_scene(2, 1)
    photo = photograph(2, 1, WIDTH, (Kind.PROSE, Kind.PROSE), replace(scene, glare=1.0), LARGE_TYPE)
    assert any(p.has(Defect.GLARE) for p in flatten(photo.image))


def test_text_that_runs_out_of_the_picture_is_cut_off(thick: Photograph, flattened: list[FlatPage]) -> None:
    cut = np.ascontiguousarray(thick.image[:, : round(WIDTH * 0.8)])
    assert any(p.has(Defect.CUT_OFF) for p in flatten(cut))
    assert not any(p.has(Defect.CUT_OFF) for p in flattened)


@pytest.mark.fault
@pytest.mark.timeout(1800)
def test_no_page_is_ever_worse_than_perspective_and_skew_alone_leave_it() -> None:
    """Sixty spreads of all levels and kinds: the curvature, measured anew on the finished pages."""
    kinds = list(Kind)[:6]
    judged = 0
    for level in (0, 1, 2, 3):
        for seed in range(15):
            photo = photograph(
                level, seed, 2000, (kinds[seed % 6], kinds[(seed + 3) % 6]), paper=Paper(type_pt=13)
            )
            ours, plain = flatten(photo.image), flatten(photo.image, wish=Wish(dewarp=False))
            for a, b in zip(ours, plain, strict=True):
                one, other = straightness(gray(a)), straightness(gray(b))
                if min(one.lines, other.lines) >= 5:
                    judged += 1
                    assert one.curvature <= other.curvature + 0.006, (level, seed, a.side)
    assert judged >= 50
