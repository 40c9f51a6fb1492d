"""What ESC/POS leaves on paper: as rows (to read) and as a picture (to look at), one pixel a dot.

Pure: `read_sheets(bytes, dots)` gives the sheets that a printer with a print head of `dots` dots (384 on
58 mm paper, 576 on 80 mm) would give out. Text is drawn in DejaVu Sans Mono, which comes near to a printer's
own letters; where that font is not installed, in the one that Pillow brings along, set in the same cells.
Anything that a printer could misunderstand raises NotUnderstood with the offset of the byte.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.simulated.printer_commands import Command, CommandReader, NotUnderstood, Word

CELL = (12, 24)  # font A
LINE_DOTS = 30
KNIFE_DOTS = 96  # paper between the print head and the knife
CODE_PAGE = "cp437"

_FONTS = {False: "DejaVuSansMono.ttf", True: "DejaVuSansMono-Bold.ttf"}
_FONT_SIZE = 20  # 12 dots wide
_ALIGNMENTS: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")
_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}
_REAL_TIME = b"\x10\x04"

Alignment = Literal["left", "center", "right"]


# ---------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Style:
    bold: bool = False
    underline: int = 0  # dots
    width: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: runs of one style each."""

    runs: tuple[tuple[str, Style], ...]
    align: Alignment

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)

    @property
    def width(self) -> int:
        return sum(len(text) * style.width * CELL[0] for text, style in self.runs)

    @property
    def height(self) -> int:
        return max(LINE_DOTS, *(style.height * CELL[1] for _, style in self.runs))


@dataclass(frozen=True, slots=True)
class Picture:
    """A bitmap, eight dots a byte, 1 is black."""

    width: int
    height: int
    bits: bytes
    align: Alignment


@dataclass(frozen=True)
class Symbol:
    """A QR code that the printer draws itself. Made out when somebody looks: that takes 10 ms."""

    data: str
    module: int
    level: str
    align: Alignment
    offset: int

    @functools.cached_property
    def modules(self) -> tuple[bytes, ...]:
        """Row by row, 1 is dark."""
        code = segno.make(self.data, error=self.level, boost_error=False, micro=False)
        return tuple(bytes(row) for row in code.matrix)

    @property
    def width(self) -> int:
        return len(self.modules) * self.module

    @property
    def height(self) -> int:
        return self.width


@dataclass(frozen=True, slots=True)
class Gap:
    height: int


Row = Line | Picture | Symbol | Gap


@dataclass(frozen=True, slots=True)
class Sheet:
    """A piece of paper, from the printer's reset to its cut."""

    rows: tuple[Row, ...]
    dots: int
    is_cut: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """The text, line by line, without the empty lines."""
        return tuple(row.text for row in self.rows if isinstance(row, Line) and row.text.strip())

    @property
    def qr_codes(self) -> tuple[str, ...]:
        """What is in the QR codes that the printer drew; those sent as pictures show in the picture only."""
        return tuple(row.data for row in self.rows if isinstance(row, Symbol))

    def draw(self) -> Image.Image:
        """The sheet in black and white. Raises NotUnderstood for a QR code wider than the paper."""
        sheet = Image.new("1", (self.dots, max(1, sum(row.height for row in self.rows))), 1)
        top = 0
        for row in self.rows:
            if not isinstance(row, Gap):
                ink = _ink(row)
                room = self.dots - ink.width
                if isinstance(row, Symbol) and room < 0:
                    raise NotUnderstood(row.offset, f"a QR code of {ink.width} dots on {self.dots}")
                left = {"left": 0, "center": room // 2, "right": room}[row.align]
                sheet.paste(ink, (left, top))
            top += row.height
        return sheet


def read_sheets(data: bytes, dots: int) -> list[Sheet]:
    """What a printer makes of `data`; the last sheet may still hang in it. Raises NotUnderstood."""
    typesetter = Typesetter(dots)
    sheets: list[Sheet] = []
    rows: list[Row] = []
    for command in CommandReader().read(data):
        rows += typesetter.take(command)
        if command.word is Word.CUT or (command.word is Word.RESET and rows):
            sheets.append(Sheet(tuple(rows), dots, is_cut=command.word is Word.CUT))
            rows = []
    return [*sheets, Sheet(tuple(rows), dots, is_cut=False)] if rows else sheets


# ---------------------------------------------------------------------------------------- typesetting


class Typesetter:
    """Knows a printer's modes: takes commands and gives the rows that they complete."""

    def __init__(self, dots: int) -> None:
        self._dots = dots
        self._reset()

    def _reset(self) -> None:
        self._style = Style()
        self._align: Alignment = "left"
        self._runs: list[tuple[str, Style]] = []
        self._symbol_module = 3
        self._symbol_level = "l"
        self._symbol_data: str | None = None

    def take(self, command: Command) -> list[Row]:
        """The rows that are finished by `command`. Raises NotUnderstood."""
        match command.word:
            case Word.RESET:
                self._reset()
                return []
            case Word.TEXT:
                return self._write(command.argument.decode(CODE_PAGE))
            case Word.LINE_FEED:
                return [self._end_line() or Gap(LINE_DOTS)]
            case Word.PICTURE:
                return [*self._flush(), self._picture(command)]
            case Word.SYMBOL:
                return self._obey_symbol(command)
            case Word.FEED_LINES | Word.FEED_DOTS | Word.CUT:
                return [*self._flush(), Gap(_fed_dots(command))]
            case Word.STATUS | Word.TELL_WHEN_PRINTED | Word.IDENTITY:
                return []
        self._set_mode(command)
        return []

    def _set_mode(self, command: Command) -> None:
        value = command.argument[0]
        bold, underline = self._style.bold, self._style.underline
        width, height = self._style.width, self._style.height
        match command.word:
            case Word.BOLD:
                bold = bool(value & 1)
            case Word.UNDERLINE:
                underline = _chosen(command, {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2})
            case Word.SIZE:
                width, height = (value >> 4 & 7) + 1, (value & 7) + 1
            case Word.ALIGN:
                self._align = _ALIGNMENTS[_chosen(command, {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2})]
        self._style = Style(bold, underline, width, height)

    def _write(self, text: str) -> list[Row]:
        """Put text on the line; where the paper ends, a new line begins."""
        rows: list[Row] = []
        while text:
            used = sum(len(run) * style.width for run, style in self._runs)
            room = (self._dots // CELL[0] - used) // self._style.width
            if room <= 0 and self._runs:
                rows += self._flush()
                continue
            fits = max(room, 1)
            self._add_run(text[:fits])
            text = text[fits:]
        return rows

    def _add_run(self, text: str) -> None:
        if self._runs and self._runs[-1][1] == self._style:
            text = self._runs.pop()[0] + text
        self._runs.append((text, self._style))

    def _end_line(self) -> Line | None:
        runs, self._runs = tuple(self._runs), []
        return Line(runs, self._align) if runs else None

    def _flush(self) -> list[Row]:
        line = self._end_line()
        return [line] if line else []

    def _picture(self, command: Command) -> Picture:
        header, bits = command.argument[:5], command.argument[5:]
        picture = Picture(
            int.from_bytes(header[1:3], "little") * 8, len(bits) // header[1], bits, self._align
        )
        if picture.width > self._dots:
            raise NotUnderstood(command.offset, f"a picture of {picture.width} dots on {self._dots}")
        if _REAL_TIME in bits:
            raise NotUnderstood(command.offset, "DLE EOT in a picture: a printer may take it for a question")
        return picture

    def _obey_symbol(self, command: Command) -> list[Row]:
        kind, function, value = command.argument[2], command.argument[3], command.argument[4:]
        if kind != 49:
            raise NotUnderstood(command.offset, f"GS ( k for a symbol of kind {kind}: 49 is QR")
        match function:
            case 65 if value[:1] == b"\x32":
                pass  # model 2, the only one in use
            case 67 if 1 <= value[0] <= 16:
                self._symbol_module = value[0]
            case 69 if value[0] in _LEVELS:
                self._symbol_level = _LEVELS[value[0]]
            case 80:
                self._symbol_data = value[1:].decode()
            case 81 if self._symbol_data:
                where = (self._align, command.offset)
                return [
                    *self._flush(),
                    Symbol(self._symbol_data, self._symbol_module, self._symbol_level, *where),
                ]
            case _:
                raise NotUnderstood(command.offset, f"GS ( k 49 {function} with {value.hex(' ')}")
        return []


def _chosen(command: Command, choices: dict[int, int]) -> int:
    value = command.argument[0]
    if value not in choices:
        raise NotUnderstood(command.offset, f"{command.word} {value}")
    return choices[value]


def _fed_dots(command: Command) -> int:
    argument = command.argument
    if command.word is Word.FEED_LINES:
        return argument[0] * LINE_DOTS
    if command.word is Word.FEED_DOTS:
        return argument[0]
    return KNIFE_DOTS + argument[1] if len(argument) == 2 else 0


# ---------------------------------------------------------------------------------------- drawing


def _ink(row: Line | Picture | Symbol) -> Image.Image:
    match row:
        case Line():
            return _draw_line(row)
        case Picture():
            return _draw_picture(row)
        case Symbol():
            return _draw_symbol(row)


def _draw_line(row: Line) -> Image.Image:
    ink = Image.new("1", (row.width, row.height), 1)
    left = 0
    for text, style in row.runs:
        width, height = CELL[0] * style.width, CELL[1] * style.height
        for character in text:
            letter = _letter(character, style.bold).resize((width, height), Image.Resampling.NEAREST)
            ink.paste(letter, (left, row.height - height))
            left += width
        if style.underline:
            run = (left - len(text) * width, row.height - style.underline, left - 1, row.height - 1)
            ImageDraw.Draw(ink).rectangle(run, fill=0)
    return ink


@functools.lru_cache(maxsize=256)
def _letter(character: str, bold: bool) -> Image.Image:
    cell = Image.new("L", CELL, 255)
    ImageDraw.Draw(cell).text((CELL[0] / 2, 19), character, font=_font(bold), fill=0, anchor="ms")
    return cell.point(lambda level: 255 if level > 128 else 0).convert("1")


@functools.lru_cache(maxsize=2)
def _font(bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(_FONTS[bold], _FONT_SIZE)
    except OSError:
        return ImageFont.load_default(_FONT_SIZE)


def _draw_picture(row: Picture) -> Image.Image:
    inverted = bytes(byte ^ 0xFF for byte in row.bits)
    return Image.frombytes("1", (row.width, row.height), inverted)


def _draw_symbol(row: Symbol) -> Image.Image:
    modules = row.modules
    small = Image.new("1", (len(modules), len(modules)), 1)
    small.putdata([1 - dark for line in modules for dark in line])
    return small.resize((row.width, row.height), Image.Resampling.NEAREST)
