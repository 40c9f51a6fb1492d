"""`frontdesk bench capture`, and the work that `bench tickets --while-scanning` measures beside.

The book is simulated, in a process of its own; camera, trigger, page pipeline and files are the real ones, in
the real scanning process.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.scanning.folder import ScanFolder
from appliance.scanning.process import Deadlines, ScanProcess, as_child
from appliance.scanning.protocol import CameraSetup, Line, Setup
from drivers.simulated.station import SimulatedStation

_PATIENCE_S = 120.0
_EVERY_S = 5.0  # twelve spreads a minute
_MIB = 2**20


@contextmanager
def _scanning_process(folder: Path, width: int) -> Iterator[tuple[SimulatedStation, ScanProcess]]:
    book = SimulatedStation(folder / "book", width=width)
    book.start()
    camera = CameraSetup(book.address, width, width * 3 // 4, None, None, None, 10.0)
    process = ScanProcess(
        Setup(camera, None, auto=True, searchable=False, memory_mb=1024),
        deadlines=Deadlines(60.0, 30.0, 120.0),
        sane_config=None,
        start=as_child(folder / "temporary"),
    )
    try:
        process.connect()
        process.send({"do": "open", "folder": str(folder / "scan")})
        process.send({"do": "auto", "on": True})
        yield book, process
    finally:
        process.close()
        book.close()


def _hear(process: ScanProcess, wanted: str, kept: list[Line]) -> Line:
    """Wait for a message of a kind; what else comes that counts is kept."""
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        lines = process.receive(0.05)
        kept += [line for line in lines if line["is"] in ("saved", "page")]
        for line in lines:
            if line["is"] == wanted:
                return line
    raise TimeoutError(f"the scanning process did not say {wanted!r}")


def capture(spreads: int, width: int) -> dict[str, object]:
    """Turn pages as a visitor does, as fast as each is taken; then press the button as often."""
    with TemporaryDirectory(prefix="frontdesk-bench-") as name:
        folder, heard = Path(name), list[Line]()
        with _scanning_process(folder, width) as (book, process):
            _hear(process, "saved", heard)
            turns, began = [], time.monotonic()
            for _ in range(spreads):
                book.turn()
                _hear(process, "saved", heard)
                turns.append(time.monotonic() - book.settled_s())
            minutes = (time.monotonic() - began) / 60
            presses = []
            for _ in range(spreads):
                asked = time.monotonic()
                process.send({"do": "take", "instead": None})
                _hear(process, "saved", heard)
                presses.append(time.monotonic() - asked)
            while sum(line["is"] == "page" for line in heard) < sum(line["is"] == "saved" for line in heard):
                _hear(process, "page", heard)
            peak_mib = _peak_mib(process)
            frames = len(ScanFolder(folder / "scan").frames())
    pages = [line["seconds"] for line in heard if line["is"] == "page"]
    return {
        "spreads": spreads,
        "picture": [width, width * 3 // 4],
        "spreads_a_minute": round(spreads / minutes, 1),
        "turn_to_thumbnail_ms": _figures([1000 * one for one in turns]),
        "press_to_thumbnail_ms": _figures([1000 * one for one in presses]),
        "spread_in_work_s": _figures(pages),
        "taken": frames,
        "missed_or_twice": abs(frames - 1 - 2 * spreads),
        "peak_mib": round(peak_mib, 1),
    }


def _figures(values: list[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(values), 2), "max": round(max(values), 2)}


def _peak_mib(process: ScanProcess) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / _MIB


@contextmanager
def scanning(width: int = 3000) -> Iterator[None]:
    """Twelve spreads a minute are scanned and developed for as long as this lasts."""
    over = threading.Event()
    with (
        TemporaryDirectory(prefix="frontdesk-bench-") as name,
        _scanning_process(Path(name), width) as (book, process),
    ):
        _hear(process, "saved", [])
        thread = threading.Thread(target=_turn_pages, args=(book, process, over), name="visitor")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _turn_pages(book: SimulatedStation, process: ScanProcess, over: threading.Event) -> None:
    next_turn = 0.0
    while not over.is_set():
        if time.monotonic() >= next_turn:
            next_turn = time.monotonic() + _EVERY_S
            book.turn()
        process.receive(0.2)
