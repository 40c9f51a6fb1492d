"""In the guest: the front desk on simulated pins, and visitors who never stop coming.

First it says what the last run has left behind.
What was acknowledged is said to the machine below, and so is each pulse of a lock: only what has arrived
there counts. Everything is the product's own but hands, pins, and the printer's other end.
"""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from appliance import assembly, guestbook, lockers, logs, ratings, staff, tickets, visits
from appliance.__main__ import run_front_desk, simulated_config
from appliance.clock import SystemClock
from appliance.errors import ApplianceError
from appliance.front_desk import FrontDesk, assemble
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.visits import Visit
from drivers.base import Uid
from drivers.simulated.house import House

DATA = Path("/var/lib/frontdesk")
LISTEN = "127.0.0.1:8080"
OFFICE = load_office("1373")
PLACE = OFFICE.places[0].key
CENTRAL = (
    '\n[central]\nurl = "{url}"\ntoken = "/data/test/token"\nca = "/data/test/ca.pem"\ntimeout = "60s"\n'
)
STAYS_EVERY = 5  # so many visitors, and one leaves the bag where it is


class Teller:
    """Says a line to the machine below."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.connect("/run/boot-said.sock")

    def __call__(self, *words: object) -> None:
        with self._lock:
            self._line.sendall((" ".join(map(str, words)) + "\n").encode())


class Visitors:
    """One after the other: number, locker, rating, goodbye."""

    def __init__(self, desk: FrontDesk, house: House, tell: Teller) -> None:
        self._desk, self._house, self._tell = desk, house, tell
        self._store = desk.store
        self._run = time.time_ns()
        for name, wiring in assembly.lock_wiring(desk.config).items():
            house.pins.watch(wiring.pin, partial(self._pulsed, name))

    def _pulsed(self, locker: str, level: bool, _at_ns: int) -> None:
        if level:
            self._tell("pulsed", locker)

    def come(self) -> None:
        """For ever."""
        while not self._listens():
            time.sleep(0.05)
        if not self._store.read(staff.any_member):
            self._store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
        self._tell("there", json.dumps(self._store.read(look), separators=(",", ":")))
        self._tell("begun")
        self._fetch_bags()
        count = 0
        while True:
            count += 1
            try:
                self._visit(f"wish-{self._run}-{count}", stays=count % STAYS_EVERY == 0)
            except ApplianceError as error:
                self._tell("refused", repr(error))
                time.sleep(0.5)

    def _fetch_bags(self) -> None:
        """Whoever was there when the power went comes back, but for the two who came first."""
        for deposit in self._store.read(lockers.still_here)[2:]:
            self._store.write(lockers.hand_back, deposit.id, staff=1)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", 8080), 1):
            return True
        return False

    def _visit(self, key: str, *, stays: bool) -> None:
        token, number = self._take_number(key)
        self._tell("number", token, number)
        visit = self._store.read(visits.of_token, token)
        self._store.write(tickets.call, visit.id, place=PLACE, staff=1)
        self._store.write(guestbook.confirm_elsewhere, visit.id, staff=1)
        self._store.write(visits.start_serving, OFFICE, visit.id, place=PLACE, staff=1)
        self._tell("served", token)
        free = [name for name in self._desk.lockers if name not in self._taken()]
        if free:
            self._use_locker(visit, token, free[0], stays=stays and len(free) > 1)
        self._store.write(ratings.give, visit.id, 4)
        if not (free and stays and len(free) > 1):
            self._store.write(visits.check_out, visit.id, staff=1)
            self._tell("gone", token)

    def _take_number(self, key: str) -> tuple[str, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)) as client:
            headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
            client.request("POST", "/api/v1/tickets", json.dumps({"service": "library"}), headers)
            answer = client.getresponse()
            said = answer.read()
        if answer.status != 201:
            raise ApplianceError(f"{answer.status} {said!r}")
        ticket = json.loads(said)
        return str(ticket["token"]), str(ticket["number"])

    def _taken(self) -> set[str]:
        return {deposit.locker for deposit in self._store.read(lockers.still_here) if deposit.locker}

    def _use_locker(self, visit: Visit, token: str, name: str, *, stays: bool) -> None:
        day_id = self._store.read(lambda db: db.execute("SELECT max(id) FROM service_day").fetchone()[0])
        card = Uid(visit.id.to_bytes(7, "big")).keyed_hash(self._desk.keys.of_day(day_id))
        self._tell("asks", name)
        kept = self._store.write(
            lockers.take_in, visit.id, Wanted(name, "ktp", card_hash=card), pockets=12, staff=1
        )
        self._tell("bound", token, name)
        self._through_the_door(name)
        if stays or kept.deposit_id is None:
            return
        self._tell("asks", name)
        self._store.write(lockers.open_again, visit.id, "return", staff=1)
        self._through_the_door(name)
        self._store.write(lockers.hand_back, kept.deposit_id, staff=1)
        self._tell("returned", token, name)

    def _through_the_door(self, name: str) -> None:
        """Until the locks have done what was asked of them; then the door is pushed shut."""
        while self._store.read(_is_opening):
            time.sleep(0.02)
        self._house.close_door(name)


def run(url: str) -> int:
    """The front desk and its visitors."""
    with tempfile.TemporaryDirectory() as scratch, House(Path(scratch) / "simulated") as house:
        config = simulated_config(house, OFFICE, DATA, LISTEN, "80mm", CENTRAL.format(url=url))
        house.wire(assembly.button_wiring(config), assembly.lock_wiring(config))
        desk = assemble(OFFICE, config, SystemClock(), DATA)
        visitors = Visitors(desk, house, Teller())
        threading.Thread(target=visitors.come, daemon=True).start()
        return run_front_desk(desk, house)


def _is_opening(db: sqlite3.Connection) -> bool:
    asked = db.execute("SELECT 1 FROM unlock WHERE state IN ('asked', 'commanded') LIMIT 1")
    return asked.fetchone() is not None


_NUMBERS = "SELECT token, letter || printf('%03d', number) FROM visit JOIN ticket ON visit_id = visit.id"
_BOUND = "SELECT token, locker, closed_by IS NOT NULL FROM deposit JOIN visit ON visit.id = visit_id"
_QUERIES = {
    "sound": "PRAGMA integrity_check",
    "numbers": _NUMBERS,
    "states": "SELECT token, state FROM visit",
    "bound": _BOUND,
    "outbox": "SELECT kind, record_id, revision FROM outbox WHERE state = 'stored'",
}


def look(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """What is there at this moment."""
    return {name: [tuple(row) for row in db.execute(query)] for name, query in _QUERIES.items()}


if __name__ == "__main__":
    logs.begin()
    sys.exit(run((Path(__file__).parent / "central-url").read_text()))
