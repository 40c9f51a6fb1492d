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
    CoverOpen,
    Document,
    DriverError,
    Feed,
    Lost,
    Missing,
    OutcomeUnknown,
    Paper,
    PaperOut,
    PrinterFault,
    PrinterStatus,
    QrCode,
    Text,
    Timeout,
)
from drivers.printer import EscposPrinter, NetworkWire
from drivers.printer_questions import STATUS_QUERY
from drivers.simulated.printer import PrinterKind, VirtualPrinter, VirtualSerialPrinter
from tests.drivers.printers import (
    BENCHES,
    TICKET,
    TICKET_LINES,
    TIMEOUT_S,
    URL,
    Bench,
    network_driver,
    scan,
    serial_58mm,
)

GRACE_S = 1.0
PATIENCE_S = 5.0


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as bench:
        bench.driver.connect()
        yield bench
        bench.driver.close()
        assert bench.printer.complaints == []


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


def again(driver: EscposPrinter) -> None:
    """What whoever runs a driver does after an error."""
    driver.close()
    driver.connect()


# ---------------------------------------------------------------------------------------- every wire


def test_a_ticket_comes_out_with_all_its_lines_and_a_qr_code_that_scans(bench: Bench) -> None:
    bench.driver.print(TICKET)
    (ticket,) = bench.printer.tickets
    assert ticket.is_complete
    assert ticket.sheet.is_cut is bench.printer.kind.cutter
    rules = ("-" * bench.driver.columns,) * 2
    assert sorted(ticket.lines) == sorted(TICKET_LINES + rules)
    assert scan(ticket.draw()) == [URL]


def test_one_print_is_one_ticket(bench: Bench) -> None:
    for number in range(3):
        bench.driver.print((Text(f"P{number:03}"),))
    assert [ticket.lines for ticket in bench.printer.tickets] == [("P000",), ("P001",), ("P002",)]


STATUSES = {
    "well": ({}, PrinterStatus(True, Paper.OK)),
    "paper low": ({"paper": Paper.LOW}, PrinterStatus(True, Paper.LOW)),
    "paper out": ({"paper": Paper.OUT}, PrinterStatus(True, Paper.OUT, offline=True)),
    "cover open": ({"cover_open": True}, PrinterStatus(True, Paper.OK, cover_open=True, offline=True)),
    "offline": ({"offline": True}, PrinterStatus(True, Paper.OK, offline=True)),
    "fault": ({"fault": True}, PrinterStatus(True, Paper.OK, offline=True, fault=True)),
    "mute": ({"mute": True}, PrinterStatus(False)),
}


def set_faults(bench: Bench, faults: dict[str, object]) -> None:
    for name, value in faults.items():
        setattr(bench.printer.faults, name, value)


@pytest.mark.parametrize(("faults", "expected"), STATUSES.values(), ids=STATUSES)
def test_the_status_says_what_the_printer_says(
    bench: Bench, faults: dict[str, object], expected: PrinterStatus
) -> None:
    set_faults(bench, faults)
    assert bench.driver.status() == expected


REFUSALS: dict[str, tuple[dict[str, object], type[DriverError]]] = {
    "paper out": ({"paper": Paper.OUT}, PaperOut),
    "cover open": ({"cover_open": True}, CoverOpen),
    "cover open for new paper": ({"cover_open": True, "paper": Paper.OUT}, CoverOpen),
    "offline": ({"offline": True}, PrinterFault),
    "fault": ({"fault": True}, PrinterFault),
    "mute": ({"mute": True}, Timeout),
}


@pytest.mark.parametrize(("faults", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_printer_that_cannot_print_is_sent_nothing_and_prints_when_it_can(
    bench: Bench, faults: dict[str, object], error: type[DriverError]
) -> None:
    set_faults(bench, faults)
    with pytest.raises(error):
        bench.driver.print(TICKET)
    set_faults(
        bench, {"paper": Paper.OK, "cover_open": False, "offline": False, "fault": False, "mute": False}
    )
    again(bench.driver)
    bench.driver.print((Text("P013"),))
    assert [ticket.lines for ticket in bench.printer.tickets] == [("P013",)]


def test_low_paper_does_not_stop_a_ticket(bench: Bench) -> None:
    bench.printer.faults.paper = Paper.LOW
    bench.driver.print(TICKET)
    assert bench.printer.tickets[-1].is_complete


def test_paper_that_ends_in_the_middle_leaves_the_outcome_unknown(bench: Bench) -> None:
    bench.printer.faults.paper_left = 5
    with pytest.raises(OutcomeUnknown):
        bench.driver.print(TICKET)
    (torn,) = bench.printer.tickets
    assert not torn.is_complete
    assert torn.lines[:2] == TICKET_LINES[:2]
    bench.printer.new_roll()
    again(bench.driver)
    bench.driver.print((Text("P013"),))
    assert len(bench.printer.tickets) == 2


def test_a_connection_that_breaks_in_the_middle_leaves_the_outcome_unknown(bench: Bench) -> None:
    bench.printer.faults.drop_after = 9 + 60  # the three questions, then some of the ticket
    with pytest.raises(OutcomeUnknown):
        bench.driver.print(TICKET)
    assert [ticket.is_complete for ticket in bench.printer.tickets] == [False]
    bench.printer.plug()
    again(bench.driver)
    bench.driver.print((Text("P013"),))
    assert [ticket.is_complete for ticket in bench.printer.tickets] == [False, True]


def test_an_unplugged_printer_is_lost_then_missing_then_taken_up_again(bench: Bench) -> None:
    bench.printer.unplug()
    with pytest.raises(Lost):
        bench.driver.print(TICKET)
    bench.driver.close()
    with pytest.raises(Missing):
        bench.driver.connect()
    bench.printer.plug()
    again(bench.driver)
    bench.driver.print(TICKET)
    assert [ticket.is_complete for ticket in bench.printer.tickets] == [True]


def test_a_printer_that_takes_nothing_is_given_up_in_time_and_nothing_is_printed(bench: Bench) -> None:
    bench.printer.faults.stalled = True
    began = time.monotonic()
    with pytest.raises(Timeout):
        bench.driver.print(TICKET)
    bench.driver.close()
    assert time.monotonic() - began < TIMEOUT_S + GRACE_S
    assert bench.printer.tickets == ()


def test_closing_is_allowed_at_any_time_and_a_closed_printer_is_lost(bench: Bench) -> None:
    bench.driver.close()
    bench.driver.close()
    with pytest.raises(Lost):
        bench.driver.status()
    with pytest.raises(Lost):
        bench.driver.print(TICKET)


def test_closing_after_the_cable_was_pulled_does_not_raise(bench: Bench) -> None:
    bench.printer.unplug()
    bench.driver.close()
    bench.driver.close()


IMPOSSIBLE: dict[str, Document] = {
    "too large a text": (Text("P012", size=9),),
    "an empty QR code": (QrCode("\x00\n"),),
    "too long a QR code": (QrCode("x" * 214),),
    "too large modules": (QrCode(URL, module=17),),
    "too long a feed": (Feed(256),),
}


@pytest.mark.parametrize("document", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_document_is_refused_before_anything_is_sent(bench: Bench, document: Document) -> None:
    with pytest.raises(ValueError):
        bench.driver.print((Text("before it"), *document))
    bench.driver.print((Text("P013"),))
    assert [ticket.lines for ticket in bench.printer.tickets] == [("P013",)]


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
