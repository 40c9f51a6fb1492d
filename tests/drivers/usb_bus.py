"""A USB bus with a printer and its neighbours, below the real pyusb and the real python-escpos `Usb`.

It stands in for libusb: pyusb asks it for descriptors and hands it bulk transfers. It shows that endpoints,
time limits and error numbers are handled; it cannot show what a kernel, a cable or a real libusb do.
"""

from __future__ import annotations

import array
import errno
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from drivers.simulated.print_engine import PrintEngine, PrinterFaults, PrinterKind, Ticket

VENDOR, PRODUCT = 0x0416, 0x5011
IN, OUT = 0x81, 0x03  # not the library's defaults
PACKET = 64
BULK = 2
_TEXTS = 3  # the type of the descriptors that hold texts
_ENGLISH = 0x0409


@dataclass(frozen=True)
class UsbFace:
    """A device as it describes itself: its numbers, its texts, its only interface."""

    vendor: int = VENDOR
    product: int = PRODUCT
    serial: str = ""
    maker: str = ""
    name: str = ""
    kind: int = 7  # class: printer
    protocol: int = 2
    endpoints: tuple[int, ...] = (IN, OUT)
    interface: int = 0
    forbidden: bool = False  # this account may not open it


class UsbPrinterBus(usb.backend.IBackend):  # type: ignore[misc]
    """The printer, with the same faults as the other simulated ones, and what only a bus can do."""

    def __init__(self, kind: PrinterKind, face: UsbFace = UsbFace(), *others: UsbFace) -> None:
        self.kind = kind
        self.face = face  # of the printer, which alone answers
        self.others = others
        self.complaints: list[str] = []
        self.taken_by_another_program = False
        self.limits_ms: set[int] = set()  # time limits seen in transfers
        self.kernel_holds: set[int] = set()  # interfaces that the kernel's own driver has
        self._engine = PrintEngine(kind)
        self._plugged = True
        self._configured = 0
        self._answers = bytearray()
        self._answered = threading.Condition()

    @property
    def faults(self) -> PrinterFaults:
        return self._engine.faults

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        return self._engine.tickets

    def new_roll(self) -> None:
        self._engine.new_roll()

    def unplug(self) -> None:
        self._plugged = False
        self._configured = 0
        self._engine.hang_up(broken=True)

    def plug(self) -> None:
        self._plugged = True

    def close(self) -> None:
        """Nothing runs here; there to be used like the other simulated printers."""

    # -- what pyusb asks

    def enumerate_devices(self) -> Iterator[UsbFace]:
        return iter([*([self.face] if self._plugged else []), *self.others])

    def get_parent(self, dev: UsbFace) -> None:
        return None

    def get_device_descriptor(self, dev: UsbFace) -> SimpleNamespace:
        address = 5 + [self.face, *self.others].index(dev)
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=dev.vendor, idProduct=dev.product,
            bcdDevice=0x100, iManufacturer=1, iProduct=2, iSerialNumber=3, bNumConfigurations=1,
            bus=1, address=address, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: UsbFace, config: int) -> SimpleNamespace:
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: UsbFace, intf: int, alt: int, config: int) -> SimpleNamespace:
        if intf or alt:
            raise IndexError(intf)
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=dev.interface, bAlternateSetting=0,
            bNumEndpoints=len(dev.endpoints), bInterfaceClass=dev.kind, bInterfaceSubClass=1,
            bInterfaceProtocol=dev.protocol, iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(
        self, dev: UsbFace, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=dev.endpoints[ep], bmAttributes=BULK,
            wMaxPacketSize=PACKET, bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: UsbFace) -> UsbFace:
        if dev.forbidden:
            raise usb.core.USBError("Access denied (insufficient permissions)", -3, errno.EACCES)
        if dev is self.face:
            self._must_be_plugged()
        return dev

    def close_device(self, dev_handle: UsbFace) -> None:
        pass

    def ctrl_transfer(
        self, dev_handle: UsbFace, kind: int, request: int, value: int, index: int, data: Any, timeout: int
    ) -> int:
        """GET DESCRIPTOR for a text, the only one that is asked."""
        texts = (None, dev_handle.maker, dev_handle.name, dev_handle.serial)
        text = texts[value & 0xFF]
        if (kind, request, value >> 8) != (0x80, 6, _TEXTS) or text == "":
            raise usb.core.USBError("Pipe error", -9, errno.EPIPE)
        words = struct.pack("<H", _ENGLISH) if text is None else text.encode("utf-16-le")
        answer = bytes([2 + len(words), _TEXTS]) + words
        taken = answer[: len(data)]
        data[: len(taken)] = array.array("B", taken)
        return len(taken)

    def detach_kernel_driver(self, dev_handle: UsbFace, intf: int) -> None:
        self.kernel_holds.remove(intf)

    def set_configuration(self, dev_handle: Any, config_value: int) -> None:
        self._must_be_plugged()
        if self.taken_by_another_program:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)
        self._configured = config_value

    def get_configuration(self, dev_handle: Any) -> int:
        self._must_be_plugged()
        return self._configured or 1

    def claim_interface(self, dev_handle: Any, intf: int) -> None:
        self._must_be_plugged()
        if self.taken_by_another_program or intf in self.kernel_holds:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)

    def release_interface(self, dev_handle: Any, intf: int) -> None:
        self._must_be_plugged()

    def reset_device(self, dev_handle: Any) -> None:
        self._must_be_plugged()

    def is_kernel_driver_active(self, dev_handle: Any, intf: int) -> bool:
        return intf in self.kernel_holds

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        self._must_be_plugged()
        self.limits_ms.add(timeout)
        if ep != OUT:
            raise usb.core.USBError("Pipe error", -9, errno.EPIPE)
        if self.faults.stalled:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        taken = bytes(data)
        breaks_off = self.faults.drop_after is not None and self.faults.drop_after <= len(taken)
        if breaks_off:
            taken = taken[: self.faults.drop_after]
        elif self.faults.drop_after is not None:
            self.faults.drop_after -= len(taken)
        self._engine.receive(taken, self._say)
        if breaks_off:
            self.faults.drop_after = None
            self.unplug()
            self._must_be_plugged()
        return len(taken)

    def bulk_read(self, dev_handle: Any, ep: int, intf: int, buff: array.array[int], timeout: int) -> int:
        self._must_be_plugged()
        self.limits_ms.add(timeout)
        if ep != IN or len(buff) < PACKET:
            raise usb.core.USBError("Overflow", -8, errno.EOVERFLOW)
        with self._answered:
            if not self._answered.wait_for(lambda: bool(self._answers), timeout / 1000):
                raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
            answer = bytes(self._answers)
            self._answers.clear()
        buff[: len(answer)] = array.array("B", answer)
        return len(answer)

    def _say(self, words: bytes) -> None:
        with self._answered:
            self._answers += words
            self._answered.notify_all()

    def _must_be_plugged(self) -> None:
        if not self._plugged:
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)
