"""`frontdesk bench relay`: how fast a front desk catches up with the central server.

The real store with its outbox, the relay, the HTTPS road (plain, since it is loopback) and the receiver of
this release in a process of its own, on SQLite. Measured is from the first batch until so many events are
acknowledged, with any number of others waiting behind them.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance import __version__, outbox
from appliance.benchmarks.fleet import receiver
from appliance.central import contract, offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.central.https_road import HttpsRoad
from appliance.central_config import Central
from appliance.changes import Changes
from appliance.clock import SystemClock
from appliance.office import load_office
from appliance.outbox import Maker
from appliance.relay import Relay, RelayState
from appliance.store import Store, Transaction

_OFFICE = "1373"
_VISITS_A_DAY = 500
_DAYS_AWAY = 90


def measure(batches: int, waiting: int) -> dict[str, object]:
    """Let so many full batches be acknowledged, with so many other events waiting behind them."""
    events = batches * contract.MAX_EVENTS
    with TemporaryDirectory(prefix="frontdesk-relay-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/central.db"
        archive = Archive(open_database(url))
        office = load_office(_OFFICE)
        changes = Changes()
        maker = Maker(office, __version__)
        store = Store(folder, SystemClock(), changes, maker.before_commit)
        store.open()
        try:
            settings = _settings(archive, folder)
            empty = _size(store)
            _fill(store, events + waiting, office.services[0].key)
            full = _size(store)
            with receiver(url) as port:
                road = HttpsRoad(settings.model_copy(update={"url": f"http://127.0.0.1:{port}"}))
                dice = random.Random().random  # noqa: S311 - pauses, not secrets
                relay = Relay(store, maker, road, RelayState(changes), dice)
                seconds, cpu_s = _catch_up(relay, events)
            there, left = _kept(archive), store.read(outbox.backlog).waiting
        finally:
            store.close()
            archive.close()
    per_event = (full - empty) / (events + waiting)
    return {
        "events": events,
        "waiting_behind": waiting,
        "seconds": round(seconds, 2),
        "events_per_second": round(events / seconds, 1),
        "cpu_ms_per_event": round(cpu_s / events * 1000, 3),
        "lost": events + waiting - left - there,
        "database_bytes_per_visit": round(per_event),
        "mib_for_90_days_of_500_visits": round(per_event * _VISITS_A_DAY * _DAYS_AWAY / 2**20, 1),
    }


def _settings(archive: Archive, folder: Path) -> Central:
    with archive.db.writing() as session:
        offices.add(session, _OFFICE, "")
        token = offices.give_token(session, _OFFICE)
    (folder / "token").write_text(token, encoding="ascii")
    return Central(url="http://127.0.0.1:1", token=folder / "token")


def _fill(store: Store, visits: int, service: str) -> None:
    """Visits that are over, some at a time, with whatever a snapshot takes."""
    for first in range(0, visits, _VISITS_A_DAY):
        store.write(_a_day, first, min(_VISITS_A_DAY, visits - first), service)
    store.checkpoint()


def _a_day(tx: Transaction, first: int, visits: int, service: str) -> None:
    stamp = tx.now.stamp()
    day = tx.db.execute(
        "INSERT INTO service_day (date, opened, closed) VALUES (date('2026-11-02', ?), ?, ?) RETURNING id",
        (f"+{first // _VISITS_A_DAY} days", stamp, stamp),
    ).fetchone()[0]
    names = [(f"bench-{number}", day, service, stamp) for number in range(first, first + visits)]
    tx.db.executemany(
        "INSERT INTO visit (request_id, day_id, source, service, priority, language, state, arrived, wait_s)"
        " VALUES (?, ?, 'button', ?, 0, 'id', 'arrived', ?, 40)",
        names,
    )
    tx.db.execute(
        "INSERT INTO guest_facts (visit_id, sub_services, sex, education, occupation, age_band)"
        " SELECT id, 'printed_library scan', 1 + id % 2, 1 + id % 5, 1 + id % 7, '26_34' FROM visit"
        " WHERE day_id = ?",
        (day,),
    )
    tx.db.execute(
        "UPDATE visit SET state = 'checked_out', closed = ?, duration_s = 1800 WHERE day_id = ?",
        (stamp, day),
    )
    tx.record("day.closed")


def _catch_up(relay: Relay, events: int) -> tuple[float, float]:
    """Work until so many are acknowledged; gives the seconds, and those of the processor on this side."""
    began, cpu, taken = time.monotonic(), time.process_time(), 0
    while taken < events:
        pause = relay.work()
        if pause == 0:
            taken += contract.MAX_EVENTS
        else:
            time.sleep(min(pause, 1.0))
    return time.monotonic() - began, time.process_time() - cpu


def _kept(archive: Archive) -> int:
    """How many records the receiver has."""
    with archive.db.reading() as session:
        return int(session.run("SELECT count(*) FROM visit")[0][0])


def _size(store: Store) -> int:
    return sum(file.stat().st_size for file in store.path.parent.glob(f"{store.path.name}*"))
