"""The administrator's page of copies, and the banners after the data were put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import journal, lockers, staff
from appliance.clock import ManualClock
from appliance.duties.copies import CopiesDuty
from appliance.front_desk import FrontDesk
from appliance.keeping import backup, retention
from appliance.keeping.high_water import Marks
from appliance.keeping.rescue import Replacement, put_in_place
from appliance.schema import prepare
from appliance.staff import Member
from appliance.visits import Visit
from tests.conftest import logged_in
from tests.store.conftest import step
from tests.store.test_rescue import admin, give, running
from web import create_app

DAY = 86_400


def keep_copies(desk: FrontDesk) -> None:
    step(CopiesDuty(desk, after_start_s=0), desk.changes)


def kinds(desk: FrontDesk) -> list[str]:
    return [line.entry.kind for line in desk.store.read(journal.latest, 20)]


def test_copies_are_listed_with_their_age_and_how_they_are(
    desk: FrontDesk, clock: ManualClock, administrator: Member, issue: Callable[..., Visit], app: Flask
) -> None:
    issue()
    keep_copies(desk)
    clock.advance(2 * DAY)
    keep_copies(desk)
    backup.mark_bad(desk.copies.all()[1], "its content has changed")
    page = logged_in(app, desk, administrator).get("/admin/copies").text

    assert "25 November 2026, 09.00" in page
    assert "hari ini" in page
    assert "2 hari" in page
    assert page.count("pill--bad") == 1


def test_a_copy_can_be_asked_for_and_is_noted(desk: FrontDesk, administrator_client: FlaskClient) -> None:
    page = administrator_client.get("/admin/copies").text
    assert "Belum ada salinan" in page
    response = administrator_client.post("/admin/copies/ask")
    assert response.location == "/admin/copies?said=asked"
    assert "Sedang dibuat" in administrator_client.get(response.location).text
    keep_copies(desk)
    page = administrator_client.get("/admin/copies/now").text
    assert "Sedang dibuat" not in page
    assert "diminta" in page or "malam" in page
    assert {"copy.asked", "copy.made"} <= set(kinds(desk))


def test_a_copy_that_fails_is_told_with_what_to_do(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    desk.copies.folder.write_bytes(b"in the way")
    keep_copies(desk)
    page = administrator_client.get("/admin/copies").text
    assert "Salinan terakhir gagal" in page
    assert "Periksa apakah tempat salinan terpasang" in page


@pytest.mark.parametrize("path", ["/admin/", "/admin/copies"])
def test_three_days_without_a_good_copy_are_told_until_there_is_one(
    desk: FrontDesk,
    clock: ManualClock,
    issue: Callable[..., Visit],
    administrator: Member,
    app: Flask,
    path: str,
) -> None:
    issue()
    clock.advance(2 * DAY)
    assert "Tidak ada salinan yang baik" not in logged_in(app, desk, administrator).get(path).text
    clock.advance(DAY)
    client = logged_in(app, desk, administrator)
    assert "Tidak ada salinan yang baik sejak 3 hari" in client.get(path).text
    keep_copies(desk)
    assert "Tidak ada salinan yang baik" not in client.get(path).text


def test_the_eraser_s_log_says_how_many_and_nobody(
    desk: FrontDesk, clock: ManualClock, issue: Callable[..., Visit], administrator: Member, app: Flask
) -> None:
    for _ in range(retention.WITNESSES):
        issue()
        clock.advance(DAY)
    retention.run(desk.store, desk.office)
    page = logged_in(app, desk, administrator).get("/admin/copies").text
    assert "nama dan kontak" in page
    assert "catatan loker dan kartu" in page


def test_while_the_clock_cannot_be_believed_the_page_says_that_nothing_is_erased(
    administrator_client: FlaskClient,
) -> None:
    assert "jam alat belum dapat dipercaya" in administrator_client.get("/admin/copies").text


def test_officers_see_no_copies(officer_client: FlaskClient) -> None:
    assert officer_client.get("/admin/copies").status_code == 403
    assert officer_client.post("/admin/copies/ask").status_code == 403
    assert officer_client.post("/admin/copies/compared").status_code == 403


# ---------------------------------------------------------------------------------------- after a restore


def put_back(folder: Path, clock: ManualClock) -> None:
    """Let a copy take the place of the database."""
    with running(folder, clock) as desk:
        admin(desk)
        give(desk, "a")
        now = clock.now()
        copy = backup.make(
            desk.store.path, desk.copies.folder, now, day=now.local_date(desk.office.zone), kind="nightly"
        )
    what = Replacement("damaged", Marks({}), copy=copy.manifest.name, made=copy.manifest.made)
    put_in_place(folder, copy.path, clock.now(), prepare, what)


def test_every_page_of_staff_and_the_kiosk_say_so_until_an_administrator_has_compared(
    tmp_path: Path, clock: ManualClock
) -> None:
    put_back(tmp_path, clock)
    with running(tmp_path, clock) as desk:
        app = create_app(desk)
        client = logged_in(app, desk, desk.store.read(staff.member, 1))
        for path in ("/admin/", "/admin/copies"):
            page = client.get(path).text
            assert "Data dipulihkan dari salinan 23 November 2026, 09.00" in page
            assert "aside/" in page
        assert "Cocokkan loker dan kartu dengan daftar" in client.get("/desk/").text
        assert "Jika nomor Anda tidak dipanggil" in client.get("/kiosk/").text
        assert desk.store.read(lockers.free, desk.lockers) == []

        response = client.post("/admin/copies/compared")
        assert response.location == "/admin/copies?said=compared"
        assert "loker dan nomor sudah dicocokkan" in client.get(response.location).text
        for path in ("/admin/", "/desk/", "/kiosk/"):
            page = client.get(path).text
            assert "Data dipulihkan" not in page
            assert "Jika nomor Anda tidak dipanggil" not in page
        assert desk.store.read(lockers.free, desk.lockers) == ["1", "2", "3"]
        assert client.post("/admin/copies/compared").location == "/admin/copies", "there is nothing left"
