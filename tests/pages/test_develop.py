"""From a photograph of the open book to finished pages: all steps together."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from appliance.pages import develop
from appliance.pages.compose import stencils
from appliance.pages.develop import FinishedPage, Settings
from appliance.pages.sheet import Defect, Finding, Side
from drivers.simulated.book.photo import Photograph, photograph
from drivers.simulated.book.scene import draw_scene
from drivers.simulated.book.typeset import Kind
from tests.pages.sheets import Sheet, flat, photographed

STEPS = ["light", "fingers", "content", "print", "finished"]


@pytest.fixture(scope="module")
def spread() -> Photograph:
    scene = replace(draw_scene(1, 4), fingers=1)
    return photograph(1, 4, 2400, (Kind.TABLE, Kind.MIXED), scene)


@pytest.fixture(scope="module")
def pages(spread: Photograph) -> list[FinishedPage]:
    return list(develop.develop(spread.image, Settings(debug=True)))


def test_spread_becomes_two_pages_each_kept_as_it_needs(pages: list[FinishedPage]) -> None:
    assert [page.side for page in pages] == [Side.LEFT, Side.RIGHT]
    assert pages[0].kind.value == "bilevel"
    assert pages[1].kind.value == "mixed"
    assert all(len(page.part) < 150_000 for page in pages)


def test_every_step_can_be_seen_and_is_timed(pages: list[FinishedPage], tmp_path: Any) -> None:
    for page in pages:
        assert [step for step in page.debug if step in STEPS] == STEPS
        assert {"flatten", "light", "print", "pack"} <= set(page.seconds)
    develop.show_steps(pages[0], tmp_path, "page")

    assert len(list(tmp_path.glob("page-*.png"))) == len(pages[0].debug)


def test_same_photograph_gives_the_same_page_byte_by_byte(
    spread: Photograph, pages: list[FinishedPage]
) -> None:
    again = list(develop.develop(spread.image, Settings()))

    assert [page.part for page in again] == [page.part for page in pages]


def test_findings_of_both_halves_stand_side_by_side_once() -> None:
    page = replace(
        flat(photographed(Sheet().image)),
        findings=(Finding(Defect.BLURRED, 1.7), Finding(Defect.BLANK, 0.2), Finding(Defect.GLARE, 0.4)),
    )

    finished = develop.clean(page, Settings())

    assert {one.defect: one.strength for one in finished.findings} == {
        Defect.BLURRED: 1.7,
        Defect.BLANK: 1.0,
        Defect.GLARE: 0.4,
    }
    assert finished.has(Defect.BLURRED)
    assert not finished.has(Defect.GLARE)


@pytest.mark.parametrize(
    ("image", "defect"),
    [
        (np.full((900, 1200, 3), 8, np.uint8), Defect.COVERED),
        (np.random.default_rng(2).integers(90, 110, (900, 1200, 3), np.uint8), Defect.NO_PAGE),
    ],
    ids=["a cap on the lens", "a desk without a book"],
)
def test_photograph_without_a_page_is_said_and_kept(image: Any, defect: Defect) -> None:
    (page,) = develop.develop(image, Settings())

    assert page.has(defect)
    assert len(page.part) > 100


def test_thumbnail_and_preview_show_the_page(pages: list[FinishedPage]) -> None:
    for page in pages:
        assert page.thumbnail[:3] == page.preview[:3] == b"\xff\xd8\xff"
        assert len(page.thumbnail) < 40_000
        assert any(mask.any() for mask in stencils(page.part))


GROWTH = """
from pathlib import Path
from appliance.pages import develop
from tests.pages.sheets import Sheet, flat, photographed

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

develop.quiet_libraries()
sheet = Sheet(dpi=150).prose(18, 20, 84, 12).photograph(20, 80, 80, 50)
page = flat(photographed(sheet.image), 150.0)
for number in range(501):
    develop.clean(page, develop.Settings())
    if number in (50, 500):
        print(held())
"""


@pytest.mark.fault
@pytest.mark.timeout(600)
def test_memory_is_as_much_after_500_pages_as_after_50() -> None:
    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True)

    early, late = map(int, done.stdout.split())
    assert late < early + 12_000  # kB
