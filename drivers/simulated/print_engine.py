"""The inside of a simulated ticket printer: bytes in, tickets and answers out; no socket and no thread.

It prints while it reads: unlike a real printer it answers DLE EOT only when all before it is on paper. What
arrives while it cannot print is thrown away up to the next reset; a real one would often print it later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from drivers.base import Paper
from drivers.simulated.paper import CELL, LINE_DOTS, Row, Sheet, Typesetter
from drivers.simulated.printer_commands import Command, CommandReader, NotUnderstood, Word

log = logging.getLogger(__name__)

KEPT_TICKETS = 50


@dataclass(slots=True)
class PrinterFaults:
    """What can be wrong with the printer. Set from any thread, at any time."""

    paper: Paper = Paper.OK
    paper_left: int | None = None  # lines of 30 dots until `paper` is OUT; None: enough
    cover_open: bool = False
    offline: bool = False
    fault: bool = False  # knife or head
    mute: bool = False  # takes everything and says nothing
    stalled: bool = False  # takes nothing more
    drop_after: int | None = None  # bytes until the connection breaks off, once
    line_s: float = 0.0  # time that one line of 30 dots takes

    @property
    def stops_printing(self) -> bool:
        return self.cover_open or self.offline or self.fault or self.paper is Paper.OUT


@dataclass(frozen=True, slots=True)
class Ticket:
    """One sheet as it came out, and how."""

    number: int  # 1 is the printer's first
    data: bytes  # what was sent for it, questions excepted
    sheet: Sheet
    first_byte_ns: int  # time.monotonic_ns()
    is_complete: bool  # False while it is being printed, and if it stopped in the middle

    @property
    def lines(self) -> tuple[str, ...]:
        """The text on it, line by line."""
        return self.sheet.lines

    @property
    def qr_codes(self) -> tuple[str, ...]:
        """What is in the QR codes that the printer drew by itself."""
        return self.sheet.qr_codes

    def draw(self) -> Image.Image:
        """The ticket as a picture, one pixel a dot."""
        return self.sheet.draw()


@dataclass(slots=True)
class _Begun:
    """The ticket that hangs in the printer."""

    first_byte_ns: int
    data: bytearray = field(default_factory=bytearray)
    rows: list[Row] = field(default_factory=list)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class PrinterKind:
    """What a model of printer can do."""

    columns: int = 48
    cutter: bool = True
    native_qr: bool = True
    confirms: bool = True  # answers GS ( H
    maker: str = "PST"  # what it says of itself (GS I); empty: nothing
    model: str = "VIRTUAL"
    unknown_is_text: bool = False  # prints the letters of a question that it does not know, as some clones do

    @property
    def dots(self) -> int:
        return self.columns * CELL[0]

    def refusal(self, word: Word) -> str:
        """Why this model would print rubbish for a command; empty if it would not."""
        if word is Word.CUT and not self.cutter:
            return "a cut, and the printer has no knife"
        if word is Word.SYMBOL and not self.native_qr:
            return "GS ( k, and the printer cannot draw QR codes"
        return ""


class PrintEngine:
    """Obeys ESC/POS. `receive` from one thread; everything else from any."""

    def __init__(self, kind: PrinterKind) -> None:
        self.kind = kind
        self.faults = PrinterFaults()
        self._changed = threading.Condition()
        self._tickets: deque[Ticket] = deque(maxlen=KEPT_TICKETS)
        self._count = 0
        self._begun: _Begun | None = None
        self._skipping = False
        self._answering: dict[Word, Callable[[Command], bytes]] = {
            Word.STATUS: self._status,
            Word.TELL_WHEN_PRINTED: self._confirm,
            Word.IDENTITY: self._identity,
        }
        self._fresh_connection()

    def _fresh_connection(self) -> None:
        self._reader = CommandReader()
        self._typesetter = Typesetter(self.kind.dots)

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """The latest tickets, oldest first; the last may be half printed, or not torn off yet."""
        with self._changed:
            # After a mere question nothing hangs out.
            begun = self._begun if self._begun and self._begun.rows else None
            return (*self._tickets, *([self._ticket(begun)] if begun else []))

    def wait_for_tickets(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` tickets have come out, complete, since the start; False after `timeout_s`."""
        return self.wait_until(lambda: self._complete_tickets() >= count, timeout_s)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition`, looked at whenever something was printed; False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def _complete_tickets(self) -> int:
        hanging = self._begun is not None and self._begun.is_complete
        lost = sum(not ticket.is_complete for ticket in self._tickets)
        return self._count - lost + hanging

    def new_roll(self) -> None:
        """Put in paper."""
        self.faults.paper_left = None
        self.faults.paper = Paper.OK

    def receive(
        self, data: bytes, answer: Callable[[bytes], None], pause: Callable[[float], object] = time.sleep
    ) -> None:
        """Obey `data`; answers go to `answer`, printing takes its time by `pause`. Raises NotUnderstood."""
        now_ns = time.monotonic_ns()
        for command in self._reader.read(data):
            if why := self.kind.refusal(command.word):
                raise NotUnderstood(command.offset, why)
            if letters := self._misread(command):
                self._print(letters, now_ns, pause)
            elif answering := self._answering.get(command.word):
                self._say(answering(command), answer)
            else:
                self._print(command, now_ns, pause)

    def hang_up(self, *, broken: bool = False) -> None:
        """The connection has ended; `broken`: in the middle of something."""
        with self._changed:
            if self._begun and (broken or not self._begun.is_complete):
                self._tear_off(is_complete=False)
            self._skipping = False
            self._changed.notify_all()
        self._fresh_connection()

    # -- printing

    def _print(self, command: Command, now_ns: int, pause: Callable[[float], object]) -> None:
        if command.word is Word.RESET:
            with self._changed:
                self._begin(now_ns)
        rows = self._typesetter.take(command)
        if self._begun is None and not self._skipping:
            raise NotUnderstood(command.offset, f"{command.word} before ESC @: nobody knows the modes")
        if self._begun is not None:
            self._begun.data += command.raw
        for row in rows:
            self._put(row, pause)
        with self._changed:
            if command.word is Word.CUT and self._begun:
                self._tear_off(is_complete=True)
            elif command.word is Word.FEED_LINES and self._begun and not self.kind.cutter:
                self._begun.is_complete = True  # fed to the tear bar, unless more comes
            elif rows and self._begun:
                self._begun.is_complete = False
            self._changed.notify_all()

    def _begin(self, now_ns: int) -> None:
        if self._begun:
            self._tear_off(is_complete=self._begun.is_complete)
        self._skipping = self.faults.stops_printing
        self._begun = None if self._skipping else _Begun(now_ns)

    def _put(self, row: Row, pause: Callable[[float], object]) -> None:
        """Print one row, if nothing is in the way; a row that the paper is too short for is not printed."""
        if self._begun is None:
            return
        if self.faults.line_s:
            pause(self.faults.line_s * _lines(row))
        left = self.faults.paper_left
        if left is not None:
            self.faults.paper_left = max(0, left - _lines(row))
            if left < _lines(row):
                self.faults.paper = Paper.OUT
        with self._changed:
            if self.faults.stops_printing:
                self._tear_off(is_complete=False)
                self._skipping = True
            else:
                self._begun.rows.append(row)

    def _tear_off(self, *, is_complete: bool) -> None:
        begun, self._begun = self._begun, None
        if begun is None or not begun.rows:
            return
        begun.is_complete = is_complete
        self._tickets.append(self._ticket(begun))
        self._count += 1
        self._changed.notify_all()

    def _ticket(self, begun: _Begun) -> Ticket:
        is_cut = begun.is_complete and self.kind.cutter
        sheet = Sheet(tuple(begun.rows), self.kind.dots, is_cut)
        return Ticket(self._count + 1, bytes(begun.data), sheet, begun.first_byte_ns, begun.is_complete)

    # -- answering

    def _say(self, words: bytes, answer: Callable[[bytes], None]) -> None:
        if words and not self.faults.mute:
            answer(words)

    def _status(self, command: Command) -> bytes:
        faults = self.faults
        out = faults.paper is Paper.OUT
        bits = {
            1: 0x08 * faults.stops_printing,
            2: 0x04 * faults.cover_open | 0x20 * out | 0x40 * faults.fault,
            4: 0x6C if out else 0x0C * (faults.paper is Paper.LOW),
        }
        kind = command.argument[0]
        if kind not in bits:
            raise NotUnderstood(command.offset, f"DLE EOT {kind}")
        return bytes([0x12 | bits[kind]])

    def _misread(self, command: Command) -> Command | None:
        """What a clone takes a question for that it does not know: text."""
        known = {Word.TELL_WHEN_PRINTED: self.kind.confirms, Word.IDENTITY: bool(self.kind.model)}
        if not self.kind.unknown_is_text or known.get(command.word, True):
            return None
        letters = bytes(each for each in command.raw if 0x20 <= each < 0x7F)
        return Command(Word.TEXT, command.offset, letters, command.raw)

    def _identity(self, command: Command) -> bytes:
        """GS I 66 and 67: maker and model."""
        if command.argument not in (b"B", b"C"):
            raise NotUnderstood(command.offset, f"GS I {command.argument[0]}")
        name = self.kind.maker if command.argument == b"B" else self.kind.model
        return b"_" + name.encode("ascii") + b"\x00" if name else b""

    def _confirm(self, command: Command) -> bytes:
        """GS ( H function 48: say the four bytes again once everything before them is printed."""
        if command.argument[:4] != b"\x06\x00\x30\x30":
            raise NotUnderstood(command.offset, f"GS ( H {command.argument.hex(' ')}")
        if not self.kind.confirms or self._skipping:
            return b""
        return b"\x37\x22" + command.argument[4:] + b"\x00"


def _lines(row: Row) -> int:
    """How much paper a row takes, in lines of 30 dots. Costs 10 ms for a QR code."""
    return -(-row.height // LINE_DOTS)
