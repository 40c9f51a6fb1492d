"""`frontdesk bench reliability`: what the promises of docs/reliability.md are on this machine.

Whole visits on the real libraries: SQLite on this machine's disk, a TCP printer in a process of its own,
locks and door contacts on simulated pins, the reference receiver as the central server. Times are monotonic.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance import (
    assembly,
    guest_form,
    guestbook,
    journal,
    lockers,
    officer,
    outbox,
    printing,
    ratings,
    sessions,
    staff,
    tickets,
    visits,
)
from appliance import config as configuration
from appliance.benchmarks import fleet, pace
from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.clock import Clock, ManualClock, SystemClock
from appliance.front_desk import FrontDesk, assemble
from appliance.guestbook import Entry
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.runtime import Runtime
from appliance.sessions import Session
from appliance.visits import Request, Visit
from drivers.base import DeviceState
from drivers.simulated.lockers import SimulatedLockers
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.printer import VirtualPrinter

_OFFICE = "1373"
_PREFIX = "frontdesk-bench-"
_PATIENCE_S = 20.0
_AT_ONCE = 4  # visitors in the house, each with a locker
_DAY_S = 86400.0
_A_DAY = 2000  # tickets, less than there are numbers
_WAITING = 40  # papers at most, before another ticket is asked for
_AWAY_S = 12.0  # as long as it takes until the pauses between two tries are the longest
_SAMPLES = 10

_LOCKERS = """
[lockers]
pulse = "50ms"
gap = "0s"
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
contact_pin = 21
[[lockers.locker]]
name = "4"
pin = 23
contact_pin = 24
"""
_CENTRAL = """
[central]
url = "http://127.0.0.1:{port}"
token = {token}
"""
_DECLINED = dict.fromkeys(
    ("sex", "birth_year", "education", "occupation", "institution_category", "main_use"), guest_form.DECLINED
)


class NoDisk(RuntimeError):
    """The folder for temporary files is in memory: nothing is written to a disk."""


def measure(visit_count: int, ticket_count: int) -> dict[str, object]:
    """All figures, one after the other."""
    return {
        "kill_to_ready_s": kill_to_ready(),
        "plugged_in_to_ready_s": plugged_in_to_ready(),
        **written_per_visit(visit_count),
        **memory_over(ticket_count),
    }


# ------------------------------------------------------------------------------- a killed process


def kill_to_ready() -> float:
    """From `kill -9` to the first page of the next process on the same data, in seconds."""
    with TemporaryDirectory(prefix=_PREFIX) as folder, pace.printer_process() as (port, _):
        pages = pace.free_port()
        path = Path(folder) / "frontdesk.toml"
        path.write_text(pace.CONFIG.format(data=json.dumps(folder), port=pages, printer_port=port))
        command = [sys.executable, "-m", "appliance", "run", "--config", str(path)]
        first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        pace.await_page(pages, first)
        first.kill()
        killed = time.monotonic()
        first.wait()
        second = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            return round(pace.await_page(pages, second) - killed, 2)
        finally:
            second.send_signal(signal.SIGTERM)
            second.wait(_PATIENCE_S)


# ------------------------------------------------------------------------------- a device that comes back


def plugged_in_to_ready() -> float:
    """From the plug of a printer that was away for long to its being ready, in seconds."""
    with TemporaryDirectory(prefix=_PREFIX) as folder, VirtualPrinter() as printer:
        text = pace.CONFIG.format(data=json.dumps(folder), port=1, printer_port=printer.port)
        with _at_work(text, Path(folder), SystemClock(), None) as desk:
            _await(desk, lambda: _state(desk) is DeviceState.READY)
            printer.unplug()
            _await(desk, lambda: _state(desk) is DeviceState.LOST)
            time.sleep(_AWAY_S)
            printer.plug()
            plugged = time.monotonic()
            _await(desk, lambda: _state(desk) is DeviceState.READY)
            return round(time.monotonic() - plugged, 2)


def _state(desk: FrontDesk) -> DeviceState | None:
    report = desk.health.of("printer")
    return report.state if report else None


# ------------------------------------------------------------------------------- what a visit writes


def written_per_visit(count: int) -> dict[str, object]:
    """What reaches the disk for one visit, from the number to the central server's word that it is stored."""
    with (
        TemporaryDirectory(prefix=_PREFIX) as name,
        pace.printer_process() as (port, _),
        _receiver(Path(name)) as central,
    ):
        folder = Path(name) / "data"
        text = pace.CONFIG.format(data=json.dumps(str(folder)), port=1, printer_port=port)
        text += _LOCKERS + central
        pins = SimulatedPins()
        doors = SimulatedLockers(pins, assembly.lock_wiring(configuration.parse(text)))
        with _at_work(text, folder, SystemClock(), pins) as desk:
            house = _House(desk, doors)
            house.serve(_AT_ONCE)  # keys, tables and pages that only the first ones write
            desk.store.checkpoint()
            before, rows = _written_bytes(), desk.store.read(journal.last_seq)
            house.serve(count)
            desk.store.checkpoint()
            written = _written_bytes() - before
            rows = desk.store.read(journal.last_seq) - rows
        pins.close()
    if not written:
        raise NoDisk("the folder for temporary files is in memory; name one on a disk in TMPDIR")
    return {
        "visits": count,
        "written_kib_per_visit": round(written / count / 1024, 1),
        "journal_rows_per_visit": round(rows / count, 1),
    }


def _written_bytes() -> int:
    """What this process has had written to disks."""
    rows = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(rows["write_bytes"])


@contextmanager
def _receiver(folder: Path) -> Iterator[str]:
    """A central server that knows the office; gives the section of the configuration."""
    url = f"sqlite:///{folder}/central.db"
    archive = Archive(open_database(url))
    with archive.db.writing() as session:
        offices.add(session, _OFFICE, "Sawahlunto")
        token = offices.give_token(session, _OFFICE)
    archive.close()
    (folder / "token").write_text(token)
    with fleet.receiver(url) as port:
        yield _CENTRAL.format(port=port, token=json.dumps(str(folder / "token")))


@dataclass
class _House:
    """Visitors and an officer who do what they do on any day."""

    desk: FrontDesk
    doors: SimulatedLockers
    served: int = 0

    def __post_init__(self) -> None:
        desk = self.desk
        member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="-")  # noqa: S106 - nobody logs in with it
        token = desk.store.write(sessions.log_in, member, place=desk.office.places[0].key)
        self._session: Session = desk.store.read(sessions.session_of, token, desk.clock.now(), desk.limits)
        self._staff = member.id

    def serve(self, count: int) -> None:
        """So many whole visits, some at a time."""
        for first in range(0, count, _AT_ONCE):
            here = [self._arrive(str(place + 1)) for place in range(min(_AT_ONCE, count - first))]
            for place, visit in enumerate(here, 1):
                self._leave(visit, str(place))
        _await(self.desk, lambda: self.desk.store.read(outbox.backlog).waiting == 0)

    def _arrive(self, locker: str) -> Visit:
        """Number, paper, call, guest book, service, card and bag."""
        desk, store, office = self.desk, self.desk.store, self.desk.office
        self.served += 1
        store.write(tickets.issue, office, Request(f"visit-{self.served}", "library", "button"))
        _await(desk, lambda: store.read(printing.waiting_count) == 0)
        visit = store.write(officer.call_next, office, self._session)
        values = {"name": "Siti Rahmawati", "email": "siti@contoh.id", "institution": "Universitas Andalas"}
        entry = Entry({**values, "sub_services": "printed_library", **_DECLINED}, "hash", "id", "phone")
        store.write(guestbook.submit, office, visit.id, entry)
        store.write(visits.start_serving, office, visit.id, place=self._session.place, staff=self._staff)
        wanted = Wanted(locker, "ktp", f"{self.served:064x}")
        store.write(lockers.take_in, visit.id, wanted, pockets=office.card_deposit.pockets, staff=self._staff)
        self._through_the_door(locker)
        return store.write(visits.finish_serving, visit.id, staff=self._staff)

    def _leave(self, visit: Visit, locker: str) -> None:
        """Rating, bag, card, goodbye."""
        store = self.desk.store
        store.write(ratings.give, visit.id, 4)
        store.write(lockers.open_again, visit.id, "return", staff=self._staff)
        self._through_the_door(locker)
        deposit = store.read(visits.get, visit.id).deposit_id
        store.write(officer.see_off, visit.id, deposit, staff=self._staff)

    def _through_the_door(self, locker: str) -> None:
        store, doors = self.desk.store, self.desk.doors
        _await(self.desk, lambda: _is_over(store.read(lockers.last_unlock, locker)))
        self.doors.close_door(locker)
        _await(self.desk, lambda: doors.of(locker).value == "closed")


def _is_over(unlock: lockers.Unlock | None) -> bool:
    return unlock is not None and unlock.state not in ("asked", "commanded")


# ------------------------------------------------------------------------------- memory


def memory_over(count: int) -> dict[str, object]:
    """Memory of this process while tickets are given and printed, after a tenth of them and at the end."""
    clock = ManualClock()
    with (
        TemporaryDirectory(prefix=_PREFIX) as name,
        pace.printer_process() as (port, papers),
    ):
        text = pace.CONFIG.format(data=json.dumps(name), port=1, printer_port=port)
        with _at_work(text, Path(name), clock, None) as desk:
            seen = []
            for number in range(1, count + 1):
                _give(desk, clock, number)
                while papers.poll():
                    papers.recv()
                if number % max(1, count // _SAMPLES) == 0:
                    seen.append(pace.resident_mib(os.getpid()))
    return {
        "tickets": count,
        "resident_mib_after_a_tenth": round(seen[0], 1),
        "resident_mib_at_the_end": round(seen[-1], 1),
    }


def _give(desk: FrontDesk, clock: ManualClock, number: int) -> None:
    services = desk.office.ticket_services
    service = services[number % len(services)].key
    desk.store.write(tickets.issue, desk.office, Request(f"ticket-{number}", service, "button"))
    if number % pace.WAITING == 0:
        desk.store.write(pace.see_everybody_off)
    _await(desk, lambda: desk.store.read(printing.waiting_count) < _WAITING)
    if number % _A_DAY == 0:
        clock.advance(_DAY_S)


# ------------------------------------------------------------------------------- a front desk at work


@contextmanager
def _at_work(text: str, folder: Path, clock: Clock, pins: SimulatedPins | None) -> Iterator[FrontDesk]:
    """A front desk with its threads, in this process, without its pages."""
    desk = assemble(load_office(_OFFICE), configuration.parse(text), clock, folder)
    desk.store.open()
    runtime = Runtime(assembly.duties(desk, (lambda: pins) if pins else None), desk.health, desk.changes)
    runtime.start()
    try:
        yield desk
    finally:
        desk.changes.end()
        runtime.stop()
        desk.store.close()


def _await(desk: FrontDesk, happened: Callable[[], bool]) -> None:
    """Wait until it has; looks again when the bell rings."""
    end = time.monotonic() + _PATIENCE_S
    heard = desk.changes.count
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError("the front desk does not get on")
        heard = desk.changes.wait(heard, 0.02)
