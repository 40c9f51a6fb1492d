"""What `frontdesk check` does on request, with devices that no front desk holds: print, pulse, read, look.

Each act is one question to one device, with a deadline: a technician who waits two hundred kilometres away is
told that nothing happened, never left waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from appliance.cards import SURE_LENGTHS
from appliance.checks import AskedPrinter
from appliance.examination import Answer
from appliance.files import write_durably
from appliance.messages import Message
from drivers.base import CardReader, CardSeen, Document, Door, Locks, Printer, Uid

_LISTEN_S: Final = 0.5
_LOOK_S: Final = 0.02


class TicketPrinter(Printer, AskedPrinter, Protocol):
    """A printer that prints, and says who it is."""


def print_ticket(printer: TicketPrinter, make: Callable[[int], Document]) -> Answer:
    """Print a test ticket; `make` lays it out for the paper's columns."""
    printer.print(make(printer.columns))
    return Answer((Message("check.said.printed" if printer.confirms else "check.said.sent"),))


def pulse_lock(locks: Locks, locker: str, opens_within_s: float) -> Answer:
    """Pulse one lock, and say what its door contact said before and after."""
    before = locks.door(locker)
    locks.pulse(locker)
    give_up = time.monotonic() + opens_within_s
    after = locks.door(locker)
    while before is not Door.UNKNOWN and after is not Door.OPEN and time.monotonic() < give_up:
        time.sleep(_LOOK_S)
        after = locks.door(locker)
    outcome = _outcome(before, after)
    said = Message(f"check.said.pulse.{outcome}", {"locker": locker})
    return Answer((said,), outcome if outcome == "still_closed" else None)


def _outcome(before: Door, after: Door) -> str:
    if Door.UNKNOWN in (before, after):
        return "no_contact"
    if before is Door.OPEN:
        return "was_open"
    return "opened" if after is Door.OPEN else "still_closed"


@dataclass(frozen=True, slots=True)
class CardWait:
    """How long a card is waited for, and how the person beside the reader is told to lay one on it."""

    patience_s: float
    prompt: Callable[[], None]


def read_card(reader: CardReader, wait: CardWait) -> Answer:
    """Wait for a card, and say what it can be used for; its number is never shown."""
    wait.prompt()
    give_up = time.monotonic() + wait.patience_s
    while (left_s := give_up - time.monotonic()) > 0:
        event = reader.next_event(min(_LISTEN_S, left_s))
        if isinstance(event, CardSeen):
            uid = event.uid
            return Answer((Message(f"check.said.card.{_kind_of(uid)}", {"n": len(uid) if uid else 0}),))
    return Answer(problem="no_card")


def keep_picture(picture: bytes | None, path: Path) -> Answer:
    """Keep the frame that a camera gave, where whoever asked wants it. Raises OSError."""
    if picture is None:
        return Answer(problem="read_fault")
    write_durably(path, picture)
    return Answer((Message("check.said.frame", {"path": str(path), "n": len(picture) // 1024}),))


def _kind_of(uid: Uid | None) -> str:
    if uid is None:
        return "without_number"
    if uid.is_random:
        return "random"
    return "sure" if len(uid) in SURE_LENGTHS else "short"
