"""A front desk whose scanner station has a simulated book, at work: keeper and scanner in their threads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance import assembly, config, scans, tickets
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.runtime import Runtime
from appliance.scanning.policy import BookClass
from appliance.scanning.station import Look, Station
from appliance.scans import Scan
from appliance.visits import Request, Visit
from drivers.simulated.station import SimulatedStation

CONFIG = """
[site]
office = "1373"
[scanner]
[flatbed]
device = "^test:0"
resolution = 200
sane_config = "{sane}"
deadline = "5s"
[camera]
address = "{camera}"
width = 1200
height = 900
[delivery]
usb = true
"""
SOON_S = 50.0


@dataclass
class StationAtWork:
    """A front desk at work, and what lies under its camera."""

    desk: FrontDesk
    house: SimulatedStation
    clock: ManualClock
    folder: Path
    end: Callable[[], None]  # as a process that is ended; again does no harm

    @property
    def station(self) -> Station:
        assert self.desk.station is not None
        return self.desk.station

    @property
    def scan(self) -> Scan:
        """The session that has the station."""
        found = self.desk.store.read(scans.at_station)
        assert found is not None
        return found

    def look(self) -> Look:
        return self.station.look()

    def wait(self, holds: Callable[[Look], object], within_s: float = SOON_S) -> Look:
        """Wait until something holds of the station."""
        give_up = time.monotonic() + within_s
        while not holds(look := self.look()):
            assert time.monotonic() < give_up, look
            time.sleep(0.02)
        return look

    def wait_gone(self, folder: Path, within_s: float = SOON_S) -> None:
        give_up = time.monotonic() + within_s
        while folder.exists():
            assert time.monotonic() < give_up, f"{folder} is still there"
            time.sleep(0.02)

    @property
    def worker(self) -> int:
        """The process that scans for this front desk: this process's child whose command says so."""
        own = str(os.getpid())
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().split(b"\0")
                parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:  # it has just ended
                continue
            if b"appliance.scan_worker" in command and parent == own:
                return int(path.name)
        raise AssertionError("nobody scans")

    def visit(self) -> Visit:
        """Somebody takes a number."""
        request = Request(f"test-{time.monotonic_ns()}", "library", "kiosk")
        return self.desk.store.write(tickets.issue, self.desk.office, request)

    def begin(self, visit: Visit | None = None, *, book: BookClass | None = "bps") -> Scan:
        """Begin a session by touch, and accept the notice."""
        scan = self.desk.store.write(
            scans.begin,
            self.desk.office,
            visit_id=visit.id if visit else None,
            opened_by="touch",
            language="id",
        )
        if book is not None:
            scan = self.desk.store.write(scans.accept, self.desk.office, scan.id, book)
        return scan


def settings(house: SimulatedStation) -> config.Config:
    return config.parse(CONFIG.format(sane=house.sane_folder, camera=house.address))


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedStation]:
    """One book for all tests: it takes a second to be drawn."""
    house = SimulatedStation(tmp_path_factory.mktemp("house"), width=1200)
    house.start()
    yield house
    house.close()


@pytest.fixture
def house(book: SimulatedStation) -> Iterator[SimulatedStation]:
    """The book, with nothing in its way."""
    yield book
    book.lay_ticket(None)
    for name, on in book.faults.items():
        if on:
            book.set_fault(name, False)
    for name, on in book.glass.faults.items():
        if on:
            book.glass.set_fault(name, False)


@pytest.fixture
def at_work(
    tmp_path: Path, house: SimulatedStation, clock: ManualClock
) -> Iterator[Callable[..., StationAtWork]]:
    """Starts front desks on `folder`; all are ended after the test."""
    ends: list[Callable[[], None]] = []

    def start(folder: str = "data") -> StationAtWork:
        desk = assemble(load_office("1373"), settings(house), clock, tmp_path / folder)
        desk.store.open()
        desk.store.write(scans.settle_after_restart)
        runtime = Runtime(assembly.duties(desk), desk.health, desk.changes)
        runtime.start()

        ended = threading.Event()

        def end() -> None:
            if not ended.is_set():
                ended.set()
                runtime.stop()
                desk.store.close()

        ends.append(end)
        return StationAtWork(desk, house, clock, tmp_path / folder, end)

    yield start
    for end in ends:
        end()


@pytest.fixture
def work(at_work: Callable[..., StationAtWork]) -> StationAtWork:
    """One front desk at work."""
    return at_work()
