"""The ticket printer's driver, on the real python-escpos over simulated wires.

The USB bus here stands in for libusb (see `usb_bus`): the USB wire is proven up to pyusb, not beyond.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.base import (
    Document,
    DriverError,
    Lost,
    OutcomeUnknown,
    Paper,
    PrinterStatus,
    QrCode,
    Text,
    Timeout,
)
from drivers.printer import EscposPrinter, NetworkWire
from drivers.printer_questions import STATUS_QUERY
from drivers.simulated.printer import PrinterKind, VirtualPrinter, VirtualSerialPrinter
from tests.drivers.printers import (
    TICKET,
    TIMEOUT_S,
    URL,
    network_driver,
    serial_58mm,
)

GRACE_S = 10.0
PATIENCE_S = 20.0


@pytest.fixture
def virtual_printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer


@pytest.fixture
def scripted() -> Iterator[tuple[EscposPrinter, socket.socket]]:
    """A connected driver, and the far end of its wire to say anything from."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = NetworkWire(*listener.getsockname())
        driver = EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=TIMEOUT_S)
        driver.connect()
        far_end, _ = listener.accept()
        with far_end:
            yield driver, far_end
        driver.close()


def play(far_end: socket.socket, turns: tuple[tuple[bytes, bytes], ...]) -> None:
    for question, words in turns:
        heard = b""
        while question not in heard and (piece := far_end.recv(4096)):
            heard += piece
        far_end.sendall(words)


@contextmanager
def answering(far_end: socket.socket, *turns: tuple[bytes, bytes]) -> Iterator[None]:
    """Be the printer: for each turn wait for a question, then say some words."""
    thread = threading.Thread(target=play, args=(far_end, turns))
    thread.start()
    yield
    thread.join()


# ---------------------------------------------------------------------------------- after the first byte


def test_a_printer_that_stalls_in_the_middle_is_given_up_in_time(virtual_printer: VirtualPrinter) -> None:
    driver = network_driver(virtual_printer, confirm=True)
    driver.connect()
    virtual_printer.faults.line_s = 2 * TIMEOUT_S
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        driver.print(TICKET)
    assert time.monotonic() - began < TIMEOUT_S + GRACE_S
    driver.close()


def test_a_ticket_that_came_out_late_is_not_printed_twice(virtual_printer: VirtualPrinter) -> None:
    driver = network_driver(virtual_printer)
    driver.connect()
    virtual_printer.faults.line_s = 0.7 * TIMEOUT_S
    with pytest.raises(OutcomeUnknown):
        driver.print((Text("P012"), Text("Gratis")))
    driver.close()
    virtual_printer.faults.line_s = 0
    assert virtual_printer.wait_for_tickets(1, PATIENCE_S)
    driver.connect()
    driver.print((Text("P013"),))
    assert [ticket.lines[0] for ticket in virtual_printer.tickets] == ["P012", "P013"]
    driver.close()


def test_a_serial_printer_that_stops_taking_data_is_given_up_in_time(tmp_path: Path) -> None:
    with serial_58mm(tmp_path) as bench:
        bench.driver.connect()
        long_document: Document = (Text("P012"), *(QrCode(URL, module=8) for _ in range(20)))
        bench.printer.faults.line_s = 0.02
        result: list[BaseException] = []
        printing = threading.Thread(target=lambda: result.append(failure_of(bench.driver, long_document)))
        printing.start()
        assert isinstance(bench.printer, VirtualSerialPrinter)
        assert bench.printer.wait_until(lambda: bool(bench.printer.tickets), PATIENCE_S)
        bench.printer.faults.stalled = True
        stalled = time.monotonic()
        printing.join(PATIENCE_S)
        assert isinstance(result[0], OutcomeUnknown)
        bench.driver.close()
        assert time.monotonic() - stalled < TIMEOUT_S + GRACE_S


def failure_of(driver: EscposPrinter, document: Document) -> BaseException:
    try:
        driver.print(document)
    except DriverError as error:
        return error
    return AssertionError("it was printed")


def test_with_confirmation_silence_is_not_success(tmp_path: Path) -> None:
    clone = PrinterKind(confirms=False)
    with VirtualPrinter(kind=clone) as printer:
        driver = network_driver(printer, confirm=True)
        driver.connect()
        with pytest.raises(OutcomeUnknown, match="did not say"):
            driver.print(TICKET)
        driver.close()


def test_each_confirmed_ticket_has_a_word_of_its_own(virtual_printer: VirtualPrinter) -> None:
    driver = network_driver(virtual_printer, confirm=True)
    driver.connect()
    for _ in range(20):
        driver.print((Text("P012"),))
    assert virtual_printer.wait_for_tickets(20, PATIENCE_S)
    driver.close()


# ---------------------------------------------------------------------------------------- silence


def test_a_printer_without_a_line_back_is_printed_to_blind(virtual_printer: VirtualPrinter) -> None:
    virtual_printer.faults.mute = True
    driver = network_driver(virtual_printer, expects_status=False)
    driver.connect()
    assert driver.status() == PrinterStatus(answered=False)
    assert driver.status().can_print
    driver.print(TICKET)
    assert virtual_printer.wait_for_tickets(1, PATIENCE_S)
    driver.close()


def test_a_printer_that_has_answered_before_is_not_printed_to_blind(virtual_printer: VirtualPrinter) -> None:
    driver = network_driver(virtual_printer, expects_status=False)
    driver.connect()
    assert driver.status().answered
    virtual_printer.faults.mute = True
    with pytest.raises(Timeout):
        driver.print(TICKET)
    driver.close()
    assert virtual_printer.tickets == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"\x13\x12\x16\x12", PrinterStatus(True, Paper.OK, cover_open=True)),  # XOFF before the answers
        (b"\x10\x00\x00\x0f\x12\x12\x1e", PrinterStatus(True, Paper.LOW)),  # an automatic status before them
        (b"\x12\x12", PrinterStatus(False)),  # which one is missing?
        (b"\x80\xff\x00", PrinterStatus(False)),
    ],
)
def test_only_answers_to_the_question_are_listened_to(
    scripted: tuple[EscposPrinter, socket.socket], said: bytes, expected: PrinterStatus
) -> None:
    driver, far_end = scripted
    with answering(far_end, (STATUS_QUERY, said)):
        assert driver.status() == expected


def test_a_late_answer_is_not_taken_for_the_next_one(
    scripted: tuple[EscposPrinter, socket.socket],
) -> None:
    driver, far_end = scripted
    far_end.sendall(b"\x1a\x32\x7e")  # paper out, said before anybody asked
    with answering(far_end, (STATUS_QUERY, b"\x12\x12\x12")):
        assert driver.status() == PrinterStatus(True, Paper.OK)


def test_a_word_for_another_ticket_confirms_nothing(
    scripted: tuple[EscposPrinter, socket.socket],
) -> None:
    driver, far_end = scripted
    driver._confirms = True
    with (
        answering(far_end, (STATUS_QUERY, b"\x12\x12\x12"), (b"\x1d(H", b"\x37\x22AAAA\x00")),
        pytest.raises(OutcomeUnknown, match="did not say"),
    ):
        driver.print((Text("P012"),))


def test_a_printer_that_ends_the_connection_is_lost(scripted: tuple[EscposPrinter, socket.socket]) -> None:
    driver, far_end = scripted
    far_end.shutdown(socket.SHUT_WR)
    with pytest.raises(Lost):
        driver.status()


# ---------------------------------------------------------------------------------- the driver itself


def test_a_line_that_is_too_long_goes_on_in_the_next_one(virtual_printer: VirtualPrinter) -> None:
    driver = network_driver(virtual_printer)
    driver.connect()
    driver.print((Text("x" * 50 + "end"),))
    assert virtual_printer.tickets[-1].lines == ("x" * 48, "xxend")
    driver.close()


@pytest.mark.parametrize("timeout_s", [0, -1, math.inf, math.nan])
def test_a_time_limit_is_positive_and_finite(timeout_s: float) -> None:
    with pytest.raises(ValueError):
        EscposPrinter(name="printer", wire=NetworkWire("printer"), columns=48, timeout_s=timeout_s)
