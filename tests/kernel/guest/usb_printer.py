"""A ticket printer that the kernel itself shows on USB: a gadget on a port of its own (dummy_hcd).

Behind it is the simulated printer of the other tests; what stands between the driver and it is the kernel's
own USB, libusb, udev, and usblp, which takes each printer that is plugged in.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

import usb.core

from drivers.printer import EscposPrinter, UsbWire
from drivers.simulated.printer import PrinterKind, ServedPrinter
from tests.kernel.guest.lines import await_that

VENDOR, PRODUCT, SERIAL = 0x04B8, 0x0E15, "SIM1"
OURS = UsbWire(VENDOR, PRODUCT)
TIMEOUT_S = 3.0  # the machine is emulated

_GADGET: Final = Path("/sys/kernel/config/usb_gadget/printer")
_DEVICE: Final = Path("/dev/g_printer0")
_USBLP: Final = Path("/sys/bus/usb/drivers/usblp")
_HUB: Final = Path("/sys/devices/platform/dummy_hcd.0")
_SOCKETS: Final = Path("/sys/class/udc")  # USB device controllers, each a socket on the bus


def make_gadget() -> None:
    """Make the printer. Once for each kernel."""
    if _GADGET.exists():
        return
    for folder in ("strings/0x409", "configs/c.1", "functions/printer.0"):
        (_GADGET / folder).mkdir(parents=True)
    texts = {
        "idVendor": f"{VENDOR:#06x}",
        "idProduct": f"{PRODUCT:#06x}",
        "strings/0x409/serialnumber": SERIAL,
        "strings/0x409/manufacturer": "EPSON",
        "strings/0x409/product": "TM-T20II",
        "functions/printer.0/pnp_string": "MFG:EPSON;MDL:TM-T20II;CMD:ESC/POS;",
    }
    for name, text in texts.items():
        (_GADGET / name).write_text(text)
    (_GADGET / "configs/c.1/printer.0").symlink_to(_GADGET / "functions/printer.0")
    (_GADGET / "UDC").write_text(next(_SOCKETS.iterdir()).name)


def on_bus() -> bool:
    """Whether the kernel's USB bus has the printer."""
    numbers = (f"{VENDOR:04x}", f"{PRODUCT:04x}")
    return any(_numbers(device) == numbers for device in Path("/sys/bus/usb/devices").iterdir())


def _numbers(device: Path) -> tuple[str, str] | None:
    try:
        vendor, product = ((device / name).read_text().strip() for name in ("idVendor", "idProduct"))
    except OSError:  # an interface, or gone again
        return None
    return vendor, product


def _plug(plugged: bool) -> None:
    (port,) = _HUB.glob("usb*/*/usb*-port1/disable")
    port.write_text("0" if plugged else "1")
    await_that(lambda: on_bus() is plugged)


class GadgetPort:
    """A `drivers.simulated.printer_ports.Port`: the printer's end of the USB cable.

    The cable is pulled at the other end, the hub's port: this kernel falls over a gadget that is taken away
    while a program has something to say to it. The gadget and its file stay until the machine ends.
    """

    _file: ClassVar[int] = -1

    def __init__(self) -> None:
        self.ready = threading.Event()

    def open(self) -> None:
        """Plug it in. Returns when the bus has taken it up, and what was left of before is forgotten."""
        _plug(True)
        await_that(self._opens)
        while self.receive(8192) is not None:  # also half a packet, which no select tells of
            pass
        await_that(lambda: any(_USBLP.glob("*:*")))  # which takes each printer first, and is to let go
        subprocess.run(["udevadm", "settle"], check=True)
        self.ready.set()

    def _opens(self) -> bool:
        if self._file < 0:
            try:
                GadgetPort._file = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK)
            except OSError:  # the bus has not set it up yet
                return False
        return True

    def close(self) -> None:
        """Pull it out."""
        self.ready.clear()
        _plug(False)

    def watched(self) -> int:
        """What the kernel has for the printer."""
        return self._file

    def receive(self, size: int) -> bytes | None:
        """None where there is nothing after all; a USB printer does not hear that a program has let go."""
        try:
            return os.read(self._file, size) or None
        except OSError:
            return None

    def send(self, data: bytes) -> None:
        """Answer; without a listener the kernel's buffer fills, and the rest is dropped."""
        with contextlib.suppress(OSError):
            os.write(self._file, data)

    def drop(self) -> None:
        """Pull the cable out and put it in again."""
        self.close()
        self.open()


class UsbPrinter(ServedPrinter):
    """The simulated printer behind the gadget."""

    def __init__(self) -> None:
        self._usb = GadgetPort()
        super().__init__(self._usb, PrinterKind(columns=48))

    def plug(self) -> None:
        """Put the cable in, or wait until the bus has it again: that takes a moment here."""
        super().plug()
        assert self._usb.ready.wait(30)
        await_that(lambda: usb.core.find(idVendor=VENDOR, idProduct=PRODUCT))  # libusb hears of it last


@contextmanager
def usb_printer() -> Iterator[UsbPrinter]:
    """The printer, plugged in."""
    make_gadget()
    with UsbPrinter() as printer:
        yield printer


def driver(wire: UsbWire = OURS, timeout_s: float = TIMEOUT_S) -> EscposPrinter:
    """The real driver, on the system's libusb."""
    return EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=timeout_s, confirm=True)
