"""The page "Periksa alat": asks through the threads that own the devices, and moves nothing by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import journal, lock_tests, lockers, printing
from appliance.cards import Tap
from appliance.checks import look_at_running
from appliance.clock import ManualClock
from appliance.examination import Answer
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.messages import Message
from appliance.runtime import Duty, Runtime
from appliance.staff import Member
from appliance.visits import Visit
from drivers.base import DeviceState, Lost
from tests.conftest import logged_in

URL = "/admin/check"


class Scale:
    """A device of no kind: it is open, or it is not."""

    name = "printer"

    def __init__(self) -> None:
        self.torn_off = False

    def connect(self) -> None:
        if self.torn_off:
            raise Lost(self.name, "no cable")

    def close(self) -> None:
        pass

    def ask(self) -> Answer:
        self.connect()
        return Answer((Message("check.said.named", {"name": "EPSON TM-T20III"}),))


@pytest.fixture
def running(desk: FrontDesk) -> Callable[[Scale], Runtime]:
    def start(device: Scale) -> Runtime:
        duty = Duty("printer", lambda: desk.changes.rest(0.01), device, ask=device.ask)
        runtime = Runtime([duty], desk.health, desk.changes, examination=desk.examination)
        runtime.start()
        return runtime

    return start


def is_ready(desk: FrontDesk) -> bool:
    """Wait until the printer's thread says so."""
    heard, give_up = 0, time.monotonic() + 5.0
    while time.monotonic() < give_up:
        report = desk.health.of("printer")
        if report is not None and report.state is DeviceState.READY:
            return True
        heard = desk.changes.wait(heard, 0.1)
    return False


def test_a_device_is_asked_by_its_own_thread(
    desk: FrontDesk, administrator_client: FlaskClient, running: Callable[[Scale], Runtime]
) -> None:
    runtime = running(Scale())
    assert is_ready(desk)
    assert "Belum ditanya" in administrator_client.get(URL).text

    administrator_client.post(f"{URL}/ask")

    assert desk.examination.wait(["printer"], 5.0)
    runtime.stop()
    page = administrator_client.get(f"{URL}/now").text
    assert "EPSON TM-T20III." in page
    assert "Dijawab dalam 0,0" in page


def test_a_device_that_is_lost_when_it_is_asked_is_told_as_lost(
    desk: FrontDesk, running: Callable[[Scale], Runtime]
) -> None:
    scale = Scale()
    runtime = running(scale)
    assert is_ready(desk)
    scale.torn_off = True

    (result,) = look_at_running(desk)

    runtime.stop()
    assert (result.device, result.found, result.problem, result.detail) == (
        "printer",
        False,
        "lost",
        "no cable",
    )


def test_a_thread_that_does_not_come_round_is_not_waited_for(desk: FrontDesk) -> None:
    desk.health.report("printer", DeviceState.READY)
    desk.health.report("voice", DeviceState.LOST, "missing", "no espeak-ng")

    results = {one.device: one for one in look_at_running(desk, patience_s=0.05)}

    assert (results["printer"].found, results["printer"].problem) == (True, "timeout")
    assert (results["voice"].found, results["voice"].problem) == (False, "missing")


def test_a_device_in_trouble_is_shown_with_advice_of_its_own(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    desk.health.report("card_reader", DeviceState.LOST, "missing", "several readers match 'ACS'")

    page = administrator_client.get(URL).text

    assert "persempit pola" in page
    assert "several readers match" in page


def test_a_test_ticket_is_asked_for_and_its_state_is_shown(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    desk.health.report("printer", DeviceState.READY)

    assert administrator_client.post(f"{URL}/print").location == URL

    job = desk.store.read(printing.newest, "test")
    assert job is not None
    assert "Menunggu dicetak" in administrator_client.get(URL).text


def test_an_empty_locker_is_opened_by_whoever_answers_for_it(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    desk.health.report("lockers", DeviceState.READY)

    administrator_client.post(f"{URL}/pulse", data={"locker": "2"})

    unlock = desk.store.read(lock_tests.newest)
    assert unlock is not None
    assert (unlock.locker, unlock.why, unlock.state) == ("2", "test", "asked")
    asked = [line for line in desk.store.read(journal.latest, 5) if line.entry.kind == "unlock.asked"]
    assert asked[0].entry.staff_id is not None
    assert "Loker 2 akan dibuka" in administrator_client.get(URL).text


@pytest.mark.parametrize("locker", ["1", "99", ""])
def test_a_locker_that_is_taken_or_unknown_stays_shut(
    desk: FrontDesk,
    administrator: Member,
    administrator_client: FlaskClient,
    issue: Callable[..., Visit],
    locker: str,
) -> None:
    visit = issue()
    desk.store.write(
        lockers.take_in, visit.id, Wanted("1", None, None), pockets=10, staff=administrator.id, expires_s=5.0
    )
    desk.store.write(lockers.set_out_of_order, "1", "engsel", staff=administrator.id)
    desk.health.report("lockers", DeviceState.READY)

    response = administrator_client.post(f"{URL}/pulse", data={"locker": locker})

    assert response.status_code == 409
    assert "Ada barang pengunjung di loker itu" in response.text
    assert desk.store.read(lock_tests.newest) is None
    assert '<option value="1"' not in response.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [("new", "dapat dipakai untuk loker"), ("again", "sekali lagi"), ("random", "berganti-ganti")],
)
def test_a_card_is_waited_for_and_judged(
    desk: FrontDesk, administrator_client: FlaskClient, clock: ManualClock, kind: str, words: str
) -> None:
    desk.health.report("card_reader", DeviceState.READY)
    desk.last_tap.show(Tap("unreadable", clock.now()))
    clock.advance(1)

    administrator_client.post(f"{URL}/card")
    assert "Tempelkan satu kartu" in administrator_client.get(URL).text
    clock.advance(1)
    desk.last_tap.show(Tap(kind, clock.now()))  # type: ignore[arg-type]  # one of its kinds
    assert words in administrator_client.get(f"{URL}/now").text
    clock.advance(61)
    assert words not in administrator_client.get(URL).text


def test_without_a_station_there_is_no_picture(administrator_client: FlaskClient) -> None:
    assert administrator_client.get(f"{URL}/frame.jpg").status_code == 404


@pytest.mark.parametrize("act", ["ask", "print", "pulse", "card"])
def test_officers_have_no_business_here(app: Flask, desk: FrontDesk, officer: Member, act: str) -> None:
    client = logged_in(app, desk, officer)
    assert client.get(URL).status_code == 403
    assert client.post(f"{URL}/{act}").status_code == 403
    assert app.test_client().get(URL).status_code == 303


def test_only_this_machine_may_have_the_devices_asked(app: Flask, desk: FrontDesk) -> None:
    desk.health.report("voice", DeviceState.LOST, "missing", "no espeak-ng")
    client = app.test_client()
    assert client.get("/check", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    (row,) = client.get("/check").get_json()
    assert (row["device"], row["found"], row["problem"]) == ("voice", False, "missing")
