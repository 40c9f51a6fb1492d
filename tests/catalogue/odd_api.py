"""A WebAPI on a loopback port that answers in every shape that was ever seen, and in some that were not.

`say` puts the next answers in a row; when it is empty, the catalogue of `rows` is served as by the real API.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "rahasia0123456789"


@dataclass
class Reply:
    """One answer. `drip` goes on for ever, a byte at a time; `cut` ends it in the middle."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip: bool = False
    endless: bool = False
    cut: bool = False


def ok(data: object, availability: str = "available") -> Reply:
    """What the API says when all is well."""
    body = {"status": "OK", "data-availability": availability, "data": data}
    return Reply(body=json.dumps(body).encode())


def row(number: int, domain: str = "1373", **changed: object) -> dict[str, Any]:
    """A publication as the API lists it."""
    return {
        "pub_id": f"{domain}{number:020d}",
        "title": f"Kota Sawahlunto Dalam Angka {1990 + number}",
        "abstract": "<p>Data &amp; angka</p>",
        "issn": "-",
        "sch_date": None,
        "rl_date": f"{1990 + number % 40}-02-28",
        "updt_date": "2026-01-01",
        "cover": "",
        "pdf": "",
        "size": "13.46 MB",
        **changed,
    }


class OddApi:
    """The server: what it says next, and what it was asked."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.times: list[float] = []
        self.before: Callable[[str], Reply | None] = lambda path: None
        self._next: deque[Reply] = deque()
        self.url = ""
        self.open = True

    def say(self, *replies: Reply) -> None:
        """What the next requests are answered with."""
        self._next.extend(replies)

    def answer(self, path: str) -> Reply:
        """The answer to a request for this path."""
        self.asked.append(path)
        self.times.append(time.monotonic())
        if (reply := self.before(path)) is not None:
            return reply
        if self._next:
            return self._next.popleft()
        if path.startswith("/files/"):
            return self.files.get(path.removeprefix("/files/"), Reply(404))
        verb, *parts = path.strip("/").split("/")
        values = dict(zip(parts[::2], parts[1::2], strict=True))
        if values.get("key") != KEY:
            return Reply(body=b'{"status":"Error","message":"API Key is not valid"}')
        rows = self.rows.get(values["domain"], [])
        if verb == "view":
            found = next((one for one in rows if one["pub_id"] == values["id"]), None)
            return ok(found) if found else ok("", "not-available")
        page, per_page = int(values["page"]), int(values["perpage"])
        shown = rows[(page - 1) * per_page : page * per_page]
        if not shown:
            return ok("", "list-not-available")
        head = {"page": page, "pages": -(-len(rows) // per_page), "total": len(rows)}
        return ok([head, shown])


@contextmanager
def odd_api() -> Iterator[OddApi]:
    """Runs for as long as the `with` lasts."""
    api = OddApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply = api.answer(self.path)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.body) + (10 if reply.cut else 0)
            if not (reply.drip or reply.endless):
                self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(reply.body)
                while (reply.drip or reply.endless) and api.open:
                    self.wfile.write(b" " if reply.drip else b" " * 65_536)
                    self.wfile.flush()
                    if reply.drip:
                        time.sleep(0.02)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.open = False
        server.shutdown()
        server.server_close()
        thread.join()
