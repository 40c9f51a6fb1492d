"""What a printer is asked before it is trusted: whether it says that a ticket is out, and who it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers.base import OutcomeUnknown, Paper
from drivers.printer import EscposPrinter, NetworkWire
from drivers.simulated.printer import PrinterKind, VirtualPrinter
from tests.drivers.printers import TICKET, TICKET_LINES, TIMEOUT_S

EPSON = PrinterKind(maker="EPSON", model="TM-T20III")
CLONE = PrinterKind(confirms=False, maker="", model="")
TALKATIVE_CLONE = PrinterKind(confirms=False, maker="", model="", unknown_is_text=True)


@contextmanager
def connected(kind: PrinterKind) -> Iterator[tuple[EscposPrinter, VirtualPrinter]]:
    with VirtualPrinter(kind=kind) as printer:
        driver = EscposPrinter(
            name="printer",
            wire=NetworkWire(printer.host, printer.port),
            columns=kind.columns,
            timeout_s=TIMEOUT_S,
            confirm="auto",
        )
        driver.connect()
        yield driver, printer
        driver.close()
        assert printer.complaints == []


@pytest.mark.parametrize(
    ("kind", "confirms"), [(EPSON, True), (CLONE, False), (TALKATIVE_CLONE, False)], ids=str
)
def test_whether_a_printer_confirms_is_found_out_with_nothing_printed(
    kind: PrinterKind, confirms: bool
) -> None:
    with connected(kind) as (driver, printer):
        assert driver.confirms is None
        driver.status()
        assert driver.confirms is confirms
        assert printer.tickets == ()


@pytest.mark.parametrize("kind", [EPSON, CLONE, TALKATIVE_CLONE], ids=str)
def test_after_the_question_a_ticket_is_as_it_should_be(kind: PrinterKind) -> None:
    with connected(kind) as (driver, printer):
        driver.print(TICKET)
        driver.print(TICKET)
        for ticket in printer.tickets:
            assert sorted(ticket.lines) == sorted((*TICKET_LINES, "-" * 48, "-" * 48))


def test_one_that_has_confirmed_is_held_to_it() -> None:
    with connected(EPSON) as (driver, printer):
        driver.status()
        printer.faults.line_s = 2 * TIMEOUT_S
        with pytest.raises(OutcomeUnknown, match="did not say"):
            driver.print(TICKET)


def test_a_printer_without_paper_is_asked_once_it_has_some() -> None:
    with connected(EPSON) as (driver, printer):
        printer.faults.paper = Paper.OUT
        driver.status()
        assert driver.confirms is None
        printer.new_roll()
        driver.status()
        assert driver.confirms is True


def test_it_is_asked_again_after_each_connection() -> None:
    """Another printer may hang at the cable by then."""
    with connected(EPSON) as (driver, _):
        driver.status()
        driver.connect()
        assert driver.confirms is None


@pytest.mark.parametrize(
    ("kind", "name"), [(EPSON, "EPSON TM-T20III"), (CLONE, ""), (TALKATIVE_CLONE, "")], ids=str
)
def test_a_printer_says_who_it_is_with_nothing_printed(kind: PrinterKind, name: str) -> None:
    with connected(kind) as (driver, printer):
        assert driver.identify() == name
        driver.print(TICKET)
        (ticket,) = printer.tickets
        assert sorted(ticket.lines) == sorted((*TICKET_LINES, "-" * 48, "-" * 48))
