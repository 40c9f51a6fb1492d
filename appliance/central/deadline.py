"""An end to whatever a socket is waiting for.

A time limit on each read is none on the whole: a server that sends a byte every few seconds holds its client
for days. Here a second thread shuts the socket down when time is up, or when somebody else says so.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self


class Deadline:
    """Watches sockets for the time of one exchange: `with Deadline(60) as deadline: ...`."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._cut = False

    @property
    def is_over(self) -> bool:
        """Whether the sockets have been shut down."""
        return self._cut

    @property
    def left_s(self) -> float:
        """Seconds left; never quite nothing, which a socket would take for "do not wait"."""
        return max(0.001, self._until - time.monotonic())

    def watch(self, sock: socket.socket) -> socket.socket:
        """Shut this socket down in the end; gives it back. A copy is kept: TLS takes the original over."""
        copy = socket.fromfd(sock.fileno(), sock.family, sock.type)
        with self._lock:
            self._sockets.append(copy)
        if self._cut:
            self.cut()
        return sock

    def cut(self) -> None:
        """End all reads and writes now, from any thread."""
        with self._lock:
            self._cut = True
            for sock in self._sockets:
                with suppress(OSError):  # it was closed by the other side
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()
