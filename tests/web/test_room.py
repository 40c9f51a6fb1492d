"""A disk that fills up, or cannot be written: what people see of it before anybody is refused."""

from __future__ import annotations

from flask.testing import FlaskClient

from appliance.errors import StoreReadOnly
from appliance.front_desk import FrontDesk
from drivers.base import DeviceState


def test_the_desk_is_told_what_to_do_about_a_disk_that_fills_up(
    officer_client: FlaskClient, desk: FrontDesk
) -> None:
    assert "Penyimpanan" not in officer_client.get("/desk/status").text

    desk.health.report("disk", DeviceState.READY, "disk_low")
    page = officer_client.get("/desk/status").text
    assert "Penyimpanan hampir penuh" in page
    assert "Hubungi teknisi untuk mengosongkan ruang minggu ini." in page

    desk.health.report("disk", DeviceState.READY, "disk_full")
    page = officer_client.get("/desk/status?lang=en").text
    assert "Storage is full: scanning has stopped" in page
    assert "Call the technician today." in page


def test_before_anybody_presses_every_screen_says_that_nothing_can_be_stored(
    client: FlaskClient, officer_client: FlaskClient, desk: FrontDesk
) -> None:
    for screen in ("/kiosk/", "/kiosk/greeting", "/board", "/board/standing"):
        assert "Silakan ke meja petugas" not in client.get(screen).text

    desk.store.suspect(StoreReadOnly("the disk is mounted read-only"))
    for screen in ("/kiosk/", "/kiosk/greeting", "/board", "/board/standing"):
        assert "Silakan ke meja petugas" in client.get(screen).text
    assert "Please see the desk" in client.get("/kiosk/greeting?lang=en").text
    assert "Penyimpanan tidak dapat ditulisi" in officer_client.get("/desk/status").text
