"""The front desk is killed at any write and any sync of a whole day: nothing acknowledged is lost (T1, T2).

strace kills a process at one call after the other (`day.py`). The quick sweeps take some of the calls, the
long ones every single one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.simulated.print_engine import Ticket
from drivers.simulated.printer import VirtualPrinter
from tests.faults.day_after import KILLED, check, heard_in, prepare

ROOT = Path(__file__).parents[2]

# Calls of one day, with a few to spare; a test says so when there are more.
WRITES, SYNCS, OWN_WRITES, OWN_SYNCS = 400, 40, 12, 10


class Papers:
    """Every paper that comes out of a printer, by its kind and the token in its QR code."""

    def __init__(self, printer: VirtualPrinter) -> None:
        self._printer = printer
        self._seen: dict[int, Ticket] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        while not self._over.wait(0.05):
            self._look()

    def _look(self) -> None:
        for ticket in self._printer.tickets:
            self._seen[ticket.number] = ticket

    def close(self) -> None:
        """Stop collecting."""
        self._over.set()
        self._thread.join()

    def end(self) -> Counter[str]:
        """How often each came out: "ticket" or "locker_slip", and the token."""
        self.close()
        self._look()
        assert len(self._seen) == max(self._seen, default=0), "some papers were not seen"
        return Counter(
            f"{'locker_slip' if 'SLIP LOKER' in ticket.lines else 'ticket'} {code.rpartition('/')[2]}"
            for ticket in self._seen.values()
            for code in ticket.qr_codes
        )


@contextmanager
def collecting(printer: VirtualPrinter) -> Iterator[Papers]:
    papers = Papers(printer)
    try:
        yield papers
    finally:
        papers.close()


@dataclass(frozen=True)
class Sweep:
    """Calls of one kind, at which a day is cut off: `points` of them, each `stride`-th after `first`."""

    syscall: str
    first: int
    points: int
    stride: int = 1
    to_the_end: bool = True  # the last point lies behind the last call

    def __str__(self) -> str:
        return f"{self.syscall}-{self.first + self.stride}-{self.first + self.points * self.stride}"


def lived(folder: Path, sweep: Sweep, printer: VirtualPrinter) -> Counter[str]:
    """Live a day for each point, in a folder of its number; gives the paper that came out."""
    syscall, stride = sweep.syscall, sweep.stride
    prepared = prepare(folder / "prepared")
    folders = [folder / f"{point:03}" for point in range(1, sweep.points + 1)]
    for one in folders:
        shutil.copytree(prepared, one)
    fault = f"{syscall}:signal=KILL:when={sweep.first + sweep.points * stride}"
    command = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={syscall}", "-e", f"inject={fault}"]
    command += [sys.executable, "-m", "tests.faults.day", str(printer.port), syscall, str(stride)]
    with collecting(printer) as papers:
        done = subprocess.run(
            [*command, *map(str, folders)], check=False, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return papers.end()


QUICK = [
    Sweep("pwrite64", 0, -(-WRITES // 45), 45),
    Sweep("fdatasync", 0, SYNCS // 8, 8),
    Sweep("fsync", 0, OWN_SYNCS // 2, 2),
]
LONG = [
    *(Sweep("pwrite64", first, 50, to_the_end=first == WRITES - 50) for first in range(0, WRITES, 50)),
    Sweep("fdatasync", 0, SYNCS),
    Sweep("write", 0, OWN_WRITES),
    Sweep("fsync", 0, OWN_SYNCS),
]


@pytest.mark.parametrize(
    "sweep", [*QUICK, *(pytest.param(row, marks=[pytest.mark.fault]) for row in LONG)], ids=str
)
def test_a_kill_at_any_write_or_sync_of_a_day_loses_nothing_that_was_acknowledged(
    tmp_path: Path, printer: VirtualPrinter, sweep: Sweep
) -> None:
    printed = lived(tmp_path, sweep, printer)
    folders = [tmp_path / f"{point:03}" for point in range(1, sweep.points + 1)]
    ends = [(folder, heard_in(folder)) for folder in folders]
    codes = [heard.code for _, heard in ends]
    if sweep.to_the_end:
        assert codes[-1] == 0, "the sweep ends before the day does: give it more points"
        assert codes.count(KILLED) >= sweep.points // 2, "the sweep hit too little"
        assert set(codes) == {0, KILLED}
    else:
        assert set(codes) == {KILLED}
    for folder, heard in ends:
        check(folder, heard, printed)
    acknowledged = {token for _, heard in ends for token in heard.tokens}
    assert {paper.split()[1] for paper in printed} <= acknowledged, (
        "a paper came out before its number was stored"
    )
    assert len(printed) >= 4 * codes.count(0), "two tickets and two slips a day were to be printed"
