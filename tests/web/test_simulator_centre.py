"""The centre on the simulator's page: a real relay sends over the simulated line to a real receiver."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient

from appliance import assembly, staff, tickets, visits
from appliance.__main__ import simulated_central, simulated_config
from appliance.clock import SystemClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.staff import Member
from appliance.visits import Request
from drivers.simulated.house import House
from tests.conftest import HASHED
from web import create_app
from web.central.beside import Centre, beside

SOON_S = 15.0
FAULTS = ("cut", "failing", "loses_replies")


@dataclass
class Play:
    """A simulated front desk with its centre, and the hands on its page."""

    desk: FrontDesk
    house: House
    centre: Centre
    client: FlaskClient
    officer: Member

    def serve_somebody(self, number: int) -> None:
        """A visit that is over."""
        visit = self.desk.store.write(
            tickets.issue, self.desk.office, Request(f"press-{number}", "library", "kiosk")
        )
        self.desk.store.write(visits.give_up, visit.id, outcome="cancelled", staff=self.officer.id)

    def switch(self, fault: str, on: bool) -> None:
        form = {"device": "central", "name": fault, "on": "1" if on else "0"}
        assert self.client.post("/simulator/fault", data=form).status_code == 303

    def room(self) -> str:
        return html.unescape(self.client.get("/simulator/room").get_data(as_text=True))

    def numbers(self) -> tuple[int, int]:
        """What waits here and what has arrived there, as the page says."""
        page = self.room()
        waiting, received = re.search(r"data-waiting>(\d+)<", page), re.search(r"data-received>(\d+)<", page)
        assert waiting and received
        return int(waiting[1]), int(received[1])

    def await_page(self, happened: Callable[[], bool]) -> None:
        end = time.monotonic() + SOON_S
        while not happened():
            assert time.monotonic() < end, self.room()
            time.sleep(0.05)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with ExitStack() as stack:
        house = stack.enter_context(House(tmp_path / "house"))
        office = load_office("1373")
        centre = stack.enter_context(beside(tmp_path / "centre", office))
        central = simulated_central(house.lay_line(centre.port), centre.token)
        config = simulated_config(house, office, tmp_path / "data", "127.0.0.1:8080", "80mm", central)
        house.wire(assembly.button_wiring(config), assembly.lock_wiring(config))
        desk = assemble(office, config, SystemClock(), tmp_path / "data")
        stack.enter_context(assembly.running(desk, lambda: house.pins))
        officer = desk.store.write(
            staff.add, login="rina", name="Rina Marlina", role="officer", password_hash=HASHED
        )
        yield Play(desk, house, centre, create_app(desk, house, centre).test_client(), officer)


def test_a_visit_that_is_over_arrives_and_the_page_says_so(play: Play) -> None:
    page = play.client.get("/simulator/").get_data(as_text=True)
    assert "Server pusat" in page
    assert f'href="{play.centre.url}"' in page
    assert play.numbers() == (0, 0)
    play.serve_somebody(1)
    play.await_page(lambda: play.numbers() == (0, 1))
    assert "1373 BPS Kota Sawahlunto" in _page_of(play.centre)


def _page_of(centre: Centre) -> str:
    with urlopen(centre.url, timeout=SOON_S) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("fault", FAULTS)
def test_with_each_fault_visits_wait_and_when_it_is_over_each_is_there_once(play: Play, fault: str) -> None:
    play.switch(fault, True)
    assert play.house.faults["central"][fault]
    play.serve_somebody(1)
    play.serve_somebody(2)
    play.await_page(lambda: play.desk.relay.trouble is not None)
    assert play.numbers()[0] == 2, "nothing is acknowledged"
    words = play.desk.wording.text(f"error.{play.desk.relay.trouble.code}.title", "id")  # type: ignore[union-attr]
    assert words in play.room()
    play.switch(fault, False)
    play.await_page(lambda: play.numbers() == (0, 2))
    assert play.desk.relay.trouble is None


def test_without_a_centre_the_page_has_none(play: Play) -> None:
    client = create_app(play.desk, play.house).test_client()
    assert "Server pusat" not in client.get("/simulator/room").get_data(as_text=True)
