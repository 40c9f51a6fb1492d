"""`frontdesk bench copies`: what copies cost on this machine, and how long a damaged start takes."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from appliance import config as configuration
from appliance import tickets
from appliance.benchmarks.reports import LAST_DAY, add_visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.keeping import backup, restoring, sealing
from appliance.office import load_office
from appliance.store import Transaction
from appliance.visits import Request

T = TypeVar("T")

_A_DAY = 40
_AFTERWARDS = datetime.combine(LAST_DAY + timedelta(days=4), datetime.min.time(), UTC)
_VISITORS_EVERY_S = 0.05


def copies(visits: int) -> dict[str, object]:
    """Measure everything once, on a database of its own."""
    with TemporaryDirectory(prefix="frontdesk-bench-") as name:
        folder = Path(name)
        desk = _desk(folder)
        desk.store.open()
        try:
            desk.store.write(add_visits, visits, max(visits // _A_DAY, 1))
            desk.store.write(_add_guests)
            desk.store.checkpoint()
            found = _measure(desk)
        finally:
            desk.store.close()
        return {"visits": visits, **found, **_starts(folder)}


def _desk(folder: Path) -> FrontDesk:
    config = configuration.parse(f'[site]\noffice = "1373"\ndata = {json.dumps(str(folder))}\n')
    return assemble(load_office("1373"), config, ManualClock(_AFTERWARDS), folder)


def _measure(desk: FrontDesk) -> dict[str, object]:
    now = desk.clock.now()
    day = now.local_date(desk.office.zone)
    with _Visitors(desk) as visitors:
        copy_s, copy = _timed(
            lambda: backup.make(desk.store.path, desk.copies.folder, now, day=day, kind="nightly")
        )
    verify_s, problem = _timed(lambda: backup.verify(copy))
    rewrite_s, copy = _timed(lambda: backup.rewrite(copy, _forget_one, erased=0))
    recipient, _ = sealing.new_key()
    seal_s, _ = _timed(lambda: sealing.carry(copy, desk.folder, recipient))
    return {
        "database_bytes": desk.store.path.stat().st_size,
        "copy_bytes": copy.manifest.bytes,
        "copy_s": copy_s,
        "longest_write_ms": round(visitors.longest_s * 1000, 1),
        "verify_s": verify_s if not problem else None,
        "rewrite_s": rewrite_s,
        "seal_s": seal_s,
    }


def _forget_one(db: sqlite3.Connection) -> None:
    restoring.erase_again(db, ["old-1"])


class _Visitors:
    """Somebody who writes now and then while a copy is made."""

    def __init__(self, desk: FrontDesk) -> None:
        self.longest_s = 0.0
        self._desk = desk
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._come, name="visitors")

    def __enter__(self) -> _Visitors:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _come(self) -> None:
        while not self._over.wait(_VISITORS_EVERY_S):
            seconds, _ = _timed(lambda: self._desk.store.write(_note))
            self.longest_s = max(self.longest_s, seconds)


def _starts(folder: Path) -> dict[str, object]:
    """From opening to the first number: on a sound database, then on a damaged one."""
    start_s, _ = _timed(lambda: _first_number(folder))
    path = folder / "frontdesk.db"
    with path.open("r+b") as file:
        file.write(bytes(4096))
    damaged_s, _ = _timed(lambda: _first_number(folder))
    return {"start_s": start_s, "damaged_start_s": damaged_s}


def _first_number(folder: Path) -> None:
    desk = _desk(folder)
    desk.store.open()
    try:
        request = Request(f"bench-{time.monotonic_ns()}", "library", "button")
        desk.store.write(tickets.issue, desk.office, request)
    finally:
        desk.store.close()


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return round(time.perf_counter() - began, 3), result


def _note(tx: Transaction) -> None:
    tx.record("appliance.started", version="bench")


def _add_guests(tx: Transaction) -> None:
    tx.db.execute(
        "INSERT INTO guest (visit_id, name, email, phone, institution, entered_on)"
        " SELECT id, 'Nama Lengkap ' || id, 'nama' || id || '@contoh.id', '0812345' || id,"
        " 'Universitas Andalas', 'kiosk' FROM visit"
    )
    tx.record("appliance.started", version="bench")
