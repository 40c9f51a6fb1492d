"""The plugs at the back of a simulated printer: a TCP port, and a serial port (a pty)."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import struct
import tty
from pathlib import Path
from typing import Protocol

HOST = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: the other side sees "connection reset"


class Port(Protocol):
    """Where a printer is plugged in. Used by the printer's serving thread."""

    def open(self) -> None:
        """Become reachable, at the same place each time."""

    def close(self) -> None:
        """Become unreachable and break off whoever is connected; may be called again."""

    def watched(self) -> int:
        """The file descriptor at which the next thing will happen."""

    def receive(self, size: int) -> bytes | None:
        """At most `size` bytes that have come. None: somebody connected. Empty: the connection is gone."""

    def send(self, data: bytes) -> None:
        """Answer; whoever has gone does not hear it."""

    def drop(self) -> None:
        """Break the connection off; one can connect again at once."""


class TcpPort:
    """One connection at a time; the next one waits, as at most network printers."""

    def __init__(self, number: int) -> None:
        self.number = number  # 0: a free one, found at the first `open` and then kept
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None

    def open(self) -> None:
        self._listener = socket.create_server((HOST, self.number))
        self.number = self._listener.getsockname()[1]

    def close(self) -> None:
        self.drop()
        if self._listener:
            self._listener.close()
            self._listener = None

    def watched(self) -> int:
        if self._connection:
            return self._connection.fileno()
        if self._listener:
            return self._listener.fileno()
        raise ValueError("the port is closed")

    def receive(self, size: int) -> bytes | None:
        if self._connection is None:
            if self._listener:
                self._connection, _ = self._listener.accept()
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return None
        try:
            data = self._connection.recv(size)
        except OSError:
            data = b""
        if not data:
            self._connection.close()
            self._connection = None
        return data

    def send(self, data: bytes) -> None:
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.sendall(data)

    def drop(self) -> None:
        if self._connection:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._connection.close()
            self._connection = None


class PtyPort:
    """A serial port that other programs open at `path`, a link to the pty of the moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: tuple[int, int] | None = None

    def open(self) -> None:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        # Their end stays open here too: without it a read from ours fails whenever nobody is connected.
        self._ends = (ours, theirs)
        link = self.path.with_name(f"{self.path.name}.new")
        link.symlink_to(os.ttyname(theirs))
        link.replace(self.path)

    def close(self) -> None:
        if self._ends:
            self.path.unlink(missing_ok=True)
            self._hang_up(self._ends)
            self._ends = None

    def watched(self) -> int:
        if self._ends is None:
            raise ValueError("the port is closed")
        return self._ends[0]

    def receive(self, size: int) -> bytes | None:
        try:
            return os.read(self.watched(), size)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self.watched(), data)

    def drop(self) -> None:
        broken = self._ends
        self.open()  # first, so that `path` leads somewhere at every moment
        if broken:
            self._hang_up(broken)

    def _hang_up(self, ends: tuple[int, int]) -> None:
        for end in ends:
            os.close(end)
