"""The steps before the shape, one by one: letters, lines, gutter, way up, ruler, scale, remap."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.pages import flat, ink, remap, rules, scale, splines, upright
from appliance.pages.gutter import find_gutter
from appliance.pages.lines import find_lines
from appliance.pages.measure import straightness
from appliance.pages.sheet import Flattening, Gray
from drivers.simulated.book.photo import Photograph, photograph
from drivers.simulated.book.typeset import Kind, Paper, typeset

PAPER = Paper(type_pt=16.0)


@pytest.fixture(scope="module")
def photo() -> Photograph:
    return photograph(2, 2, 1300, (Kind.PROSE, Kind.TABLE), paper=PAPER)


def page(kind: Kind) -> Gray:
    print_ = typeset(PAPER, kind, 4, 1, 150)
    return np.asarray(cv2.GaussianBlur(cv2.cvtColor(print_.image, cv2.COLOR_BGR2GRAY), (0, 0), 0.7), np.uint8)


def test_the_x_height_is_that_of_the_small_letters() -> None:
    print_ = typeset(PAPER, Kind.PROSE, 4, 1, 150)
    _, boxes = ink.letters_of(page(Kind.PROSE))
    assert boxes.x_height == pytest.approx(print_.x_height, rel=0.2)


def test_each_line_of_text_is_one_line_and_lies_level() -> None:
    lines = find_lines(ink.letters_of(page(Kind.PROSE))[1])
    printed = typeset(PAPER, Kind.PROSE, 4, 1, 150).text.count("\n")
    assert printed - 2 <= lines.count <= printed + 2
    assert all(np.ptp(lines.y[lines.line == k]) < lines.x_height for k in range(lines.count))


def test_the_rules_of_a_table_are_found_and_text_is_hardly_ever_one() -> None:
    marks, boxes = ink.letters_of(page(Kind.TABLE))
    assert 5 <= rules.find_rules(marks.mask, boxes.x_height).count <= 7  # three a table, two tables
    marks, boxes = ink.letters_of(page(Kind.PROSE))
    assert rules.find_rules(marks.mask, boxes.x_height).count <= 1  # a run of serifs at most


def test_the_gutter_is_found_within_a_hundredth_of_the_width(photo: Photograph) -> None:
    reduced, _, boxes = ink.read_letters(photo.image)
    split = find_gutter(reduced.gray, boxes)
    assert split is not None
    assert photo.gutter is not None
    true = photo.gutter * reduced.scale
    found = np.interp(true[:, 1], split.line[:, 1], split.line[:, 0])
    assert np.abs(found - true[:, 0]).max() < 0.01 * reduced.gray.shape[1]


def test_a_single_page_has_no_gutter() -> None:
    gray = page(Kind.COLUMNS)
    assert find_gutter(gray, ink.letters_of(gray)[1]) is None


@pytest.mark.parametrize("kind", [Kind.PROSE, Kind.TABLE, Kind.COLUMNS])
def test_a_page_on_its_head_is_told_from_an_upright_one(kind: Kind) -> None:
    for turn in (0, 180):
        gray = np.ascontiguousarray(np.rot90(page(kind), turn // 90))
        boxes = ink.letters_of(gray)[1]
        stance = upright.is_upside_down(boxes, find_lines(boxes), gray.shape[1], gray.shape[0])
        assert stance.sure
        assert stance.turn == turn


def test_a_page_on_its_side_is_seen_to_be() -> None:
    for quarter in (0, 1):
        gray = np.ascontiguousarray(np.rot90(page(Kind.PROSE), quarter))
        boxes = ink.letters_of(gray)[1]
        found = upright.is_sideways(boxes, find_lines(boxes), gray.shape[1], gray.shape[0])
        assert found is bool(quarter)


def test_the_ruler_finds_a_flat_page_straight_and_a_bent_one_bent() -> None:
    gray = page(Kind.PROSE)
    straight = straightness(gray)
    assert straight.curvature < 0.01
    assert abs(straight.skew) < 0.02

    height, width = gray.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    bent = cv2.remap(gray, x, y + 6 * np.sin(x / width * np.pi), cv2.INTER_LINEAR, borderValue=255)
    assert straightness(np.asarray(bent, np.uint8)).curvature > 0.04


def test_the_ruler_reads_skew_in_degrees() -> None:
    gray = page(Kind.PROSE)
    turn = cv2.getRotationMatrix2D((gray.shape[1] / 2, gray.shape[0] / 2), -2.0, 1.0)
    turned = cv2.warpAffine(gray, turn, gray.shape[::-1], borderValue=255)
    assert straightness(np.asarray(turned, np.uint8)).skew == pytest.approx(2.0, abs=0.05)


def test_a_grid_of_the_picture_itself_gives_the_picture() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (90, 70, 3), np.uint8)
    x, y = np.meshgrid(np.linspace(-0.5, 69.5, 5), np.linspace(-0.5, 89.5, 6))
    same = remap.apply(picture, Flattening(flat.grid_of(x, y), 70, 90, 300, False))
    assert np.array_equal(same, picture)


def test_splines_sum_to_one_and_interpolation_meets_its_points() -> None:
    knots = splines.clamped(np.array([0.0, 0.2, 0.5, 1.0]))
    assert np.allclose(splines.basis(knots, np.linspace(0, 1, 33)).sum(axis=1), 1)
    assert np.allclose(splines.refine(7, np.arange(7.0)), np.eye(7))
    assert np.allclose(splines.bends(knots, np.linspace(0, 1, 9)) @ np.ones(6), 0)


def test_the_size_of_the_paper_is_guessed_from_its_shape_and_its_type() -> None:
    assert scale.guess_dpi(1748, 2480, 21, whole=True) == pytest.approx(300, rel=0.02)
    assert scale.guess_dpi(2480, 3508, 21, whole=True) == pytest.approx(300, rel=0.02)
    assert scale.guess_dpi(2000, 900, 21, whole=False) == pytest.approx(305, rel=0.02)
    assert scale.output_dpi(100, 300) == pytest.approx(160)
