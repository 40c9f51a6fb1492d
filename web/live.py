"""Live pages: a stream that says only that something has changed; the page then asks for what it shows.

A stream holds one of the server's threads, so their number is capped; a page that gets none asks every few
seconds instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from flask import Flask, Response, request

from appliance.changes import Changes
from web.parts import front_desk

_KEEP_ALIVE_S = 15.0
_LOOK_EVERY_S = 2.0  # whether the browser is still there
_AT_MOST_EVERY_S = 0.15  # a burst of changes is one


def install(app: Flask) -> None:
    """Add the stream."""
    slots = threading.BoundedSemaphore(max(1, _streams(app)))

    @app.get("/events")
    def events() -> Response:
        """Server-sent events without payload: `changed`, each time something has."""
        if _streams(app) == 0 or not slots.acquire(blocking=False):
            return Response(status=503, headers={"Retry-After": "3"})
        gone = request.environ.get("waitress.client_disconnected", lambda: False)
        response = Response(_stream(front_desk().changes, gone), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        # Whatever happens to the stream, begun or not, its slot is free when the answer is closed.
        response.call_on_close(slots.release)
        return response


def _streams(app: Flask) -> int:
    streams: int = app.extensions["front_desk"].config.panel.live_streams
    return streams


def _stream(changes: Changes, gone: Callable[[], bool]) -> Iterator[str]:
    heard = changes.count
    yield f"retry: 2000\nevent: changed\ndata: {heard}\n\n"
    spoke = time.monotonic()
    while not gone() and not changes.over:
        count = changes.wait(heard, _LOOK_EVERY_S)
        if count > heard:
            heard = count
            yield f"event: changed\ndata: {heard}\n\n"
            spoke = time.monotonic()
            time.sleep(_AT_MOST_EVERY_S)
        elif time.monotonic() - spoke > _KEEP_ALIVE_S:
            yield ": still here\n\n"
            spoke = time.monotonic()
