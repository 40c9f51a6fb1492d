"""What the hardware of a front desk can do: protocols, the words they use, and what can go wrong.

A driver is a thin adapter over one library. It owns no thread: whoever runs it calls `connect`, then
the blocking calls (each has a deadline), and `close` (always allowed, any number of times). A call that
fails raises one of the errors of `drivers/trouble.py`, which are handed on here; after an error with `retry`
the caller closes, waits and connects again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

from drivers.trouble import (
    Busy,
    Cancelled,
    CoverOpen,
    Denied,
    DriverError,
    Jammed,
    LensCovered,
    LidOpen,
    LockFault,
    Lost,
    Missing,
    NoOriginal,
    OutcomeUnknown,
    PaperOut,
    PrinterFault,
    ReadFault,
    ShortPicture,
    Timeout,
    UnlockUnknown,
    Unreadable,
)

if TYPE_CHECKING:  # the front desk's own process never loads arrays
    import numpy as np
    from numpy.typing import NDArray

__all__ = [  # of what others define; all that is defined here is public too
    "Busy",
    "Cancelled",
    "CoverOpen",
    "Denied",
    "DriverError",
    "Jammed",
    "LensCovered",
    "LidOpen",
    "LockFault",
    "Lost",
    "Missing",
    "NoOriginal",
    "OutcomeUnknown",
    "PaperOut",
    "PrinterFault",
    "ReadFault",
    "ShortPicture",
    "Timeout",
    "UnlockUnknown",
    "Unreadable",
]


class DeviceState(StrEnum):
    """Where a device is on its way: opening -> ready -> lost -> opening."""

    OPENING = "opening"
    READY = "ready"
    LOST = "lost"


class Device(Protocol):
    """What every device has in common."""

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""

    def connect(self) -> None:
        """Open the device. Raises Missing, Busy or Timeout."""

    def close(self) -> None:
        """Let go of the device; never raises, may be called at any time and again."""


# ---------------------------------------------------------------------------------------- buttons


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of one button's contact, as the kernel saw it."""

    button: str
    pressed: bool
    at_ns: int  # time.monotonic_ns()


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody pressed; `at_ns` is when the contact closed for good (time.monotonic_ns())."""

    button: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """The button has been held too long to be a finger; `at_ns` is when that became so."""

    button: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Unstuck:
    """A stuck button was let go at `at_ns`."""

    button: str
    at_ns: int


ButtonEvent = Pressed | Stuck | Unstuck


class Presses(Device, Protocol):
    """Push buttons with their contacts' bounce taken out."""

    def next_event(self, timeout_s: float) -> ButtonEvent | None:
        """Wait for the next event of any button; None when `timeout_s` has passed. Raises Lost."""

    def lamp(self, button: str, on: bool) -> None:
        """Switch the lamp in a button; a button without a lamp ignores it. Raises Lost."""


class Buttons(Device, Protocol):
    """The contacts of the push buttons, bounce and all."""

    def next_edge(self, timeout_s: float) -> Edge | None:
        """Wait for the next edge of any button; None when `timeout_s` has passed."""

    def lamp(self, button: str, on: bool) -> None:
        """Switch the lamp in a button; a button without a lamp ignores it."""


# ---------------------------------------------------------------------------------------- printer


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text, one or more lines. Characters a printer lacks are replaced, control codes removed."""

    text: str
    align: Literal["left", "center", "right"] = "left"
    bold: bool = False
    size: int = 1  # times the normal width and height, 1 to 8


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code with its quiet zone, centred, error level M, modules of `module` dots."""

    data: str
    module: int = 6


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


Block = Text | Rule | QrCode | Feed
Document = tuple[Block, ...]


class Paper(StrEnum):
    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer says of itself (DLE EOT 1, 2 and 4). `answered` is False when it says nothing."""

    answered: bool
    paper: Paper = Paper.UNKNOWN
    cover_open: bool = False
    offline: bool = False
    fault: bool = False

    @property
    def can_print(self) -> bool:
        """True unless the printer has said that it cannot; silence is not a no."""
        return not (self.cover_open or self.offline or self.fault or self.paper is Paper.OUT)


class Printer(Device, Protocol):
    """The ticket printer."""

    @property
    def columns(self) -> int:
        """Characters on a line in the normal size: 32 on 58 mm paper, 48 on 80 mm."""

    def status(self) -> PrinterStatus:
        """Ask the printer how it is. Raises Lost; a printer that says nothing is `answered=False`."""

    def print(self, document: Document) -> None:
        """Print and cut; returns once the printer has taken it all and reports no fault.

        Before the first byte: PaperOut, CoverOpen, PrinterFault, Lost or Timeout, and nothing was printed.
        After it: OutcomeUnknown, whatever the cause, because paper may have come out.
        """


# ---------------------------------------------------------------------------------------- cards


class Uid:
    """A card's serial number. It never shows itself: not in a log, not in a message, not in a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def __repr__(self) -> str:
        return f"Uid(<{len(self._value)} bytes>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uid) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __len__(self) -> int:
        return len(self._value)

    @property
    def is_random(self) -> bool:
        """True where the card makes a new number for each visit (ISO 14443-3: first byte 08; passports)."""
        return self._value[:1] == b"\x08"

    def keyed_hash(self, key: bytes) -> str:
        """HMAC-SHA256 under `key`, hexadecimal: enough to know the card again, useless without the key."""
        message = b"locker-card-v1|" + bytes([len(self._value)]) + self._value
        return hmac.new(key, message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card lies on the reader; `uid` is None where the card has none to give."""

    uid: Uid | None


@dataclass(frozen=True, slots=True)
class CardGone:
    """The card was taken off the reader."""


class CardReader(Device, Protocol):
    """The PC/SC reader on the desk."""

    def next_event(self, timeout_s: float) -> CardSeen | CardGone | None:
        """Wait for a card to come or go; None when `timeout_s` has passed.

        Raises Unreadable for a card that gave nothing, and Lost, Timeout or Busy for the reader itself.
        """


# ---------------------------------------------------------------------------------------- locks


class Door(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Locks(Device, Protocol):
    """The bank of lockers: one lock each, and a door contact where there is one."""

    @property
    def lockers(self) -> tuple[str, ...]:
        """The lockers' names, in the order of the configuration."""

    def pulse(self, locker: str) -> None:
        """Energise one lock for its configured time, at most the maximum; returns when it is off again.

        Raises LockFault (an unknown locker is one too), Lost, or UnlockUnknown where the command was given
        and its answer was lost; it is never repeated. That it returns does not mean that the door is open:
        ask `door`.
        """

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The lockers that cannot be opened now, though the others can: their board has fallen silent."""

    def door(self, locker: str) -> Door:
        """What the door contact says now; UNKNOWN where there is none. Raises Lost."""

    def all_off(self) -> None:
        """De-energise every lock."""


# ---------------------------------------------------------------------------------------- scanner


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a page as it is kept: an encoded file. `dpi` is None where the device cannot know it."""

    data: bytes
    suffix: Literal["jpg", "png"] = "jpg"
    dpi: int | None = None


class Flatbed(Device, Protocol):
    """A scanner with a glass plate. Used by one thread; only `cancel` may come from another."""

    def scan(self, progress: Callable[[int, int], None] | None = None) -> Photo:
        """One picture of what lies on the glass; `progress` is told rows done and rows in all.

        Raises Jammed, LidOpen, NoOriginal, ReadFault, Busy, Denied, Lost, Cancelled or ShortPicture. It has
        no deadline of its own: libsane may hang, so whoever runs it as a child process ends that process.
        """

    def cancel(self) -> None:
        """Stop the scan that is under way, if there is one."""


class Frame(Protocol):
    """One picture of a camera, decoded only as far as it is asked for."""

    @property
    def at_s(self) -> float:
        """When it came, in monotonic seconds."""

    def photo(self) -> Photo:
        """The picture in full, as it is kept."""

    def reduced(self, factor: Literal[1, 2, 4, 8], *, grey: bool) -> NDArray[np.uint8]:
        """The picture at a whole fraction of its size, grey or in OpenCV's order of colours."""


class Camera(Device, Protocol):
    """A camera over the book."""

    def grab(self) -> Frame:
        """The next picture. Raises Lost when the camera has gone, Timeout when it gives nothing."""


# ---------------------------------------------------------------------------------------- voice


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence in one language ("id" or "en")."""

    language: str
    text: str


class Speaker(Device, Protocol):
    """The loudspeaker in the waiting room."""

    def say(self, phrases: tuple[Phrase, ...], *, chime: bool = True) -> None:
        """Sound the chime (or not), speak the phrases; returns when all is said. Raises Lost, Timeout."""
