"""What is plugged in, as the kernel names it: for the first configuration to propose.

Nothing is opened or asked, so it may be looked at while others have the devices. Source: the kernel's
sysfs-bus-usb; USB class codes of usb.org (07 printer, 0b smart card).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["printer", "card_reader"]

_CLASSES: dict[str, Kind] = {"07": "printer", "0b": "card_reader"}


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A device on USB: what it is, what it calls itself, and its ids as `lsusb` shows them."""

    kind: Kind
    maker: str
    product: str
    vendor_id: str
    product_id: str
    parts: tuple[str, ...] = ()  # what its interfaces call themselves: PC/SC puts that into a reader's name

    @property
    def name(self) -> str:
        """Maker and product, or the ids where it has no words."""
        return " ".join(filter(None, (self.maker, self.product))) or f"{self.vendor_id}:{self.product_id}"


def usb_devices(system: Path = Path("/")) -> list[UsbDevice]:
    """Printers and card readers on USB, in the order of their places."""
    found = []
    for folder in sorted((system / "sys/bus/usb/devices").glob("*")):
        kinds = {_CLASSES[code] for code in _interface_classes(folder) if code in _CLASSES}
        found += [
            UsbDevice(
                kind,
                _word(folder / "manufacturer"),
                _word(folder / "product"),
                _word(folder / "idVendor"),
                _word(folder / "idProduct"),
                tuple(sorted(filter(None, map(_word, folder.glob(f"{folder.name}:*/interface"))))),
            )
            for kind in sorted(kinds)
            if (folder / "idVendor").exists()
        ]
    return found


def cameras(system: Path = Path("/")) -> list[str]:
    """Device files of cameras, by names that do not change with the order of plugging."""
    folder = system / "dev/v4l/by-id"
    return [f"/dev/v4l/by-id/{path.name}" for path in sorted(folder.glob("*-video-index0"))]


def serial_lines(system: Path = Path("/")) -> list[str]:
    """Device files of serial adapters, by names that do not change with the order of plugging."""
    folder = system / "dev/serial/by-id"
    return [f"/dev/serial/by-id/{path.name}" for path in sorted(folder.glob("*"))]


def scan_socket(system: Path = Path("/")) -> str | None:
    """Where the service manager starts the scanning process, if its units are installed."""
    unit = system / "usr/lib/systemd/system/frontdesk-scan.socket"
    return "/run/frontdesk-scan.sock" if unit.exists() else None


def _interface_classes(device: Path) -> Iterator[str]:
    for interface in device.glob(f"{device.name}:*"):
        yield _word(interface / "bInterfaceClass")


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # it has none, or was pulled out just now
        return ""
