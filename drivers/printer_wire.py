"""The ways to a ticket printer, and the one place where a library's failure gets its name.

Network and serial stand here; `printer_usb` has the third.

A wire is a description out of the configuration; `open` makes a line of it, on the class of python-escpos
that belongs to it. What that class leaves out, each tried on the library: a time limit for writing to a
serial port, USB endpoints other than its defaults, a network connection's end, and a `close` that returns.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import termios
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from escpos.exceptions import Error as EscposError

from drivers.base import Busy, DriverError, Lost, Missing, Timeout
from drivers.printer_library import escpos_printers

PIECE = 4096

# Everything that python-escpos, pyserial, pyusb and the socket module raise for a device's failure: USBError
# and SerialException are OSErrors, an unplugged serial port raises termios.error, which is not one, and
# python-escpos asserts that it has a device.
FAILURES = (OSError, EscposError, termios.error, AssertionError)

_BUSY = {errno.EBUSY, errno.EAGAIN}  # EAGAIN: another program holds the lock of the serial port


def driver_error(device: str, error: BaseException, gone: type[Missing | Lost]) -> DriverError:
    """The error of `drivers.base` for one of FAILURES: Busy, Timeout, or else `gone`.

    `gone` is Missing while a device is being opened and Lost afterwards.
    """
    # python-escpos wraps what happened at opening into a text; the cause hangs on it.
    cause = (error.__context__ or error) if isinstance(error, EscposError) else error
    number = getattr(cause, "errno", None)
    kind: type[DriverError] = gone
    if isinstance(cause, TimeoutError) or number == errno.ETIMEDOUT:
        kind = Timeout
    elif number in _BUSY:
        kind = Busy
    return kind(device, str(cause) or type(cause).__name__)


class Line(Protocol):
    """An open wire. Its calls raise FAILURES."""

    @property
    def piece(self) -> int:
        """The most bytes that one `write` can carry within the time limit."""

    def write(self, data: bytes) -> None:
        """Send `data`; an error with ETIMEDOUT, or a TimeoutError, if it is not taken in time."""

    def read(self, timeout_s: float) -> bytes:
        """What the printer says, as soon as it says something; empty if it says nothing in `timeout_s`."""

    def close(self) -> None:
        """Never raises, never waits for the printer."""


class Wire(Protocol):
    """Where a printer is to be found."""

    def open(self, timeout_s: float) -> Line:
        """Reach the printer; each write may take `timeout_s`. Raises FAILURES."""


# ---------------------------------------------------------------------------------------- network


@dataclass(frozen=True, slots=True)
class NetworkWire:
    """A printer with a network socket (raw printing, mostly port 9100)."""

    host: str
    port: int = 9100

    def open(self, timeout_s: float) -> Line:
        # The library's own open() leaves a socket unclosed for each attempt that fails.
        connection = socket.create_connection((self.host, self.port), timeout_s)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        printer = escpos_printers().Network(self.host, self.port, timeout_s)
        printer.device = connection
        return _NetworkLine(printer)


class _NetworkLine:
    piece: ClassVar[int] = PIECE

    def __init__(self, printer: Any) -> None:
        self._printer = printer

    def write(self, data: bytes) -> None:
        self._printer._raw(data)  # the library's name for "send these bytes"; it has no public one

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._printer.device], [], [], timeout_s)[0]:
            return b""
        data = bytes(self._printer._read())
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the printer closed the connection")
        return data

    def close(self) -> None:
        with contextlib.suppress(*FAILURES):
            self._printer.close()


# ---------------------------------------------------------------------------------------- serial


@dataclass(frozen=True, slots=True)
class SerialWire:
    """A printer on a serial port, or on USB with a serial converter."""

    path: str
    baudrate: int = 9600

    def open(self, timeout_s: float) -> Line:
        printer = escpos_printers().Serial(self.path, self.baudrate, timeout=0)
        printer.open()
        line = _SerialLine(printer, self.baudrate, timeout_s)
        try:
            printer.device.write_timeout = timeout_s  # the library sets none: writing could last for ever
            printer.device.exclusive = True
        except FAILURES:
            line.close()
            raise
        return line


class _SerialLine:
    _POLL_S: ClassVar[float] = 0.005

    def __init__(self, printer: Any, baudrate: int, timeout_s: float) -> None:
        self._printer = printer
        self._timeout_s = timeout_s
        bytes_in_time = int(baudrate / 10 * timeout_s)
        self.piece = max(1, min(PIECE, bytes_in_time // 2))

    def write(self, data: bytes) -> None:
        """Send `data` and wait until it has left: the kernel would take in several seconds' worth."""
        import serial

        deadline = time.monotonic() + self._timeout_s
        try:
            self._printer._raw(data)
        except serial.SerialTimeoutException as error:  # an OSError without a number
            raise TimeoutError("the printer does not take its data") from error
        while self._printer.device.out_waiting:
            if time.monotonic() > deadline:
                raise TimeoutError("the printer does not take its data")
            time.sleep(self._POLL_S)

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._printer.device], [], [], timeout_s)[0]:
            return b""
        return bytes(self._printer._read())

    def close(self) -> None:
        device, self._printer.device = self._printer.device, None
        if device is None:
            return
        # Not the library's close(): that waits, without limit, for the printer to take what was written.
        with contextlib.suppress(*FAILURES):
            device.reset_output_buffer()
        with contextlib.suppress(*FAILURES):
            device.close()
