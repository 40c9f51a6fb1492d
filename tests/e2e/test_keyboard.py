"""Hands on keys: an officer who never takes the mouse, and the keyboard on the kiosk's screen."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from appliance import guestbook, visits
from tests.conftest import PASSWORD
from tests.e2e.conftest import DESK, KIOSK, FrontDeskAtWork

E_MAIL = "siti_r.22@gmail.com"


def test_an_officer_logs_in_calls_recalls_and_serves_with_the_keyboard_alone(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page]
) -> None:
    work = open_office("1373")
    desk = new_page(DESK)
    desk.goto(f"{work.url}/login")
    desk.keyboard.type("budi")
    desk.keyboard.press("Tab")
    desk.keyboard.type(PASSWORD)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"{work.url}/desk/")
    work.house.press("P")
    desk.get_by_role("region", name="Menunggu").get_by_text("P001").wait_for()

    now = desk.get_by_role("region", name="Sekarang")
    desk.keyboard.press("n")
    expect(now.get_by_text("P001")).to_be_visible()
    desk.keyboard.press("r")
    expect(now.get_by_role("button", name="Panggilan terakhir")).to_be_visible()
    assert _kinds_of_calls(work) == ["call", "recall"]

    # Space is the main step: the invitation to the guest book, then, once that is filled in, the service.
    desk.keyboard.press("Space")
    expect(now.get_by_text("Undangan tampil di kiosk")).to_be_visible()
    (visit,) = work.desk.store.read(visits.open_ones)
    work.desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=1)
    expect(now.get_by_text("Buku tamu sudah diisi")).to_be_visible()
    desk.keyboard.press("Space")
    expect(now.get_by_role("button", name="Selesai dilayani")).to_be_visible()
    assert work.desk.store.read(visits.get, visit.id).state == "in_service"


def _kinds_of_calls(work: FrontDeskAtWork) -> list[str]:
    return work.desk.store.read(
        lambda db: [row[0] for row in db.execute("SELECT kind FROM call ORDER BY id")]
    )


def test_the_kiosks_own_keyboard_types_an_e_mail_address(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page]
) -> None:
    work = open_office("1373")
    kiosk = new_page(KIOSK, has_touch=True)
    kiosk.goto(f"{work.url}/kiosk/")
    kiosk.get_by_role("button", name="Perpustakaan").tap()
    kiosk.wait_for_url("**/kiosk/ticket/**")
    kiosk.goto(f"{work.url}/kiosk/guest-book")
    kiosk.get_by_role("button", name="P001").tap()
    kiosk.get_by_role("button", name="Saya mengerti, lanjutkan").tap()
    field = kiosk.get_by_label("Alamat e-mail yang aktif")
    field.tap()
    keys = kiosk.get_by_role("region", name="Papan ketik")
    for key in (*"siti_r.", "Angka dan tanda", *"22", "@gmail.com"):
        keys.get_by_role("button", name=key, exact=True).tap()
    expect(field).to_have_value(E_MAIL)
    keys.get_by_role("button", name="Selesai", exact=True).tap()
    expect(keys).to_be_hidden()
