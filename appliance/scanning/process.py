"""The front desk's end of the scanning process: start it, talk to it, and end it at its deadlines.

The process may crash, hang or eat memory, whatever SANE and OpenCV do: then it is killed and started anew,
and the session's folder is as it was. Nothing of it is ever loaded here.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
import time
from base64 import b64decode
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from appliance.scanning.protocol import Line, Setup, decode, encode
from appliance.scanning.wire import NAME, ChildWire, Opener, SocketWire, Wire
from drivers.base import DriverError, Lost, Timeout

log = logging.getLogger(__name__)

LOOK_S = 45.0  # for `frontdesk check`: network backends of SANE search for a long time
START_S = 60.0  # until it says that it is ready: OpenCV from a cold memory card is slow
PULSE_S = 20.0  # without a sign of life it hangs: a busy machine may be late, but not so late
CONNECTING_S = 10.0  # that a camera may take to be opened, beyond its time-out
# For the process. systemd/root/.../frontdesk-scan@.service holds the same; a test compares them.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # SANE ends its reading thread wherever that is. Were it just then looking up a function for the first
    # time, the loader's lock would stay taken, and the next dlclose would wait for ever.
    "LD_BIND_NOW": "1",
    "OPENCV_LOG_LEVEL": "SILENT",  # a camera that has gone is told once, by us
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long the process may be at one thing."""

    glass_s: float
    camera_s: float
    page_s: float


class ScanProcess:
    """One scanning process after the other. `send` may be called from any thread, the rest from one."""

    def __init__(self, setup: Setup, *, deadlines: Deadlines, sane_config: str | None, start: Opener) -> None:
        self._first = first_line(setup, sane_config)
        self._deadlines = deadlines
        self._start = start
        self._wire: Wire | None = None
        self._selector: selectors.BaseSelector | None = None
        self._sending = threading.Lock()
        self._rest = b""
        self._heard_s = 0.0

    @property
    def name(self) -> str:
        """The device's name in the reports."""
        return NAME

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one and it is known."""
        return self._wire.pid if self._wire else None

    def connect(self) -> None:
        """Start a process and wait until it is ready. Raises Lost or Timeout."""
        self.close()
        wire = self._start()
        self._wire, self._rest, self._heard_s = wire, b"", time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._selector.register(wire, selectors.EVENT_READ)
        self.send(self._first)
        give_up = time.monotonic() + START_S
        while not any(line["is"] == "ready" for line in self._read(0.5)):
            if time.monotonic() > give_up:
                raise Timeout(NAME, "the scanning process did not start")

    def close(self) -> None:
        """End the process at once; what counts is on the disk."""
        wire, self._wire = self._wire, None
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if wire is not None:
            with self._sending:
                wire.close()

    def send(self, line: Line) -> None:
        """Tell the process something; lost when there is none, since it is told again when it has started."""
        wire = self._wire
        if wire is None:
            return
        with self._sending, suppress(OSError, ValueError):  # it has just ended: `receive` says so
            wire.send(encode(line))

    def receive(self, timeout_s: float) -> list[Line]:
        """What it has said, after at most `timeout_s`. Raises Lost when it ended, Timeout when it hangs."""
        lines = self._read(timeout_s)
        now = time.monotonic()
        for line in lines:
            if line["is"] == "pulse":
                self._check(line)
        if lines:
            self._heard_s = now
        elif now - self._heard_s > PULSE_S:
            raise Timeout(NAME, "no sign of life")
        return [line for line in lines if line["is"] != "pulse"]

    def _check(self, pulse: Mapping[str, float]) -> None:
        limits = self._deadlines
        for key, limit_s in (
            ("glass_s", limits.glass_s),
            ("camera_s", limits.camera_s),
            ("frame_s", limits.page_s),
        ):
            if pulse.get(key, 0.0) > limit_s:
                raise Timeout(NAME, f"{key.removesuffix('_s')} took longer than {limit_s:.0f} s")

    def _read(self, timeout_s: float) -> list[Line]:
        wire, selector = self._wire, self._selector
        if wire is None or selector is None:
            raise Lost(NAME, "not started")
        if not selector.select(timeout_s):
            return []
        block = wire.read()
        if not block:
            raise Lost(NAME, wire.fate())
        *whole, self._rest = (self._rest + block).split(b"\n")
        return [decode(line) for line in whole]


def first_line(setup: Setup, sane_config: str | None) -> Line:
    """What a process has to know before anything else."""
    return {**setup.as_line(), "sane_config": sane_config}


def as_child(temporary: Path) -> Opener:
    """Start the process ourselves; its libraries put aside what they must in this folder."""
    return lambda: ChildWire(temporary, environment(temporary))


def by_socket(path: Path) -> Opener:
    """Let the service manager start it."""
    return lambda: SocketWire(path)


def environment(temporary: Path) -> dict[str, str]:
    """One thread for each lane, and temporary files where they are erased."""
    return {**os.environ, **ENVIRONMENT, "TMPDIR": str(temporary)}


def look(setup: Setup, sane_config: str | None, start: Opener, deadline_s: float) -> list[Line]:
    """For `frontdesk check`: what a process that is started for it says of each device.

    A camera's line holds its picture (base64). Raises Lost or Timeout when it says nothing.
    """
    give_up = time.monotonic() + deadline_s
    wire = start()
    said = b""
    with closing(wire), selectors.DefaultSelector() as selector:
        selector.register(wire, selectors.EVENT_READ)
        wire.send(encode({**first_line(setup, sane_config), "look": True}))
        while selector.select(max(0.0, give_up - time.monotonic())):
            block = wire.read()
            if not block:
                break
            said += block
        else:
            raise Timeout(NAME, "no answer")
        if not said:
            raise Lost(NAME, wire.fate())
    return [decode(line) for line in said.splitlines()]


def error_of(code: str) -> type[DriverError]:
    """The error of the drivers' tree that has this code; DriverError itself for one that is not known."""
    waiting: list[type[DriverError]] = [DriverError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return DriverError


class LookedAt:
    """The camera or the flatbed for `frontdesk check`: looked at by a process of its own."""

    def __init__(self, name: str, setup: Setup, sane_config: str | None, socket: Path | None) -> None:
        self._name = name
        self._setup = setup
        self._sane_config = sane_config
        self._socket = socket
        self.detail = ""
        self.picture: bytes | None = None  # a camera's

    @property
    def name(self) -> str:
        """The device's name in the configuration."""
        return self._name

    def connect(self) -> None:
        """Look whether it is there. Raises what was found wrong, as an error of the drivers' tree."""
        with TemporaryDirectory(prefix="frontdesk-check-") as folder:
            start = by_socket(self._socket) if self._socket else as_child(Path(folder) / "temporary")
            lines = look(self._setup, self._sane_config, start, LOOK_S)
        said = next((line for line in lines if line["device"] == self._name), None)
        if said is None:
            raise Lost(self._name, "the scanning process said nothing of it")
        if said["problem"]:
            raise error_of(said["problem"])(self._name, said["detail"])
        self.picture = b64decode(said["picture"]) if said.get("picture") else None
        self.detail = said["detail"]

    def close(self) -> None:
        """The process has ended already."""
