"""Bags in lockers on lock boards: real pyserial, pcscd and browser; the boards on a pseudo terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from drivers.lock_frames import KINDS
from tests.e2e.conftest import DESK, FrontDeskAtWork, at_work, log_in


def serve_first(desk: Page, work: FrontDeskAtWork) -> None:
    """A visitor with a ticket, at the desk, whose card lies on the reader."""
    log_in(desk, work)
    work.house.press("P")
    desk.get_by_role("region", name="Menunggu").get_by_text("P001").wait_for()
    desk.keyboard.press("n")
    desk.get_by_role("button", name="Mulai layani").click()
    work.house.cards.tap("ktp")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bag_goes_into_a_locker_on_a_board_and_comes_out_again(
    kind: str, tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    with at_work("1373", tmp_path, lock_boards=kind) as work:
        desk = new_page(DESK)
        serve_first(desk, work)
        desk.get_by_role("button", name="loker 1 dan buka").click()
        expect(desk.get_by_text("Pintu terbuka").first).to_be_visible()
        assert [door.is_open for door in work.house.doors] == [True, False, False, False]
        work.house.close_door("1")
        expect(desk.get_by_text("Pintu tertutup").first).to_be_visible()
        desk.get_by_role("button", name="Selesai dilayani").click()
        desk.get_by_role("button", name="Buka loker").first.click()
        desk.get_by_role("button", name="kartu dikembalikan").first.click()
        expect(desk.get_by_role("region", name="Di sini").get_by_text("P001")).to_have_count(0)
        assert [door.pulses for door in work.house.doors] == [2, 0, 0, 0]
        kept = "SELECT count(*) FROM deposit WHERE closed IS NULL OR card_hash IS NOT NULL"
        assert work.desk.store.read(lambda db: db.execute(kept).fetchone()[0]) == 0


@pytest.mark.timeout(120)
def test_a_lost_answer_a_silent_board_and_a_pulled_adapter_open_no_door_twice(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    with at_work("1373", tmp_path, lock_boards="winnsen") as work:
        desk, house = new_page(DESK), work.house
        serve_first(desk, work)

        # The board opens the door and is not heard: its door says so.
        house.set_fault("lock_board", "answer_lost", True)
        desk.get_by_role("button", name="loker 1 dan buka").click()
        expect(desk.get_by_text("Pintu terbuka").first).to_be_visible()
        house.set_fault("lock_board", "answer_lost", False)
        house.close_door("1")
        expect(desk.get_by_text("Pintu tertutup").first).to_be_visible()

        # The adapter is pulled out: the desk is told, and what was not asked meanwhile does not happen later.
        house.set_fault("lock_board", "unplugged", True)
        expect(
            desk.get_by_text("Alat terputus").or_(desk.get_by_text("Alat tidak ditemukan")).first
        ).to_be_visible()
        house.set_fault("lock_board", "unplugged", False)
        expect(desk.get_by_text("Pintu tertutup").first).to_be_visible()
        assert [door.pulses for door in house.doors] == [1, 0, 0, 0]
