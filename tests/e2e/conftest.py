"""A whole front desk: simulated hardware, the real libraries and daemons, real pages in a real browser."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from appliance import assembly, staff
from appliance.__main__ import simulated_catalogue, simulated_config
from appliance.clock import Clock, SystemClock
from appliance.config import Config
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.store import Transaction
from drivers.simulated.house import House
from tests.conftest import HASHED, PASSWORD
from web import create_app
from web.server import serving

CHROMIUM = "/usr/bin/chromium"
# Root has no sandbox; the rest keeps the browser from looking for its maker's servers.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# How long a page may take to show something (ms): on a busy machine, and no test waits for nothing.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

KIOSK = {"width": 1080, "height": 1920}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
BOARD = {"width": 1920, "height": 1080}


@dataclass(frozen=True)
class FrontDeskAtWork:
    """A front desk that runs, the hands on its hardware, and its address."""

    desk: FrontDesk
    house: House
    url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[Callable[..., FrontDeskAtWork]]:
    """Opens a front desk for an office; with 58 mm paper when asked."""
    with contextlib.ExitStack() as stack:
        yield lambda office, paper="80mm": stack.enter_context(
            at_work(office, tmp_path / office, paper=paper)
        )


@contextlib.contextmanager
def at_work(
    office: str,
    folder: Path,
    *,
    paper: str = "80mm",
    listen: str | None = None,
    clock: Clock | None = None,
    change: Callable[[Config], Config] = lambda config: config,
    staffed: bool = True,
    with_station: bool = False,
    lock_boards: str | None = None,
) -> Iterator[FrontDeskAtWork]:
    """What `frontdesk simulate` runs, in this process, with an administrator's account.

    The same `folder` and `listen` again are the same front desk, started anew. Without `staffed` it waits for
    its first administrator. `change` is what somebody wrote into its configuration.
    `with_station` lays a book under a camera; `lock_boards` hangs the lockers on such a board.
    """
    columns = assembly.COLUMNS[paper]
    with (
        House(
            folder / "simulated", columns=columns, with_station=with_station, lock_boards=lock_boards
        ) as house,
        simulated_catalogue(folder, load_office(office)) as catalogue,
    ):
        listen = listen or f"127.0.0.1:{_free_port()}"
        profile = load_office(office)
        config = change(simulated_config(house, profile, folder, listen, paper, catalogue))
        house.wire(
            assembly.button_wiring(config), assembly.lock_wiring(config), assembly.board_wiring(config)
        )
        desk = assemble(profile, config, clock or SystemClock(), folder)
        with assembly.running(desk, lambda: house.pins):
            if staffed:
                desk.store.write(_employ)
            with serving(_pages(desk, house, clock), desk):
                yield FrontDeskAtWork(desk, house, f"http://{listen}")


def _employ(tx: Transaction) -> None:
    if not staff.any_member(tx.db):
        staff.add(tx, login="budi", name="Budi Santoso", role="administrator", password_hash=HASHED)


def _pages(desk: FrontDesk, house: House, clock: Clock | None) -> Flask:
    """The pages; with a clock of one's own, they say its time, which the browser's clocks follow."""
    app = create_app(desk, house)
    if clock is not None:

        @app.after_request
        def date(response: Response) -> Response:
            response.date = clock.now().wall
            return response

    return app


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens browser windows, each a visitor or an officer of its own; fails on any error in a page."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(size: dict[str, int], **options: object) -> Page:
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[[Page], None]:
    """Runs axe-core on a page and shows what it found."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page, options={"resultTypes": ["violations"]})["violations"]
        assert not found, json.dumps(
            [{one["id"]: [node["html"] for node in one["nodes"]]} for one in found], indent=1
        )

    return check


def log_in(page: Page, work: FrontDeskAtWork) -> None:
    """Log the administrator in at the first desk."""
    page.goto(f"{work.url}/login")
    page.get_by_label("Nama masuk").fill("budi")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(f"{work.url}/desk/")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
