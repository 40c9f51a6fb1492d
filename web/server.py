"""Serves the pages: waitress, in this process, until told to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server

from appliance.config import Panel
from appliance.front_desk import FrontDesk
from web import lan_server

# A page that waits for a writer or a slow phone keeps a thread; more than a handful of people it never is.
_CONNECTIONS = 100
_LOOK_AHEAD = 1  # lets a live stream notice that its browser has gone


def make_server(app: Flask, panel: Panel) -> Any:
    """A waitress server that listens, with `run()` and `close()`. Raises OSError."""
    return create_server(
        app,
        host=panel.host,
        port=panel.port,
        threads=panel.threads,
        connection_limit=_CONNECTIONS,
        channel_request_lookahead=_LOOK_AHEAD,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


def serve(app: Flask, desk: FrontDesk, begun: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or Ctrl-C; calls `begun` once it listens.

    Raises OSError when the address cannot be had.
    """
    server = make_server(app, desk.config.panel)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        desk.changes.end()  # the live streams end, so that their threads can
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with lan_server.beside(app, desk):
            begun()
            server.run()
    finally:
        desk.changes.end()
        server.close()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def serving(app: Flask, desk: FrontDesk) -> Iterator[None]:
    """Answer requests in a thread of its own for as long as the `with` lasts: for measuring and for tests."""
    with lan_server.in_thread(make_server(app, desk.config.panel), desk):
        yield
