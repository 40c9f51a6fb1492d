"""The pages for the office's network: a second waitress on a Unix socket, behind `frontdesk lan`.

It has threads of its own, so that nothing which comes over the network takes one from the visitors' screen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import UnixWSGIServer
from waitress.wasyncore import close_all

from appliance.config import Config
from appliance.front_desk import FrontDesk
from appliance.lan import peer_line
from web.protection import OVER_LAN

log = logging.getLogger(__name__)

_CONNECTIONS: Final = 100  # more than `frontdesk lan` ever opens at once
_LOOK_AHEAD: Final = 1

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Channel(HTTPChannel):
    """A connection whose first line says who is at its other end; without such a line it is closed."""

    _opening: bytes | None = b""

    def received(self, data: bytes) -> bool:
        """Take the line away, and everything after it as what the visitor sent."""
        if self._opening is None:
            return bool(super().received(data))
        line, end, rest = (self._opening + data).partition(peer_line.END)
        if not end and len(line) < peer_line.LONGEST:
            self._opening = line
            return False
        peer = peer_line.read(line) if end else None
        if peer is None:
            log.warning("somebody on the socket for the network does not say who is at the other end")
            self.handle_close()
            return False
        self._opening, self.addr = None, peer
        return bool(super().received(rest)) if rest else False


class _Server(UnixWSGIServer):
    channel_class = _Channel


def make_server(app: Application, config: Config) -> Any:
    """A waitress server on the Unix socket of [lan], with `run()` and `close()`. Raises OSError."""
    if config.lan is None:
        raise ValueError("no network is configured")
    adjustments = Adjustments(
        unix_socket=str(config.lan.socket),
        unix_socket_perms="660",
        url_scheme="https",
        threads=config.panel.threads,
        connection_limit=_CONNECTIONS,
        channel_request_lookahead=_LOOK_AHEAD,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server: Any = _Server(_marked(app), map={}, adj=adjustments)
    server.effective_host, server.effective_port = config.lan.host, config.lan.port
    return server


@contextmanager
def beside(app: Flask, desk: FrontDesk) -> Iterator[None]:
    """Answer the network, where it is configured; that it cannot be had keeps nobody at the desk waiting."""
    if desk.config.lan is None:
        yield
        return
    try:
        server = make_server(app, desk.config)
    except OSError as error:
        log.error("%s: %s; no pages for the network", desk.config.lan.socket, error.strerror or error)
        yield
        return
    try:
        with in_thread(server, desk):
            yield
    finally:
        desk.config.lan.socket.unlink(missing_ok=True)


@contextmanager
def in_thread(server: Any, desk: FrontDesk) -> Iterator[None]:
    """Let a waitress server answer in a thread of its own for as long as the `with` lasts."""
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        yield
    finally:
        desk.changes.end()
        server.task_dispatcher.shutdown()  # first, so that nobody answers on a socket that is closed
        # In the server's own thread: closing its sockets under its feet would make it fall.
        server.trigger.pull_trigger(partial(close_all, server._map))
        thread.join()


def _marked(app: Application) -> Application:
    def marked(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ[OVER_LAN] = True
        return app(environ, start)

    return marked
