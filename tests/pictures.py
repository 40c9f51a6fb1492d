"""Takes the pictures of the README anew: `make pictures`.

A simulated front desk is led through a Monday morning of November 2026 and looked at with a browser.
"""

from __future__ import annotations

import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, sync_playwright

from appliance import scans, tickets
from appliance.clock import ManualClock
from appliance.drafts import Start
from appliance.scanning.station import Station
from appliance.visits import Request
from tests.e2e.conftest import BOARD, CHROMIUM, DESK, FLAGS, KIOSK, PHONE, FrontDeskAtWork, at_work
from tests.e2e.morning import Morning

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
MOST_BYTES: Final = 150_000
PALETTE: Final = 128  # colours: the screens are flat, so that this keeps them sharp and small
# Pixels: wider than that no page shows them. The paper keeps its dots, a pixel each.
WIDTHS: Final = {
    "kiosk": 540,
    "rating": 540,
    "phone": 720,
    "desk": 1280,
    "board": 1280,
    "simulator": 1280,
    "scanner": 1280,
    "report": 1280,
}
WITHOUT_NOTICE: Final = (
    ".simulated { display: none }"  # what an office sees; the simulator's own page keeps it
)
PAPER_MARGIN: Final = 24  # dots; the edge where a printer cannot print
PRINTED_WITHIN_S: Final = 60.0


def main() -> None:
    """Take all the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        _screens(browser, Path(folder) / "large")
        _paper(Path(folder) / "small", "58mm")
        _station(browser, Path(folder) / "station")
        browser.close()


def _screens(browser: Browser, folder: Path) -> None:
    clock = ManualClock()
    with at_work("1373", folder, clock=clock) as work:
        morning = Morning(work, clock.advance)
        morning.play()
        tokens = morning.tokens
        cookie = {"name": "desk", "value": morning.sit_down(), "url": work.url}

        def look(name: str, size: dict[str, int], path: str, *, scale: int = 1) -> None:
            context = browser.new_context(
                viewport=size,  # type: ignore[arg-type]
                device_scale_factor=scale,
                reduced_motion="reduce",
                bypass_csp=True,  # for WITHOUT_NOTICE
            )
            context.add_cookies([cookie])  # type: ignore[list-item]
            context.clock.install(time=clock.now().wall)
            page = context.new_page()
            page.goto(work.url + path)
            _photograph(page, name)
            context.close()

        look("desk", DESK, "/desk/")
        look("board", BOARD, "/board")
        look("report", DESK, "/reports/?kind=day")
        look("phone-visit", PHONE, "/v/" + tokens["waiting"], scale=2)
        look("kiosk-number", KIOSK, "/kiosk/ticket/" + tokens["last"])
        look("rating", KIOSK, f"/kiosk/v/{tokens['reading']}/rating")
        look("kiosk-guest-book", KIOSK, _half_filled(work, morning))
        look("kiosk-home", KIOSK, "/kiosk/")
        _ticket(work, "ticket-80mm", morning.visits["last"].number or "")
        look("simulator", {"width": 1280, "height": 1000}, "/simulator/")


def _station(browser: Browser, folder: Path) -> None:
    """The scanner station after a few pages of the simulated book."""
    with at_work("1373", folder, with_station=True) as work:
        station, book = work.desk.station, work.house.station
        if station is None or book is None:
            raise SystemExit("there is no station")
        scan = work.desk.store.write(
            scans.begin, work.desk.office, visit_id=None, opened_by="touch", language="id"
        )
        work.desk.store.write(scans.accept, work.desk.office, scan.id, "bps")
        for pages in (2, 4, 6):
            _await_pages(station, pages)
            if pages < 6:
                book.turn()
        context = browser.new_context(viewport=DESK, reduced_motion="reduce", bypass_csp=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(work.url + "/scanner")
        page.wait_for_timeout(1000)  # the live picture
        _photograph(page, "scanner")
        context.close()


def _await_pages(station: Station, pages: int) -> None:
    give_up = time.monotonic() + PRINTED_WITHIN_S
    while (look := station.look()).pages < pages or look.in_work:
        if time.monotonic() > give_up:
            raise SystemExit("the station took no page")
        time.sleep(0.1)


def _half_filled(work: FrontDeskAtWork, morning: Morning) -> str:
    """The address of a guest book in which a visitor writes."""
    visit, token = morning.visits["called"], morning.tokens["called"]
    key = work.desk.drafts.begin(Start(visit.id, token, "hash", "id", "127.0.0.1"))
    values = {
        "name": "Dewi Anggraini",
        "email": "dewi.anggraini@contoh.id",
        "sub_services": "printed_library",
    }
    work.desk.drafts.put(key, values | {"institution": "Universitas Andalas"})
    return f"/kiosk/v/{token}/guest-book/{key}/1"


def _paper(folder: Path, paper: str) -> None:
    clock = ManualClock()
    clock.advance(47 * 60)
    with at_work("1373", folder, paper=paper, clock=clock) as work:
        visit = work.desk.store.write(
            tickets.issue, work.desk.office, Request("one", "consultation", "kiosk")
        )
        _ticket(work, f"ticket-{paper}", visit.number or "")


def _ticket(work: FrontDeskAtWork, name: str, number: str) -> None:
    """The paper with this number, as it came out of the printer."""

    def numbers() -> list[int]:
        papers = (one for one in work.house.tickets if one.is_complete)
        return [one.number for one in papers if any(number in line for line in one.lines)]

    if not work.house.printer.wait_until(lambda: bool(numbers()), PRINTED_WITHIN_S):
        raise SystemExit(f"{number} was not printed")
    with Image.open(io.BytesIO(work.house.picture(numbers()[-1]))) as dots:
        _keep(name, ImageOps.expand(dots.convert("RGB"), PAPER_MARGIN, "white"))


def _photograph(page: Page, name: str) -> None:
    page.evaluate("() => document.fonts.ready")
    png = page.screenshot(style="" if name == "simulator" else WITHOUT_NOTICE)
    with Image.open(io.BytesIO(png)) as screen:
        width = WIDTHS[name.partition("-")[0]]
        height = round(screen.height * width / screen.width)
        _keep(name, screen.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def _keep(name: str, picture: Image.Image) -> None:
    """Reduce to a palette, and write."""
    path = FOLDER / f"{name}.png"
    picture.quantize(PALETTE, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path.name} is larger than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
