"""ESC/POS, taken apart: a stream of bytes in, commands out. Strict: what it does not know is an error.

A real printer prints rubbish, or cuts, when it is sent something that it does not know. This one names the
byte instead, so that a test or a newcomer sees at once what a driver did wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class NotUnderstood(Exception):
    """A printer of this kind would do something unforeseeable here; `offset` counts the bytes before it."""

    def __init__(self, offset: int, detail: str) -> None:
        self.offset = offset
        super().__init__(f"byte {offset}: {detail}")


class Word(StrEnum):
    """What a command does."""

    TEXT = "text"
    LINE_FEED = "LF"
    RESET = "ESC @"
    BOLD = "ESC E"
    UNDERLINE = "ESC -"
    ALIGN = "ESC a"
    FEED_LINES = "ESC d"
    FEED_DOTS = "ESC J"
    SIZE = "GS !"
    CUT = "GS V"
    PICTURE = "GS v 0"
    SYMBOL = "GS ( k"
    TELL_WHEN_PRINTED = "GS ( H"
    STATUS = "DLE EOT"
    IDENTITY = "GS I"


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `argument` is what follows its name (for pictures and symbols: all of it)."""

    word: Word
    offset: int
    argument: bytes
    raw: bytes


# Command name -> meaning and number of argument bytes.
_FIXED: dict[bytes, tuple[Word, int]] = {
    b"\n": (Word.LINE_FEED, 0),
    b"\x1b@": (Word.RESET, 0),
    b"\x1bE": (Word.BOLD, 1),
    b"\x1b-": (Word.UNDERLINE, 1),
    b"\x1ba": (Word.ALIGN, 1),
    b"\x1bd": (Word.FEED_LINES, 1),
    b"\x1bJ": (Word.FEED_DOTS, 1),
    b"\x1d!": (Word.SIZE, 1),
    b"\x10\x04": (Word.STATUS, 1),
    b"\x1dI": (Word.IDENTITY, 1),
}
# GS ( x pL pH: the length of the rest is in the command.
_COUNTED: dict[bytes, Word] = {b"\x1d(k": Word.SYMBOL, b"\x1d(H": Word.TELL_WHEN_PRINTED}
_CUT = b"\x1dV"
_CUT_SIZES = {0: 1, 1: 1, 48: 1, 49: 1, 65: 2, 66: 2}  # first argument byte -> number of argument bytes
_PICTURE = b"\x1dv0"
_PICTURE_HEADER = 5
_NAMES = (*_FIXED, *_COUNTED, _CUT, _PICTURE)


class CommandReader:
    """Cuts the stream of one connection into commands; an unfinished one waits for its rest."""

    def __init__(self) -> None:
        self._pending = b""
        self._offset = 0

    def read(self, data: bytes) -> Iterator[Command]:
        """The commands that `data` completes. Raises NotUnderstood."""
        self._pending += data
        while command := self._next():
            self._pending = self._pending[len(command.raw) :]
            self._offset += len(command.raw)
            yield command

    def _next(self) -> Command | None:
        """The first command of what is pending; None if its end has not come yet."""
        pending = self._pending
        if not pending:
            return None
        text = _text_length(pending)
        if text:
            return Command(Word.TEXT, self._offset, pending[:text], pending[:text])
        name = next((each for each in _NAMES if pending.startswith(each)), None)
        if name is None:
            if any(each.startswith(pending) for each in _NAMES):
                return None
            raise NotUnderstood(self._offset, f"no command begins with {pending[:4].hex(' ')}")
        word, length = self._measure(name, pending[len(name) :])
        if length is None or len(pending) < len(name) + length:
            return None
        raw = pending[: len(name) + length]
        return Command(word, self._offset, raw[len(name) :], raw)

    def _measure(self, name: bytes, rest: bytes) -> tuple[Word, int | None]:
        """The meaning of a command and how many bytes belong to it after its name, if that is known yet."""
        if name in _FIXED:
            return _FIXED[name]
        if name in _COUNTED:
            return _COUNTED[name], 2 + int.from_bytes(rest[:2], "little") if len(rest) >= 2 else None
        if name == _PICTURE:
            return Word.PICTURE, self._picture_length(rest)
        if rest and rest[0] not in _CUT_SIZES:
            raise NotUnderstood(self._offset, f"GS V {rest[0]} is no cut")
        return Word.CUT, _CUT_SIZES[rest[0]] if rest else None

    def _picture_length(self, rest: bytes) -> int | None:
        if len(rest) < _PICTURE_HEADER:
            return None
        if rest[0] != 0:
            raise NotUnderstood(
                self._offset, f"GS v 0 with mode {rest[0]}: only 0, one dot a pixel, is drawn"
            )
        width, height = int.from_bytes(rest[1:3], "little"), int.from_bytes(rest[3:5], "little")
        return _PICTURE_HEADER + width * height


def _text_length(data: bytes) -> int:
    """How many bytes of text `data` begins with."""
    return next((index for index, byte in enumerate(data) if byte < 0x20 or byte == 0x7F), len(data))
