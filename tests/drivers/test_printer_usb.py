"""Which device on the USB bus is the printer: one that fits and no other, and never the first of two."""

from __future__ import annotations

import pytest

from drivers.base import Missing
from drivers.printer import EscposPrinter
from drivers.printer_usb import UsbWire, described, devices_on_bus
from tests.drivers.printers import LARGE, TICKET, TIMEOUT_S
from tests.drivers.usb_bus import IN, OUT, PRODUCT, VENDOR, UsbFace, UsbPrinterBus

OURS = UsbFace(serial="A1", maker="EPSON", name="TM-T20III")
TWIN = UsbFace(serial="A2", maker="EPSON", name="TM-T20III")
SCANNER = UsbFace(0x04A9, 0x190D, "C7", "Canon", "LiDE 300", kind=255)


def driver(bus: UsbPrinterBus, **which: int | str) -> EscposPrinter:
    wire = UsbWire(**which, backend=bus)  # type: ignore[arg-type]  # each key has its own type
    return EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=TIMEOUT_S)


@pytest.mark.parametrize(
    "which",
    [
        {"vendor": VENDOR, "product": PRODUCT, "serial": "A1"},
        {"serial": "A1"},
        {"match": "EPSON TM-T20.* A1"},
        {"match": f"^{VENDOR:04x}:{PRODUCT:04x} .*A1$"},
    ],
    ids=str,
)
def test_a_printer_is_found_among_others_and_prints(which: dict[str, int | str]) -> None:
    bus = UsbPrinterBus(LARGE, OURS, TWIN, SCANNER)
    printer = driver(bus, **which)
    printer.connect()
    printer.print(TICKET)
    printer.close()
    assert [ticket.is_complete for ticket in bus.tickets] == [True]


@pytest.mark.parametrize("which", [{"vendor": VENDOR, "product": PRODUCT}, {"match": "EPSON"}], ids=str)
def test_two_that_fit_are_refused_and_both_are_named(which: dict[str, int | str]) -> None:
    bus = UsbPrinterBus(LARGE, OURS, TWIN, SCANNER)
    with pytest.raises(Missing, match=r"several USB devices fit: .*TM-T20III A1; .*TM-T20III A2"):
        driver(bus, **which).connect()
    assert bus.tickets == ()


def test_where_none_fits_the_printers_that_are_there_are_named() -> None:
    bus = UsbPrinterBus(LARGE, OURS, SCANNER)
    with pytest.raises(Missing, match=r"no USB device fits 'A9'; printers that are there: .* EPSON") as told:
        driver(bus, serial="A9").connect()
    assert "Canon" not in str(told.value)


def test_a_wire_that_names_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing says which"):
        UsbWire()


@pytest.mark.parametrize("kind", [3, 8, 10], ids=["keyboard or scanner gun", "memory stick", "modem"])
def test_a_device_of_another_kind_is_no_printer_whatever_pipes_it_has(kind: int) -> None:
    bus = UsbPrinterBus(LARGE, UsbFace(maker="Zebra", name="DS2208", kind=kind))
    with pytest.raises(Missing, match=r"Zebra DS2208.*not a printer"):
        driver(bus, vendor=VENDOR, product=PRODUCT).connect()


def test_an_interface_that_speaks_http_is_not_written_to() -> None:
    bus = UsbPrinterBus(LARGE, UsbFace(protocol=4))
    with pytest.raises(Missing, match="not a printer"):
        driver(bus, vendor=VENDOR, product=PRODUCT).connect()


@pytest.mark.parametrize("face", [UsbFace(kind=255, protocol=0), UsbFace(interface=2)], ids=["vendor", "2"])
def test_the_interface_is_read_from_the_descriptors(face: UsbFace) -> None:
    bus = UsbPrinterBus(LARGE, face)
    bus.kernel_holds = {face.interface}  # usblp took it when it was plugged in
    printer = driver(bus, vendor=VENDOR, product=PRODUCT)
    printer.connect()
    printer.print(TICKET)
    printer.close()
    assert bus.kernel_holds == set()
    assert [ticket.is_complete for ticket in bus.tickets] == [True]


def test_a_neighbour_that_may_not_be_opened_hides_nobody() -> None:
    bus = UsbPrinterBus(LARGE, OURS, UsbFace(0x1D6B, 0x0002, "0000:01", "Linux", "root hub", forbidden=True))
    assert [described(each) for each in devices_on_bus(bus)] == [
        f"{VENDOR:04x}:{PRODUCT:04x} EPSON TM-T20III A1",
        "1d6b:0002",
    ]
    driver(bus, match="EPSON").connect()


def test_endpoints_in_another_order_are_told_apart() -> None:
    bus = UsbPrinterBus(LARGE, UsbFace(endpoints=(OUT, IN)))
    printer = driver(bus, vendor=VENDOR, product=PRODUCT)
    printer.connect()
    assert printer.status().answered
    printer.close()
