"""A camera over a simulated book: a process that streams what such a camera would see (MJPEG over HTTP).

`python -m drivers.simulated.book_camera --width 2000` prints its port. Hands reach in by lines of JSON on its
standard input: {"turn": 1}, {"look": {"curl": true}}, {"lay": "https://.../v/token"}, {"cover": true},
{"unplug": true}. The end of its input ends it. Arrays live here and not in the process of the front desk.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar, Final

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from drivers.simulated.book.photo import photograph
from drivers.simulated.book.scene import draw_scene
from drivers.simulated.book.typeset import Kind
from drivers.simulated.turning import covered, noisy, turning

Picture = NDArray[np.uint8]

LOOKS: Final = ("curl", "skew", "shadow", "finger")
TURN_S: Final = 1.2
_FRAMES_PER_S: Final = 8
_QUALITY: Final = 90
_DRAWN: Final = (
    2000  # pixels across; a larger picture is that one, enlarged, so that drawing keeps up with turning
)
_KEPT: Final = 4  # spreads that are drawn and kept
_NOISES: Final = 3
_FLAT, _THICK = 1, 3  # levels of the generator
_BOUNDARY: Final = "frame"

# What the book holds, spread by spread, over and over: prose, tables, charts, a photograph.
_PAGES: Final = (
    (Kind.PROSE, Kind.TABLE),
    (Kind.COLUMNS, Kind.CHART),
    (Kind.TABLE, Kind.TABLE),
    (Kind.MIXED, Kind.PROSE),
    (Kind.PLATE, Kind.PROSE),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How the book lies, and what is in the way."""

    curl: bool = False
    skew: bool = False
    shadow: bool = False
    finger: bool = False


def draw_spread(number: int, look: Look, width: int) -> Picture:
    """A photograph of one spread of the book; the same number gives the same pages."""
    level = _THICK if look.curl else _FLAT
    scene = replace(
        draw_scene(level, 7), fingers=2 if look.finger else 0, shadow=0.75 if look.shadow else 0.05
    )
    if look.skew:
        scene = replace(scene, turn=7.0, tilt=5.0)
    drawn = photograph(level, number, min(width, _DRAWN), _PAGES[number % len(_PAGES)], scene).image
    if width <= _DRAWN:
        return drawn
    size = (width, drawn.shape[0] * width // drawn.shape[1])
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_CUBIC), np.uint8)


@dataclass
class Book:
    """The book under the camera: which spread is open, and how it lies."""

    width: int
    spread: int = 1
    look: Look = field(default_factory=Look)
    lying: str | None = None  # the code of a ticket on the book
    is_covered: bool = False
    is_plugged: bool = True
    _drawn: OrderedDict[tuple[int, Look], Picture] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def has(self, spread: int) -> bool:
        """Whether a spread is drawn already."""
        return (spread, self.look) in self._drawn

    def picture(self, spread: int) -> Picture:
        """A spread, drawn once and kept for a while."""
        with self._lock:
            key = (spread, self.look)
            if key not in self._drawn:
                self._drawn[key] = draw_spread(spread, self.look, self.width)
                while len(self._drawn) > _KEPT:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(key)
            return self._drawn[key]

    def now(self) -> Picture:
        """What lies there while nothing moves."""
        picture = self.picture(self.spread)
        if self.lying is not None:
            picture = _with_ticket(picture, self.lying)
        return covered(picture) if self.is_covered else picture


def _with_ticket(picture: Picture, code: str) -> Picture:
    """A ticket of 58 mm paper laid on the book, its code up."""
    rows = np.array(
        [[0 if dark else 255 for dark in row] for row in segno.make(code, error="m").matrix], np.uint8
    )
    side = picture.shape[1] // 9
    drawn = cv2.resize(np.pad(rows, 4, constant_values=255), (side, side), interpolation=cv2.INTER_NEAREST)
    paper = picture.copy()
    top, left = picture.shape[0] // 3, picture.shape[1] // 3
    paper[top - side // 2 : top + 2 * side, left : left + side + side // 4] = 244
    paper[top : top + side, left + side // 8 : left + side // 8 + side] = drawn[..., None]
    return paper


class Stream:
    """The frames, one after the other, for whoever asks: the newest only."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._changed = threading.Condition()
        self._frame = b""
        self._number = 0
        self._still: list[bytes] = []  # frames of what lies there now; empty: to be made anew
        self._touched = 0  # how often a hand was there: frames that were made meanwhile show what was before
        self._turns: list[int] = []
        self._over = False
        self._drawing: threading.Thread | None = None
        self._has_turned = False
        self.settled_s = time.monotonic()  # when the page was first seen to lie still after the last turn

    def hand(self, command: Mapping[str, Any]) -> None:
        """Do what a hand does."""
        book = self._book
        with self._changed:
            if "turn" in command:
                self._turns.append(int(command["turn"]))
                return
            if "look" in command:
                book.look = replace(book.look, **{name: bool(on) for name, on in command["look"].items()})
            if "lay" in command:
                book.lying = command["lay"] or None
            if "cover" in command:
                book.is_covered = bool(command["cover"])
            if "unplug" in command:
                book.is_plugged = not command["unplug"]
            self._still, self._touched = [], self._touched + 1

    def end(self) -> None:
        """No more frames."""
        self._over = True

    def run(self) -> None:
        """Make frames until the end."""
        for number in count():
            if self._over:
                return
            if self._turns and self._is_drawn(self._turns[0]):
                self._turn(self._turns.pop(0))
            began = time.monotonic()
            still = self._still or self._look()
            self._show(still[number % _NOISES])
            if self._has_turned:
                self._has_turned, self.settled_s = False, time.monotonic()
            time.sleep(max(0.0, 1 / _FRAMES_PER_S - (time.monotonic() - began)))

    def _look(self) -> list[bytes]:
        """Frames of what lies there; kept unless a hand came in between."""
        touched = self._touched
        now = self._book.now()
        frames = [_jpeg(noisy(now, seed)) for seed in range(_NOISES)]
        with self._changed:
            if touched == self._touched:
                self._still = frames
        return frames

    def _is_drawn(self, by: int) -> bool:
        """Whether the next spread is there; else it is drawn, while the one before is still seen."""
        wanted = max(1, self._book.spread + by)
        if self._book.has(wanted):
            return True
        if self._drawing is None or not self._drawing.is_alive():
            self._drawing = threading.Thread(target=self._book.picture, args=(wanted,), daemon=True)
            self._drawing.start()
        return False

    def _turn(self, by: int) -> None:
        book = self._book
        before = book.now()
        after = book.picture(max(1, book.spread + by))
        frames, began = max(2, int(TURN_S * _FRAMES_PER_S)), time.monotonic()
        for frame in range(frames):
            share = (frame + 1) / (frames + 1)
            moving = turning(before, after, share) if by > 0 else turning(after, before, 1 - share)
            self._show(_jpeg(moving))
            time.sleep(max(0.0, began + (frame + 1) / _FRAMES_PER_S - time.monotonic()))
        book.spread = max(1, book.spread + by)
        self._still, self._has_turned = [], True
        self._is_drawn(1)  # ahead of time, so that no turn takes long to begin

    def _show(self, frame: bytes) -> None:
        with self._changed:
            self._frame, self._number = frame, self._number + 1
            self._changed.notify_all()

    def newest(self, seen: int, timeout_s: float = 2.0) -> tuple[int, bytes]:
        """The newest frame and its number, once there is one after `seen`."""
        with self._changed:
            while self._book.is_plugged and not self._changed.wait_for(
                lambda: self._number > seen, timeout_s
            ):
                pass
            return self._number, self._frame if self._book.is_plugged else b""


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


class Answer(BaseHTTPRequestHandler):
    """Answers whoever looks through the camera; `stream` is set for the class that the server uses."""

    stream: ClassVar[Stream]

    def do_GET(self) -> None:
        """The stream; one small picture at /now.jpg; at /settled when the page lay still again."""
        seen, frame = self.stream.newest(0)
        if self.path == "/settled":
            self._send(f"{self.stream.settled_s}".encode(), "text/plain")
        elif not frame:
            self.send_error(503)
        elif self.path == "/now.jpg":
            self._send_small(frame)
        else:
            self._send_stream(seen, frame)

    def _send_small(self, frame: bytes) -> None:
        small = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
        if small is None:
            self.send_error(503)
            return
        self._send(_jpeg(small.astype(np.uint8)), "image/jpeg")

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_stream(self, seen: int, frame: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        try:
            while frame:
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(frame)}\r\n\r\n"
                self.wfile.write(head.encode() + frame + b"\r\n")
                seen, frame = self.stream.newest(seen)
        except OSError:
            return  # whoever looked has gone

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Stream until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=2000)
    width: int = parser.parse_args().width
    cv2.setNumThreads(1)
    stream = Stream(Book(width))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Answer,), {"stream": stream}))
    server.daemon_threads = True
    threading.Thread(target=stream.run, daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)  # noqa: T201 - to whoever started this
    for line in sys.stdin:
        stream.hand(json.loads(line))
    stream.end()
    server.shutdown()


if __name__ == "__main__":
    main()
