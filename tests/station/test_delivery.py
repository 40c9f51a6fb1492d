"""From a tap to the stick: the delivery's duty on a real FAT file system, and what the screen is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import scans
from appliance.clock import ManualClock
from appliance.config import parse
from appliance.duties.delivery import DeliveryDuty
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.scanning.station import Handover, Station
from appliance.scans import Scan

CONFIG = """
[site]
office = "1373"
[scanner]
[flatbed]
device = "Canon"
[delivery]
usb = true
usb_devices = "{sticks}/usb-*"
usb_mount = ["fusefat", "-o", "rw+", "{{device}}", "{{folder}}"]
usb_unmount = ["umount", "{{folder}}"]
email_host = "localhost"
email_port = 9
email_sender = "pst@contoh.go.id"
"""


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    config = parse(CONFIG.format(sticks=tmp_path / "sticks"))
    desk = assemble(load_office("1373"), config, clock, tmp_path / "data")
    desk.store.open()
    yield desk
    desk.store.close()


@pytest.fixture
def station(desk: FrontDesk) -> Station:
    assert desk.station is not None
    return desk.station


@pytest.fixture
def scan(desk: FrontDesk, station: Station) -> Scan:
    """A finished PDF."""
    scan = desk.store.write(scans.begin, desk.office, visit_id=None, opened_by="touch", language="id")
    desk.store.write(scans.accept, desk.office, scan.id, "bps")
    station.open(scan)
    station.folder_of(scan).book.write_bytes(b"%PDF" + b"x" * 200_000)
    return desk.store.write(scans.finish, scan.id, pages=2, size=200_004)


def delivered(desk: FrontDesk) -> list[str]:
    rows = desk.store.read(
        lambda db: db.execute("SELECT facts FROM journal WHERE kind = 'scan.delivered'").fetchall()
    )
    return [row["facts"] for row in rows]


def test_a_stick_that_was_put_in_holds_the_file_and_the_screen_says_so(
    desk: FrontDesk, station: Station, scan: Scan, tmp_path: Path
) -> None:
    duty = DeliveryDuty(desk, station)
    station.order("usb", scan)
    assert station.look().handovers["usb"] == Handover("working")
    duty.step()
    assert station.look().handovers["usb"] == Handover("failed", "no_stick")

    stick = tmp_path / "sticks" / "usb-1"
    stick.parent.mkdir()
    with stick.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run(["mkfs.vfat", stick], check=True, capture_output=True)
    station.order("usb", scan)
    station.order("usb", scan)  # an impatient finger
    duty.step()
    assert station.look().handovers["usb"] == Handover("done")
    assert station.next_order() is None
    assert delivered(desk) == ['{"way": "usb"}']


def test_an_e_mail_that_cannot_be_sent_is_told_and_its_address_is_in_no_file(
    desk: FrontDesk, station: Station, scan: Scan, tmp_path: Path
) -> None:
    station.order("email", scan, "siti@contoh.ac.id")
    assert "siti" not in repr(station.look())
    DeliveryDuty(desk, station).step()
    assert station.look().handovers["email"] == Handover("failed", "mail_unreachable")
    desk.store.checkpoint()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if b"siti@contoh" in path.read_bytes()]
    assert delivered(desk) == []


def test_what_was_erased_meanwhile_is_not_handed_over(desk: FrontDesk, station: Station, scan: Scan) -> None:
    station.order("email", scan, "siti@contoh.ac.id")
    desk.store.write(scans.erase, scan.id, "visitor")
    station.folder_of(scan).erase()
    DeliveryDuty(desk, station).step()
    assert delivered(desk) == []


def test_the_next_visitor_finds_no_orders_of_the_last(desk: FrontDesk, station: Station, scan: Scan) -> None:
    station.order("email", scan, "siti@contoh.ac.id")
    station.open(None)
    assert station.next_order() is None
    assert station.look().handovers == {}
