"""How a scanning process comes to be, and the line to it.

The front desk starts one as its own child; or it calls at a Unix socket, and the service manager starts one
for that call, with an account, a sandbox and a limit on memory of its own (systemd/README.md). Either way the
same lines go over it, and when `close` returns nothing of the process is left.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from drivers.base import Lost

log = logging.getLogger(__name__)

NAME = "scanner"
_BLOCK = 1 << 16
_SEND_WITHIN_S = 5.0
_ENDS_WITHIN_S = 5.0


class Wire(Protocol):
    """The line to one scanning process."""

    @property
    def pid(self) -> int | None:
        """The process's id, where it is known."""

    def fileno(self) -> int:
        """What to wait for before `read`."""

    def send(self, data: bytes) -> None:
        """Write all of it. Raises OSError or ValueError when nobody is there any more."""

    def read(self) -> bytes:
        """What has come; nothing at all when the process has ended."""

    def fate(self) -> str:
        """How it ended, after `read` gave nothing."""

    def close(self) -> None:
        """End the process, whatever it is doing. Again does no harm."""


Opener = Callable[[], Wire]


class ChildWire:
    """A process of our own, with a folder for what its libraries put aside."""

    def __init__(self, temporary: Path, environment: dict[str, str]) -> None:
        if temporary.exists():
            shutil.rmtree(temporary)  # what a library put aside for the last visitor
        temporary.mkdir(parents=True, mode=0o750)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "appliance.scan_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
        )

    @property
    def pid(self) -> int | None:
        """The process's id."""
        return self._child.pid

    def fileno(self) -> int:
        """The end of its standard output."""
        return _there(self._child.stdout).fileno()

    def send(self, data: bytes) -> None:
        """To its standard input."""
        _there(self._child.stdin).write(data)

    def read(self) -> bytes:
        """From its standard output."""
        return os.read(self.fileno(), _BLOCK)

    def fate(self) -> str:
        """With which code it ended."""
        return f"the scanning process ended ({self._child.wait()})"

    def close(self) -> None:
        """Kill it; what counts is on the disk."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class SocketWire:
    """A process that the service manager starts when somebody calls at its socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SEND_WITHIN_S)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise Lost(NAME, f"{path}: {error.strerror or error}") from error

    @property
    def pid(self) -> int | None:
        """Not ours to know."""
        return None

    def fileno(self) -> int:
        """The socket."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """All of it, or TimeoutError."""
        self._socket.sendall(data)

    def read(self) -> bytes:
        """What has come; a process that was killed with lines unread is one that has ended."""
        try:
            return self._socket.recv(_BLOCK)
        except ConnectionResetError:
            return b""

    def fate(self) -> str:
        """How it ended stands in the service manager's journal."""
        return "the scanning process ended (journalctl -u 'frontdesk-scan@*')"

    def close(self) -> None:
        """Hang up, and wait until the other end has: then the process is dead (`scan_service.py`)."""
        if self._socket.fileno() < 0:
            return
        with self._socket, suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_ENDS_WITHIN_S)
            try:
                while self.read():
                    pass
            except TimeoutError:
                log.error("the scanning process did not end within %.0f s", _ENDS_WITHIN_S)


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a pipe was not asked for")
    return pipe
