"""The ticket printer's driver on a real kernel's USB: python-escpos, pyusb, libusb, udev and usblp."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from drivers.base import (
    DriverError,
    Lost,
    Missing,
    OutcomeUnknown,
    Paper,
    PaperOut,
    PrinterStatus,
    Text,
    Timeout,
)
from drivers.printer import EscposPrinter, UsbWire
from drivers.simulated.printer import ServedPrinter
from tests.drivers.printers import TICKET, TICKET_LINES, URL, again, scan
from tests.kernel.guest.usb_printer import SERIAL, TIMEOUT_S, driver, usb_printer

pytestmark = pytest.mark.kernel

GRACE_S = 10.0


@pytest.fixture
def printer() -> Iterator[ServedPrinter]:
    with usb_printer() as printer:
        yield printer


@pytest.fixture
def escpos(printer: ServedPrinter) -> Iterator[EscposPrinter]:
    escpos = driver()
    connect_soon(escpos)
    yield escpos
    escpos.close()
    assert printer.complaints == []


def connect_soon(escpos: EscposPrinter) -> None:
    """As the front desk does it: again, until udev and usblp are done with what was plugged in."""
    give_up = time.monotonic() + 30
    while True:
        try:
            escpos.connect()
        except DriverError:
            assert time.monotonic() < give_up
            time.sleep(0.2)
        else:
            return


def test_a_ticket_comes_out_and_its_qr_code_scans(printer: ServedPrinter, escpos: EscposPrinter) -> None:
    began = time.monotonic()
    escpos.print(TICKET)
    print(f"  a ticket over USB took {time.monotonic() - began:.2f} s")  # noqa: T201
    (ticket,) = printer.tickets
    assert ticket.is_complete
    assert set(TICKET_LINES) <= set(ticket.lines)
    assert scan(ticket.draw()) == [URL]


def test_usblp_has_let_go_of_it_and_the_driver_found_the_pipes(escpos: EscposPrinter) -> None:
    assert escpos.status() == PrinterStatus(True, Paper.OK)
    assert escpos.identify()


@pytest.mark.parametrize("wire", [UsbWire(serial=SERIAL), UsbWire(match="EPSON TM-T20II")], ids=str)
def test_it_is_found_by_what_its_descriptors_say(printer: ServedPrinter, wire: UsbWire) -> None:
    escpos = driver(wire)
    connect_soon(escpos)
    escpos.print((Text("P001"),))
    escpos.close()
    assert [ticket.lines for ticket in printer.tickets] == [("P001",)]


def test_paper_out_is_told_and_nothing_is_sent(printer: ServedPrinter, escpos: EscposPrinter) -> None:
    printer.faults.paper = Paper.OUT
    assert escpos.status() == PrinterStatus(True, Paper.OUT, offline=True)
    with pytest.raises(PaperOut):
        escpos.print(TICKET)
    printer.new_roll()
    again(escpos)
    escpos.print((Text("P002"),))
    assert [ticket.lines for ticket in printer.tickets] == [("P002",)]


def test_paper_that_ends_in_the_middle_leaves_the_outcome_unknown(
    printer: ServedPrinter, escpos: EscposPrinter
) -> None:
    printer.faults.paper_left = 5
    with pytest.raises(OutcomeUnknown):
        escpos.print(TICKET)
    (torn,) = printer.tickets
    assert not torn.is_complete


def test_a_printer_that_takes_nothing_is_given_up_in_time(
    printer: ServedPrinter, escpos: EscposPrinter
) -> None:
    printer.faults.stalled = True
    began = time.monotonic()
    with pytest.raises(Timeout):
        escpos.print(TICKET)
    assert time.monotonic() - began < TIMEOUT_S + GRACE_S
    assert printer.tickets == ()


def test_a_cable_that_is_pulled_in_the_middle_leaves_the_outcome_unknown(
    printer: ServedPrinter, escpos: EscposPrinter
) -> None:
    printer.faults.drop_after = 9 + 60  # the three questions, then some of the ticket
    with pytest.raises(OutcomeUnknown):
        escpos.print(TICKET)
    escpos.close()
    printer.plug()
    connect_soon(escpos)
    escpos.print((Text("P003"),))
    assert [ticket.is_complete for ticket in printer.tickets] == [False, True]


def test_unplugged_it_is_lost_then_missing_and_plugged_in_again_it_prints(
    printer: ServedPrinter, escpos: EscposPrinter
) -> None:
    printer.unplug()
    with pytest.raises(Lost):
        escpos.print(TICKET)
    escpos.close()
    with pytest.raises(Missing):
        escpos.connect()
    printer.plug()
    began = time.monotonic()
    connect_soon(escpos)
    print(f"  plugged in to ready: {time.monotonic() - began:.2f} s")  # noqa: T201
    escpos.print((Text("P004"),))
    assert [ticket.lines for ticket in printer.tickets] == [("P004",)]
