"""Starts the real program as a child process, and looks after what it leaves behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance.__main__ import main
from drivers.simulated.printer import VirtualPrinter

SOON_S = 20.0  # the machine may be busy with other tests
LOOK_AGAIN_S = 0.02

_MARK = "FRONTDESK_TEST"  # in the environment of a program and of all that it starts

CONFIG = """\
[site]
office = "1373"
data = "{data}"

[panel]
listen = "127.0.0.1:{port}"

[queue]
only_within_hours = false

[printer]
driver = "escpos-network"
host = "127.0.0.1"
port = {printer_port}
timeout = "500ms"
"""


class Program:
    """One `frontdesk ...` that runs. What it answers is in `answer`, all else that it says in `output`."""

    def __init__(self, log: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._log = log
        self._answer = log.with_suffix(".answer")
        self._mark = uuid.uuid4().hex
        with log.open("wb") as said, self._answer.open("wb") as answered:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appliance", *arguments],
                stdout=answered,
                stderr=said,
                env=os.environ | {"PYTHONFAULTHANDLER": "1"} | environment | {_MARK: self._mark},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def answer(self) -> str:
        return self._answer.read_text()

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def await_page(self, port: int, path: str) -> str:
        """Wait until a page is served, and return it."""
        pages: list[str] = []

        def served() -> bool:
            with contextlib.suppress(OSError):
                status, page = get(port, path)
                if status == 200:
                    pages.append(page)
            return bool(pages) or self._process.poll() is not None

        await_that(served, self)
        assert pages, f"ended with {self._process.poll()}: {self.output}"
        return pages[-1]

    def end(self, number: signal.Signals = signal.SIGTERM, within_s: float = SOON_S) -> int:
        """Send a signal; gives the exit code."""
        self._process.send_signal(number)
        return self.wait(within_s)

    def wait(self, within_s: float = SOON_S) -> int:
        """Wait until it ends by itself; gives the exit code. One that hangs shows where."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)
            self._process.wait(SOON_S)
        pytest.fail(f"it did not end within {within_s} s:\n{self.output}")

    def kill(self) -> None:
        """Pull the plug."""
        self._process.kill()
        self._process.wait()

    @property
    def processes(self) -> list[int]:
        """It and all that it has started, as far as they live."""
        mark = f"{_MARK}={self._mark}".encode()
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if mark in _environment(folder)]


def _environment(folder: Path) -> list[bytes]:
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is somebody else's
        return []


def await_that(happened: Callable[[], bool], program: Program) -> None:
    """Wait for what another process does; shows what it said if it does not."""
    end = time.monotonic() + SOON_S
    while not happened():
        assert time.monotonic() < end, program.output
        time.sleep(LOOK_AGAIN_S)


def get(port: int, path: str) -> tuple[int, str]:
    """Ask for a page: its status and text. Raises OSError."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)) as client:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs: `start("run", "--config", path)`; none outlives the test."""
    with contextlib.ExitStack() as stack:

        def begin(*arguments: object, **environment: str) -> Program:
            log = tmp_path / f"output-{uuid.uuid4().hex}"
            program = Program(log, tuple(map(str, arguments)), environment)
            stack.callback(program.kill)
            return program

        yield begin


@pytest.fixture
def command() -> Callable[..., Result]:
    """Runs a short command in this process: its exit code, its output and its words of complaint."""
    return lambda *arguments: CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    """A ticket printer on the network."""
    with VirtualPrinter() as printer:
        yield printer


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder, which is not made yet."""
    return tmp_path / "data"


@pytest.fixture
def config(tmp_path: Path, data: Path, port: int, printer: VirtualPrinter) -> Path:
    """A right configuration with `printer`; tests append further devices."""
    path = tmp_path / "frontdesk.toml"
    path.write_text(CONFIG.format(data=data, port=port, printer_port=printer.port))
    return path


def append(path: Path, text: str) -> None:
    """Add devices to a configuration."""
    path.write_text(path.read_text() + text)
