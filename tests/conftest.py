"""What most tests start from: a front desk on a clock that goes only when told to, with no devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache

from appliance import config, sessions, staff, tickets
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Request, Visit
from web import create_app

PASSWORD = "kata sandi yang panjang"
HASHED = staff.hash_password(PASSWORD)  # once: argon2 is slow on purpose

CONFIG = """
[site]
office = "{office}"

[lockers]
[[lockers.locker]]
name = "1"
pin = 5
contact_pin = 6
[[lockers.locker]]
name = "2"
pin = 13
contact_pin = 19
[[lockers.locker]]
name = "3"
pin = 20
"""


class CompiledOnce(BytecodeCache):
    """Compiled templates, kept for the whole run: each test makes applications of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a template that was compiled before."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one that was compiled now."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


# A property holds or it does not; how long that takes is a matter of the machine.
settings.register_profile("frontdesk", deadline=None)
settings.load_profile("frontdesk")

Flask.jinja_options = {"bytecode_cache": CompiledOnce()}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have measured (`record_property("figure", ...)`), once more at the end."""
    reports = terminalreporter.stats.get("passed", [])
    figures = sorted(
        str(value)
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == "figure"
    )
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))


@pytest.fixture
def clock() -> ManualClock:
    """Monday 23 November 2026, 09.00 in Sawahlunto."""
    return ManualClock()


@pytest.fixture
def build(tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[str], FrontDesk]]:
    """Makes front desks for an office id or a profile's path; closes their databases at the end."""
    made: list[FrontDesk] = []

    def make(office: str) -> FrontDesk:
        settings = config.parse(CONFIG.format(office=office))
        desk = assemble(load_office(office), settings, clock, tmp_path / f"data-{len(made)}")
        desk.store.open()
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.store.close()


@pytest.fixture
def desk(build: Callable[[str], FrontDesk]) -> FrontDesk:
    """The front desk of Kota Sawahlunto."""
    return build("1373")


@pytest.fixture
def officer(desk: FrontDesk) -> Member:
    """An officer's account; its password is PASSWORD."""
    return desk.store.write(
        staff.add,
        login="rina",
        name="Rina Marlina",
        role="officer",
        password_hash=HASHED,
    )


@pytest.fixture
def administrator(desk: FrontDesk) -> Member:
    """An administrator's account; its password is PASSWORD."""
    return desk.store.write(
        staff.add,
        login="budi",
        name="Budi Santoso",
        role="administrator",
        password_hash=HASHED,
    )


@pytest.fixture
def issue(desk: FrontDesk) -> Callable[..., Visit]:
    """Issues a ticket: `issue()`, `issue("consultation", priority=True)`."""
    count = iter(range(1, 10_000))

    def give(service: str = "library", *, priority: bool = False) -> Visit:
        request = Request(f"test-{next(count)}", service, "kiosk", priority=priority)
        return desk.store.write(tickets.issue, desk.office, request)

    return give


def had_a_day(desk: FrontDesk, date: str) -> None:
    """There was service on this date: a clock that goes back to it is wrong, whatever else is."""
    desk.store.write(_add_day, date)


def _add_day(tx: Transaction, date: str) -> None:
    tx.db.execute("INSERT INTO service_day (date, opened, closed) VALUES (?, '', '')", (date,))


@pytest.fixture
def app(desk: FrontDesk) -> Flask:
    """The pages of `desk`."""
    app = create_app(desk)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody is logged in with."""
    return app.test_client()


@pytest.fixture
def officer_client(app: Flask, desk: FrontDesk, officer: Member) -> FlaskClient:
    """A browser in which the officer is logged in at the first desk."""
    return logged_in(app, desk, officer)


@pytest.fixture
def administrator_client(app: Flask, desk: FrontDesk, administrator: Member) -> FlaskClient:
    """A browser in which the administrator is logged in at the first desk."""
    return logged_in(app, desk, administrator)


def logged_in(app: Flask, desk: FrontDesk, member: Member) -> FlaskClient:
    """A browser with a session of this member of staff."""
    token = desk.store.write(sessions.log_in, member, place=desk.office.places[0].key)
    client = app.test_client()
    client.set_cookie("desk", token)
    return client
