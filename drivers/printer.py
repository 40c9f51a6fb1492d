"""The ticket printer, over python-escpos: network, serial or USB, 58 mm or 80 mm paper.

A job goes out in one run between two questions. Before it the printer is asked how it is, and whatever is
wrong then is an error with nothing printed. From its first byte on every failure is `OutcomeUnknown`: bytes
that a call accepted may lie in a buffer, and bytes that it refused may have moved paper.

python-escpos reads silence as "plenty of paper", so the answers to DLE EOT are read here.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import Literal

from drivers.base import (
    CoverOpen,
    Document,
    DriverError,
    Lost,
    Missing,
    OutcomeUnknown,
    Paper,
    PaperOut,
    PrinterFault,
    PrinterStatus,
    Timeout,
)
from drivers.printer_job import compose
from drivers.printer_questions import (
    ask_status,
    hears_printed,
    identity,
    tag_of,
    tell_when_printed,
    would_confirm,
)
from drivers.printer_usb import UsbWire
from drivers.printer_wire import FAILURES, Line, NetworkWire, SerialWire, Wire, driver_error

__all__ = ["EscposPrinter", "NetworkWire", "SerialWire", "UsbWire"]

log = logging.getLogger(__name__)

BLIND_WAIT_S = 0.3  # for an answer that is not expected
PROBE_S = 1.0  # for an answer that a printer may not know how to give


@dataclass(kw_only=True, eq=False)
class EscposPrinter:
    """A `drivers.base.Printer` that speaks ESC/POS. Used by one thread at a time.

    `timeout_s`       for each answer, and for each piece of at most 4 KB that the printer has to take
    `native_qr`       the printer draws QR codes itself (GS ( k); False: they are sent as pictures
    `cutter`          False: paper is fed to the tear bar instead (most 58 mm printers)
    `confirm`         ask for the printer's word that the ticket *is printed* (GS ( H, Epson); False: ask
                      DLE EOT again after the ticket, which is answered as soon as the data has arrived;
                      "auto": asked for such a word about nothing, the first time that it can print
    `expects_status`  False: print even if the printer never says anything (no line back)
    """

    name: str
    wire: Wire
    columns: int
    timeout_s: float = 3.0
    native_qr: bool = True
    cutter: bool = True
    confirm: bool | Literal["auto"] = False
    expects_status: bool = True
    _line: Line | None = field(default=None, init=False, repr=False)
    _has_answered: bool = field(default=False, init=False, repr=False)
    _confirms: bool | None = field(default=None, init=False, repr=False)  # None: not known yet
    _jobs: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.timeout_s) and self.timeout_s > 0):
            raise ValueError(f"{self.name}: a time limit of {self.timeout_s} seconds")

    def connect(self) -> None:
        """Open the wire. Raises Missing, Busy or Timeout. That the printer answers is not asked yet."""
        self.close()
        try:
            self._line = self.wire.open(self.timeout_s)
        except FAILURES as error:
            raise driver_error(self.name, error, Missing) from error
        self._has_answered = False
        self._confirms = None if self.confirm == "auto" else self.confirm

    def close(self) -> None:
        """Let go of the wire; never raises."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def status(self) -> PrinterStatus:
        """What the printer says of itself, in at most `timeout_s`. Raises Lost, Busy or Timeout (stalled)."""
        line = self._opened()
        patience_s = self.timeout_s if self._answer_is_due else min(BLIND_WAIT_S, self.timeout_s)
        try:
            status = ask_status(line, patience_s)
            if self._confirms is None and status.answered and status.can_print:
                self._confirms = would_confirm(line, min(PROBE_S, self.timeout_s))
        except FAILURES as error:
            raise driver_error(self.name, error, Lost) from error
        self._has_answered = self._has_answered or status.answered
        return status

    @property
    def confirms(self) -> bool | None:
        """Whether this printer says that a ticket is printed; None while that is not known."""
        return self._confirms

    def identify(self) -> str:
        """Maker and model as the printer names them (GS I), or nothing; prints nothing. Raises Lost, Timeout.

        For a technician. Of a printer that does not know the question nothing is certain but its silence.
        """
        line = self._opened()
        try:
            return identity(line, min(PROBE_S, self.timeout_s))
        except FAILURES as error:
            raise driver_error(self.name, error, Lost) from error

    def print(self, document: Document) -> None:
        """Print and cut; see `drivers.base.Printer.print` for what each error says about the paper.

        Raises ValueError for a document that no printer can print; nothing is sent then.
        """
        job = compose(document, columns=self.columns, native_qr=self.native_qr, cutter=self.cutter)
        before = self.status()
        if refusal := _refusal(self.name, before):
            raise refusal
        if not before.answered and self._answer_is_due:
            raise Timeout(self.name, "the printer does not answer; nothing was printed")
        try:
            self._deliver(self._opened(), job, listens=before.answered)
        except FAILURES as error:
            raise OutcomeUnknown(self.name, f"in the middle of the ticket: {error}") from error

    @property
    def _answer_is_due(self) -> bool:
        return self.expects_status or self._has_answered

    def _opened(self) -> Line:
        if self._line is None:
            raise Lost(self.name, "not connected")
        return self._line

    def _deliver(self, line: Line, job: bytes, *, listens: bool) -> None:
        """Send the job and hear the printer out; from here on nothing is certain but success."""
        self._jobs += 1
        tag = tag_of(self._jobs)
        confirms = listens and bool(self._confirms)
        if confirms:
            job += tell_when_printed(tag)
        for start in range(0, len(job), line.piece):
            line.write(job[start : start + line.piece])
        if not listens:
            log.debug("%s: printed without an answer", self.name)
        elif confirms:
            if not hears_printed(line, tag, self.timeout_s):
                raise OutcomeUnknown(self.name, "the printer did not say that the ticket is printed")
        else:
            after = ask_status(line, self.timeout_s)
            if not after.answered:
                raise OutcomeUnknown(self.name, "the printer does not answer after the ticket")
            if refusal := _refusal(self.name, after):
                raise OutcomeUnknown(self.name, f"after the ticket: {refusal.detail}")


def _refusal(device: str, status: PrinterStatus) -> DriverError | None:
    """Why the printer cannot print, the most useful cause first: it is offline for each of them."""
    if status.cover_open:
        return CoverOpen(device, "the cover is open")
    if status.paper is Paper.OUT:
        return PaperOut(device, "there is no paper")
    if status.fault:
        return PrinterFault(device, "the printer reports a fault")
    if status.offline:
        return PrinterFault(device, "the printer is offline")
    return None
