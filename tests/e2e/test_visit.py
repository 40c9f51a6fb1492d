"""One visit, from the button to the goodbye: real browser, real pcscd, real python-escpos, real gpiozero."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import BOARD, DESK, KIOSK, PHONE, FrontDeskAtWork, log_in

Check = Callable[[Page], None]


@pytest.mark.timeout(120)
def test_a_visit_at_sawahlunto_runs_from_the_button_to_the_goodbye(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page], assert_accessible: Check
) -> None:
    work = open_office("1373")
    kiosk, desk, board = new_page(KIOSK), new_page(DESK), new_page(BOARD)
    kiosk.goto(f"{work.url}/kiosk/")
    board.goto(f"{work.url}/board")
    log_in(desk, work)

    # A number: the button is pressed, the paper comes out, the kiosk answers, the desk sees who waits.
    printed = len(work.house.printer.tickets)
    work.house.press("P")
    expect(kiosk.get_by_text("P001")).to_be_visible()
    assert work.house.printer.wait_for_tickets(printed + 1, 5)
    ticket = work.house.printer.tickets[-1]
    assert any("P001" in line for line in ticket.lines)
    assert "s.bps.go.id/pengaduan-1373" in "\n".join(ticket.lines)
    expect(desk.get_by_role("region", name="Menunggu").get_by_text("P001")).to_be_visible()
    assert_accessible(kiosk)

    # Called: the board shows it, the voice says it.
    desk.keyboard.press("n")
    expect(desk.get_by_role("region", name="Sekarang").get_by_text("P001")).to_be_visible()
    expect(board.get_by_text("P001")).to_be_visible()
    assert_accessible(board)
    assert_accessible(desk)

    # The guest book, by the officer's invitation, at the kiosk.
    desk.get_by_role("button", name="Buku tamu di kiosk").click()
    kiosk.get_by_role("button", name=re.compile("buku tamu", re.IGNORECASE)).first.click()
    fill_guest_book(kiosk, assert_accessible)
    expect(kiosk.get_by_text("Petugas akan melayani Anda dalam 5 menit")).to_be_visible()
    expect(desk.get_by_role("button", name="Mulai layani")).to_be_visible()

    # Served, and the card is taken in: one click binds it, opens the locker, prints the slip.
    desk.keyboard.press("Space")
    work.house.cards.tap("ktp")
    printed = len(work.house.printer.tickets)
    desk.get_by_role("button", name=re.compile(r"loker 1 dan buka", re.IGNORECASE)).click()
    assert work.house.printer.wait_for_tickets(printed + 1, 10)
    assert "SLIP LOKER" in "\n".join(work.house.printer.tickets[-1].lines)
    expect(desk.get_by_text("Pintu terbuka").first).to_be_visible()
    work.house.close_door("1")
    expect(desk.get_by_text("Pintu tertutup").first).to_be_visible()
    assert_accessible(desk)
    desk.get_by_role("button", name="Selesai dilayani").click()

    # The visitor rates on their own phone, by the ticket's QR code.
    phone = new_page(PHONE)
    phone.goto(ticket.qr_codes[0])
    expect(phone.get_by_text("P001")).to_be_visible()
    assert_accessible(phone)
    phone.get_by_role("link", name="Beri penilaian").click()
    assert_accessible(phone)
    phone.get_by_role("button", name=re.compile("Sangat puas")).click()
    expect(phone.get_by_text("Terima kasih atas penilaian Anda.")).to_be_visible()

    # Goodbye: bag and card back, the visit is closed, nothing of the card is left.
    desk.get_by_role("button", name=re.compile("Buka loker", re.IGNORECASE)).first.click()
    desk.get_by_role("button", name=re.compile("kartu dikembalikan", re.IGNORECASE)).first.click()
    expect(desk.get_by_role("region", name="Di sini").get_by_text("P001")).to_have_count(0)
    kept = "SELECT count(*) FROM deposit WHERE closed IS NULL OR card_hash IS NOT NULL"
    state, deposits = work.desk.store.read(
        lambda db: (
            db.execute("SELECT state FROM visit").fetchone()[0],
            db.execute(kept).fetchone()[0],
        )
    )
    assert (state, deposits) == ("checked_out", 0)


def fill_guest_book(page: Page, assert_accessible: Check) -> None:
    """The three screens, as a student fills them in; first with a mistake, which is told beside the field."""
    assert_accessible(page)
    page.get_by_role("button", name="Saya mengerti, lanjutkan").click()
    page.get_by_label("Nama lengkap").fill("Siti Rahmawati Kusumaningrum")
    page.get_by_label("Alamat e-mail yang aktif").fill("siti@contoh")
    page.get_by_label("Nama instansi, sekolah, atau kampus").fill("Universitas Andalas")
    page.get_by_text("Membaca koleksi tercetak").or_(page.get_by_text("tercetak")).first.click()
    page.get_by_role("button", name="Lanjut").click()
    expect(page.get_by_text("Alamat e-mail belum benar")).to_be_visible()
    expect(page.get_by_label("Nama lengkap")).to_have_value("Siti Rahmawati Kusumaningrum")
    assert_accessible(page)
    page.get_by_label("Alamat e-mail yang aktif").fill("siti@contoh.id")
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_text("Perempuan").click()
    page.get_by_label("Tahun lahir").fill("2004")
    page.get_by_text("≤ SLTA/Sederajat").click()
    page.get_by_text("Pelajar/Mahasiswa").click()
    page.get_by_text("Lembaga Penelitian & Pendidikan").click()
    page.get_by_text("Tugas Sekolah/Tugas Kuliah").click()
    assert_accessible(page)
    page.get_by_role("button", name="Lanjut").click()
    assert_accessible(page)
    page.get_by_role("button", name="Kirim").click()


@pytest.mark.timeout(120)
def test_a_visit_at_pariaman_needs_neither_ticket_nor_a_card_that_can_be_known_again(
    open_office: Callable[..., FrontDeskAtWork], new_page: Callable[..., Page], assert_accessible: Check
) -> None:
    work = open_office("1377", paper="58mm")
    kiosk, desk = new_page(KIOSK), new_page(DESK)
    kiosk.goto(f"{work.url}/kiosk/")
    expect(kiosk.get_by_text("Silakan langsung ke meja petugas.")).to_be_visible()
    assert_accessible(kiosk)
    log_in(desk, work)

    # Let in at the desk; the slip with the QR code is printed on request, on 58 mm paper.
    desk.get_by_role("region", name="Menunggu").get_by_role("button", name="Perpustakaan").click()
    now = desk.get_by_role("region", name="Sekarang")
    expect(now.get_by_text("T001")).to_be_visible()
    printed = len(work.house.printer.tickets)
    desk.get_by_text("Lainnya", exact=True).click()
    desk.get_by_role("button", name="Cetak tiket").click()
    assert work.house.printer.wait_for_tickets(printed + 1, 10)
    paper = "\n".join(work.house.printer.tickets[-1].lines)
    assert "T001" in paper
    assert "s.bps.go.id/pengaduan1377" in paper

    # The guest book on the visitor's own phone; e-mail may stay empty here.
    phone = new_page(PHONE)
    token = work.desk.store.read(lambda db: db.execute("SELECT token FROM visit").fetchone()[0])
    phone.goto(f"{work.url}/v/{token}")
    phone.get_by_role("link", name="Isi buku tamu").click()
    assert_accessible(phone)
    phone.get_by_role("button", name="Saya mengerti, lanjutkan").click()
    phone.get_by_label("Nama lengkap").fill("Buyung")
    phone.get_by_label("Nama instansi, sekolah, atau kampus").fill("SMA 1 Pariaman")
    phone.get_by_text("tercetak").first.click()
    phone.get_by_role("button", name="Lanjut").click()
    for question in phone.get_by_role("radio", name="Tidak ingin menjawab").all():
        question.check(force=True)
    phone.get_by_role("checkbox", name="Tidak ingin menjawab").check(force=True)
    phone.get_by_role("button", name="Lanjut").click()
    phone.get_by_role("button", name="Kirim").click()
    expect(phone.get_by_text("Petugas akan melayani Anda dalam 5 menit")).to_be_visible()
    assert "Buyung" not in phone.content()

    # A passport shows another number each time: the slip is the claim.
    desk.get_by_role("button", name="Mulai layani").click()
    work.house.cards.tap("passport")
    expect(desk.get_by_text("Kartu ini tidak dapat dikenali kembali.").first).to_be_visible()
    desk.get_by_role("button", name=re.compile("loker 1 dan buka", re.IGNORECASE)).click()
    expect(desk.get_by_text("Pintu terbuka").first).to_be_visible()
    work.house.close_door("1")
    desk.get_by_role("button", name="Selesai dilayani").click()
    desk.get_by_role("button", name=re.compile("Buka loker", re.IGNORECASE)).first.click()
    desk.get_by_role("button", name=re.compile("kartu dikembalikan", re.IGNORECASE)).first.click()
    expect(desk.get_by_role("region", name="Di sini").get_by_text("T001")).to_have_count(0)
