"""PC/SC below the card reader: its calls with a deadline, and its return codes as our errors.

PC/SC has no time limit: a command to a card that does not answer never returns, and neither does a call to
a pcscd that hangs. Such calls run in a thread of their own, which is left behind when it does not come back;
each owns its PC/SC context, so that one that hangs holds up nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from smartcard import scard

from drivers.base import Busy, DriverError, Lost, Missing, Timeout, Unreadable

T = TypeVar("T")

GET_UID: Final = [0xFF, 0xCA, 0x00, 0x00, 0x00]  # GET DATA, PC/SC part 3, 3.2.2.1.3
OK: Final[int] = scard.SCARD_S_SUCCESS
MOST_LEFT_BEHIND: Final = 4  # each holds a thread and a client of pcscd for as long as its card stays silent

_READER_OR_DAEMON: Final[dict[int, str]] = {
    scard.SCARD_E_NO_SERVICE: "pcscd does not run",
    scard.SCARD_E_SERVICE_STOPPED: "pcscd has stopped, or speaks another version of its protocol",
    scard.SCARD_F_COMM_ERROR: "the connection to pcscd broke off",
    scard.SCARD_E_COMM_DATA_LOST: "the connection to pcscd broke off",
    scard.SCARD_E_INVALID_HANDLE: "pcscd has been restarted",
    scard.SCARD_E_SYSTEM_CANCELLED: "pcscd is shutting down",
    scard.SCARD_W_SECURITY_VIOLATION: "pcscd refuses this user (a polkit rule is missing)",
    scard.SCARD_E_UNKNOWN_READER: "the reader was unplugged",
    scard.SCARD_E_READER_UNAVAILABLE: "the reader was unplugged",
    scard.SCARD_E_NO_READERS_AVAILABLE: "no reader is plugged in",
}
_OTHERS: Final[dict[int, str]] = {
    scard.SCARD_E_SHARING_VIOLATION: "another program holds the card",
}
_CARD: Final[dict[int, str]] = {
    scard.SCARD_E_NO_SMARTCARD: "the card was taken away too soon",
    scard.SCARD_W_REMOVED_CARD: "the card was taken away too soon",
    scard.SCARD_E_NOT_TRANSACTED: "the card broke off",
    scard.SCARD_W_RESET_CARD: "another program has reset the card",
    scard.SCARD_W_UNRESPONSIVE_CARD: "the card does not respond",
    scard.SCARD_W_UNPOWERED_CARD: "the card does not respond",
}
_KINDS: Final[tuple[tuple[dict[int, str], type[DriverError]], ...]] = (
    (_READER_OR_DAEMON, Lost),
    (_OTHERS, Busy),
    (_CARD, Unreadable),
)


def failure(device: str, code: int, otherwise: type[DriverError]) -> DriverError:
    """Translate a PC/SC return code: the one place that does. `otherwise` is for the codes not listed."""
    for words, kind in _KINDS:
        if code in words:
            return kind(device, words[code])
    return otherwise(device, f"PC/SC error 0x{code & 0xFFFFFFFF:08X}")


def while_opening(error: DriverError) -> DriverError:
    """What is Lost when it had been there is Missing when it is only being opened."""
    return Missing(error.device, error.detail) if isinstance(error, Lost) else error


class Bounded:
    """Runs calls that may never return, each in a thread that is left behind when its time is over."""

    def __init__(self, device: str, timeout_s: float) -> None:
        self._device = device
        self._timeout_s = timeout_s
        self._left_behind: list[threading.Thread] = []

    def run(self, call: Callable[[], T], what: str) -> T:
        """Return what `call` returns. Raises Timeout, at once where too many earlier calls are still out.

        `call` must own all that it uses and must not raise.
        """
        self._left_behind = [thread for thread in self._left_behind if thread.is_alive()]
        if len(self._left_behind) >= MOST_LEFT_BEHIND:
            raise Timeout(self._device, f"{what}: {MOST_LEFT_BEHIND} earlier commands have not come back")
        results: SimpleQueue[T] = SimpleQueue()
        thread = threading.Thread(target=lambda: results.put(call()), name="card command", daemon=True)
        thread.start()
        try:
            return results.get(timeout=self._timeout_s)
        except Empty:
            self._left_behind.append(thread)
            raise Timeout(self._device, f"{what}: no answer within {self._timeout_s:g} s") from None


@dataclass(frozen=True, slots=True)
class Readers:
    """The outcome of asking pcscd for its readers; `code` is PC/SC's."""

    code: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The outcome of one command to a card; `code` is PC/SC's. No repr: it holds the card's number."""

    code: int
    data: bytes = b""


def ask_readers() -> Readers:
    """Ask pcscd which readers it knows."""
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != OK:
        return Readers(code)
    code, names = scard.SCardListReaders(context, [])
    scard.SCardReleaseContext(context)
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return Readers(OK)
    return Readers(code, tuple(names))


def ask_card(reader: str) -> Answer:
    """Ask the card that lies on a reader for its number."""
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != OK:
        return Answer(code)
    try:
        code, card, protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        if code != OK:
            return Answer(code)
        code, data = scard.SCardTransmit(card, protocol, GET_UID)
        # The card stays powered: after a reset a card with random numbers makes a new one.
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        return Answer(code, bytes(data))
    finally:
        scard.SCardReleaseContext(context)
