"""The scanning process, the front desk, or both are killed at random in a session: no page is lost.

What counts is what was shown as taken before the kill. All of it has to be in the folder, whole, in its
order, and is developed in the end; and the session that comes back is the same.
"""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from appliance.scanning.album import Album
from appliance.scanning.folder import ScanFolder
from drivers.simulated.station import SimulatedStation

SOON_S = 40.0


@pytest.fixture(scope="module")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedStation]:
    """A book under a camera of few pixels: there is much to kill in little time."""
    house = SimulatedStation(tmp_path_factory.mktemp("small"), width=640)
    house.start()
    yield house
    house.close()


class Victim:
    """One run of the front desk, and what it has said."""

    def __init__(self, folder: Path, camera: str) -> None:
        command = [sys.executable, "-m", "tests.station.victim", str(folder), camera]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )
        self.said: list[tuple[str, str, str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.endswith("\n"):
                session, key, state = line.split()
                self.said.append((session, key, state))

    def wait_for(self, count: int) -> None:
        """Until it has shown so many pages."""
        give_up = time.monotonic() + SOON_S
        while len(self.said) < count:
            assert self.process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.01)

    def worker(self) -> int | None:
        """The scanning process, if there is one now."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().split(b"\0")
                parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"appliance.scan_worker" in command and parent == str(self.process.pid):
                return int(path.name)
        return None

    def kill_worker(self) -> None:
        if (worker := self.worker()) is not None:
            os.kill(worker, signal.SIGKILL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5.0)
        if self.process.stdout:
            self.process.stdout.close()


def torture(folder: Path, camera: str, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    shown: set[int] = set()
    sessions: set[str] = set()
    victim = Victim(folder, camera)
    try:
        for _ in range(kills):
            victim.wait_for(1)
            time.sleep(chance.uniform(0.0, 1.2))
            what = chance.choice(("worker", "front desk", "both"))
            if what != "front desk":
                victim.kill_worker()
            if what != "worker":
                victim.kill()
                shown |= {int(key[:6]) for _, key, _ in victim.said}
                sessions |= {session for session, _, _ in victim.said}
                check(folder, shown)
                victim = Victim(folder, camera)
        victim.wait_for(len(frames_of(folder)) + 1)
    finally:
        victim.kill()
    shown |= {int(key[:6]) for _, key, _ in victim.said}
    sessions |= {session for session, _, _ in victim.said}
    assert len(sessions) == 1
    check(folder, shown)


def frames_of(folder: Path) -> list[int]:
    (scan,) = [path for path in (folder / "scans").iterdir() if (path / "frames").is_dir()]
    return [frame.number for frame in ScanFolder(scan).frames()]


def check(folder: Path, shown: set[int]) -> None:
    """Every page that was shown is there, whole and in its order."""
    (path,) = [path for path in (folder / "scans").iterdir() if (path / "frames").is_dir()]
    scan = ScanFolder(path)
    frames = scan.frames()
    numbers = [frame.number for frame in frames]
    assert shown <= set(numbers)
    assert numbers == list(range(1, len(numbers) + 1))
    for frame in frames[-5:]:
        with Image.open(io.BytesIO(frame.path.read_bytes())) as picture:
            picture.load()
    leaves = [leaf.frame for leaf in Album(scan).leaves()]
    assert leaves == sorted(leaves)
    assert set(leaves) == set(numbers)


@pytest.mark.timeout(180)
def test_no_page_is_lost_when_anything_is_killed(tmp_path: Path, small_book: SimulatedStation) -> None:
    torture(tmp_path / "data", small_book.address, kills=4, seed=1)


@pytest.mark.fault
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 7))
def test_no_page_is_lost_in_hundreds_of_kills(
    tmp_path: Path, small_book: SimulatedStation, seed: int
) -> None:
    torture(tmp_path / "data", small_book.address, kills=60, seed=seed)
