"""The hours in a real browser: each state on each screen; pages open and close by the clock alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from appliance import lockers
from appliance.clock import ManualClock
from appliance.config import Config
from tests.e2e.conftest import BOARD, DESK, KIOSK, PHONE, FrontDeskAtWork, at_work
from tests.e2e.morning import Morning

# Local times of Monday 23 November 2026 and of Christmas, in the order in which the clock passes them.
STATES: Final = {
    "break": "2026-11-23T12:15",
    "soon": "2026-11-23T15:10",
    "closed": "2026-11-23T16:00",
    "holiday": "2026-12-25T10:00",
}
SCREENS: Final = {
    "/kiosk/": KIOSK,
    "/kiosk/?size=large": KIOSK,
    "/board": BOARD,
    "/info": PHONE,
}
WIB: Final = timedelta(hours=7)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[FrontDeskAtWork]:
    """A simulated front desk that keeps its hours, after a morning's visits."""
    folder: Path = tmp_path_factory.mktemp("hours")
    with at_work("1373", folder, clock=clock, change=_within_hours) as work:
        Morning(work, clock.advance).play()
        yield work


def _within_hours(config: Config) -> Config:
    queue = config.queue.model_copy(update={"only_within_hours": True})
    return config.model_copy(update={"queue": queue})


def go_to(clock: ManualClock, local: str) -> None:
    """Let time pass until this local time; nothing where it has."""
    wanted = datetime.fromisoformat(local).replace(tzinfo=UTC) - WIB
    clock.advance(max(0.0, (wanted - clock.now().wall).total_seconds()))


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_the_hours_is_accessible_on_each_screen_in_both_languages(
    work: FrontDeskAtWork,
    clock: ManualClock,
    state: str,
    new_page: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
) -> None:
    go_to(clock, STATES[state])
    for (path, size), language in product(SCREENS.items(), ("id", "en")):
        page = new_page(size, reduced_motion="reduce")
        page.goto(f"{work.url}{path}{'&' if '?' in path else '?'}lang={language}")
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{state} {path} {language}: {width} px too wide"
        assert_accessible(page)
        page.context.close()


def test_a_kiosk_closes_and_opens_by_the_clock_alone_and_a_press_is_answered_on_it(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    clock = ManualClock()
    with at_work("1373", tmp_path, clock=clock, change=_within_hours) as work:
        kiosk, board = new_page(KIOSK), new_page(BOARD)
        for page, path in ((kiosk, "/kiosk/"), (board, "/board")):
            with page.expect_response("**/events"):
                page.goto(work.url + path)
        service = kiosk.get_by_role("button", name="Perpustakaan")
        expect(service).to_be_visible()

        go_to(clock, "2026-11-23T15:31")
        expect(kiosk.get_by_role("heading", name="Layanan hari ini sudah tutup")).to_be_visible()
        expect(service).to_be_hidden()
        expect(board.get_by_text("Buka kembali Selasa, 24 November 2026 pukul 08.00 WIB.")).to_be_visible()

        work.house.press("P")
        expect(kiosk.get_by_text("Nomor antrean diberikan selama jam layanan.")).to_be_visible()
        assert not any("P001" in " ".join(paper.lines) for paper in work.house.tickets)

        go_to(clock, "2026-11-24T08:00")
        expect(service).to_be_visible()
        expect(board.get_by_text("Selamat datang")).to_be_visible()
        service.click()
        expect(kiosk.get_by_text("P001")).to_be_visible()


def test_the_phone_and_the_desk_are_reminded_until_the_bag_is_back(
    tmp_path: Path, new_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    clock = ManualClock()
    with at_work("1373", tmp_path, clock=clock, change=_within_hours) as work:
        morning = Morning(work, clock.advance)
        morning.play()
        visit = next(iter(work.desk.store.read(lockers.still_here)))
        (token,) = [
            token for state, token in morning.tokens.items() if morning.visits[state].id == visit.visit_id
        ]
        go_to(clock, "2026-11-23T15:05")
        phone, desk = new_page(PHONE), new_page(DESK)
        cookie = {"name": "desk", "value": morning.sit_down(), "url": work.url}
        desk.context.add_cookies([cookie])  # type: ignore[list-item]
        phone.goto(f"{work.url}/v/{token}")
        desk.goto(f"{work.url}/desk/")
        expect(phone.get_by_text("Layanan tutup pukul 15.30 WIB")).to_be_visible()
        expect(desk.get_by_text("Tutup 25 menit lagi")).to_be_visible()
        for page in (phone, desk):
            assert_accessible(page)
        desk.goto(f"{work.url}/desk/closing")
        assert_accessible(desk)

        work.desk.store.write(lockers.hand_back, visit.id, staff=1)

        expect(phone.get_by_text("Layanan tutup pukul 15.30 WIB")).to_be_hidden()
