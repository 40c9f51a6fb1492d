"""A ticket printer that is not there: behind a TCP port, or behind a serial port (a pty).

The driver reaches it through the real python-escpos. It keeps what it printed, as bytes, text and picture,
and can be given faults while it runs (`faults`, `unplug`). One thread serves it.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.simulated.print_engine import PrintEngine, PrinterFaults, PrinterKind, Ticket
from drivers.simulated.printer_commands import NotUnderstood
from drivers.simulated.printer_ports import HOST, Port, PtyPort, TcpPort

__all__ = [
    "PrinterFaults",
    "PrinterKind",
    "ServedPrinter",
    "Ticket",
    "VirtualPrinter",
    "VirtualSerialPrinter",
]

log = logging.getLogger(__name__)

CHUNK = 4096
NOTICE_S = 5.0  # for the serving thread to follow `plug` and `unplug`
STALL_POLL_S = 0.02


class ServedPrinter:
    """A print engine, a port, and the thread between them."""

    def __init__(self, port: Port, kind: PrinterKind) -> None:
        self.complaints: list[str] = []  # what it was sent and did not understand
        self._engine = PrintEngine(kind)
        self._port = port
        self._plugged = False  # as wanted
        self._reachable = False  # as is; guarded by `_noticed`
        self._noticed = threading.Condition()
        self._closing = threading.Event()
        self._wake_read, self._wake_write = -1, -1
        self._thread: threading.Thread | None = None

    @property
    def kind(self) -> PrinterKind:
        """What this model can do."""
        return self._engine.kind

    @property
    def faults(self) -> PrinterFaults:
        """What is wrong with it: set its fields at any time, from any thread."""
        return self._engine.faults

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """The latest tickets, oldest first; the last may still be in print, or not torn off."""
        return self._engine.tickets

    @property
    def plugged(self) -> bool:
        """False after `unplug`."""
        return self._plugged

    def wait_for_tickets(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` tickets have come out whole since the start; False after `timeout_s`."""
        return self._engine.wait_for_tickets(count, timeout_s)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for `condition`, looked at when paper moves or a connection ends; False after `timeout_s`."""
        return self._engine.wait_until(condition, timeout_s)

    def new_roll(self) -> None:
        """Put in paper."""
        self._engine.new_roll()

    def start(self) -> None:
        """Become reachable and begin to print. Raises OSError if the port is taken."""
        self._port.open()
        self._plugged = self._reachable = True
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="virtual-printer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unplug for good and end the thread; may be called again."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._closing.set()
        self._wake()
        thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unplug(self) -> None:
        """Pull the cable: the connection breaks, and nobody can connect. Returns when it is so."""
        self._set_plugged(False)

    def plug(self) -> None:
        """Put the cable in again, at the same place. Returns when the printer is reachable."""
        self._set_plugged(True)

    def _set_plugged(self, plugged: bool) -> None:
        self._plugged = plugged
        self._wake()
        with self._noticed:
            if not self._noticed.wait_for(lambda: self._reachable is plugged, NOTICE_S):
                raise TimeoutError("the simulated printer does not follow its plug")

    def _wake(self) -> None:
        os.write(self._wake_write, b"!")

    # -- the serving thread

    def _serve(self) -> None:
        try:
            while not self._closing.is_set():
                self._follow_plug()
                self._wait_and_take()
        finally:
            self._port.close()

    def _follow_plug(self) -> None:
        with self._noticed:
            if self._plugged is self._reachable:
                return
            if self._plugged:
                self._port.open()
            else:
                self._port.close()
                self._engine.hang_up(broken=True)
            self._reachable = self._plugged
            self._noticed.notify_all()

    def _wait_and_take(self) -> None:
        watched = [self._wake_read, *([self._port.watched()] if self._reachable else [])]
        ready = select.select(watched, [], [])[0]
        if self._wake_read in ready:
            os.read(self._wake_read, CHUNK)
        elif self.faults.stalled:
            self._closing.wait(STALL_POLL_S)
        else:
            self._take()

    def _take(self) -> None:
        drop_after = self.faults.drop_after
        data = self._port.receive(CHUNK if drop_after is None else max(1, min(CHUNK, drop_after)))
        if data is None:
            return
        if not data:
            self._engine.hang_up()
            return
        self._obey(data)
        if drop_after is not None:
            left = drop_after - len(data)
            self.faults.drop_after = left if left > 0 else None
            if left <= 0:
                self._break_off()

    def _obey(self, data: bytes) -> None:
        try:
            self._engine.receive(data, self._port.send, self._closing.wait)
        except NotUnderstood as error:
            log.error("the simulated printer: %s", error)
            self.complaints.append(str(error))
            self._break_off()

    def _break_off(self) -> None:
        self._engine.hang_up(broken=True)  # first: whoever sees the break may look at the paper at once
        self._port.drop()


class VirtualPrinter(ServedPrinter):
    """A network printer at 127.0.0.1; `port` 0 takes a free one. `start()` and `close()`, or `with`.

    `kind` says what the model can do; without it, a printer of `columns` that can do everything.
    """

    def __init__(self, *, columns: int = 48, port: int = 0, kind: PrinterKind | None = None) -> None:
        self._tcp = TcpPort(port)
        super().__init__(self._tcp, kind or PrinterKind(columns))

    @property
    def host(self) -> str:
        """The address to connect to."""
        return HOST

    @property
    def port(self) -> int:
        """The TCP port; known once started, and kept when unplugged."""
        return self._tcp.number


class VirtualSerialPrinter(ServedPrinter):
    """A serial printer; programs open `path`, a link that exists while the printer is plugged in."""

    def __init__(self, path: Path, *, columns: int = 48, kind: PrinterKind | None = None) -> None:
        self.path = path
        super().__init__(PtyPort(path), kind or PrinterKind(columns))
