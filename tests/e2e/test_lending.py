"""Photocopies and requests at Kota Pariaman, in a browser: every page of theirs, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from appliance import staff, visits
from appliance.visits import Request, Visit
from tests.e2e.conftest import DESK, KIOSK, PHONE, FrontDeskAtWork, at_work, log_in

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDeskAtWork]:
    folder: Path = tmp_path_factory.mktemp("pariaman")
    with at_work("1377", folder) as found:
        yield found


@pytest.fixture(scope="module")
def reader(work: FrontDeskAtWork) -> Visit:
    store, office = work.desk.store, work.desk.office
    member = store.read(staff.members)[0]
    visit = store.write(
        visits.walk_in, office, Request("one", "library", "desk"), place="frontline", staff=member.id
    )
    return store.write(visits.start_serving, office, visit.id, place="frontline", staff=member.id)


@pytest.mark.parametrize("choice", ["lang=id&size=large", "lang=en&size=normal"])
@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/kiosk/", KIOSK),
        ("/kiosk/for/photocopy", KIOSK),
        ("/kiosk/for/softcopy", KIOSK),
        ("/kiosk/v/{token}/photocopy", KIOSK),
        ("/kiosk/v/{token}/request/softcopy", KIOSK),
        ("/kiosk/v/{token}/request/softcopy/done", KIOSK),
        ("/v/{token}", PHONE),
        ("/v/{token}/photocopy", PHONE),
        ("/v/{token}/request/softcopy", PHONE),
    ],
)
def test_every_page_is_accessible_and_fits(
    work: FrontDeskAtWork,
    reader: Visit,
    new_page: Open,
    assert_accessible: Callable[[Page], None],
    path: str,
    size: dict[str, int],
    choice: str,
) -> None:
    page = new_page(size)
    page.goto(f"{work.url}{path.format(token=reader.token)}?{choice}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("h1").count() == 1
    assert_accessible(page)


def test_a_book_goes_out_and_comes_back(
    work: FrontDeskAtWork, reader: Visit, new_page: Open, assert_accessible: Callable[[Page], None]
) -> None:
    kiosk = new_page(KIOSK)
    kiosk.goto(f"{work.url}/kiosk/")
    kiosk.get_by_role("link", name="Fotokopi").click()
    kiosk.get_by_role("button", name=reader.label).click()
    kiosk.get_by_label("Judul publikasi").fill("Kota Pariaman Dalam Angka 2025")
    kiosk.get_by_label("Halaman").fill("18-12")
    kiosk.get_by_role("button", name="Cetak formulir").click()
    kiosk.get_by_text("18 sampai 12 terbalik.").wait_for()
    assert_accessible(kiosk)
    kiosk.get_by_label("Halaman").fill("12-18, 25")
    kiosk.get_by_role("button", name="Cetak formulir").click()
    kiosk.get_by_role("heading", name="Formulir F001").wait_for()
    assert_accessible(kiosk)

    desk = new_page(DESK)
    log_in(desk, work)
    desk.goto(f"{work.url}/desk/lending")
    with desk.expect_navigation():  # or the next page would be asked for in the midst of this one
        desk.get_by_role("button", name="Buku keluar").click()
    desk.goto(f"{work.url}/desk/lending")
    desk.get_by_role("cell", name="Di luar").wait_for()
    assert_accessible(desk)
    desk.get_by_label("Nomor formulir").fill("F001")
    desk.get_by_role("button", name="Buku kembali").click()
    desk.get_by_text("Semua buku ada di sini.").wait_for()
    assert_accessible(desk)
