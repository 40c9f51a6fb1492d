"""The PC/SC card reader on the desk, by pyscard's thin layer `smartcard.scard`.

pyscard's own CardMonitor and ReaderMonitor end, silently and for good, when pcscd is restarted; and pcscd is
started by a socket and ends by itself when nobody uses it, so a restart is everyday. This driver waits with
SCardGetStatusChange itself, and reports a pcscd that has gone as Lost: connect again, and it goes on.

From a card only its serial number is read, and nothing is logged. One thing has no deadline: waiting for a
card trusts pcscd itself to keep the time (it keeps it also while a card or a reader hangs).
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from smartcard import scard

from drivers.base import CardGone, CardSeen, DriverError, Lost, Missing, Timeout, Uid, Unreadable
from drivers.pcsc import OK, Bounded, ask_card, ask_readers, failure, while_opening

ANSWERED: Final = b"\x90\x00"
UID_LENGTHS: Final = range(4, 11)  # bytes: 4, 7 and 10 by ISO 14443, 8 by ISO 15693 and FeliCa
CANCEL_AGAIN_S: Final = 0.02  # a cancel that comes just before the wait begins is lost: repeat it
CLOSE_MARGIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader said at one moment: is a card there, and how many times did one come or go."""

    present: bool
    count: int  # pcscd's counter of insertions and removals, modulo 65536


class Change(Enum):
    """What happened between two looks."""

    NOTHING = auto()
    CAME = auto()
    WENT = auto()
    SWAPPED = auto()  # the card went and another, or the same again, came
    MISSED = auto()  # a card came and went again


def look(event_state: int) -> Look | None:
    """Read a dwEventState; None where the reader itself is gone."""
    if event_state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
        return None
    return Look(bool(event_state & scard.SCARD_STATE_PRESENT), (event_state >> 16) & 0xFFFF)


def compare(told: Look, now: Look) -> Change:
    """Say what happened since `told`, the look that was last reported.

    A difference of one in the counter alone means nothing: pcscd sets state and counter one after the other,
    and one may look in between. To come and go takes two.
    """
    if told.present != now.present:
        return Change.CAME if now.present else Change.WENT
    if (now.count - told.count) % 0x10000 < 2:
        return Change.NOTHING
    return Change.SWAPPED if now.present else Change.MISSED


def choose(device: str, readers: Sequence[str], pattern: re.Pattern[str]) -> str:
    """Return the one reader whose name the pattern matches (`search`).

    Never "the first": names change with the order of plugging in, and one device can show two readers (an
    ACR1252U has a second one for its SAM). None and several are both Missing: *the* reader that the
    configuration means was not found, and plugging in or out mends it. The detail names what there is.
    """
    found = [name for name in readers if pattern.search(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Missing(device, f"several readers match {pattern.pattern!r}: {'; '.join(found)}")
    present = "; ".join(readers) or "none at all"
    raise Missing(device, f"no reader matches {pattern.pattern!r}; plugged in: {present}")


def read_answer(device: str, answer: bytes) -> Uid | None:
    """Take the number out of a card's answer to GET DATA; None where the card says that it has none.

    Raises Unreadable where the answer is too short to be one, or the number has an impossible length.
    """
    number, status = answer[:-2], answer[-2:]
    if len(status) < 2:
        raise Unreadable(device, f"the card's answer has {len(answer)} bytes")
    if status != ANSWERED:  # 6A 81 not supported, 63 00 no information, 6D 00 unknown: the card did answer
        return None
    if len(number) not in UID_LENGTHS:
        raise Unreadable(device, f"the card's number has {len(number)} bytes")
    return Uid(number)


def list_readers(device: str = "card_reader", timeout_s: float = 2.0) -> tuple[str, ...]:
    """Return the names of all readers that pcscd knows, for `frontdesk check`. Raises Missing or Timeout."""
    return _list(device, Bounded(device, timeout_s))


def _list(device: str, bounded: Bounded) -> tuple[str, ...]:
    readers = bounded.run(ask_readers, "looking for readers")
    if readers.code != OK:
        raise while_opening(failure(device, readers.code, Missing))
    return readers.names


class _Session:
    """One connection to pcscd that watches one reader. Raises Lost where it cannot begin."""

    def __init__(self, device: str, reader: str, bounded: Bounded) -> None:
        self._device = device
        self.reader = reader
        self._bounded = bounded
        self._waiting = threading.Lock()
        self._ended = threading.Event()
        self._state: int = scard.SCARD_STATE_UNAWARE  # to this PC/SC answers at once
        self._told: Look | None = None  # the look last reported; None before the first
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code != OK:
            raise failure(device, code, Lost)

    def next_event(self, timeout_s: float) -> CardSeen | CardGone | None:
        """See PcscReader.next_event."""
        deadline = time.monotonic() + timeout_s
        with self._waiting:
            while not self._ended.is_set():
                now = self._look(deadline - time.monotonic())
                if now is None:
                    return None
                if self._told is None:  # what lies there at first has come; what was before does not count
                    self._told = Look(present=False, count=now.count)
                change = compare(self._told, now)
                if change is not Change.NOTHING:
                    return self._report(change, now)
        return None

    def _report(self, change: Change, now: Look) -> CardSeen | CardGone:
        self._told = now
        if change is Change.CAME:
            return CardSeen(self._read())
        if change is Change.MISSED:
            raise Unreadable(self._device, "the card was taken away too soon")
        if change is Change.SWAPPED:  # the new card is told of next, and at once
            self._told = Look(present=False, count=now.count)
            self._state = scard.SCARD_STATE_UNAWARE
        return CardGone()

    def _look(self, timeout_s: float) -> Look | None:
        """Wait until the reader's state differs from the one last seen; None when the time is over."""
        wait_ms = max(0, round(timeout_s * 1000))
        code, states = scard.SCardGetStatusChange(self._context, wait_ms, [(self.reader, self._state)])
        if code in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED):
            return None
        if code != OK:
            raise failure(self._device, code, Lost)
        self._state = states[0][1] & ~scard.SCARD_STATE_CHANGED
        now = look(self._state)
        if now is None:
            raise failure(self._device, scard.SCARD_E_READER_UNAVAILABLE, Lost)
        return now

    def _read(self) -> Uid | None:
        answer = self._bounded.run(lambda: ask_card(self.reader), "reading the card")
        if answer.code != OK:
            raise failure(self._device, answer.code, Unreadable)
        return read_answer(self._device, answer.data)

    def end(self, within_s: float) -> None:
        """Wake up whoever waits in `next_event`, and let go of pcscd; a pcscd that hangs is left alone."""
        self._ended.set()
        deadline = time.monotonic() + within_s
        while not self._waiting.acquire(timeout=CANCEL_AGAIN_S):
            if time.monotonic() > deadline:
                return
            scard.SCardCancel(self._context)
        try:
            with contextlib.suppress(Timeout):
                self._bounded.run(lambda: scard.SCardReleaseContext(self._context), "letting go")
        finally:
            self._waiting.release()


class PcscReader:
    """A contactless card reader under pcscd (`drivers.base.CardReader`).

    `pattern` is a regular expression that must match exactly one reader (see `choose`).
    `transmit_timeout_s` is how long a card may take for an answer, and pcscd when it is opened.
    """

    def __init__(self, name: str = "card_reader", *, pattern: str, transmit_timeout_s: float = 2.0) -> None:
        self._name = name
        self._pattern = re.compile(pattern)
        self._timeout_s = transmit_timeout_s
        self._bounded = Bounded(name, transmit_timeout_s)
        self._session: _Session | None = None

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._name

    @property
    def reader(self) -> str | None:
        """The PC/SC name of the reader that was found; None while there is none."""
        session = self._session
        return session.reader if session else None

    def connect(self) -> None:
        """Find the reader and begin to watch it; a card that already lies there is told of as seen.

        Raises Missing (no pcscd, or not exactly one reader) or Timeout (pcscd hangs).
        """
        self.close()
        reader = choose(self._name, _list(self._name, self._bounded), self._pattern)
        try:
            self._session = _Session(self._name, reader, self._bounded)
        except DriverError as error:
            raise while_opening(error) from error

    def close(self) -> None:
        """Let go of the reader, and wake up a thread that waits in `next_event`."""
        session, self._session = self._session, None
        if session is not None:
            session.end(within_s=self._timeout_s + CLOSE_MARGIN_S)

    def next_event(self, timeout_s: float) -> CardSeen | CardGone | None:
        """Wait for a card to come or go; None when `timeout_s` has passed, or `close` was called meanwhile.

        Reading a card that came may take `transmit_timeout_s` more. Raises Lost (reader or pcscd gone, or
        not connected), Timeout (the card never answered), Busy (another program holds the card) and
        Unreadable; after that the reader goes on, and CardGone follows if the card still lies there.
        """
        session = self._session
        if session is None:
            raise Lost(self._name, "not connected")
        return session.next_event(timeout_s)
