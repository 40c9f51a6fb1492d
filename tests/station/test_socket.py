"""The scanning process behind a socket: the same lines, and nothing left of it when the line is closed."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import assembly, checks
from appliance.config import parse
from appliance.scanning.process import Deadlines, ScanProcess, by_socket
from appliance.scanning.protocol import FlatbedSetup, Line, Setup
from appliance.scanning.wire import SocketWire
from drivers.base import Lost
from drivers.simulated.station import SimulatedStation
from tests.station.accepting import Accepting

SOON_S = 30.0
NOTHING = Setup(None, None, auto=False, searchable=False, memory_mb=1024)
DEADLINES = Deadlines(60.0, 60.0, 60.0)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Accepting]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    accepting = Accepting(tmp_path / "scan.sock", temporary)
    yield accepting
    accepting.close()


@pytest.fixture
def process(manager: Accepting) -> Iterator[ScanProcess]:
    process = ScanProcess(NOTHING, deadlines=DEADLINES, sane_config=None, start=by_socket(manager.path))
    yield process
    process.close()


def until_lost(process: ScanProcess) -> Lost:
    give_up = time.monotonic() + SOON_S
    while time.monotonic() < give_up:
        try:
            process.receive(0.1)
        except Lost as error:
            return error
    raise AssertionError("it was not lost")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_glass_is_scanned_over_a_socket(
    manager: Accepting, house: SimulatedStation, tmp_path: Path
) -> None:
    flatbed = FlatbedSetup("^test:0", 75, "grey", None, None)
    setup = Setup(None, flatbed, auto=False, searchable=False, memory_mb=1024)
    process = ScanProcess(
        setup, deadlines=DEADLINES, sane_config=str(house.sane_folder), start=by_socket(manager.path)
    )
    process.connect()
    try:
        process.send({"do": "open", "folder": str(tmp_path / "scan")})
        process.send({"do": "scan", "instead": None})
        said = heard_until(process, lambda line: line["is"] == "scanned")
    finally:
        process.close()
    assert said["problem"] is None
    assert list((tmp_path / "scan" / "frames").glob("*.glass.*"))


def heard_until(process: ScanProcess, holds: Callable[[Line], object]) -> Line:
    give_up = time.monotonic() + SOON_S
    while time.monotonic() < give_up:
        for line in process.receive(0.2):
            if holds(line):
                return line
    raise AssertionError("it was not said")


def test_nothing_is_left_when_the_line_is_closed(manager: Accepting, process: ScanProcess) -> None:
    process.connect()
    worker, guard = manager.worker(), manager.started[-1]
    assert process.pid is None
    process.close()
    assert guard.poll() is not None or guard.wait(1.0) == 0
    assert not is_there(worker)


def test_a_process_that_hears_nothing_any_more_is_ended_too(manager: Accepting, process: ScanProcess) -> None:
    process.connect()
    worker = manager.worker()
    os.kill(worker, signal.SIGSTOP)  # as libsane does to it when a device freezes
    began = time.monotonic()
    process.close()
    assert not is_there(worker)
    assert time.monotonic() - began < SOON_S


def test_each_start_is_a_process_of_its_own(manager: Accepting, process: ScanProcess) -> None:
    process.connect()
    process.connect()
    first, second = manager.started
    assert first.wait(SOON_S) == 0
    assert second.poll() is None


def test_a_killed_process_is_lost_and_another_one_starts(manager: Accepting, process: ScanProcess) -> None:
    process.connect()
    os.kill(manager.worker(), signal.SIGKILL)
    assert "frontdesk-scan@" in until_lost(process).detail
    assert manager.started[0].wait(SOON_S) == 128 + signal.SIGKILL
    process.connect()
    assert is_there(manager.worker())


def test_the_end_of_the_watching_process_ends_the_scanning_one(
    manager: Accepting, process: ScanProcess
) -> None:
    process.connect()
    worker = manager.worker()
    manager.started[-1].kill()
    until_lost(process)
    give_up = time.monotonic() + SOON_S
    while is_there(worker) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not is_there(worker)


def test_nobody_at_the_socket_is_a_lost_scanner(tmp_path: Path) -> None:
    with pytest.raises(Lost, match=r"none\.sock: No such file"):
        SocketWire(tmp_path / "none.sock")


def test_a_process_that_does_not_end_is_no_reason_to_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("appliance.scanning.wire._ENDS_WITHIN_S", 0.2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        calls: list[socket.socket] = []
        answering = threading.Thread(target=lambda: calls.append(server.accept()[0]))
        answering.start()
        wire = SocketWire(tmp_path / "s")
        answering.join()
        wire.close()
        wire.close()
        calls[0].close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_the_check_calls_at_the_socket(manager: Accepting, house: SimulatedStation) -> None:
    text = (
        f'[site]\noffice = "1373"\n[scanner]\nsocket = "{manager.path}"\n[flatbed]\ndevice = "^test:0"\n'
        f'sane_config = "{house.sane_folder}"\n'
    )
    results = [checks.look(one) for one in assembly.checkups(parse(text))]
    assert [(one.device, one.problem) for one in results] == [("flatbed", None)]
    assert len(manager.started) == 1
