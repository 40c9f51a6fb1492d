"""A ticket printer on USB: which of the devices on the bus it is, and which of its pipes.

python-escpos takes the first device that fits, interface 0 and two endpoints that it assumes. Here the one
device that the configuration means is looked for (two that fit are nobody), and interface and endpoints are
read from its descriptors.
"""

from __future__ import annotations

import contextlib
import errno
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from drivers.printer_library import escpos_printers
from drivers.printer_wire import FAILURES, PIECE, Line

PRINTER_CLASS = 7
VENDOR_CLASS = 255  # cheap printers often call themselves "vendor specific"
_IPP_OVER_USB = 4  # a printer's interface of this protocol speaks HTTP


@dataclass(frozen=True, slots=True)
class UsbWire:
    """A USB printer by what tells it from every other device on the bus; what is None tells nothing.

    `vendor`, `product`: its numbers (`lsusb`). `serial`: its serial number, whole. `match`: a regular
    expression found in "vendor:product maker name serial". `backend` is pyusb's way to the USB bus; None is
    the system's libusb.
    """

    vendor: int | None = None
    product: int | None = None
    serial: str | None = None
    match: str | None = None
    backend: Any = None

    def __post_init__(self) -> None:
        if all(each is None for each in (self.vendor, self.product, self.serial, self.match)):
            raise ValueError("nothing says which USB device the printer is")

    def open(self, timeout_s: float) -> Line:
        """Open the one device that fits. Raises FAILURES; ENODEV where none does, or several do."""
        device = self.find()
        # The library looks anew, by the place on the bus: what it takes is what was found.
        options = {"bus": device.bus, "address": device.address}
        if self.backend is not None:
            options["backend"] = self.backend
        timeout_ms = max(1, int(timeout_s * 1000))  # 0 would be: never give up
        printer = escpos_printers().Usb(device.idVendor, device.idProduct, options, timeout_ms)
        printer.open()
        line = _UsbLine(printer)
        try:
            line.claim()
        except FAILURES:
            line.close()
            raise
        return line

    def find(self) -> Any:
        """The one device on the bus that fits, a `usb.core.Device`. Raises OSError with ENODEV."""
        devices = list(devices_on_bus(self.backend))
        fitting = [device for device in devices if self.fits(device)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise OSError(errno.ENODEV, f"several USB devices fit: {'; '.join(map(described, fitting))}")
        printers = [described(device) for device in devices if looks_like_printer(device)]
        there = "; ".join(printers) or "none"
        raise OSError(errno.ENODEV, f"no USB device fits {self}; printers that are there: {there}")

    def fits(self, device: Any) -> bool:
        """Whether a device is the one that is meant; its texts are read only where they matter."""
        numbers = ((self.vendor, device.idVendor), (self.product, device.idProduct))
        if any(wanted not in (None, found) for wanted, found in numbers):
            return False
        if self.serial is not None and text_of(device, "serial_number") != self.serial:
            return False
        return self.match is None or re.search(self.match, described(device)) is not None

    def __str__(self) -> str:
        numbers = [f"{number:04x}" for number in (self.vendor, self.product) if number is not None]
        texts = [repr(text) for text in (self.serial, self.match) if text is not None]
        return " ".join([*([":".join(numbers)] if numbers else []), *texts])


def devices_on_bus(backend: Any = None) -> Iterator[Any]:
    """Every device on the USB bus, as `usb.core.Device`. Raises OSError without libusb."""
    import usb.core

    options = {} if backend is None else {"backend": backend}
    try:
        yield from usb.core.find(find_all=True, **options)
    except usb.core.NoBackendError as error:
        raise OSError(errno.ENODEV, "libusb-1.0 is not installed") from error


def text_of(device: Any, name: str) -> str:
    """One of a device's texts; empty where it has none, or does not let this account read it."""
    try:
        return str(getattr(device, name) or "").strip()
    except (*FAILURES, ValueError, NotImplementedError):  # ValueError: it names no language
        return ""


def described(device: Any) -> str:
    """A device as `match` and people see it: "04b8:0e28 EPSON TM-T20III X3AB012345"."""
    texts = (text_of(device, name) for name in ("manufacturer", "product", "serial_number"))
    return " ".join([f"{device.idVendor:04x}:{device.idProduct:04x}", *filter(None, texts)])


def looks_like_printer(device: Any) -> bool:
    """Whether a device says that it is a printer; one that cannot be read says nothing."""
    with contextlib.suppress(*FAILURES):
        return any(each.bInterfaceClass == PRINTER_CLASS for each in device.configurations()[0])
    return False


# ---------------------------------------------------------------------------------------- pipes


@dataclass(frozen=True, slots=True)
class UsbPipes:
    """The two bulk endpoints of a USB printer."""

    interface: int
    in_endpoint: int
    out_endpoint: int
    in_size: int  # bytes of the largest packet; a smaller read would overflow


def find_pipes(interfaces: Iterable[Any]) -> UsbPipes | None:
    """The bulk endpoints of a device's printer interface, else of a vendor-specific one; None: no printer.

    `interfaces` is a `usb.core.Configuration`. A stick, a scanner's or a network card's own class has such
    endpoints too, and is no printer.
    """
    ranked = sorted((each for each in interfaces if _rank(each)), key=_rank)
    return next((pipes for each in ranked if (pipes := _pipes_of(each))), None)


def _rank(interface: Any) -> int:
    """1 for a printer interface, 2 for a vendor-specific one, 0 for one that is nothing for us."""
    if interface.bAlternateSetting != 0:
        return 0
    if interface.bInterfaceClass == PRINTER_CLASS:
        return int(interface.bInterfaceProtocol != _IPP_OVER_USB)
    return 2 if interface.bInterfaceClass == VENDOR_CLASS else 0


def _pipes_of(interface: Any) -> UsbPipes | None:
    import usb.util

    ways: dict[int, Any] = {}
    for each in interface:
        if usb.util.endpoint_type(each.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK:
            ways.setdefault(usb.util.endpoint_direction(each.bEndpointAddress), each)
    if len(ways) < 2:
        return None
    into, out = ways[usb.util.ENDPOINT_IN], ways[usb.util.ENDPOINT_OUT]
    number = interface.bInterfaceNumber
    return UsbPipes(number, into.bEndpointAddress, out.bEndpointAddress, into.wMaxPacketSize)


class _UsbLine:
    piece: ClassVar[int] = PIECE
    _POLL_S: ClassVar[float] = 0.005

    def __init__(self, printer: Any) -> None:
        self._printer = printer
        self._pipes = UsbPipes(0, 0, 0, 0)

    def claim(self) -> None:
        """Find the endpoints and take the interface; a USBError with EBUSY if another program has it."""
        import usb.util

        device = self._printer.device
        pipes = find_pipes(device.get_active_configuration())
        if pipes is None:
            raise OSError(
                errno.ENODEV, f"{described(device)} has no printer's pair of bulk endpoints: not a printer"
            )
        # The library frees interface 0 of the kernel's own driver, and no other.
        with contextlib.suppress(NotImplementedError):
            if device.is_kernel_driver_active(pipes.interface):
                device.detach_kernel_driver(pipes.interface)
        usb.util.claim_interface(device, pipes.interface)
        self._printer.in_ep, self._printer.out_ep = pipes.in_endpoint, pipes.out_endpoint
        self._pipes = pipes

    def write(self, data: bytes) -> None:
        self._printer._raw(data)

    def read(self, timeout_s: float) -> bytes:
        """Polls: some printers answer at once, with nothing, when they have nothing to say."""
        import usb.core

        deadline = time.monotonic() + timeout_s
        while True:
            left_ms = max(1, int((deadline - time.monotonic()) * 1000))
            try:
                # Not the library's _read(): it asks for 16 bytes and waits for one second, always.
                data = bytes(self._printer.device.read(self._pipes.in_endpoint, self._pipes.in_size, left_ms))
            except usb.core.USBTimeoutError:
                return b""
            if data or time.monotonic() + self._POLL_S > deadline:
                return data
            time.sleep(self._POLL_S)

    def close(self) -> None:
        with contextlib.suppress(*FAILURES):
            self._printer.close()
