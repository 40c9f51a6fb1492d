"""The ways to a printer, and the names that their failures get. The USB bus is `usb_bus`, below pyusb."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from escpos.exceptions import DeviceNotFoundError

from drivers.base import (
    Busy,
    DriverError,
    Missing,
    Timeout,
)
from drivers.printer import EscposPrinter, NetworkWire, SerialWire, UsbWire
from drivers.printer_wire import FAILURES, driver_error
from tests.drivers.printers import (
    LARGE,
    TICKET,
    TIMEOUT_S,
    serial_58mm,
)
from tests.drivers.usb_bus import IN, PRODUCT, VENDOR, UsbFace, UsbPrinterBus

GRACE_S = 10.0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Missing),
        (FileNotFoundError(errno.ENOENT, "no such file"), Missing),
        (TimeoutError("timed out"), Timeout),
        (OSError(errno.ETIMEDOUT, "timed out"), Timeout),
        (OSError(errno.EBUSY, "busy"), Busy),
        (BlockingIOError(errno.EAGAIN, "locked"), Busy),
        (DeviceNotFoundError("no such printer"), Missing),
        (termios.error(errno.EIO, "gone"), Missing),
        (AssertionError(), Missing),
    ],
    ids=repr,
)
def test_a_failure_has_one_name(error: BaseException, kind: type[DriverError]) -> None:
    assert isinstance(error, FAILURES)
    named = driver_error("printer", error, Missing)
    assert type(named) is kind
    assert named.device == "printer"
    assert named.detail


def test_a_host_that_does_not_answer_is_a_timeout() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.create_connection(listener.getsockname()):  # fills the queue
            wire = NetworkWire(*listener.getsockname())
            driver = EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=TIMEOUT_S)
            began = time.monotonic()
            with pytest.raises(Timeout):
                driver.connect()
            assert time.monotonic() - began < TIMEOUT_S + GRACE_S


def test_a_serial_port_is_held_by_one_program(tmp_path: Path) -> None:
    with serial_58mm(tmp_path) as bench:
        bench.driver.connect()
        second = EscposPrinter(name="second", wire=bench.driver.wire, columns=32, timeout_s=TIMEOUT_S)
        with pytest.raises(Busy):
            second.connect()
        bench.driver.close()
        second.connect()
        second.close()


def test_a_slow_serial_line_gets_no_more_than_it_carries_in_time(tmp_path: Path) -> None:
    with serial_58mm(tmp_path) as bench:
        path = str(bench.driver.wire.path) if isinstance(bench.driver.wire, SerialWire) else ""
        for baudrate, piece in ((9600, 1440), (19200, 2880), (115200, 4096)):
            line = SerialWire(path, baudrate).open(timeout_s=3.0)
            assert line.piece == piece
            line.close()


def test_a_usb_printer_in_use_elsewhere_is_busy(caplog: pytest.LogCaptureFixture) -> None:
    bus = UsbPrinterBus(LARGE)
    bus.taken_by_another_program = True
    driver = EscposPrinter(name="printer", wire=UsbWire(VENDOR, PRODUCT, backend=bus), columns=48)
    with pytest.raises(Busy):
        driver.connect()
    bus.taken_by_another_program = False
    driver.connect()
    driver.print(TICKET)
    driver.close()


def test_a_usb_device_that_cannot_answer_is_not_taken_for_a_printer() -> None:
    bus = UsbPrinterBus(LARGE, UsbFace(endpoints=(IN,)))
    driver = EscposPrinter(name="printer", wire=UsbWire(VENDOR, PRODUCT, backend=bus), columns=48)
    with pytest.raises(Missing, match="not a printer"):
        driver.connect()


def test_a_usb_printer_is_chosen_by_its_numbers() -> None:
    bus = UsbPrinterBus(LARGE)
    driver = EscposPrinter(name="printer", wire=UsbWire(VENDOR, PRODUCT + 1, backend=bus), columns=48)
    with pytest.raises(Missing):
        driver.connect()


def test_no_usb_transfer_is_without_a_limit() -> None:
    bus = UsbPrinterBus(LARGE)
    wire = UsbWire(VENDOR, PRODUCT, backend=bus)
    driver = EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=TIMEOUT_S)
    driver.connect()
    driver.print(TICKET)
    driver.close()
    assert min(bus.limits_ms) > 0
    assert max(bus.limits_ms) <= TIMEOUT_S * 1000


LIGHT_IMPORT = """
import logging, os, sys, tempfile
import drivers.printer
heavy = {"escpos.capabilities", "PIL", "serial", "usb", "yaml", "segno", "qrcode"} & set(sys.modules)
if heavy:
    sys.exit(f"imported too early: {heavy}")
from drivers.printer_library import escpos_printers
escpos_printers().Dummy
left = os.listdir(tempfile.gettempdir())
if left or logging.getLogger().handlers or "ESCPOS_CAPABILITIES_FILE" in os.environ:
    sys.exit(f"left behind: {left}, {logging.getLogger().handlers}")
"""


def test_importing_the_driver_is_light_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", LIGHT_IMPORT], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
