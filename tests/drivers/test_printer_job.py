"""What a document becomes: the bytes of one job, read back as a printer reads them."""

from __future__ import annotations

import random

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import (
    QrCode,
    Rule,
    Text,
)
from drivers.printer_job import clean, compose
from drivers.simulated.paper import Symbol, read_sheets
from drivers.simulated.printer import PrinterKind
from tests.drivers.printers import (
    LARGE,
    SMALL,
    URL,
    scan,
)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_no_text_can_command_the_printer(text: str) -> None:
    document = (Text(text, "center", size=2), QrCode("q" + text[:40]), Text("end"))
    for kind in (SMALL, LARGE):
        job = compose(document, columns=kind.columns, native_qr=kind.native_qr, cutter=kind.cutter)
        (sheet,) = read_sheets(job, kind.dots)
        assert sheet.lines[-1] == "end"


@pytest.mark.parametrize(
    ("given_text", "printed"),
    [
        ("a\x1b@\x1dV\x00\x10\x04\x01b", "a@Vb"),
        ("Café “Piaman” – Rp10.000…", 'Cafe "Piaman" - Rp10.000...'),
        ("satu\r\ndua\ttiga\u2028empat", "satu\ndua tiga\nempat"),
        ("Łódź 5×3 €2 № 7", "Lodz 5x3 EUR2 No 7"),
        ("\u202eevil\u202c \u200bx", "evil x"),
        ("日本 🎫", "?? ?"),
    ],
)
def test_text_becomes_plain_ascii(given_text: str, printed: str) -> None:
    assert clean(given_text) == printed


def test_size_boldness_and_alignment_end_with_their_block() -> None:
    document = (Text("A", "right", bold=True, size=3), Text("b"), Rule())
    (sheet,) = read_sheets(compose(document, columns=32, native_qr=True, cutter=True), SMALL.dots)
    picture = sheet.draw().convert("L")
    large = picture.crop((384 - 36, 0, 384, 72))
    assert large.getextrema()[0] == 0
    assert picture.crop((0, 0, 384 - 36, 72)).getextrema()[0] == 255
    assert picture.crop((0, 72, 12, 102)).getextrema()[0] == 0
    assert picture.crop((12, 72, 384, 102)).getextrema()[0] == 255


@pytest.mark.parametrize("kind", [SMALL, LARGE], ids=["as a picture", "drawn by the printer"])
@pytest.mark.parametrize("module", [3, 6, 16])
def test_every_qr_code_scans(kind: PrinterKind, module: int) -> None:
    dice = random.Random(1373)
    for length in (1, 14, 60, 61, 213):
        data = "".join(chr(dice.randrange(33, 127)) for _ in range(length))
        document = (Text("above"), QrCode(data, module), Text("below"))
        job = compose(document, columns=kind.columns, native_qr=kind.native_qr, cutter=kind.cutter)
        (sheet,) = read_sheets(job, kind.dots)
        assert scan(sheet.draw()) == [data]


@pytest.mark.parametrize("native_qr", [False, True])
def test_a_qr_code_stands_alone_in_the_middle(native_qr: bool) -> None:
    document = (Rule(), QrCode(URL, module=4), Rule())
    (sheet,) = read_sheets(compose(document, columns=48, native_qr=native_qr, cutter=True), LARGE.dots)
    picture = sheet.draw().convert("L").point(lambda level: 255 - level)
    code = picture.crop((0, 30, 576, picture.height - 96 - 30))
    box = code.getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert abs(left - (576 - right)) <= 1
    assert right - left == bottom - top == 33 * 4
    assert min(top, code.height - bottom) >= 4 * 4


@pytest.mark.parametrize("columns", [32, 40, 48])
def test_a_qr_code_is_made_as_large_as_the_paper_allows_and_no_larger(columns: int) -> None:
    dots = columns * 12
    for length in (14, 15, 26, 27, 42, 43, 62, 63, 84, 85, 106, 107, 122, 123, 152, 153, 180, 181, 213):
        data = "a" * length
        job = compose((QrCode(data, module=16),), columns=columns, native_qr=True, cutter=True)
        (code,) = (row for row in read_sheets(job, dots)[0].rows if isinstance(row, Symbol))
        side, _ = segno.make(data, error="m", mask=0, boost_error=False, micro=False).symbol_size(border=4)
        assert code.module == min(16, dots // side)


def test_a_style_is_told_when_it_changes_and_after_a_picture_only() -> None:
    same = compose((Text("a"), Text("b"), Rule(), Text("c")), columns=32, native_qr=True, cutter=True)
    changed = compose((Text("a"), Text("b", bold=True), Text("c")), columns=32, native_qr=True, cutter=True)
    after_code = compose((Text("a"), QrCode("x"), Text("b")), columns=32, native_qr=True, cutter=True)
    bold = b"\x1bE"
    assert (same.count(bold), changed.count(bold), after_code.count(bold)) == (1, 3, 2)
