"""`frontdesk bench fleet`: hundreds of offices come back at once after a day without a network.

Each office is the real client: a store of its own with an outbox, the relay with its batches and pauses, the
HTTPS road (plain, since it is loopback). They have a thread each, in a few processes; the receiver is
`frontdesk central serve` in a process of its own. All of it on this one machine, so what is measured is the
whole, and a real receiver has more to itself.
"""

from __future__ import annotations

import http.client
import json
import logging
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory

from appliance import __version__, outbox
from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.contract import Result
from appliance.central.databases import open_database
from appliance.central.https_road import HttpsRoad
from appliance.central.road import OnItsWay, Road
from appliance.central_config import Central
from appliance.central_errors import CentralBusy
from appliance.changes import Changes
from appliance.clock import SystemClock
from appliance.errors import CentralError, StoreError
from appliance.office import Office, load_office
from appliance.outbox import Maker
from appliance.relay import Relay, RelayState
from appliance.store import Store, Transaction

PROCESSES = 4  # that play offices
FIRST_CODE = 1000
_START_S = 30.0
_LONGEST_NAP_S = 1.0


class NotEmpty(ValueError):
    """The database holds offices already: a measure must not mix with what an office has sent."""


@dataclass(frozen=True, slots=True)
class _Played:
    """What one office went through."""

    domain: str
    sent: tuple[str, ...]  # the ids of its records
    waited_s: float  # until everything was acknowledged
    left: int  # what was not, when time was up
    answers: Mapping[str, int]  # other than those that settle events
    longest_answer_s: float


def measure(number: int, visits: int, url: str | None, patience_s: float) -> dict[str, object]:
    """Let so many offices bring so many visits each. Raises NotEmpty, StoreError or ConfigError."""
    with TemporaryDirectory(prefix="frontdesk-fleet-") as name:
        folder = Path(name)
        url = url or f"sqlite:///{folder}/central.db"
        archive = Archive(open_database(url))
        try:
            tokens = _open_the_books(archive, number)
            with receiver(url) as port:
                played, seconds = _play(folder, port, tokens, visits, patience_s)
            return _report(archive, played, visits, seconds) | {"database": url.partition(":")[0]}
        finally:
            archive.close()


def _open_the_books(archive: Archive, number: int) -> dict[str, str]:
    """A token for each office, by its code."""
    with archive.db.reading() as session:
        if offices.everyone(session):
            raise NotEmpty("the database knows offices already: give an empty one")
    with archive.db.writing() as session:
        tokens = {}
        for code in range(FIRST_CODE, FIRST_CODE + number):
            offices.add(session, str(code), "")
            tokens[str(code)] = offices.give_token(session, str(code))
    return tokens


# ------------------------------------------------------------------------------------------ the receiver


@contextmanager
def receiver(url: str) -> Iterator[int]:
    """The real receiver, as a process; gives its port."""
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "appliance", "central", "serve", "--listen", f"127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"FRONTDESK_CENTRAL_DATABASE": url},
    )
    try:
        _await_receiver(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_S)


def _await_receiver(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_S)
        with suppress(OSError):
            client.request("GET", "/healthz")
            if client.getresponse().status == http.HTTPStatus.OK:
                client.close()
                return
        client.close()
        time.sleep(0.02)
    raise StoreError(f"the receiver did not start (it ended with {process.poll()})")


# ------------------------------------------------------------------------------------------ the offices


def _play(
    folder: Path, port: int, tokens: Mapping[str, str], visits: int, patience_s: float
) -> tuple[list[_Played], float]:
    """Let the offices be busy for a day without a network, then plug it in for all of them at once.

    Gives what each went through, and the seconds from the plug to the last acknowledgement.
    """
    context = multiprocessing.get_context("spawn")
    codes = sorted(tokens)
    workers = []
    for place in range(min(PROCESSES, len(codes))):
        ours, theirs = context.Pipe()
        share = {code: tokens[code] for code in codes[place::PROCESSES]}
        arguments = (theirs, folder, port, share, visits, patience_s)
        process = context.Process(target=_be_offices, args=arguments, daemon=True)
        process.start()
        theirs.close()
        workers.append((process, ours))
    try:
        for _, pipe in workers:
            pipe.recv()  # ready; an EOFError is one that fell
        for _, pipe in workers:
            pipe.send("go")
        played = [one for _, pipe in workers for one in pipe.recv()]
        return played, max(one.waited_s for one in played)
    finally:
        for process, _ in workers:
            process.terminate()
            process.join()


def _be_offices(
    pipe: Connection, folder: Path, port: int, tokens: Mapping[str, str], visits: int, patience_s: float
) -> None:
    """One process: its offices, each with a thread of its own."""
    logging.disable()  # each office would say that the receiver is busy, and that it answers again
    profile = load_office("1373")
    played = [
        _FrontDesk(profile.model_copy(update={"id": code}), folder / code, port, token)
        for code, token in tokens.items()
    ]
    for one in played:
        one.be_busy(visits)
    pipe.send("ready")
    pipe.recv()
    end = time.monotonic() + patience_s
    threads = [threading.Thread(target=one.come_back, args=(end,), daemon=True) for one in played]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send([one.told() for one in played])
    for one in played:
        one.close()


@dataclass
class _Watched:
    """A road, and what was seen on it."""

    road: Road
    answers: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        """Send, and note what came of it."""
        began = time.monotonic()
        try:
            return self.road.send(events)
        except CentralError as error:
            # A refusal by its HTTP status, any other trouble by its code.
            self.answers[error.detail if isinstance(error, CentralBusy) else error.code] += 1
            raise
        finally:
            self.longest_s = max(self.longest_s, time.monotonic() - began)

    def rest(self) -> None:
        """Nothing is kept open."""
        self.road.rest()

    def close(self) -> None:
        """End what is under way."""
        self.road.close()


class _FrontDesk:
    """What an office has of a front desk here: its store, its outbox, its relay."""

    def __init__(self, office: Office, folder: Path, port: int, token: str) -> None:
        self._office = office
        changes = Changes()
        maker = Maker(office, __version__)
        self._store = Store(folder, SystemClock(), changes, maker.before_commit)
        self._store.open()
        (folder / "token").write_text(token, encoding="ascii")
        settings = Central(url=f"http://127.0.0.1:{port}", token=folder / "token")
        self._road = _Watched(HttpsRoad(settings))
        dice = random.Random().random  # noqa: S311 - pauses, not secrets
        self._relay = Relay(self._store, maker, self._road, RelayState(changes), dice)
        self._records: tuple[str, ...] = ()
        self._waited_s = 0.0

    def be_busy(self, visits: int) -> None:
        """A day's visits, all of them over; the outbox fills as it does behind a real desk."""
        self._records = self._store.write(_serve, visits, self._office.services[0].key)

    def come_back(self, end: float) -> None:
        """The network is there again: send until nothing is left, or time is up."""
        began = time.monotonic()
        while time.monotonic() < end:
            wait_s = self._relay.work()
            if wait_s == float("inf"):
                break
            time.sleep(min(wait_s, _LONGEST_NAP_S))
        self._waited_s = time.monotonic() - began

    def told(self) -> _Played:
        """What it went through."""
        left = self._store.read(outbox.backlog)
        return _Played(
            self._office.id,
            self._records,
            self._waited_s,
            left.waiting + left.parked,
            dict(self._road.answers),
            self._road.longest_s,
        )

    def close(self) -> None:
        """Let go of the files."""
        self._road.close()
        self._store.close()


def _serve(tx: Transaction, visits: int, service: str) -> tuple[str, ...]:
    """Visits that came and went, in one transaction; gives the ids of their records."""
    stamp = tx.now.stamp()
    day = tx.db.execute(
        "INSERT INTO service_day (date, opened) VALUES (date('now'), ?) RETURNING id", (stamp,)
    ).fetchone()[0]
    tx.db.executemany(
        "INSERT INTO visit (request_id, day_id, source, service, priority, language, state, arrived)"
        " VALUES (?, ?, 'button', ?, 0, 'id', 'arrived', ?)",
        [(f"fleet-{number}", day, service, stamp) for number in range(visits)],
    )
    tx.db.execute("UPDATE visit SET state = 'checked_out', closed = ?, duration_s = 1800", (stamp,))
    tx.record("day.closed")
    return tuple(record for (record,) in tx.db.execute("SELECT record_id FROM outbox"))


# ------------------------------------------------------------------------------------------ what came of it


Record = tuple[str, str]  # an office's code, and a record's id


def compare(sent: Collection[Record], there: Sequence[Record]) -> tuple[int, int]:
    """How many records are there that should not be (twice, or of nobody), and how many are missing."""
    wanted, found = set(sent), set(there)
    return len(there) - len(found & wanted), len(wanted - found)


def _report(archive: Archive, played: Sequence[_Played], visits: int, seconds: float) -> dict[str, object]:
    with archive.db.reading() as session:
        rows = session.run("SELECT domain_code, data FROM visit")
    there = [(domain, json.loads(data)["record_id"]) for domain, data in rows]
    duplicates, lost = compare([(one.domain, record) for one in played for record in one.sent], there)
    answers: Counter[str] = sum((Counter(one.answers) for one in played), Counter())
    waits = [one.waited_s for one in played]
    return {
        "offices": len(played),
        "visits_each": visits,
        "events": len(there),
        "seconds": round(seconds, 2),
        "events_per_second": round(len(there) / seconds, 1),
        "duplicates": duplicates,
        "lost": lost,
        "unacknowledged": sum(one.left for one in played),
        "longest_wait_s": round(max(waits), 2),
        "median_wait_s": round(statistics.median(waits), 2),
        "longest_answer_s": round(max(one.longest_answer_s for one in played), 2),
        "answers_503": answers.pop("503", 0),
        "answers_429": answers.pop("429", 0),
        "other_troubles": dict(answers),
    }
