"""The simulated ticket printer: what it understands, what it draws, and the faults it can be given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from drivers.base import Paper, Text
from drivers.printer_job import compose
from drivers.simulated.paper import LINE_DOTS, Sheet, read_sheets
from drivers.simulated.print_engine import PrintEngine
from drivers.simulated.printer import VirtualPrinter, VirtualSerialPrinter
from drivers.simulated.printer_commands import NotUnderstood
from tests.drivers.printers import LARGE, SMALL, TICKET, URL, scan

PATIENCE_S = 20.0
JOB = compose((Text("P012"), Text("Gratis")), columns=48, native_qr=True, cutter=True)
STATUS = b"\x10\x04"


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer


def connect(printer: VirtualPrinter) -> socket.socket:
    return socket.create_connection((printer.host, printer.port), PATIENCE_S)


def hear(connection: socket.socket, count: int) -> bytes:
    """The next `count` bytes that the printer says."""
    heard = b""
    while len(heard) < count:
        piece = connection.recv(count - len(heard))
        assert piece, f"the connection ended after {heard!r}"
        heard += piece
    return heard


def printed(commands: bytes, dots: int = 576) -> Sheet:
    (sheet,) = read_sheets(b"\x1b@" + commands, dots)
    return sheet


def ink(picture: Image.Image) -> int:
    return picture.convert("L").histogram()[0]


# ---------------------------------------------------------------------------------------- understanding


@pytest.mark.parametrize(
    ("commands", "offset"),
    [
        (b"abc\x07", 3),  # bell
        (b"\x1bp\x00\x32\x32", 0),  # cash drawer
        (b"ab\x1b@\x1dV\x07", 4),  # no such cut
        (b"\n\x10\x14\x01", 1),  # DLE DC4
        (b"\x1ba\x05", 0),  # no such alignment
        (b"\x1dv0\x03\x01\x00\x01\x00\xff", 0),  # a picture of double size
        (b"\x1dv0\x00\x49\x00\x01\x00" + bytes(73), 0),  # a picture wider than the paper
        (b"\x1dv0\x00\x03\x00\x01\x00\x10\x04\x01", 0),  # a question within a picture
        (b"\x1d(k\x03\x00\x31\x51\x30", 0),  # a QR code without data
        (b"\x1d(k\x03\x00\x30\x43\x06", 0),  # PDF417
    ],
)
def test_what_a_printer_would_not_know_is_named_with_its_place(commands: bytes, offset: int) -> None:
    with pytest.raises(NotUnderstood) as caught:
        read_sheets(commands, 576)
    assert caught.value.offset == offset
    assert str(caught.value).startswith(f"byte {offset}: ")


def test_it_does_not_matter_how_the_bytes_arrive() -> None:
    job = compose(TICKET, columns=48, native_qr=True, cutter=True) + b"\x10\x04\x01"
    whole, dripped = PrintEngine(LARGE), PrintEngine(LARGE)
    answers: list[bytes] = []
    whole.receive(job, answers.append)
    for index in range(len(job)):
        dripped.receive(job[index : index + 1], answers.append)
    assert answers == [b"\x12", b"\x12"]
    assert whole.tickets[0].sheet == dripped.tickets[0].sheet


def test_sheets_end_at_a_cut_or_at_the_next_reset() -> None:
    sheets = read_sheets(b"\x1b@one\n\x1dV\x42\x00\x1b@two\n\x1b@three\n", 384)
    assert [(sheet.lines, sheet.is_cut) for sheet in sheets] == [
        (("one",), True),
        (("two",), False),
        (("three",), False),
    ]


# ---------------------------------------------------------------------------------------- drawing


def test_a_sheet_is_as_wide_as_the_paper_and_as_long_as_its_lines() -> None:
    assert printed(b"a\nb\n", 384).draw().size == (384, 2 * LINE_DOTS)
    assert printed(b"a\n\x1bd\x03", 576).draw().size == (576, 4 * LINE_DOTS)


@pytest.mark.parametrize(("code", "left"), [(0, 0), (1, 276), (2, 552)])
def test_text_stands_where_it_is_told_to(code: int, left: int) -> None:
    picture = printed(b"\x1ba" + bytes([code]) + b"HH\n").draw()
    inside = picture.crop((left, 0, left + 24, LINE_DOTS))
    assert ink(inside) == ink(picture) > 0


def test_bold_underlined_and_large_text_differ_from_plain() -> None:
    plain = printed(b"H\n").draw()
    assert ink(printed(b"\x1bE\x01H\n").draw()) > ink(plain)
    assert ink(printed(b"\x1b-\x02H\n").draw()) == ink(plain) + 2 * 12
    assert ink(printed(b"\x1d!\x11H\n").draw()) == 4 * ink(plain)
    assert printed(b"\x1d!\x33H\n").draw().height == 4 * 24


def test_a_picture_is_drawn_dot_by_dot() -> None:
    picture = printed(b"\x1dv0\x00\x01\x00\x02\x00\x80\x01").draw()
    black = {(x, y) for x in range(576) for y in range(2) if not picture.getpixel((x, y))}
    assert black == {(0, 0), (7, 1)}


def test_a_qr_code_wider_than_the_paper_is_not_drawn() -> None:
    sheet = printed(b"\x1d(k\x03\x00\x31\x43\x10\x1d(k\x04\x00\x31\x50\x30a\x1d(k\x03\x00\x31\x51\x30", 320)
    with pytest.raises(NotUnderstood, match="336 dots on 320"):
        sheet.draw()


def test_a_qr_code_that_the_printer_draws_can_be_read_and_scanned() -> None:
    (sheet,) = read_sheets(compose(TICKET, columns=48, native_qr=True, cutter=True), 576)
    assert sheet.qr_codes == (URL,)
    assert scan(sheet.draw()) == [URL]


# ---------------------------------------------------------------------------------------- the printer


def test_a_ticket_is_kept_with_its_bytes_its_text_and_its_time(printer: VirtualPrinter) -> None:
    before = time.monotonic_ns()
    with connect(printer) as connection:
        connection.sendall(STATUS + b"\x01" + JOB)
        assert printer.wait_for_tickets(1, PATIENCE_S)
    (ticket,) = printer.tickets
    assert ticket.data == JOB
    assert ticket.lines == ("P012", "Gratis")
    assert before < ticket.first_byte_ns < time.monotonic_ns()
    assert (ticket.number, ticket.is_complete) == (1, True)


def test_only_the_latest_tickets_are_kept(printer: VirtualPrinter) -> None:
    with connect(printer) as connection:
        connection.sendall(60 * JOB)
        assert printer.wait_for_tickets(60, PATIENCE_S)
    assert [ticket.number for ticket in printer.tickets] == list(range(11, 61))


@pytest.mark.parametrize(
    ("fault", "value", "answers"),
    [
        ("paper", Paper.OK, b"\x12\x12\x12"),
        ("paper", Paper.LOW, b"\x12\x12\x1e"),
        ("paper", Paper.OUT, b"\x1a\x32\x7e"),
        ("cover_open", True, b"\x1a\x16\x12"),
        ("offline", True, b"\x1a\x12\x12"),
        ("fault", True, b"\x1a\x52\x12"),
    ],
)
def test_it_answers_questions_as_a_printer_does(
    printer: VirtualPrinter, fault: str, value: object, answers: bytes
) -> None:
    setattr(printer.faults, fault, value)
    with connect(printer) as connection:
        connection.sendall(STATUS + b"\x01" + STATUS + b"\x02" + STATUS + b"\x04")
        assert hear(connection, 3) == answers


def test_it_says_when_a_ticket_is_printed(printer: VirtualPrinter) -> None:
    with connect(printer) as connection:
        connection.sendall(JOB + b"\x1d(H\x06\x00\x30\x300017")
        assert hear(connection, 7) == b"\x37\x220017\x00"


def test_it_does_not_say_that_a_ticket_is_printed_when_the_paper_ended(printer: VirtualPrinter) -> None:
    printer.faults.paper_left = 1
    with connect(printer) as connection:
        connection.sendall(JOB + b"\x1d(H\x06\x00\x30\x300017" + STATUS + b"\x04")
        assert connection.recv(8) == b"\x7e"
    (ticket,) = printer.tickets
    assert ticket.lines == ("P012",)
    assert not ticket.is_complete


def test_a_mute_printer_prints_and_says_nothing(printer: VirtualPrinter) -> None:
    printer.faults.mute = True
    with connect(printer) as connection:
        connection.sendall(STATUS + b"\x01" + JOB)
        assert printer.wait_for_tickets(1, PATIENCE_S)
        printer.faults.mute = False
        connection.sendall(STATUS + b"\x04")
        assert connection.recv(8) == b"\x12"


def test_a_stalled_printer_goes_on_where_it_stopped(printer: VirtualPrinter) -> None:
    with connect(printer) as connection:
        printer.faults.stalled = True
        connection.sendall(JOB + STATUS + b"\x01")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert printer.tickets == ()
        printer.faults.stalled = False
        connection.settimeout(PATIENCE_S)
        assert connection.recv(1) == b"\x12"
    assert len(printer.tickets) == 1


def test_a_slow_printer_takes_its_time(printer: VirtualPrinter) -> None:
    printer.faults.line_s = 0.02
    began = time.monotonic()
    with connect(printer) as connection:
        connection.sendall(JOB)
        assert printer.wait_for_tickets(1, PATIENCE_S)
    assert time.monotonic() - began >= 5 * 0.02  # two lines, and the paper up to the knife


def test_a_connection_breaks_off_once_after_so_many_bytes(printer: VirtualPrinter) -> None:
    printer.faults.drop_after = len(JOB) - 8
    with connect(printer) as connection:
        connection.sendall(JOB)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with connect(printer) as connection:
        connection.sendall(JOB)
        assert printer.wait_for_tickets(1, PATIENCE_S)
    assert [ticket.is_complete for ticket in printer.tickets] == [False, True]


def test_an_unplugged_printer_refuses_and_comes_back_at_the_same_port(printer: VirtualPrinter) -> None:
    port = printer.port
    with connect(printer) as connection:
        connection.sendall(STATUS + b"\x01")
        assert connection.recv(1) == b"\x12"
        printer.unplug()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(printer)
    assert not printer.plugged
    printer.plug()
    assert printer.port == port
    connect(printer).close()


def test_what_it_does_not_understand_ends_the_connection_and_is_kept(printer: VirtualPrinter) -> None:
    with connect(printer) as connection:
        connection.sendall(JOB + b"\x1b@\x1bp\x00\x32\x32")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert printer.complaints == [f"byte {len(JOB) + 2}: no command begins with 1b 70 00 32"]


@pytest.mark.parametrize("command", [b"\x1dV\x42\x00", b"\x1d(k\x04\x00\x31\x41\x32\x00"])
def test_a_small_printer_has_no_knife_and_draws_no_qr_code(command: bytes) -> None:
    engine = PrintEngine(SMALL)
    with pytest.raises(NotUnderstood, match="the printer"):
        engine.receive(b"\x1b@" + command, lambda answer: None)


def test_a_job_that_begins_in_the_middle_is_not_guessed_at() -> None:
    with pytest.raises(NotUnderstood, match="before ESC @"):
        PrintEngine(LARGE).receive(b"P012\n", lambda answer: None)


def test_what_comes_while_it_cannot_print_is_not_printed(printer: VirtualPrinter) -> None:
    printer.faults.cover_open = True
    with connect(printer) as connection:
        connection.sendall(JOB + STATUS + b"\x02")
        assert connection.recv(1) == b"\x16"
        printer.faults.cover_open = False
        connection.sendall(JOB + STATUS + b"\x02")
        assert connection.recv(1) == b"\x12"
    assert len(printer.tickets) == 1


def test_a_closed_printer_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    network, serial = VirtualPrinter(), VirtualSerialPrinter(tmp_path / "ttyPRINTER")
    network.start()
    serial.start()
    assert (tmp_path / "ttyPRINTER").exists()
    with connect(network):
        network.faults.stalled = True
    for printer in (network, serial, network):
        printer.close()
    assert set(threading.enumerate()) == before
    assert not (tmp_path / "ttyPRINTER").exists()
