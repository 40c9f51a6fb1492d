"""The plug is pulled: whatever an honest disk may have forgotten, nothing acknowledged is lost (T3, T4).

A day is lived on a disk that keeps everything in memory (`lazy_mount.py`); from what was done to it follows
what it may hold after a cut at any moment, and each such disk is looked at. The front desk, its SQLite and
its files are the real ones.
"""

from __future__ import annotations

import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest

from appliance import tickets
from appliance.files import write_durably
from drivers.simulated.printer import VirtualPrinter
from tests.faults import day, disks, lazy_disk
from tests.faults.day import ACKNOWLEDGED, DATA
from tests.faults.day_after import check, heard_in, prepare, told
from tests.faults.lazy_disk import Kept, Log, Said, image, lay_out

ROOT = Path(__file__).parents[2]
SOON_S = 60.0
HUNDREDS = [range(0, 100), range(100, 200)]
KEPT: tuple[Kept, ...] = get_args(Kept)


@contextmanager
def disk_of(folder: Path, content: Path | None = None) -> Iterator[tuple[Path, Path]]:
    """A lazy disk with this content: where it is mounted, and where its log will be after the `with`."""
    mounted, log = folder / "disk", folder / "log"
    mounted.mkdir(parents=True)
    arguments = [str(mounted), str(log), *([str(content)] if content else [])]
    server = subprocess.Popen([sys.executable, "-m", "tests.faults.lazy_mount", *arguments], cwd=ROOT)
    try:
        end = time.monotonic() + SOON_S
        while not mounted.is_mount():
            assert server.poll() is None, "the lazy disk cannot be mounted here (run the tests as root)"
            assert time.monotonic() < end
            time.sleep(0.01)
        yield mounted, log
    finally:
        if server.poll() is None:
            disks.unmount(mounted)
        try:
            server.wait(SOON_S)
        finally:
            server.kill()
            server.wait()


def log_of(path: Path) -> Log:
    log = pickle.loads(path.read_bytes())
    assert isinstance(log, Log)
    return log


@pytest.fixture(scope="module")
def whole_day(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """What one whole day does to its disk."""
    folder = tmp_path_factory.mktemp("power")
    prepared = prepare(folder / "prepared")
    with VirtualPrinter() as printer, disk_of(folder, prepared) as (mounted, log):
        command = [sys.executable, "-m", "tests.faults.day", str(printer.port), str(mounted)]
        subprocess.run(command, check=True, cwd=ROOT, timeout=SOON_S)
    return log_of(log)


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """What the first start of all does to its disk."""
    folder = tmp_path_factory.mktemp("first")
    with disk_of(folder) as (mounted, log):
        prepare(mounted)
    return log_of(log)


# ------------------------------------------------------------------------------------------ the cuts


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize(
    "seeds",
    [range(20), *(pytest.param(range(at, at + 50), marks=pytest.mark.fault) for at in (0, 50, 100, 150))],
)
def test_a_pulled_plug_loses_nothing_that_was_acknowledged(
    tmp_path: Path, whole_day: Log, kept: Kept, seeds: range
) -> None:
    assert whole_day.said(len(whole_day.steps)).endswith(f"done close_day {day.STAYS}\n")
    for seed in seeds:
        until = random.Random(f"{kept}-{seed}").randint(0, len(whole_day.steps))
        folder = tmp_path / str(seed)
        lay_out(image(whole_day, until, kept, seed), folder)
        try:
            check(folder, told(whole_day.said(until)))
        except AssertionError as error:
            raise AssertionError(f"cut before step {until} ({kept}, {seed}): {error}") from error
        shutil.rmtree(folder)


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("seeds", [range(5), pytest.param(range(5, 50), marks=pytest.mark.fault)])
def test_a_plug_that_is_pulled_at_the_first_start_leaves_something_to_start_with(
    tmp_path: Path, first_start: Log, kept: Kept, seeds: range
) -> None:
    for seed in seeds:
        until = random.Random(f"{kept}-{seed}").randint(0, len(first_start.steps))
        folder = tmp_path / str(seed)
        lay_out(image(first_start, until, kept, seed), folder)
        desk = day.desk_in(folder / DATA)
        desk.store.open()
        assert desk.store.problem is None, f"cut before step {until} ({kept}, {seed})"
        assert desk.store.write(tickets.issue, day.OFFICE, day.request(0)).number in ("P001", "P002")
        desk.store.close()


@pytest.mark.fault
@pytest.mark.parametrize("rounds", [range(at, at + 10) for at in range(0, 50, 10)])
def test_a_killed_front_desk_on_a_disk_that_forgets_loses_nothing(
    tmp_path: Path, printer: VirtualPrinter, rounds: range
) -> None:
    """Both at once: the process is killed in the midst of its day, and the disk forgets in that moment."""
    prepared = prepare(tmp_path / "prepared")
    for seed in rounds:
        dice = random.Random(seed)
        folder = tmp_path / f"round-{seed}"
        with disk_of(folder, prepared) as (mounted, log):
            _live_and_kill(mounted, printer.port, dice.randrange(20))
        done = log_of(log)
        disk = folder / "after"
        lay_out(image(done, len(done.steps), dice.choice(KEPT), seed), disk)
        (disk / ACKNOWLEDGED).write_text(done.said(len(done.steps)))
        check(disk, heard_in(disk))
        shutil.rmtree(folder)


def _live_and_kill(mounted: Path, port: int, after: int) -> None:
    """Let the day begin, and kill it once it has acknowledged so much."""
    command = [sys.executable, "-m", "tests.faults.day", str(port), str(mounted)]
    process = subprocess.Popen(command, cwd=ROOT)
    path, end = mounted / ACKNOWLEDGED, time.monotonic() + SOON_S
    while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < after):
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


# ------------------------------------------------------------------------ the disk itself, and small files


def test_the_disk_forgets_what_was_not_forced_to_it(whole_day: Log) -> None:
    """So that the cuts above cannot pass by forgetting nothing."""
    names = {type(step).__name__ for step in whole_day.steps}
    assert {"Wrote", "Synced", "SyncedFolder", "Renamed", "Made", "Said"} <= names
    synced = [at for at, step in enumerate(whole_day.steps) if isinstance(step, lazy_disk.Synced)]
    assert image(whole_day, synced[-1], "nothing", 1) != image(whole_day, synced[-1], "some", 1)
    assert len({str(image(whole_day, synced[3], "some", seed)) for seed in range(5)}) == 5


def test_without_its_syncs_the_same_day_would_be_lost(tmp_path: Path, whole_day: Log) -> None:
    """The same writes on a disk that nobody forces: the check above must find it out."""
    lying = Log(
        whole_day.content,
        [one for one in whole_day.steps if not isinstance(one, lazy_disk.Synced | lazy_disk.SyncedFolder)],
    )
    until = max(at for at, one in enumerate(lying.steps) if isinstance(one, Said))
    lay_out(image(lying, until, "nothing", 1), tmp_path / "after")
    with pytest.raises(AssertionError, match="lost"):
        check(tmp_path / "after", told(lying.said(until)))


@pytest.mark.parametrize("kept", KEPT)
def test_a_small_file_is_the_old_one_or_the_new_one_and_never_empty(tmp_path: Path, kept: Kept) -> None:
    """Before, during and after: the name and the content, each lost or kept by itself."""
    old, new = b"old" * 3000, b"new" * 2000
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "secret").write_bytes(old)
    with disk_of(tmp_path, tmp_path / "content") as (mounted, path):
        write_durably(mounted / "secret", new)
    log = log_of(path)
    seen = {
        bytes(image(log, until, kept, seed)["/secret"] or b"")
        for until in range(len(log.steps) + 1)
        for seed in range(20)
    }
    assert seen == {old, new}
    assert image(log, len(log.steps), kept, 1)["/secret"] == new, "it was acknowledged"


def test_a_small_file_that_is_only_renamed_would_come_back_empty(tmp_path: Path) -> None:
    """Why `write_durably` forces first: without it the name is kept and the content lost."""
    with disk_of(tmp_path) as (mounted, path):
        (mounted / "secret.new").write_bytes(b"new")
        (mounted / "secret.new").rename(mounted / "secret")
    log = log_of(path)
    seen = {image(log, len(log.steps), "nothing", seed).get("/secret") for seed in range(20)}
    assert seen == {None, b""}
