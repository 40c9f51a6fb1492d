"""`frontdesk upgrade` from a signed file, by the real command, with real front desks (T18)."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.errors import ReleaseError
from appliance.releases import Gate, Releases
from appliance.system_files import SystemFiles
from drivers.simulated.printer import VirtualPrinter
from tests.faults.processes import SOON_S, ask_for_ticket, health
from tests.faults.test_release import AT_MOST_S, CRASHES, GOOD, Recorder, Site
from tests.updates.parcels import Maker

UNIT = Path("usr/lib/systemd/system/frontdesk.service")


@pytest.fixture
def site(tmp_path: Path, port: int, printer: VirtualPrinter) -> Iterator[Site]:
    site = Site(tmp_path, port, printer.port)
    site.release("1", GOOD)
    yield site
    site.stop()


@pytest.fixture
def maker(tmp_path: Path, site: Site) -> Maker:
    maker = Maker(tmp_path / "maker")
    maker.trusted(site.config.parent)
    return maker


def script(words: str) -> str:
    return words.format(python=sys.executable)


def upgrade(site: Site, file: Path, *words: str, gate_s: float = 6.0) -> subprocess.CompletedProcess[str]:
    command = [*site.command("upgrade", str(file), "--plain", "--gate-seconds", str(gate_s)), *words]
    command.remove("release")
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=AT_MOST_S)


@pytest.mark.fault
def test_a_signed_release_is_gone_over_to_and_the_one_before_last_goes(site: Site, maker: Maker) -> None:
    site.release("0", GOOD)
    site.start("1")
    assert ask_for_ticket(site.port) == "P001"

    done = upgrade(site, maker.release("2", script(GOOD)), gate_s=30.0)

    assert done.returncode == 0, done.stderr
    assert "release 2 runs, and is well" in done.stdout
    assert site.current == "2"
    assert ask_for_ticket(site.port) == "P002"
    assert sorted(path.name for path in (site.root / "releases").iterdir()) == ["1", "2"]
    assert not (site.root / "incoming").exists()


def test_a_release_that_does_not_come_up_is_taken_back_and_removed(site: Site, maker: Maker) -> None:
    site.start("1")
    assert ask_for_ticket(site.port) == "P001"

    done = upgrade(site, maker.release("2", script(CRASHES)))

    assert done.returncode == 1
    assert "release 2 is not kept: it did not answer; back on 1 with its data" in done.stderr
    assert site.current == "1"
    site.await_well()
    assert ask_for_ticket(site.port) == "P002"
    assert not (site.root / "releases/2").exists(), "a mended file of the same version may come"


def test_a_file_of_somebody_else_stops_nothing(site: Site, maker: Maker, tmp_path: Path) -> None:
    site.start("1")
    file = Maker(tmp_path / "other").release("2", script(GOOD))

    done = upgrade(site, file)

    assert done.returncode == 1
    assert "nothing was changed: " in done.stderr
    assert "of a key that" in done.stderr
    assert health(site.port)["status"] == "ok"
    assert site.current == "1"


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_in_the_midst_it_goes_back_first(site: Site, told: signal.Signals) -> None:
    site.release("2", GOOD)
    site.start("1")
    command = site.command("switch", "2", "--plain", "--gate-seconds", "600")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as switching:
        end = time.monotonic() + SOON_S
        while site.current != "2":
            assert time.monotonic() < end
            time.sleep(0.02)
        settled = settle(site)
        switching.send_signal(told)
        _, said = switching.communicate(timeout=AT_MOST_S)

    assert "a switch is at work" in settled, "its own start is not taken for an interrupted one"
    assert "release 2 is not kept: told to end" in said
    assert site.current == "1"
    site.await_well()
    assert settle(site) == "nothing to settle\n"


def settle(site: Site) -> str:
    done = subprocess.run(site.command("settle"), check=True, capture_output=True, text=True)
    return done.stdout


@pytest.mark.parametrize("trouble", ["a database that is none", "a key that cannot be read"])
def test_a_copy_that_is_not_whole_is_never_put_back(tmp_path: Path, trouble: str) -> None:
    root, data = tmp_path / "opt", tmp_path / "data"
    data.mkdir()
    content = b"no database " * 1000
    if trouble == "a key that cannot be read":
        with closing(sqlite3.connect(data / "frontdesk.db")) as db:
            db.execute("CREATE TABLE ticket (number TEXT)")
        content = (data / "frontdesk.db").read_bytes()
        (data / "keys/today").mkdir(parents=True)
    else:
        (data / "frontdesk.db").write_bytes(content)
    bare_releases(root)
    service, gate = Recorder(), Unwell("127.0.0.1", 1, 0.1, 0.1)
    files = SystemFiles(root / "placed", tmp_path / "system")

    outcome = Releases(root, data, tmp_path / "c.toml", service, gate, files).switch("2")

    assert not outcome.accepted
    assert (data / "frontdesk.db").read_bytes() == content
    assert service.told == ["stop", "stop", "start"]


def bare_releases(root: Path) -> None:
    """Two releases that say yes to everything; 1 is the current one."""
    for version in ("1", "2"):
        unit = root / "releases" / version / "system" / UNIT
        unit.parent.mkdir(parents=True)
        unit.write_text(version)
        program = root / "releases" / version / "bin/frontdesk"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    (root / "current").symlink_to("releases/1")


class Unwell(Gate):
    """A gate that nothing passes."""

    def reasons(self) -> None:
        return None


def test_the_files_for_the_system_go_with_the_release_there_and_back(tmp_path: Path) -> None:
    root, data, system = tmp_path / "opt", tmp_path / "data", tmp_path / "system"
    for folder in (data, system):
        folder.mkdir()
    bare_releases(root)
    files = SystemFiles(root / "placed", system)
    files.place(root / "releases/1/system")
    seen: list[str] = []

    class Looker(Recorder):
        def start(self) -> None:
            seen.append((system / UNIT).read_text())

    gate = Unwell("127.0.0.1", 1, 0.1, 0.1)
    outcome = Releases(root, data, tmp_path / "c.toml", Looker(), gate, files).switch("2")

    assert not outcome.accepted
    assert seen == ["2", "1"]
    with pytest.raises(ReleaseError, match="leads to no release"):
        Releases(data, data, tmp_path / "c.toml", Looker(), gate, files).switch("2")
