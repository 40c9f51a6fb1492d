"""Small devices by hand: they keep the protocols of `drivers/base.py` and do what a test tells them.

For the duties only, which are driven step by step here. The real drivers have tests of their own, over
simulated hardware.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.base import (
    ButtonEvent,
    CardGone,
    CardSeen,
    Document,
    Door,
    DriverError,
    LockFault,
    Lost,
    Paper,
    Phrase,
    PrinterStatus,
    UnlockUnknown,
)

READY = PrinterStatus(answered=True, paper=Paper.OK)


@dataclass
class HandDevice:
    """A device that can always be opened, and counts it."""

    name: str
    opened: int = 0
    errors: deque[DriverError] = field(default_factory=deque)  # what the next calls raise, one each

    def connect(self) -> None:
        self.opened += 1

    def close(self) -> None:
        pass

    def fail(self) -> None:
        if self.errors:
            raise self.errors.popleft()


@dataclass
class HandPrinter(HandDevice):
    """A printer whose paper is a list."""

    name: str = "printer"
    columns: int = 48
    state: PrinterStatus = READY
    printed: list[Document] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False

    def status(self) -> PrinterStatus:
        return self.state

    def print(self, document: Document) -> None:
        self.begun.set()
        if self.hangs:
            self.go_on.wait(10)
        self.fail()
        self.printed.append(document)


@dataclass
class HandLocks(HandDevice):
    """Lockers whose doors open at a pulse, unless they are stuck or have no contact.

    With `silent` they say nothing to a pulse, and the door is so then; or they are gone.
    """

    name: str = "lockers"
    doors: dict[str, Door] = field(
        default_factory=lambda: {"1": Door.CLOSED, "2": Door.CLOSED, "3": Door.UNKNOWN}
    )
    stuck: bool = False
    silent: Door | None = None
    gone_after_pulse: bool = False
    gone: bool = False
    unreachable: tuple[str, ...] = ()
    pulses: list[str] = field(default_factory=list)

    @property
    def lockers(self) -> tuple[str, ...]:
        return tuple(self.doors)

    def pulse(self, locker: str) -> None:
        self.fail()
        if locker not in self.doors:
            raise LockFault(self.name, f"no locker {locker}")
        self.pulses.append(locker)
        self.gone = self.gone_after_pulse
        if self.silent is not None:
            self.doors[locker] = self.silent
            raise UnlockUnknown(self.name, f"{locker}: no answer")
        if self.doors[locker] is Door.CLOSED and not self.stuck:
            self.doors[locker] = Door.OPEN

    def door(self, locker: str) -> Door:
        if self.gone:
            raise Lost(self.name, "gone")
        return self.doors.get(locker, Door.UNKNOWN)

    def all_off(self) -> None:
        pass


@dataclass
class HandSpeaker(HandDevice):
    """A loudspeaker that writes down what it says."""

    name: str = "voice"
    said: list[tuple[Phrase, ...]] = field(default_factory=list)
    chimes: list[bool] = field(default_factory=list)

    def say(self, phrases: tuple[Phrase, ...], *, chime: bool = True) -> None:
        self.fail()
        self.said.append(phrases)
        self.chimes.append(chime)


@dataclass
class HandReader(HandDevice):
    """A card reader on which a test lays cards; an error in their place is raised."""

    name: str = "card_reader"
    events: deque[CardSeen | CardGone | DriverError] = field(default_factory=deque)

    def next_event(self, timeout_s: float) -> CardSeen | CardGone | None:
        event = self.events.popleft() if self.events else None
        if isinstance(event, DriverError):
            raise event
        return event


@dataclass
class HandButtons(HandDevice):
    """Buttons that a test presses."""

    name: str = "buttons"
    events: deque[ButtonEvent] = field(default_factory=deque)

    def next_event(self, timeout_s: float) -> ButtonEvent | None:
        return self.events.popleft() if self.events else None

    def lamp(self, button: str, on: bool) -> None: ...


def texts(document: Document) -> Sequence[str]:
    """The lines of a document, without its pictures and rules."""
    return [block.text for block in document if hasattr(block, "text")]
