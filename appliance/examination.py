"""What devices answer when somebody asks how they are: the words for it, and the wish that they be asked.

A device belongs to its thread. So whoever asks (a page, `frontdesk check` on a running front desk) leaves a
wish here; the thread asks its device between two pieces of work and leaves the answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from appliance.changes import Changes
from appliance.clock import Moment
from appliance.messages import Message
from drivers.base import Device, DriverError

ACT_SHOWN_S: Final = 60.0  # that a page waits for what comes of an act, and shows it


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says of itself, in texts; `problem` is a code of `device.*` in them."""

    said: tuple[Message, ...] = ()
    problem: str | None = None
    detail: str = ""


Ask = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one device, or of one act on it (`act`)."""

    device: str
    found: bool
    said: tuple[Message, ...] = ()
    problem: str | None = None
    detail: str = ""
    seconds: float = 0.0
    act: str | None = None

    @property
    def is_well(self) -> bool:
        """True when nobody has to do anything now; low paper can wait."""
        return self.problem in (None, "paper_low")


def timed(device: str, ask: Ask, *, act: str | None = None) -> tuple[Result, DriverError | None]:
    """Ask, and say how long it took; what was raised is in the result, and is handed back."""
    began = time.monotonic()
    failed: DriverError | None = None
    try:
        answer = ask()
    except DriverError as error:
        failed, answer = error, Answer(problem=error.code, detail=error.detail)
    seconds = round(time.monotonic() - began, 3)
    found = failed is None
    return Result(device, found, answer.said, answer.problem, answer.detail, seconds, act), failed


class Examination:
    """Which devices are to be asked, and what they have answered. Used from any thread."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._changed = threading.Condition()
        self._wanted: set[str] = set()
        self._results: dict[str, Result] = {}
        self._acts: dict[str, Moment] = {}

    def ask(self, devices: Collection[str]) -> None:
        """Have these devices asked by their threads; what they answered before is forgotten."""
        with self._changed:
            self._wanted |= set(devices)
            for device in devices:
                self._results.pop(device, None)
        self._changes.ring()

    def wants(self, device: str) -> bool:
        """Whether somebody waits for this device's answer."""
        return device in self._wanted

    def answer(self, device: Device, ask: Ask) -> None:
        """In the device's own thread: ask it. Raises what the device raises, after it has been noted."""
        result, failed = timed(device.name, ask)
        with self._changed:
            self._wanted.discard(device.name)
            self._results[device.name] = result
            self._changed.notify_all()
        self._changes.ring()
        if failed is not None:
            raise failed

    def result(self, device: str) -> Result | None:
        """What a device answered last; None while it is being asked, or never was."""
        return self._results.get(device)

    def begin(self, act: str, now: Moment) -> None:
        """Somebody wants to see what comes of an act: a card that is laid down, a frame that is taken."""
        self._acts[act] = now
        self._changes.ring()

    def since(self, act: str, now: Moment) -> Moment | None:
        """When somebody asked for an act; None when nobody did, or long ago."""
        asked = self._acts.get(act)
        seconds = now.seconds_since(asked) if asked else None
        return asked if seconds is not None and seconds <= ACT_SHOWN_S else None

    def wait(self, devices: Collection[str], timeout_s: float) -> bool:
        """Wait until all of these have answered; False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._wanted.isdisjoint(devices), timeout_s)
