"""The line from a simulated front desk to its central server, and what can be wrong on it.

It stands between the real HTTP client and a real receiver on this machine. Faults are those that a client
meets: nobody answers the door, an error page, an answer that takes its time, one that never comes although
the server has done its work.
"""

from __future__ import annotations

import http.client
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, cast

HOST: Final = "127.0.0.1"
LINE_FAULTS: Final = ("cut", "failing", "slow", "loses_replies")
SLOW_S: Final = 5.0  # longer than anybody at a desk likes, shorter than the client's patience

_TIMEOUT_S = 20.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: the other side sees "connection reset"
_LONGEST_BODY = 2**20
# What belongs to a connection and not to what is said on it.
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length"})


class Line:
    """A line to the server at `target`. `open` gives it an address, which it keeps; `close` ends it."""

    def __init__(self, target: int) -> None:
        self.target = target  # the server's port
        self.port = 0
        self.slow_s = SLOW_S
        self._faults = dict.fromkeys(LINE_FAULTS, False)
        self._server: _Server | None = None
        self._ended = threading.Event()

    def open(self) -> None:
        """Let clients connect. Raises OSError."""
        if self._server is None:
            self._ended.clear()
            self._server = _Server((HOST, self.port), self)
            self.port = self._server.server_address[1]
            threading.Thread(
                target=self._server.serve_forever, args=(0.05,), name="line", daemon=True
            ).start()

    def close(self) -> None:
        """Let nobody connect; what is under way is broken off."""
        if (server := self._server) is not None:
            self._server = None
            server.shutdown()
            server.server_close()
            server.break_off()
        self._ended.set()

    @property
    def faults(self) -> Mapping[str, bool]:
        """Its faults, and whether they are on."""
        return dict(self._faults)

    def set_fault(self, name: str, on: bool) -> None:
        """Switch a fault on or off. Raises KeyError."""
        if name not in self._faults:
            raise KeyError(name)
        self._faults[name] = on
        if name == "cut":
            self.close() if on else self.open()

    def wait(self, seconds: float) -> None:
        """Let time pass, unless the line is cut meanwhile."""
        self._ended.wait(seconds)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], line: Line) -> None:
        super().__init__(address, _Connection)
        self.line = line
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Remember who is connected."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget who has gone."""
        with self._lock:
            self._open.discard(cast(socket.socket, request))
        super().shutdown_request(request)

    def break_off(self) -> None:
        """Tear every connection."""
        with self._lock:
            torn = list(self._open)
        for connection in torn:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever has gone is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what came is passed on


class _Connection(BaseHTTPRequestHandler):
    """Hands one request on and its reply back, as well as the faults allow."""

    server: _Server
    timeout = _TIMEOUT_S

    def do_POST(self) -> None:
        """What a front desk sends."""
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(min(int(length), _LONGEST_BODY)) if length.isdigit() else b""
        line = self.server.line
        if line.faults["failing"]:
            page = b"<html><body><h1>500 Internal Server Error</h1></body></html>"
            self._answer(_Reply(500, [("Content-Type", "text/html")], page))
            return
        try:
            reply = self._handed_on(body)
        except (OSError, http.client.HTTPException):
            self._answer(_Reply(502, [("Content-Type", "text/plain")], b"nobody there\n"))
            return
        if line.faults["slow"]:
            line.wait(line.slow_s)
        if line.faults["loses_replies"]:
            self.close_connection = True
            return
        self._answer(reply)

    def _handed_on(self, body: bytes) -> _Reply:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        with closing(http.client.HTTPConnection(HOST, self.server.line.target, timeout=_TIMEOUT_S)) as server:
            server.request("POST", self.path, body, kept)
            answer = server.getresponse()
            headers = [
                (name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP
            ]
            return _Reply(answer.status, headers, answer.read())

    def _answer(self, reply: _Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """It says nothing on the terminal."""
