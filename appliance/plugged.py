"""What is plugged in, held against the configuration: `frontdesk config check`, before anything moves.

Looking asks the buses for names and talks to no device. Asking opens printer, camera and flatbed as well, and
puts the printer questions that print nothing. Neither opens a lock or reads a card. A device that is merely
away is no mistake of the file; one that cannot be told from another, or is another, is. So is a line of lock
boards that is not there: its adapter is built in, and nobody would notice a wrong name until a bag is inside.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from appliance import assembly, checks
from appliance.checks import Checkup
from appliance.config import Config
from appliance.lan.settings import host_names
from appliance.locker_config import BoardLockers
from appliance.printer_config import EscposUsb
from appliance.toml_model import Finding
from drivers.base import DriverError
from drivers.card_reader import list_readers
from drivers.printer_usb import UsbWire, described, devices_on_bus, find_pipes
from drivers.printer_wire import FAILURES

STABLE_NAMES = Path("/dev/serial/by-id")
_CHANGING = ("ttyUSB", "ttyACM")

# What a printer's own state says, which is no mistake of the file.
_OF_THE_MOMENT = {"paper_low", "paper_out", "cover_open", "printer_fault"}


def seen(config: Config) -> Iterator[Finding]:
    """What contradicts the file among the names on the buses."""
    yield from _readers(config)
    yield from _usb_printers(config)
    yield from _cameras(config)
    if isinstance(config.lockers, BoardLockers):
        yield from line_findings(Path(config.lockers.path))
    yield from _certificate(config)


def asked(config: Config) -> Iterator[Finding]:
    """The same by asking printer, camera and flatbed, where they are reachable."""
    if config.printer:
        printer = assembly.printer(config.printer)
        yield from _asked(("printer",), Checkup(printer, lambda: checks.printer_answer(printer)))
    for device in assembly.scanning_devices(config):
        yield from _asked((device.name,), Checkup(device))


def _asked(path: tuple[str, ...], checkup: Checkup) -> Iterator[Finding]:
    result = checks.look(checkup)
    if result.problem is None or result.problem in _OF_THE_MOMENT:
        return
    if result.found and result.problem == "timeout":
        yield Finding(path, "something is there, but does not answer as a ticket printer (DLE EOT)")
    else:
        yield Finding(path, result.detail or result.problem)


def _readers(config: Config) -> Iterator[Finding]:
    if config.card_reader is None:
        return
    try:
        names = list_readers()
    except DriverError:  # no pcscd, no reader: away
        return
    fitting = [name for name in names if re.search(config.card_reader.reader, name)]
    if len(fitting) > 1:
        yield Finding(("card_reader", "reader"), f"matches several readers: {'; '.join(fitting)}")
    elif names and not fitting:
        yield Finding(("card_reader", "reader"), f"matches none of the readers there: {'; '.join(names)}")


def _usb_printers(config: Config) -> Iterator[Finding]:
    if not isinstance(config.printer, EscposUsb):
        return
    one = config.printer
    yield from usb_findings(UsbWire(one.vendor, one.product, one.serial, one.match))


def usb_findings(wire: UsbWire) -> Iterator[Finding]:
    """What contradicts this wire on the USB bus: several devices that fit, or one that is no printer."""
    key = "match" if wire.match is not None else "serial" if wire.serial is not None else "vendor"
    try:
        fitting = [device for device in devices_on_bus(wire.backend) if wire.fits(device)]
        names = [described(device) for device in fitting]
        if len(fitting) > 1:
            yield Finding(("printer", key), f"fits several USB devices: {'; '.join(names)}")
        elif fitting and find_pipes(fitting[0].configurations()[0]) is None:
            yield Finding(("printer", key), f"fits a USB device that is no printer: {names[0]}")
    except FAILURES:  # no libusb, no bus: nothing to hold against the file
        return


def line_findings(path: Path, names: Path = STABLE_NAMES) -> Iterator[Finding]:
    """What contradicts this line of lock boards: not there, no serial line, or a name that will change."""
    key = ("lockers", "path")
    others = sorted(names.iterdir()) if names.is_dir() else []
    if not path.exists():
        there = f"there are: {'; '.join(map(str, others))}" if others else "no serial adapter is plugged in"
        yield Finding(key, f"there is no {path}; {there}")
    elif not path.is_char_device():
        yield Finding(key, f"{path} is no serial line")
    elif len(others) > 1 and path.name.startswith(_CHANGING):
        stable = [str(name) for name in others if name.resolve() == path.resolve()]
        advice = f"; use {stable[0]}" if stable else ""
        yield Finding(key, f"{path} is another adapter when they are plugged in otherwise{advice}")


def _cameras(config: Config) -> Iterator[Finding]:
    if config.camera is None or not config.camera.address.startswith("/dev/"):
        return
    found = sorted(glob.glob(config.camera.address))  # noqa: PTH207 - the pattern is absolute
    if len(found) > 1:
        yield Finding(("camera", "address"), f"fits several cameras: {'; '.join(found)}")


def _certificate(config: Config) -> Iterator[Finding]:
    if config.lan is None:
        return
    from appliance.lan import certificate  # its library is heavy, and most front desks have no use for it

    names = host_names(config.lan, config.panel.public_url)
    yield from certificate.findings(config.lan, names, datetime.now(UTC))
