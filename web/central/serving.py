"""Serves a receiver: waitress, on loopback. TLS and client certificates are the work of a proxy before it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all

from appliance.central.contract import MAX_BYTES

_THREADS = 16  # twice as many as batches are let in: the others say at once when to come back
_CONNECTIONS = 800  # more than there are offices; each of them may hold one
_SLOWEST_S = 20  # a connection that is silent for so long is closed


def make_server(app: Flask, host: str, port: int) -> Any:
    """A server that listens, with `run()` and `close()`. Raises OSError."""
    return create_server(
        app,
        host=host,
        port=port,
        threads=_THREADS,
        connection_limit=_CONNECTIONS,
        channel_timeout=_SLOWEST_S,
        cleanup_interval=_SLOWEST_S // 2,
        max_request_body_size=4 * MAX_BYTES,  # up to there it is refused in the contract's words
        asyncore_use_poll=True,  # `select` knows no more than 1024 files
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


def serve(app: Flask, host: str, port: int) -> None:
    """Answer requests until SIGTERM or Ctrl-C. Raises OSError when the address cannot be had."""
    server = make_server(app, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run()
    finally:
        server.close()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer requests in a thread of its own for as long as the `with` lasts; gives the port."""
    server = make_server(app, host, port)
    thread = threading.Thread(target=server.run, name="receiver")
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.task_dispatcher.shutdown()  # first, so that nobody answers on a socket that is closed
        # In the server's own thread: closing its sockets under its feet would make it fall.
        server.trigger.pull_trigger(partial(close_all, server._map))
        thread.join()
