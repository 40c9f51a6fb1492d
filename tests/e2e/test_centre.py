"""The centre's own pages in a real browser: readable for everybody, on a desk and on a telephone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from appliance.central import contract
from appliance.central.intake import Intake
from appliance.office import load_office
from tests.central.records import event
from tests.e2e.conftest import DESK, PHONE
from web.central.beside import Centre, beside

SCREENS = {"desk": DESK, "phone": PHONE}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre to which one office has sent."""
    with beside(tmp_path, load_office("1373")) as centre:
        today = datetime.now(UTC).date()
        days = [(today - timedelta(days=n % 5)).isoformat() for n in range(40)]
        visits = [event(n, service_date=day) for n, day in enumerate(days)]
        Intake(centre.archive).take_in("1373", contract.join(visits), None)
        yield centre


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("path", ["", "offices/1373", "offices/0000"])
def test_the_centres_pages_are_accessible_and_fit(
    centre: Centre,
    new_page: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
    screen: str,
    path: str,
) -> None:
    page = new_page(SCREENS[screen])
    page.goto(centre.url + path)
    assert_accessible(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SCREENS[screen]["width"]


def test_the_page_of_all_offices_keeps_itself_fresh(centre: Centre, new_page: Callable[..., Page]) -> None:
    page = new_page(DESK)
    page.clock.install()
    page.goto(centre.url)
    kept = page.locator("dl.facts dd").first
    assert kept.inner_text() == "40"
    Intake(centre.archive).take_in("1373", contract.join([event(100)]), None)
    page.clock.run_for(20_000)
    page.wait_for_function("document.querySelector('dl.facts dd').textContent === '41'")
