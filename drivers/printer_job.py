"""From a document to the bytes of one print job, in the language that python-escpos speaks.

A job is built whole before its first byte is sent, so that nothing can go wrong in the middle for reasons
of our own. Visitors' text is cleaned here: it reaches the paper, never the printer's command interpreter.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from typing import Any, NamedTuple

from drivers.base import Block, Document, Feed, QrCode, Rule, Text
from drivers.printer_library import ENCODING, escpos_printers

DOTS_PER_COLUMN = 12  # font A: 32 columns are 384 dots, 48 columns are 576
LINE_DOTS = 30
QUIET_MODULES = 4
TEAR_LINES = 4  # from the print head to the tear bar of a printer without a cutter

# Bytes that a QR code of version 1, 2, ... 10 holds at error level M (ISO/IEC 18004, table 7).
_QR_CAPACITY = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)
# One of the eight masks, always the same: choosing the best of eight costs 8 ms, and every reader takes any.
_QR_MASK = 3
_QR_LEVEL_M = 1  # as python-escpos numbers them

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)))
_KEPT_CONTROLS = {"\n": "\n", "\t": " ", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
_CONTROL_TABLE = _CONTROLS | {ord(old): new for old, new in _KEPT_CONTROLS.items()}
# What NFKD does not take apart into ASCII.
_ASCII_TABLE = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": ",", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "‐": "-", "–": "-", "—": "-", "−": "-", "•": "*", "·": ".", "×": "x", "⁄": "/",
        "€": "EUR", "°": "o", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ı": "i",
    }
)  # fmt: skip


class _Style(NamedTuple):
    """How the printer writes: told only when it changes, which is seldom."""

    align: str
    bold: bool
    size: int


def compose(document: Document, *, columns: int, native_qr: bool, cutter: bool) -> bytes:
    """The bytes of `document` as one job, from the printer's reset to the cut.

    `native_qr`: the printer draws QR codes itself; otherwise they are sent as pictures. A QR code that is
    wider than the paper gets smaller modules. Raises ValueError for a document that cannot be printed.
    """
    page = escpos_printers().Dummy(magic_encode_args={"disabled": True, "encoding": ENCODING})
    page.hw("INIT")
    style: _Style | None = None
    for block in document:
        style = _add(page, block, columns, native_qr, style)
    if cutter:
        page.cut(feed=False)  # GS V 66: feeds just as far as the knife is away
    else:
        page.print_and_feed(TEAR_LINES)
    return bytes(page.output)


def clean(text: str) -> str:
    """Printable ASCII and line feeds, nothing else: what a printer lacks is transliterated or a "?"."""
    text = text.replace("\r\n", "\n").translate(_CONTROL_TABLE)
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII_TABLE)).translate(_ASCII_TABLE)
    return "".join(_ascii(character) for character in plain)


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    invisible = unicodedata.category(character) in {"Mn", "Me", "Cf"}  # accents, joiners, direction marks
    return "" if invisible else "?"


def _add(page: Any, block: Block, columns: int, native_qr: bool, style: _Style | None) -> _Style | None:
    """Put one block on the page, which stands at `style`; gives the style that it leaves behind."""
    match block:
        case Text():
            return _add_text(page, block, style)
        case Rule():
            return _add_text(page, Text("-" * columns), style)
        case Feed():
            page.print_and_feed(block.lines)
            return style
        case QrCode():
            add_qr = _add_native_qr if native_qr else _add_raster_qr
            add_qr(page, block, columns * DOTS_PER_COLUMN)
            return None


def _add_text(page: Any, block: Text, style: _Style | None) -> _Style:
    if not 1 <= block.size <= 8:
        raise ValueError(f"a text of size {block.size}: 1 to 8 can be printed")
    wanted = _Style(block.align, block.bold, block.size)
    if wanted != style:
        page.set(align=block.align, bold=block.bold, custom_size=True, width=block.size, height=block.size)
    page.textln(clean(block.text))
    return wanted


def _add_native_qr(page: Any, block: QrCode, dots: int) -> None:
    data = _qr_text(block)
    module = _module_that_fits(block, _qr_side(data), dots)
    quiet_lines = -(-QUIET_MODULES * module // LINE_DOTS)
    page.set(align="center")
    page.print_and_feed(quiet_lines)
    page.qr(data, ec=_QR_LEVEL_M, size=module, native=True)
    page.print_and_feed(quiet_lines)


def _add_raster_qr(page: Any, block: QrCode, dots: int) -> None:
    """The QR code as a picture (GS v 0) with its left margin in it: not every printer centres pictures."""
    import segno  # here: not needed for a printer that draws QR codes itself

    data = _qr_text(block)
    _qr_side(data)  # the same limit for both ways
    matrix = segno.make(data, error="m", boost_error=False, micro=False, mask=_QR_MASK).matrix
    side = len(matrix) + 2 * QUIET_MODULES
    module = _module_that_fits(block, len(matrix), dots)
    left = (dots - side * module) // 2
    width = -(-(left + side * module) // 8)
    shift = width * 8 - left - (side - QUIET_MODULES) * module
    scale = {0: "0" * module, 1: "1" * module}
    rows = (int("".join(scale[dark] for dark in row), 2) << shift for row in matrix)
    quiet = bytes(width * module * QUIET_MODULES)
    picture = quiet + b"".join(row.to_bytes(width, "big") * module for row in rows) + quiet
    size = width.to_bytes(2, "little") + (side * module).to_bytes(2, "little")
    page.set(align="left")
    # image() would take the picture through five conversions in Pillow to arrive at these very bytes.
    page._raw(b"\x1dv0\x00" + size + picture)


def _qr_text(block: QrCode) -> str:
    data = block.data.translate(_CONTROLS)
    if not data:
        raise ValueError("a QR code without data")
    return data


def _qr_side(data: str) -> int:
    """Modules along one side of the QR code for `data`, at most. Raises ValueError if it is too long."""
    version = bisect_left(_QR_CAPACITY, len(data.encode())) + 1
    if version > len(_QR_CAPACITY):
        raise ValueError(f"a QR code of {len(data.encode())} bytes: {_QR_CAPACITY[-1]} fit on a ticket")
    return 17 + 4 * version


def _module_that_fits(block: QrCode, side: int, dots: int) -> int:
    if not 1 <= block.module <= 16:
        raise ValueError(f"QR modules of {block.module} dots: 1 to 16 can be printed")
    return min(block.module, dots // (side + 2 * QUIET_MODULES))
