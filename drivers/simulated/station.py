"""The scanner station of a simulated front desk: a book under a camera, and a glass beside it.

The book is a process of its own (`drivers.simulated.book_camera`), so that no arrays come into this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

from drivers.base import Missing
from drivers.simulated.glass import Glass

LOOKS = ("curl", "skew", "shadow", "finger")
_CAMERA = ("covered", "unplugged")
_ANSWERS_S = 5.0
_WIDTH = 2000


class SimulatedStation:
    """A book whose pages can be turned, under a camera; and a flatbed. `start` first, `close` at the end."""

    def __init__(self, folder: Path, *, width: int = _WIDTH) -> None:
        self.glass = Glass(folder / "sane")
        self._width = width
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._port = 0
        self._on: set[str] = set()
        self._turned = 0
        self._lying: str | None = None

    def start(self) -> None:
        """Open the book under the camera. Raises Missing when that cannot be."""
        command = [sys.executable, "-m", "drivers.simulated.book_camera", "--width", str(self._width)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._child = child
        line = child.stdout.readline() if child.stdout else ""
        if not line.strip().isdigit():
            self.close()
            raise Missing("camera", "the simulated book did not start")
        self._port = int(line)

    def close(self) -> None:
        """Take the book away; can be called again."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin:
            child.stdin.close()
        try:
            child.wait(_ANSWERS_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()

    @property
    def address(self) -> str:
        """Where the camera's pictures come from."""
        return f"http://127.0.0.1:{self._port}/stream.mjpg"

    @property
    def sane_folder(self) -> Path:
        """What SANE_CONFIG_DIR must be for the flatbed."""
        return self.glass.folder

    @property
    def turned(self) -> int:
        """How many times the page was turned onwards, less the times back."""
        return self._turned

    @property
    def lying(self) -> str | None:
        """The code of the ticket that lies on the book."""
        return self._lying

    def turn(self, by: int = 1) -> None:
        """Turn a page: onwards, or back."""
        if self._turned + by >= 0:
            self._turned += by
            self._tell(turn=by)

    def lay_ticket(self, code: str | None) -> None:
        """Lay a ticket with this code on the book, or take it away."""
        self._lying = code
        self._tell(lay=code or "")

    def picture(self) -> bytes:
        """What the camera sees, small, as JPEG. Raises OSError while it sees nothing."""
        return self._ask("now.jpg")

    def settled_s(self) -> float:
        """When the page was first seen at rest after the last turn, in monotonic seconds. Raises OSError."""
        return float(self._ask("settled"))

    def _ask(self, what: str) -> bytes:
        address = f"http://127.0.0.1:{self._port}/{what}"
        with urllib.request.urlopen(address, timeout=_ANSWERS_S) as answer:
            data: bytes = answer.read()
            return data

    @property
    def faults(self) -> dict[str, bool]:
        """How the book lies and what is in the camera's way, and whether it is so."""
        return {name: name in self._on for name in (*LOOKS, *_CAMERA)}

    def set_fault(self, name: str, on: bool) -> None:
        """Switch one of `faults` on or off. Raises KeyError."""
        if name not in self.faults:
            raise KeyError(name)
        (self._on.add if on else self._on.discard)(name)
        if name in LOOKS:
            self._tell(look={name: on})
        elif name == "covered":
            self._tell(cover=on)
        else:
            self._tell(unplug=on)

    def _tell(self, **command: object) -> None:
        with self._lock:
            if self._child is None or self._child.stdin is None:
                return
            self._child.stdin.write(json.dumps(command) + "\n")
            self._child.stdin.flush()
