"""The digital library in a browser: searched as one types, a code for the phone, and read at the kiosk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route

from tests.e2e.conftest import DESK, KIOSK, PHONE, FrontDeskAtWork, at_work, log_in

Open = Callable[..., Page]
WITHIN_S = 30.0


def copied(work: FrontDeskAtWork) -> str:
    """Wait for the first copy of the simulated catalogue; gives the id of one publication."""
    library = work.desk.library
    assert library is not None
    give_up = time.monotonic() + WITHIN_S
    while not (found := library.search("sumatera barat dalam angka 2025").publications):
        assert time.monotonic() < give_up, library.standing()
        time.sleep(0.05)
    return found[0].id


def test_it_searches_as_one_types_and_reads_at_the_kiosk(
    open_office: Callable[..., FrontDeskAtWork],
    new_page: Open,
    assert_accessible: Callable[[Page], None],
) -> None:
    work = open_office("1373")
    copied(work)
    page = new_page(KIOSK)
    page.goto(f"{work.url}/kiosk/")
    page.get_by_role("link", name="Cari publikasi digital").click()
    page.get_by_label("Cari judul publikasi").press_sequentially("kemiskinnan sumatera 202")
    page.get_by_text("Profil Kemiskinan Sumatera Barat 2025").wait_for()
    page.get_by_text("Ditampilkan: kemiskinan sumatera").wait_for()
    page.get_by_label("Wilayah").select_option("0000")
    page.get_by_text("Profil Kemiskinan Sumatera Barat 2025").wait_for(state="detached")
    page.get_by_label("Wilayah").select_option("1300")
    page.get_by_role("link", name="Profil Kemiskinan Sumatera Barat 2025").click()
    page.get_by_role("heading", level=1, name="Profil Kemiskinan Sumatera Barat 2025").wait_for()
    page.get_by_role("button", name="Siapkan untuk dibaca di sini").click()
    page.get_by_role("link", name="Baca di sini").click()
    page.get_by_text("Halaman 1 dari 3").first.wait_for()
    assert page.evaluate("document.querySelector('.library-page').decode().then(() => true)")
    assert_accessible(page)
    page.get_by_role("link", name="Berikutnya").click()
    page.get_by_text("Halaman 2 dari 3").first.wait_for()
    page.get_by_role("link", name="Kembali").click()
    page.get_by_role("link", name="Baca di sini").wait_for()


def test_what_was_typed_before_the_script_came_is_searched_for(
    open_office: Callable[..., FrontDeskAtWork], new_page: Open
) -> None:
    work = open_office("1373")
    copied(work)
    page = new_page(KIOSK)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/library.js", hold)
    with page.expect_request("**/js/library.js"):
        page.goto(f"{work.url}/kiosk/library", wait_until="commit")
    page.get_by_label("Cari judul publikasi").press_sequentially("kemiskinnan")
    held[0].continue_()
    page.get_by_text("Ditampilkan: kemiskinan").wait_for()


def test_without_scripts_the_form_searches(
    open_office: Callable[..., FrontDeskAtWork], new_page: Open
) -> None:
    work = open_office("1377")
    copied(work)
    page = new_page(PHONE, java_script_enabled=False)
    page.goto(f"{work.url}/library")
    page.get_by_label("Cari judul publikasi").fill("statistik daerah pariaman 2024")
    page.get_by_role("button", name="Cari").click()
    page.get_by_text("Statistik Daerah Kota Pariaman 2024").wait_for()


def test_the_desk_searches_for_a_visitor(
    open_office: Callable[..., FrontDeskAtWork], new_page: Open, assert_accessible: Callable[[Page], None]
) -> None:
    work = open_office("1373")
    copied(work)
    page = new_page(DESK)
    log_in(page, work)
    page.get_by_role("link", name="Katalog").click()
    page.get_by_text("Salinan katalog per").wait_for()
    page.get_by_label("Cari judul publikasi").fill("inflasi")
    page.get_by_text("Inflasi dan Harga Konsumen Kota Sawahlunto 2026").wait_for()
    assert_accessible(page)


def test_the_scanner_offers_the_search_first_and_says_where_the_copy_is(
    tmp_path: Path, new_page: Open, assert_accessible: Callable[[Page], None]
) -> None:
    with at_work("1373", tmp_path, with_station=True) as work:
        copied(work)
        page = new_page(DESK)
        page.goto(f"{work.url}/scanner")
        page.get_by_text("Mungkin sudah ada versi digital resminya.").wait_for()
        page.get_by_role("link", name="Cari publikasi digital").click()
        page.get_by_label("Cari judul publikasi").fill("sawahlunto dalam angka 2024")
        page.get_by_role("button", name="Selesai").click()  # the keyboard of the screen
        page.get_by_role("link", name="Kota Sawahlunto Dalam Angka 2024").click()
        page.get_by_role("img", name="Pindai kode QR").wait_for()
        assert_accessible(page)
        page.get_by_role("link", name="Kembali").click()
        page.get_by_role("link", name="Kembali").click()
        page.wait_for_url(f"{work.url}/scanner*")
