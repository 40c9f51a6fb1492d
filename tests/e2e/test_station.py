"""The scanner station's screen in each of its states, upright and lying, in both languages."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Page

from appliance import scans
from appliance.config import Config
from appliance.scanner_config import Camera, Delivery, Flatbed, Scanner
from appliance.scanning.folder import PageFiles
from appliance.scanning.station import Station
from appliance.scans import Scan
from tests.e2e.conftest import DESK, KIOSK, PHONE, FrontDeskAtWork, at_work
from tests.e2e.test_accessible import KIOSK_RULES, KIOSK_TARGET_PX, KIOSK_TEXT_PX, RULES

pytestmark = pytest.mark.timeout(180)

SOON_S = 10.0
STATES = ("welcome", "notice", "scanning", "page", "done", "download")


def _with_station(config: Config) -> Config:
    return config.model_copy(
        update={
            "scanner": Scanner(),
            "camera": Camera(address="/dev/v4l/by-id/no-camera-*"),
            "flatbed": Flatbed(device="none"),
            "delivery": Delivery(usb=True, email_host="localhost", email_sender="pst@contoh.go.id"),
        }
    )


@dataclass
class At:
    """A station at work, brought into one state after the other."""

    work: FrontDeskAtWork
    scan: Scan | None = None
    link: str = ""

    @property
    def station(self) -> Station:
        assert self.work.desk.station is not None
        return self.work.desk.station

    def bring(self, state: str) -> str:
        """Bring it there; gives the address to look at."""
        desk = self.work.desk
        if state != "welcome" and self.scan is None:
            self.scan = desk.store.write(
                scans.begin, desk.office, visit_id=None, opened_by="touch", language="id"
            )
        if state in ("scanning", "page", "done", "download") and self.scan and self.scan.book is None:
            self.scan = desk.store.write(scans.accept, desk.office, self.scan.id, "bps")
            self._pages(self.scan)
        if state in ("done", "download") and self.scan and not self.link:
            self.station.folder_of(self.scan).book.write_bytes(b"%PDF" + b"x" * 1_400_000)
            desk.store.write(scans.finish, self.scan.id, pages=4, size=1_400_004)
            self.link = desk.store.write(scans.make_link, self.scan.id)
            self.station.show_link(self.link)
        return {"page": "/scanner/page/000002-1", "download": f"/d/{self.link}"}.get(state, "/scanner")

    def _pages(self, scan: Scan) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (300, 420), (235, 235, 230)).save(picture, "JPEG")
        folder, data = self.station.folder_of(scan), picture.getvalue()
        folder.make()
        for poor in ((), ("blurred", "cut_off"), (), ()):
            number = folder.keep_frame(data, "jpg")
            folder.keep_look(number, data)
            folder.keep_pages(number, [PageFiles(b"%PDF", data, data, poor, blank=number == 3)])
        folder.keep_look(folder.keep_frame(data, "jpg"), data)
        give_up = time.monotonic() + SOON_S
        while len(self.station.look().leaves) < 5:
            self.station.hear({"is": "page", "frame": 1})
            assert time.monotonic() < give_up
            time.sleep(0.02)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    with at_work("1373", tmp_path_factory.mktemp("station"), change=_with_station) as work:
        yield At(work)


@pytest.mark.parametrize("state", STATES)
def test_no_state_of_the_station_has_a_fault_that_can_be_measured(
    state: str, at: At, new_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    address = at.bring(state)
    for size in (PHONE,) if state == "download" else (KIOSK, DESK):
        for choice in ("lang=id", "lang=en&size=large"):
            page = new_page(size, reduced_motion="reduce")
            answer = page.goto(f"{at.work.url}{address}?{choice}")
            assert answer is not None
            assert answer.status == 200
            page.locator(f"#state-{state}, h1").first.wait_for()
            found = page.evaluate(RULES)
            if size is KIOSK:
                found += page.evaluate(KIOSK_RULES, [KIOSK_TARGET_PX, KIOSK_TEXT_PX])
            assert not found, (size, choice, found)
            assert_accessible(page)
