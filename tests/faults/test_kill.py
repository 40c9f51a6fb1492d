"""The front desk is killed at any write and any sync of a whole day: nothing acknowledged is lost (T1, T2).

strace kills a process at one call after the other (`day.py`). The quick sweeps take some of the calls, the
long ones every single one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.central.intake import Intake
from drivers.simulated.printer import VirtualPrinter
from tests.faults import day
from tests.faults.day import Ends
from tests.faults.day_after import KILLED, Centre, check, heard_in, prepare
from tests.faults.papers import collecting
from web.central import create_receiver
from web.central.serving import serving

ROOT = Path(__file__).parents[2]

CALLS = ("pwrite64", "fdatasync", "write", "fsync")
SPARE = 10  # how much a day's calls may vary


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


def lived(folder: Path, sweep: Sweep, printer: VirtualPrinter, ends: Ends) -> Counter[str]:
    """Live a day for each point, in a folder of its number; gives the paper that came out."""
    syscall, stride = sweep.syscall, sweep.stride
    prepared = prepare(folder / "prepared")
    folders = [folder / f"{point:03}" for point in range(1, sweep.points + 1)]
    for one in folders:
        shutil.copytree(prepared, one)
    call = syscall.partition("@")[0]
    fault = f"{call}:signal=KILL:when={sweep.first + sweep.points * stride}"
    command = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={fault}"]
    command += [sys.executable, "-m", "tests.faults.day", str(ends), syscall, str(stride)]
    with collecting(printer) as papers:
        done = subprocess.run(
            [*command, *map(str, folders)], check=False, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return Counter(
            f"{'locker_slip' if 'SLIP LOKER' in ticket.lines else 'ticket'} {code.rpartition('/')[2]}"
            for ticket in papers.end()
            for code in ticket.qr_codes
        )


@pytest.fixture
def centre(tmp_path: Path, printer: VirtualPrinter) -> Iterator[Centre]:
    """The reference receiver, served on a port of its own."""
    archive = Archive(open_database(f"sqlite:///{tmp_path}/central.db"))
    with archive.db.writing() as session:
        offices.add(session, day.OFFICE.id, "Kota Sawahlunto")
        token = offices.give_token(session, day.OFFICE.id)
    token_file = tmp_path / "token"
    token_file.write_text(token)
    with serving(create_receiver(Intake(archive))) as port:
        yield Centre(archive, Ends(printer.port, port, token_file))
    archive.close()


@pytest.fixture
def calls(tmp_path: Path, centre: Centre) -> Counter[str]:
    """How many calls one whole day makes, by their names and threads: "fsync@writer"."""
    folder, counts = prepare(tmp_path / "counted"), tmp_path / "counts"
    counts.mkdir()
    command = ["strace", "-ff", "-o", str(counts / "thread"), "-e", f"trace={','.join(CALLS)}"]
    command += [sys.executable, "-m", "tests.faults.day", str(centre.ends), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    heard = heard_in(folder)
    assert ("close_day", day.STAYS) in heard.done
    check(folder, heard, None, centre)
    main, *others = sorted(counts.iterdir(), key=lambda path: int(path.suffix[1:]))
    return Counter(
        f"{line.partition('(')[0]}@{thread}"
        for thread, paths in (("main", [main]), ("writer", others))
        for path in paths
        for line in path.read_text().splitlines()
        if line.startswith(CALLS)
    )


@dataclass(frozen=True)
class Part:
    """A piece of a sweep over all calls of a kind; with `points` only so many of them."""

    syscall: str
    number: int = 0
    of: int = 1
    points: int | None = None

    def __str__(self) -> str:
        return f"{self.syscall}-{self.number + 1}-of-{self.of}{'-quick' if self.points else ''}"

    def sweep(self, calls: Counter[str]) -> Sweep:
        """The calls of this piece. The last lies behind the last call of the day, however that varies."""
        # No other thread may come so far: the rule would hit it too.
        name = self.syscall.partition("@")[0]
        whole = max(count for key, count in calls.items() if key.startswith(f"{name}@")) + SPARE
        if self.points:
            return Sweep(self.syscall, 0, self.points, -(-whole // self.points))
        first, end = (whole * place // self.of for place in (self.number, self.number + 1))
        return Sweep(self.syscall, first, end - first, to_the_end=self.number == self.of - 1)


QUICK = [Part("pwrite64@writer", points=9), Part("fdatasync@writer", points=5), Part("fsync@main", points=4)]
LONG = [
    *(Part("pwrite64@writer", number, 8) for number in range(8)),
    Part("fdatasync@writer"),
    *(Part(f"{call}@{thread}") for call in ("write", "fsync") for thread in ("main", "writer")),
]


@pytest.mark.parametrize(
    "part", [*QUICK, *(pytest.param(row, marks=[pytest.mark.fault]) for row in LONG)], ids=str
)
def test_a_kill_at_any_write_or_sync_of_a_day_loses_nothing_that_was_acknowledged(
    tmp_path: Path,
    printer: VirtualPrinter,
    centre: Centre,
    calls: Counter[str],
    part: Part,
    record_property: Callable[[str, object], None],
) -> None:
    sweep = part.sweep(calls)
    printed = lived(tmp_path, sweep, printer, centre.ends)
    folders = [tmp_path / f"{point:03}" for point in range(1, sweep.points + 1)]
    ends = [(folder, heard_in(folder)) for folder in folders]
    codes = [heard.code for _, heard in ends]
    if sweep.to_the_end:
        assert codes[-1] == 0, "the sweep ends before the day does"
        assert codes.count(KILLED) >= calls[part.syscall] // sweep.stride - sweep.first, "a call was left out"
        assert set(codes) == {0, KILLED}
    else:
        assert set(codes) == {KILLED}
    for folder, heard in ends:
        check(folder, heard, printed, centre)
    assert set(centre.records()) == centre.expected, "an event at the centre that nobody knows"
    lives = [heard_in(tmp_path / "counted"), *(heard for _, heard in ends)]
    acknowledged = {token for heard in lives for token in heard.tokens}
    assert {paper.split()[1] for paper in printed} <= acknowledged, (
        "a paper came out before its number was stored"
    )
    assert len(printed) >= 4 * codes.count(0), "two tickets and two slips a day were to be printed"
    if part.points is None:
        record_property("figure", f"T1, T2: killed at {codes.count(KILLED)} calls of {part}: 0 lost, 0 twice")
