"""What the printer tests share: a ticket, and benches, each a driver wired to a simulated printer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import zxingcpp
from PIL import Image

from drivers.base import Document, QrCode, Rule, Text
from drivers.printer import EscposPrinter, NetworkWire, SerialWire, UsbWire
from drivers.simulated.printer import PrinterKind, ServedPrinter, VirtualPrinter, VirtualSerialPrinter
from tests.drivers.usb_bus import PRODUCT, VENDOR, UsbPrinterBus

URL = "https://pst-1373.example/t/AbCdEfGhIjKlMnOpQrStUvWxYz01234567"
TIMEOUT_S = 0.5
SMALL = PrinterKind(columns=32, cutter=False, native_qr=False, confirms=False)
LARGE = PrinterKind(columns=48)

# A ticket as in the office: twelve lines and a QR code.
TICKET: Document = (
    Text("PELAYANAN STATISTIK TERPADU\nBPS KOTA SAWAHLUNTO", align="center"),
    Rule(),
    Text("NOMOR ANTREAN", align="center"),
    Text("P012", align="center", bold=True, size=4),
    Text("Layanan : Perpustakaan\nWaktu   : 23/11/2026 09.14 WIB\nDi depan: 1 orang"),
    QrCode(URL),
    Rule(),
    Text("Silakan tunggu panggilan.\nDilayani maks. 5 menit setelah\nmengisi buku tamu. Gratis."),
)
TICKET_LINES = (
    "PELAYANAN STATISTIK TERPADU",
    "BPS KOTA SAWAHLUNTO",
    "NOMOR ANTREAN",
    "P012",
    "Layanan : Perpustakaan",
    "Waktu   : 23/11/2026 09.14 WIB",
    "Di depan: 1 orang",
    "Silakan tunggu panggilan.",
    "Dilayani maks. 5 menit setelah",
    "mengisi buku tamu. Gratis.",
)

SimulatedPrinter: TypeAlias = ServedPrinter | UsbPrinterBus


@dataclass(frozen=True)
class Bench:
    """A driver (not connected yet) and the simulated printer at the other end of its wire."""

    driver: EscposPrinter
    printer: SimulatedPrinter


def network_driver(printer: VirtualPrinter, **options: bool) -> EscposPrinter:
    kind = printer.kind
    return EscposPrinter(
        name="printer",
        wire=NetworkWire(printer.host, printer.port),
        columns=kind.columns,
        timeout_s=TIMEOUT_S,
        native_qr=kind.native_qr,
        cutter=kind.cutter,
        **options,
    )


@contextmanager
def network_80mm(folder: Path) -> Iterator[Bench]:
    with VirtualPrinter(kind=LARGE) as printer:
        yield Bench(network_driver(printer, confirm=True), printer)


@contextmanager
def network_58mm(folder: Path) -> Iterator[Bench]:
    with VirtualPrinter(kind=SMALL) as printer:
        yield Bench(network_driver(printer), printer)


@contextmanager
def serial_58mm(folder: Path) -> Iterator[Bench]:
    with VirtualSerialPrinter(folder / "ttyPRINTER", kind=SMALL) as printer:
        wire = SerialWire(str(printer.path), 115200)
        driver = EscposPrinter(
            name="printer", wire=wire, columns=32, timeout_s=TIMEOUT_S, native_qr=False, cutter=False
        )
        yield Bench(driver, printer)


@contextmanager
def usb_80mm(folder: Path) -> Iterator[Bench]:
    printer = UsbPrinterBus(LARGE)
    wire = UsbWire(VENDOR, PRODUCT, backend=printer)
    yield Bench(EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=TIMEOUT_S), printer)


BENCHES = {
    "network 80 mm": network_80mm,
    "network 58 mm": network_58mm,
    "serial 58 mm": serial_58mm,
    "usb 80 mm": usb_80mm,
}


def again(driver: EscposPrinter) -> None:
    """What whoever runs a driver does after an error."""
    driver.close()
    driver.connect()


def scan(picture: Image.Image) -> list[str]:
    """What a QR scanner reads from a picture."""
    return [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))]
