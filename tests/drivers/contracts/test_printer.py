"""The contract of ticket printers: the same on each wire, up to pyusb for USB (see `usb_bus`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
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
from tests.drivers.printers import BENCHES, TICKET, TICKET_LINES, TIMEOUT_S, URL, Bench, again, scan

GRACE_S = 1.0


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as bench:
        bench.driver.connect()
        yield bench
        bench.driver.close()
        assert bench.printer.complaints == []


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
