"""What people see when something is wrong: no paper, a jammed lock, more pages than streams."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import BOARD, DESK, KIOSK, FrontDeskAtWork, log_in


def test_without_paper_the_number_stands_on_the_screen_and_the_ticket_prints_when_paper_is_back(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page]
) -> None:
    work = open_office("1373")
    kiosk, desk = new_page(KIOSK), new_page(DESK)
    work.house.printer.wait_for_tickets(1, 10)  # the first-start code
    work.house.put_roll("out")
    log_in(desk, work)
    kiosk.goto(f"{work.url}/kiosk/")
    kiosk.get_by_role("button", name="Perpustakaan").click()
    expect(kiosk.get_by_text("Tiket tidak tercetak.")).to_be_visible()
    expect(kiosk.get_by_text("P001").first).to_be_visible()
    expect(kiosk.locator("svg").first).to_be_visible()
    expect(desk.get_by_text("Kertas habis")).to_be_visible()
    printed = len(work.house.printer.tickets)
    work.house.put_roll("full")
    assert work.house.printer.wait_until(lambda: len(work.house.printer.tickets) > printed, 15)
    expect(desk.get_by_text("Printer siap")).to_be_visible()
    assert work.desk.store.read(lambda db: db.execute("SELECT count(*) FROM ticket").fetchone()[0]) == 1


def test_a_jammed_locker_is_said_at_the_desk_and_opens_at_the_second_try(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page]
) -> None:
    work = open_office("1373")
    desk = new_page(DESK)
    log_in(desk, work)
    work.house.press("P")
    desk.get_by_role("region", name="Menunggu").get_by_text("P001").wait_for()
    desk.keyboard.press("n")
    desk.get_by_role("button", name="Mulai layani").click()
    work.house.jam("1")
    work.house.cards.tap("ktp_2")
    desk.get_by_role("button", name="loker 1 dan buka").click()
    expect(desk.get_by_text("Loker 1 tidak terbuka.").first).to_be_visible()
    work.house.jam("1", False)
    desk.get_by_role("button", name="Coba lagi").first.click()
    expect(desk.get_by_text("Pintu terbuka").first).to_be_visible()


def test_pages_stay_live_by_asking_when_there_are_more_of_them_than_streams(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page]
) -> None:
    work = open_office("1373")
    boards = [new_page(BOARD) for _ in range(work.desk.config.panel.live_streams + 1)]
    for board in boards:
        board.goto(f"{work.url}/board")
    desk = new_page(DESK)
    log_in(desk, work)
    work.house.press("P")
    desk.get_by_role("region", name="Menunggu").get_by_text("P001").wait_for()
    desk.keyboard.press("n")
    for board in boards:
        expect(board.get_by_text("P001").first).to_be_visible()
