"""The front desk's end of the scanning process: start it, talk to it, and end it at its deadlines.

The process may crash, hang or eat memory, whatever SANE and OpenCV do: then it is killed and started anew,
and the session's folder is as it was. Nothing of it is ever loaded here.
"""

from __future__ import annotations

import logging
import os
import selectors
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.scanning.protocol import Line, Setup, decode, encode
from drivers.base import DriverError, Lost, Timeout

log = logging.getLogger(__name__)

NAME = "scanner"
LOOK_S = 45.0  # for `frontdesk check`: network backends of SANE search for a long time
START_S = 20.0  # until it says that it is ready: a cold memory card is slow
PULSE_S = 20.0  # without a sign of life it hangs: a busy machine may be late, but not so late
CONNECTING_S = 10.0  # that a camera may take to be opened, beyond its time-out
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long the process may be at one thing."""

    glass_s: float
    camera_s: float
    page_s: float


class ScanProcess:
    """One scanning process after the other. `send` may be called from any thread, the rest from one."""

    def __init__(
        self, setup: Setup, *, deadlines: Deadlines, temporary: Path, sane_config: str | None
    ) -> None:
        self._setup = setup
        self._deadlines = deadlines
        self._temporary = temporary
        self._sane_config = sane_config
        self._child: subprocess.Popen[bytes] | None = None
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
        """The process's id, while there is one."""
        return self._child.pid if self._child else None

    def connect(self) -> None:
        """Start a process and wait until it is ready. Raises Lost or Timeout."""
        self.close()
        if self._temporary.exists():
            shutil.rmtree(self._temporary)  # what a library put aside for the last visitor
        self._temporary.mkdir(parents=True, mode=0o750)
        child = subprocess.Popen(
            [sys.executable, "-m", "appliance.scan_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=self._environment(),
        )
        self._child, self._rest, self._heard_s = child, b"", time.monotonic()
        self._selector = selectors.DefaultSelector()
        if child.stdout is not None:
            self._selector.register(child.stdout, selectors.EVENT_READ)
        self.send(self._setup.as_line())
        give_up = time.monotonic() + START_S
        while not any(line["is"] == "ready" for line in self._read(0.5)):
            if time.monotonic() > give_up:
                raise Timeout(NAME, "the scanning process did not start")

    def close(self) -> None:
        """End the process at once; what counts is on the disk."""
        child, self._child = self._child, None
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if child is None:
            return
        child.kill()
        child.wait()
        with self._sending:
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def send(self, line: Line) -> None:
        """Tell the process something; lost when there is none, since it is told again when it has started."""
        child = self._child
        if child is None or child.stdin is None:
            return
        with self._sending, suppress(OSError, ValueError):  # it has just ended: `receive` says so
            child.stdin.write(encode(line))

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
        child, selector = self._child, self._selector
        if child is None or selector is None or child.stdout is None:
            raise Lost(NAME, "not started")
        if not selector.select(timeout_s):
            return []
        block = os.read(child.stdout.fileno(), _BLOCK)
        if not block:
            raise Lost(NAME, f"the scanning process ended ({child.wait()})")
        *whole, self._rest = (self._rest + block).split(b"\n")
        return [decode(line) for line in whole]

    def _environment(self) -> dict[str, str]:
        return environment(self._temporary, self._sane_config)


def environment(temporary: Path, sane_config: str | None) -> dict[str, str]:
    """One thread for each lane, temporary files where they are erased, and SANE's configuration."""
    own = {
        "TMPDIR": str(temporary),
        "OMP_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # SANE ends its reading thread wherever that is. Were it just then looking up a function for the first
        # time, the loader's lock would stay taken, and the next dlclose would wait for ever.
        "LD_BIND_NOW": "1",
        "OPENCV_LOG_LEVEL": "SILENT",  # a camera that has gone is told once, by us
        "OPENCV_FFMPEG_LOGLEVEL": "-8",
    }
    if sane_config:
        own["SANE_CONFIG_DIR"] = sane_config
    return {**os.environ, **own}


FRAME = "frame.jpg"  # what a camera sees when it is looked at


def look(setup: Setup, temporary: Path, sane_config: str | None, deadline_s: float) -> list[Line]:
    """For `frontdesk check`: what a process that is started for it says of each device.

    A camera's picture lies in `temporary` then, as FRAME. Raises Lost or Timeout when it says nothing.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "appliance.scan_worker"],
            input=encode({**setup.as_line(), "look": str(temporary / FRAME)}),
            stdout=subprocess.PIPE,
            check=False,
            timeout=deadline_s,
            env=environment(temporary, sane_config),
        )
    except subprocess.TimeoutExpired:
        raise Timeout(NAME, "no answer") from None
    lines = [decode(line) for line in done.stdout.splitlines()]
    if not lines:
        raise Lost(NAME, f"the scanning process ended ({done.returncode})")
    return lines


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

    def __init__(self, name: str, setup: Setup, sane_config: str | None) -> None:
        self._name = name
        self._setup = setup
        self._sane_config = sane_config
        self.detail = ""
        self.picture: bytes | None = None  # a camera's

    @property
    def name(self) -> str:
        """The device's name in the configuration."""
        return self._name

    def connect(self) -> None:
        """Look whether it is there. Raises what was found wrong, as an error of the drivers' tree."""
        with TemporaryDirectory(prefix="frontdesk-check-") as folder:
            lines = look(self._setup, Path(folder), self._sane_config, LOOK_S)
            frame = Path(folder) / FRAME
            self.picture = frame.read_bytes() if frame.exists() else None
        said = next((line for line in lines if line["device"] == self._name), None)
        if said is None:
            raise Lost(self._name, "the scanning process said nothing of it")
        if said["problem"]:
            raise error_of(said["problem"])(self._name, said["detail"])
        self.detail = said["detail"]

    def close(self) -> None:
        """The process has ended already."""
