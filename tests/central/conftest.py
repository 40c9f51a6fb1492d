"""Both ends of the way to the central server: a relay that is stepped, and a centre over each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance import config, visits
from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.central.https_road import HttpsRoad
from appliance.central.intake import WITH_IDENTITY, Intake
from appliance.central.road import Road
from appliance.central_config import Central
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.relay import Relay
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Request, Visit
from tests.central.due import Issue, fill_in
from tests.central.postgres import Cluster, cluster
from tests.central.receiver import Receiver, receiver
from tests.conftest import CONFIG
from tests.store.conftest import Officer

PLACE = "frontline"


@pytest.fixture
def central() -> Iterator[Receiver]:
    """A receiver that keeps the contract until it is told otherwise."""
    with receiver() as server:
        yield server


def settings_for(url: str, **more: Any) -> Central:
    """The [central] section for a receiver."""
    return Central(url=url, **{"timeout": "1s", **more})


class Dice:
    """Chance that can be set; at first the longest pause there is."""

    def __init__(self, shows: float = 0.999999) -> None:
        self.shows = shows

    def __call__(self) -> float:
        return self.shows


def relay_on(desk: FrontDesk, road: Road, dice: Callable[[], float] | None = None) -> Relay:
    """A relay that nobody steps but the test."""
    return Relay(desk.store, desk.maker, road, desk.relay, dice or Dice())


def relay_to(desk: FrontDesk, server: Receiver, **more: Any) -> Relay:
    """The same, by HTTP to a receiver."""
    return relay_on(desk, HttpsRoad(settings_for(server.url, **more)))


def drain(relay: Relay, clock: ManualClock, most: int = 5000) -> int:
    """Work until nothing is left, letting the pauses pass; gives the number of steps."""
    for count in range(most):
        pause = relay.work()
        if pause == float("inf"):
            return count
        clock.advance(pause)
    raise AssertionError(f"still at work after {most} steps")


def close_visit(tx: Transaction, desk: FrontDesk, key: str, staff: int) -> int:
    """A whole short visit in one transaction: let in, served, goodbye."""
    visit = visits.walk_in(tx, desk.office, Request(key, "library", "desk"), place=PLACE, staff=staff)
    visits.start_serving(tx, desk.office, visit.id, place=PLACE, staff=staff)
    visits.check_out(tx, visit.id, staff=staff)
    return visit.id


@pytest.fixture
def over(desk: FrontDesk, officer: Member) -> Callable[..., list[int]]:
    """Makes visits that are over: `over(3)` gives their ids."""
    count = iter(range(1, 10**9))

    def make(number: int = 1, *, at_once: int = 200) -> list[int]:
        made: list[int] = []

        def act(tx: Transaction, some: int) -> None:
            made.extend(close_visit(tx, desk, f"over-{next(count)}", officer.id) for _ in range(some))

        for left in range(number, 0, -at_once):
            desk.store.write(act, min(left, at_once))
        return made

    return make


def desk_in(folder: Path, clock: ManualClock, office: str = "1373") -> FrontDesk:
    """A front desk in a folder of its own, open."""
    desk = assemble(load_office(office), config.parse(CONFIG.format(office=office)), clock, folder)
    desk.store.open()
    return desk


@pytest.fixture
def rina(desk: FrontDesk, officer: Member) -> Officer:
    """The officer at work."""
    return Officer(desk, officer.id)


@pytest.fixture
def siti(desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock) -> Visit:
    """A whole visit that is over: guest book, locker, reading, goodbye."""
    visit = issue()
    clock.advance(40)
    rina.call(visit)
    fill_in(desk, visit)
    clock.advance(300)
    rina.serve(visit)
    taken = rina.take_in(visit, "1", "ktp")
    rina.hand_back(taken.deposit_id)
    clock.advance(3000)
    return rina.check_out(visit)


# ------------------------------------------------------------------------------------ the receiving side

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server for the whole run: it takes seconds to start."""
    with cluster() as made:
        yield made


@pytest.fixture(params=KINDS)
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives addresses of empty databases, of each kind in turn."""
    if request.param == "sqlite":
        numbers = iter(range(10_000))
        return lambda: f"sqlite:///{tmp_path}/central-{next(numbers)}.db"
    made: Cluster = request.getfixturevalue("postgres")
    return made.fresh


@pytest.fixture
def open_archive() -> Iterator[Callable[[str], Archive]]:
    """Opens archives that know the offices 1373 and 1377; closes them at the end."""
    opened: list[Archive] = []

    def begin(url: str) -> Archive:
        archive = Archive(open_database(url))
        opened.append(archive)
        with archive.db.writing() as session:
            offices.add(session, "1373", "Kota Sawahlunto")
            offices.add(session, "1377", "Kota Pariaman")
        return archive

    yield begin
    for archive in opened:
        archive.close()


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    """The address of an empty database."""
    return fresh_url()


@pytest.fixture
def archive(url: str, open_archive: Callable[[str], Archive]) -> Archive:
    """An archive that knows two offices."""
    return open_archive(url)


@pytest.fixture
def intake(archive: Archive) -> Intake:
    """Takes in batches, identity too."""
    return Intake(archive, WITH_IDENTITY)
