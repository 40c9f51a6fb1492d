"""A contactless card that is not there: it speaks to vsmartcard's vpcd, a reader driver inside pcscd.

Above it runs all that a real card meets: vpcd, pcscd, libpcsclite, pyscard and `drivers.card_reader`.
vpcd is the server; connecting to it lays the card on the reader, hanging up takes it off. Every message is
a length (2 bytes, big endian) and that many bytes: one byte is a control (power off, on, reset, tell the
ATR; only the last is answered), anything longer is a command to the card. vpcd looks about every 400 ms.
"""

from __future__ import annotations

import secrets
import socket
import threading
from dataclasses import dataclass
from functools import reduce
from operator import xor
from types import TracebackType
from typing import Final, Self

from drivers.base import Missing

LOCALHOST: Final = "127.0.0.1"
CONNECT_TIMEOUT_S: Final = 2.0
TELL_ATR: Final = b"\x04"
GET_UID: Final = b"\xff\xca\x00\x00"
OK: Final = b"\x90\x00"
NOT_SUPPORTED: Final = b"\x6a\x81"
NO_SUCH_FILE: Final = b"\x6a\x82"
SHUTDOWN_S: Final = 2.0


def atr(historical: bytes, *interface: int) -> bytes:
    """Make an answer to reset in the form of PC/SC part 3, with its check byte."""
    body = bytes([0x80 | len(historical), *(interface or (0x80, 0x01))]) + historical
    return b"\x3b" + body + bytes([reduce(xor, body)])


ISO_14443_4: Final = atr(b"")
MIFARE_CLASSIC_1K: Final = atr(bytes.fromhex("804F0CA00000030603000100000000"))
TYPE_B: Final = atr(bytes.fromhex("0000000011778183"))


@dataclass(frozen=True, slots=True)
class CardModel:
    """A kind of card. `uid` is None where it gives none; `random_uid` is a new 08xxxxxx for each visit."""

    title: str
    atr: bytes
    uid: bytes | None = None
    random_uid: bool = False


CARDS: Final[dict[str, CardModel]] = {
    "ktp": CardModel("KTP-el", ISO_14443_4, bytes.fromhex("04A1B2C3D4E5F6")),
    "student": CardModel("Kartu mahasiswa", MIFARE_CLASSIC_1K, bytes.fromhex("DEADBEEF")),
    "passport": CardModel("Paspor elektronik", ISO_14443_4, random_uid=True),
    "bank": CardModel("Kartu bank", ISO_14443_4),
    "type_b": CardModel("Kartu tipe B", TYPE_B, bytes.fromhex("5A17C0DE")),
}


@dataclass(frozen=True, slots=True)
class CardFaults:
    """What goes wrong with a card."""

    mute: bool = False  # gives no ATR: the reader does not see it
    silent: bool = False  # is seen, but never answers a command
    delay_s: float = 0.0  # before each answer to a command
    torn_after: int | None = None  # taken off at this command, counted from 1, instead of an answer
    answer: bytes | None = None  # the answer to every command, whatever it is; vpcd needs at least one byte


SOUND: Final = CardFaults()


class VirtualCard:
    """One card that can be laid on a virtual reader and taken off, any number of times, from any thread.

    `port` is that of the reader's slot (`VirtualPcscd.port`). Its thread lives while it lies there.
    """

    def __init__(self, model: CardModel, port: int, faults: CardFaults = SOUND) -> None:
        self.model = model
        self.faults = faults
        self._port = port
        self._hand = threading.Lock()  # insert and remove, one at a time
        self._lying: _Lying | None = None

    @property
    def inserted(self) -> bool:
        """True while the card lies on the reader; False also when it was torn off or pcscd has ended."""
        lying = self._lying
        return lying is not None and lying.thread.is_alive()

    def insert(self) -> None:
        """Lay the card on the reader, unless it lies there. Raises Missing without a reader."""
        with self._hand:
            if self.inserted:
                return
            self._take_off()
            try:
                wire = socket.create_connection((LOCALHOST, self._port), CONNECT_TIMEOUT_S)
            except OSError as error:
                raise Missing("virtual card", f"no virtual reader on port {self._port}") from error
            wire.settimeout(None)
            self._lying = _Lying(wire, self.model, self.faults)

    def remove(self) -> None:
        """Take the card off, if it lies there."""
        with self._hand:
            self._take_off()

    def wait_until_noticed(self, timeout_s: float) -> bool:
        """Wait until the reader has asked the card that lies there who it is; False when the time is over."""
        lying = self._lying
        return lying is not None and lying.noticed.wait(timeout_s)

    def wait_until_asked(self, timeout_s: float) -> bool:
        """Wait until the card has received its first command; False when the time is over."""
        lying = self._lying
        return lying is not None and lying.asked.wait(timeout_s)

    def _take_off(self) -> None:
        lying, self._lying = self._lying, None
        if lying is not None:
            lying.end()

    def __enter__(self) -> Self:
        self.insert()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class _Lying:
    """A card from being laid on to being taken off: its number for this time, its wire and its thread."""

    def __init__(self, wire: socket.socket, model: CardModel, faults: CardFaults) -> None:
        self.noticed = threading.Event()
        self.asked = threading.Event()
        self._gone = threading.Event()
        self._wire = wire
        self._atr = model.atr
        self._uid = b"\x08" + secrets.token_bytes(3) if model.random_uid else model.uid
        self._faults = faults
        self._commands = 0
        self.thread = threading.Thread(target=self._serve, name="virtual card", daemon=True)
        self.thread.start()

    def end(self) -> None:
        self._gone.set()
        self._hang_up()
        self.thread.join(SHUTDOWN_S)
        self._wire.close()

    def _serve(self) -> None:
        try:
            while (message := _receive(self._wire)) is not None:
                answer = self._control(message) if len(message) == 1 else self._command(message)
                if answer is not None:
                    self._wire.sendall(len(answer).to_bytes(2, "big") + answer)
        except OSError:
            pass  # pcscd hung up in the middle of an answer: the card lies on no reader any more
        finally:
            self._hang_up()

    def _control(self, message: bytes) -> bytes | None:
        if message != TELL_ATR:
            return None
        if self._faults.mute:
            return b""
        self.noticed.set()
        return self._atr

    def _command(self, message: bytes) -> bytes | None:
        self._commands += 1
        self.asked.set()
        if self._commands == self._faults.torn_after:
            self._hang_up()
            return None
        if self._gone.wait(None if self._faults.silent else self._faults.delay_s):
            return None
        if self._faults.answer is not None:
            return self._faults.answer
        if not message.startswith(GET_UID):
            return NO_SUCH_FILE
        return NOT_SUPPORTED if self._uid is None else self._uid + OK

    def _hang_up(self) -> None:
        try:
            self._wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other end was quicker


def _receive(wire: socket.socket) -> bytes | None:
    """Read one message; None when vpcd has hung up."""
    head = _exactly(wire, 2)
    return None if head is None else _exactly(wire, int.from_bytes(head, "big"))


def _exactly(wire: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = wire.recv(count - len(data))
        if not part:
            return None
        data += part
    return bytes(data)
