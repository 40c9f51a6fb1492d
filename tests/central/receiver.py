"""A small receiver that keeps the contract, on a loopback port; and everything else that may stand there.

It stores in memory, by the rule of the highest revision, and can be told to misbehave at one request or at
all of them. It looks at each event with the same functions as a real receiver would.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from appliance.central import contract
from appliance.central.contract import BadBatch, BadEvent, Event, Reason, Result, Status


@dataclass
class Kept:
    """What a receiver keeps: the highest revision of each record, and how often each was stored."""

    records: dict[str, Event] = field(default_factory=dict)
    stored: Counter[str] = field(default_factory=Counter)  # by event id
    in_order: list[str] = field(default_factory=list)  # record ids, when first stored
    poison: set[str] = field(default_factory=set)  # record ids that are rejected
    not_yet: set[str] = field(default_factory=set)  # record ids that are answered with "later"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, one: object) -> Result:
        """What the contract says becomes of one event."""
        name = contract.id_of(one)
        try:
            event = contract.read_event(one)
        except BadEvent as error:
            return Result(name, Status.REJECTED, error.reason, error.detail)
        with self.lock:
            if event.record_id in self.poison:
                return Result(name, Status.REJECTED, Reason.SCHEMA, "sex: enum")
            if event.record_id in self.not_yet:
                return Result(name, Status.LATER, Reason.BUSY)
            before = self.records.get(event.record_id)
            if before is not None and before.revision >= event.revision:
                same = before.revision == event.revision
                return Result(name, Status.DUPLICATE if same else Status.SUPERSEDED)
            if before is None:
                self.in_order.append(event.record_id)
            self.records[event.record_id] = event
            self.stored[event.id] += 1
            return Result(name, Status.STORED)

    def take_all(self, body: bytes) -> bytes:
        """The answer to a batch. Raises BadBatch."""
        return contract.answer_body([self.take(one) for one in contract.split_batch(body)])

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.records.values() if event.kind == kind]


Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server
        receiver.requests.append((self.path, dict(self.headers), len(body)))
        answer = receiver.next_answer()
        with suppress(OSError):  # who asked has hung up
            answer(self, body)
        self.close_connection = True

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Receiver(ThreadingHTTPServer):
    """The server, and what it does instead of its duty."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept = Kept()
        self.requests: list[tuple[str, dict[str, str], int]] = []
        self.once: list[Answer] = []  # for the next requests, one each
        self.always: Answer = well
        self.over = threading.Event()  # what a slow answer waits for
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def next_answer(self) -> Answer:
        return self.once.pop(0) if self.once else self.always

    def handle_error(self, *_: Any) -> None:
        """A client that does not trust us hangs up: no news."""


@contextmanager
def receiver(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver at work."""
    server = Receiver(context)
    worker = threading.Thread(target=server.serve_forever, args=(0.01,))
    worker.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        worker.join()
        server.server_close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# ------------------------------------------------------------------------------------------ answers


def well(handler: Handler, body: bytes) -> None:
    """As the contract says."""
    try:
        handler.reply(200, handler.server.kept.take_all(body), {"Content-Type": "application/json"})
    except BadBatch as error:
        handler.reply(error.http_status, b"{}")


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Only this status; nothing is stored."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.reply(code, body, named)


def raw(data: bytes) -> Answer:
    """These bytes, then hang up; nothing is stored."""
    return lambda handler, _: handler.raw(data)


def stored_but(after: Answer) -> Answer:
    """Store everything as it should be, and then answer like this."""

    def answer(handler: Handler, body: bytes) -> None:
        handler.server.kept.take_all(body)
        after(handler, body)

    return answer


def nothing(_handler: Handler, _body: bytes) -> None:
    """Hang up without a word."""


def silence(handler: Handler, _body: bytes) -> None:
    """Say nothing, and stay."""
    handler.server.over.wait(30)


def half(handler: Handler, body: bytes) -> None:
    """Store, and send half of the answer."""
    whole = handler.server.kept.take_all(body)
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(whole) + whole[: len(whole) // 2])


def endless(handler: Handler, _body: bytes) -> None:
    """An answer that never ends, as fast as it goes."""
    handler.raw(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.server.over.is_set():
        handler.raw(b" " * 65536)


def drip(begin: bytes, drop: bytes = b" ") -> Answer:
    """An answer byte by byte, each well within any limit for one read."""

    def answer(handler: Handler, _body: bytes) -> None:
        handler.raw(begin)
        while not handler.server.over.wait(0.05):
            handler.raw(drop)

    return answer


def at_most(events: int) -> Answer:
    """A receiver that takes no more than so many events at once."""

    def answer(handler: Handler, body: bytes) -> None:
        if len(contract.split_batch(body)) > events:
            handler.reply(413, b"")
        else:
            well(handler, body)

    return answer


def unless_poisoned(record_ids: set[str], code: int) -> Answer:
    """A receiver that gives up on a whole batch because of one event in it."""

    def answer(handler: Handler, body: bytes) -> None:
        if any(isinstance(one, dict) and one["subject"] in record_ids for one in contract.split_batch(body)):
            handler.reply(code, b"")
        else:
            well(handler, body)

    return answer
