"""The visit page on the phone: what was scanned can be taken from there too, as long as it is kept."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from appliance import scans, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.scanning.station import Station
from appliance.scans import Scan
from appliance.visits import Visit
from tests.station.test_screen import begun, client, desk, finish, process, station, words

__all__ = ["begun", "client", "desk", "process", "station"]  # fixtures


def test_the_visitors_own_page_offers_the_file_while_it_is_kept(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan, clock: ManualClock
) -> None:
    assert begun.visit_id is not None
    ticket = desk.store.read(visits.get, begun.visit_id).token
    phone = {"REMOTE_ADDR": "192.168.1.77"}
    assert "Unduh PDF" not in client.get(f"/v/{ticket}", environ_base=phone).text
    finish(desk, station, begun)
    desk.store.write(scans.leave, begun.id)

    shown = words(client.get(f"/v/{ticket}", environ_base=phone))
    assert "3 halaman, 1.4 MB" in shown
    minutes = round(desk.scan_limits.keep_s / 60)
    assert f"Berkas dihapus dari alat ini dalam {minutes} menit, atau saat Anda pulang." in shown
    answer = client.get(f"/v/{ticket}/pindaian-pst.pdf", environ_base=phone)
    assert answer.data[:4] == b"%PDF"
    answer.close()
    assert desk.store.read(scans.get, begun.id).downloads == 1

    clock.advance(desk.scan_limits.keep_s)
    assert "Unduh PDF" not in client.get(f"/v/{ticket}", environ_base=phone).text
    assert client.get(f"/v/{ticket}/pindaian-pst.pdf", environ_base=phone).status_code == 409


def test_nobody_elses_ticket_leads_to_the_file(
    client: FlaskClient, desk: FrontDesk, station: Station, begun: Scan, issue: Callable[..., Visit]
) -> None:
    finish(desk, station, begun)
    other = issue().token
    assert "Unduh PDF" not in client.get(f"/v/{other}").text
    assert client.get(f"/v/{other}/pindaian-pst.pdf").status_code == 409
