"""Lockers commissioned one by one: on pins and on each kind of lock board, without scripts and with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from drivers.lock_frames import KINDS
from tests.e2e.conftest import DESK, PHONE, FrontDeskAtWork, at_work, log_in


def card(page: Page, locker: str) -> Locator:
    return page.get_by_role("region", name=f"Loker {locker}", exact=True)


def pulses(work: FrontDeskAtWork) -> list[int]:
    return [door.pulses for door in work.house.doors]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("boards", [None, *KINDS])
def test_one_passes_and_one_that_jams_fails(
    boards: str | None,
    tmp_path: Path,
    new_page: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
) -> None:
    with at_work("1373", tmp_path, lock_boards=boards) as work:
        page = new_page(PHONE)
        log_in(page, work)
        page.goto(f"{work.url}/admin/walk")
        assert_accessible(page)

        card(page, "1").get_by_role("button", name="Buka loker 1").click()
        expect(card(page, "1").get_by_text("Tutup pintunya.")).to_be_visible()
        assert_accessible(page)
        work.house.close_door("1")
        card(page, "1").get_by_role("button", name="Ya, pintu ini").click()
        expect(card(page, "1").get_by_text("Lulus")).to_be_visible()

        work.house.jam("2")
        card(page, "2").get_by_role("button", name="Buka loker 2").click()
        card(page, "2").get_by_role("button", name="Tidak ada yang terbuka").click()
        expect(page.get_by_text("1 dari 4 loker lulus. 1 loker perlu diperbaiki: 2.")).to_be_visible()
        assert_accessible(page)
        assert pulses(work) == [1, 1, 0, 0]


@pytest.mark.timeout(120)
def test_it_needs_no_scripts_and_a_reload_opens_nothing(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    with at_work("1373", tmp_path, lock_boards="kr-cu16") as work:
        page = new_page(DESK, java_script_enabled=False)
        log_in(page, work)
        page.goto(f"{work.url}/admin/walk")
        card(page, "1").get_by_role("button", name="Buka loker 1").click()
        page.reload()
        page.go_back()
        page.go_forward()
        while card(page, "1").get_by_text("Loker sedang dibuka").count():
            card(page, "1").get_by_role("link", name="Lihat hasilnya").click()
        expect(card(page, "1").get_by_text("Tutup pintunya.")).to_be_visible()
        work.house.close_door("1")
        while not card(page, "1").get_by_role("button", name="Ya, pintu ini").count():
            card(page, "1").get_by_role("link", name="Lihat hasilnya").click()
        card(page, "1").get_by_role("button", name="Ya, pintu ini").click()
        expect(card(page, "1").get_by_text("Lulus")).to_be_visible()
        page.reload()
        assert pulses(work) == [1, 0, 0, 0]
