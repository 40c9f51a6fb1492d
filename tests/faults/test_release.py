"""A bad update: the old release is back by itself, with its data (T18).

Releases are folders whose program is this one, started through a script that does something wrong. They are
switched by the real command in real processes; systemd itself is not here.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.checks import process_using
from appliance.errors import ReleaseError
from appliance.releases import COPY, Gate, Releases, copy_database
from appliance.services import SystemdService
from drivers.simulated.printer import VirtualPrinter
from tests.cli.conftest import CONFIG
from tests.faults.processes import SOON_S, ask_for_ticket, health

GATE_S = 6.0
AT_MOST_S = 120.0  # from the command to the old release at work again

GOOD = 'exec {python} -m appliance "$@"'
CRASHES = 'if [ "$1" = run ]; then echo "cannot import name" >&2; exit 1; fi\nexec {python} -m appliance "$@"'
# It writes into the database as a newer release would, and then finds no data folder that it can use.
UNWELL = """if [ "$1" = run ]; then
  {python} -c "
import sqlite3
db = sqlite3.connect('{data}/frontdesk.db')
db.execute('DELETE FROM ticket'); db.execute('PRAGMA user_version = 99'); db.commit()"
  exec {python} -m appliance run --config {elsewhere}
fi
exec {python} -m appliance "$@"
"""
# It is well, gives numbers, and dies before it has proved itself.
DIES = 'if [ "$1" = run ]; then exec timeout -s KILL 4 {python} -m appliance "$@"; fi\n' + GOOD
REFUSES = 'if [ "$1" = config ]; then echo "panel.listen: is not a known key" >&2; exit 2; fi\n' + GOOD


class Site:
    """An installation with releases, and its front desk."""

    def __init__(self, folder: Path, port: int, printer_port: int) -> None:
        self.root = folder / "opt"
        self.data = folder / "data"
        self.port = port
        self._started: subprocess.Popen[bytes] | None = None
        self.config = folder / "frontdesk.toml"
        self.config.write_text(CONFIG.format(data=self.data, port=port, printer_port=printer_port))
        (folder / "no-folder").write_text("a file is where the folder should be")
        self._elsewhere = folder / "elsewhere.toml"
        nowhere = folder / "no-folder" / "data"
        self._elsewhere.write_text(CONFIG.format(data=nowhere, port=port, printer_port=printer_port))

    def release(self, version: str, script: str) -> None:
        """Install a release."""
        program = self.root / "releases" / version / "bin" / "frontdesk"
        program.parent.mkdir(parents=True)
        words = script.format(python=sys.executable, data=self.data, elsewhere=self._elsewhere)
        program.write_text(f"#!/bin/sh\n{words}\n")
        program.chmod(0o755)

    def start(self, version: str) -> None:
        """The front desk runs from this release, as on any day before."""
        (self.root / "current").symlink_to(f"releases/{version}")
        with (self.root / "output").open("ab") as output:
            self._started = subprocess.Popen(
                [self.root / "current/bin/frontdesk", "run", "--config", self.config],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.await_well()

    def await_well(self) -> None:
        end = time.monotonic() + SOON_S
        while health(self.port).get("status") != "ok":
            assert time.monotonic() < end, (self.root / "output").read_text()
            time.sleep(0.05)

    def command(self, *words: str) -> list[str | Path]:
        return [
            *(sys.executable, "-m", "appliance", "release", *words),
            *("--root", str(self.root), "--config", str(self.config)),
        ]

    def switch(self, version: str, gate_s: float = GATE_S) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        command = self.command("switch", version, "--plain", "--gate-seconds", str(gate_s))
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=AT_MOST_S)

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name

    def stop(self) -> None:
        """Nothing outlives the test."""
        pid = process_using(self.data) if self.data.exists() else None
        if pid:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
            end = time.monotonic() + SOON_S
            while process_using(self.data) is not None and time.monotonic() < end:
                time.sleep(0.02)
        if self._started is not None:
            self._started.wait(SOON_S)


@pytest.fixture
def site(tmp_path: Path, port: int, printer: VirtualPrinter) -> Iterator[Site]:
    site = Site(tmp_path, port, printer.port)
    site.release("1", GOOD)
    yield site
    site.stop()


@pytest.mark.fault
def test_a_release_that_is_well_is_kept_with_all_numbers(site: Site) -> None:
    site.release("2", GOOD)
    site.start("1")
    assert ask_for_ticket(site.port) == "P001"

    done = site.switch("2", gate_s=30.0)

    assert done.returncode == 0, done.stderr
    assert "release 2 runs, and is well" in done.stdout
    assert site.current == "2"
    assert ask_for_ticket(site.port) == "P002"
    assert not (site.data / COPY).exists(), "names that are erased later must not stay in a copy"
    listed = subprocess.run(site.command("list"), check=True, capture_output=True, text=True).stdout
    assert listed == "  1\n* 2\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(CRASHES, "it did not answer", id="crashes", marks=pytest.mark.fault),
        pytest.param(UNWELL, "it was not well: store_read_only", id="unwell"),
    ],
)
def test_a_bad_release_is_taken_back_by_itself_and_no_number_is_lost(
    site: Site, script: str, reason: str
) -> None:
    site.release("2", script)
    site.start("1")
    assert [ask_for_ticket(site.port) for _ in range(3)] == ["P001", "P002", "P003"]
    began = time.monotonic()

    done = site.switch("2")

    assert done.returncode == 1
    assert f"release 2 is not kept: {reason}; back on 1 with its data" in done.stderr
    assert site.current == "1"
    site.await_well()
    assert time.monotonic() - began < AT_MOST_S
    assert ask_for_ticket(site.port) == "P004"
    assert not (site.data / COPY).exists()
    assert not (site.root / "switch.json").exists()


@pytest.mark.fault
def test_numbers_that_the_bad_release_has_given_are_not_given_again(site: Site) -> None:
    """Visitors hold them in their hands, and the data that were put back know nothing of them."""
    site.release("2", DIES)
    site.start("1")
    given = [ask_for_ticket(site.port) for _ in range(3)]
    command = site.command("switch", "2", "--plain", "--gate-seconds", "9")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as switching:
        end = time.monotonic() + SOON_S
        while not (site.current == "2" and health(site.port).get("status") == "ok"):
            assert time.monotonic() < end
            time.sleep(0.02)
        given.append(ask_for_ticket(site.port))
        _, said = switching.communicate(timeout=AT_MOST_S)
    assert "release 2 is not kept" in said
    site.await_well()
    given.append(ask_for_ticket(site.port))
    assert len(set(given)) == 5, given
    assert given == sorted(given)


def test_a_switch_that_is_cut_off_is_taken_back_at_the_next_start(site: Site) -> None:
    """The plug is pulled while the new release still has to prove itself."""
    site.release("2", UNWELL)
    site.start("1")
    assert ask_for_ticket(site.port) == "P001"
    command = site.command("switch", "2", "--plain", "--gate-seconds", "600")
    switching = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    end = time.monotonic() + SOON_S
    while health(site.port).get("reasons") != ["store_read_only"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    switching.kill()
    switching.wait()
    for pid in running_from(site):
        os.kill(pid, signal.SIGKILL)
    assert site.current == "2"
    site.stop()

    settled = subprocess.run(site.command("settle"), check=True, capture_output=True, text=True)

    assert settled.stdout == "back on release 1, with its data\n"
    assert site.current == "1"
    (site.root / "current").unlink()
    site.start("1")
    assert ask_for_ticket(site.port) == "P002"
    again = subprocess.run(site.command("settle"), check=True, capture_output=True, text=True)
    assert again.stdout == "nothing to settle\n"


def running_from(site: Site) -> list[int]:
    """The processes that were started with a configuration of this site."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if str(site.config.parent).encode() in words and b"\0run\0" in words:
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("version", "script", "reason"),
    [
        ("9", None, "there is no release 9"),
        ("1", None, "release 1 is the current one"),
        ("2", REFUSES, "says no to config check"),
        ("2", "exit 127", "says no to --version"),
    ],
)
def test_a_release_that_cannot_work_is_refused_before_anything_is_stopped(
    site: Site, version: str, script: str | None, reason: str
) -> None:
    if script is not None:
        site.release(version, script)
    site.data.mkdir()
    (site.root / "current").symlink_to("releases/1")

    done = site.switch(version)

    assert done.returncode == 1
    assert "nothing was changed: " in done.stderr
    assert reason in done.stderr
    assert site.current == "1"
    assert list(site.data.iterdir()) == []


class Recorder:
    """A service that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def stop(self) -> None:
        self.told.append("stop")

    def start(self) -> None:
        self.told.append("start")


def test_without_a_release_to_go_back_to_nothing_is_begun(tmp_path: Path) -> None:
    service = Recorder()
    gate = Gate("127.0.0.1", 1, 0.1, 0.1)
    releases = Releases(tmp_path, tmp_path, tmp_path / "frontdesk.toml", service, gate)
    with pytest.raises(ReleaseError, match="leads to no release"):
        releases.switch("1")
    assert service.told == []
    assert releases.all() == []


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The program `systemctl`: notes how it was called; stops nothing called `broken.service`."""
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n'
        'case "$*" in *broken*) echo "Unit broken.service not loaded." >&2; exit 5;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return lambda: (tmp_path / "called").read_text().splitlines()


def test_systemd_is_asked_by_its_own_command(systemctl: Callable[[], list[str]]) -> None:
    service = SystemdService("frontdesk.service")
    service.stop()
    service.start()
    assert systemctl() == [
        "stop frontdesk.service",
        "daemon-reload",
        "reset-failed frontdesk.service",
        "start --no-block frontdesk.service",
    ]
    with pytest.raises(ReleaseError, match=r"Unit broken\.service not loaded"):
        SystemdService("broken.service").stop()


@pytest.mark.fault
def test_what_kept_numbers_from_being_given_before_is_not_held_against_a_release(
    site: Site,
) -> None:
    """A clock that is not set, a worn card: the update may be the cure, and is not the cause."""
    site.start("1")
    gate = Gate("127.0.0.1", site.port, 2.0, 0.5)
    assert gate.reasons() == frozenset()
    assert gate.verdict(frozenset()) is None
    site.stop()
    assert gate.verdict(frozenset({"clock_implausible"})) == "it did not answer"


def test_a_database_that_is_none_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "frontdesk.db").write_bytes(b"no database " * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        copy_database(tmp_path / "frontdesk.db", tmp_path / "copy.db")
