"""The ticket printer, over python-escpos: network, serial or USB, 58 mm or 80 mm paper.

A job goes out in one run between two questions. Before it the printer is asked how it is, and whatever is
wrong then is an error with nothing printed. From its first byte on every failure is `OutcomeUnknown`: bytes
that a call accepted may lie in a buffer, and bytes that it refused may have moved paper.

python-escpos reads silence as "plenty of paper", so the answers to DLE EOT are read here.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field

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
from drivers.printer_wire import FAILURES, Line, NetworkWire, SerialWire, UsbWire, Wire, driver_error

__all__ = ["EscposPrinter", "NetworkWire", "SerialWire", "UsbWire"]

log = logging.getLogger(__name__)

STATUS_QUERY = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"  # DLE EOT 1, 2 and 4, all in one write
STATUS_ANSWERS = 3
BLIND_WAIT_S = 0.3  # for an answer that is not expected
STALE_READS = 64  # late answers to older questions are read away, but not for ever


@dataclass(kw_only=True, eq=False)
class EscposPrinter:
    """A `drivers.base.Printer` that speaks ESC/POS. Used by one thread at a time.

    `timeout_s`       for each answer, and for each piece of at most 4 KB that the printer has to take
    `native_qr`       the printer draws QR codes itself (GS ( k); False: they are sent as pictures
    `cutter`          False: paper is fed to the tear bar instead (most 58 mm printers)
    `confirm`         ask for the printer's word that the ticket *is printed* (GS ( H, Epson); False: ask
                      DLE EOT again after the ticket, which is answered as soon as the data has arrived
    `expects_status`  False: print even if the printer never says anything (no line back)
    """

    name: str
    wire: Wire
    columns: int
    timeout_s: float = 3.0
    native_qr: bool = True
    cutter: bool = True
    confirm: bool = False
    expects_status: bool = True
    _line: Line | None = field(default=None, init=False, repr=False)
    _has_answered: bool = field(default=False, init=False, repr=False)
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
            status = _ask(line, patience_s)
        except FAILURES as error:
            raise driver_error(self.name, error, Lost) from error
        self._has_answered = self._has_answered or status.answered
        return status

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
        tag = _tag(self._jobs)
        if listens and self.confirm:
            job += b"\x1d(H\x06\x00\x30\x30" + tag  # GS ( H, function 48: say so when you are here
        for start in range(0, len(job), line.piece):
            line.write(job[start : start + line.piece])
        if not listens:
            log.debug("%s: printed without an answer", self.name)
        elif self.confirm:
            if not _hear(line, b"\x37\x22" + tag + b"\x00", self.timeout_s):
                raise OutcomeUnknown(self.name, "the printer did not say that the ticket is printed")
        else:
            after = _ask(line, self.timeout_s)
            if not after.answered:
                raise OutcomeUnknown(self.name, "the printer does not answer after the ticket")
            if refusal := _refusal(self.name, after):
                raise OutcomeUnknown(self.name, f"after the ticket: {refusal.detail}")


def read_status(answers: bytes) -> PrinterStatus:
    """What the answers to DLE EOT 1, 2 and 4 say; fewer than three say nothing: which is missing?"""
    if len(answers) < STATUS_ANSWERS:
        return PrinterStatus(answered=False)
    printer, offline_cause, paper_sensor = answers[:STATUS_ANSWERS]
    paper = Paper.OK
    if paper_sensor & 0x60 or offline_cause & 0x20:
        paper = Paper.OUT
    elif paper_sensor & 0x0C:
        paper = Paper.LOW
    return PrinterStatus(
        answered=True,
        paper=paper,
        cover_open=bool(offline_cause & 0x04),
        offline=bool(printer & 0x08),
        fault=bool(offline_cause & 0x40),
    )


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


def _ask(line: Line, timeout_s: float) -> PrinterStatus:
    for _ in range(STALE_READS):
        if not line.read(0):
            break
    line.write(STATUS_QUERY)
    deadline = time.monotonic() + timeout_s
    answers = b""
    while len(answers) < STATUS_ANSWERS and (left_s := deadline - time.monotonic()) > 0:
        answers += bytes(each for each in line.read(left_s) if _is_status(each))
    return read_status(answers)


def _is_status(answer: int) -> bool:
    """Every answer to DLE EOT has bits 1 and 4 set, 0 and 7 clear; all else on the line is not for us."""
    return answer & 0x93 == 0x12


def _hear(line: Line, word: bytes, timeout_s: float) -> bool:
    """True as soon as the printer has said `word`."""
    deadline = time.monotonic() + timeout_s
    heard = b""
    while word not in heard and (left_s := deadline - time.monotonic()) > 0:
        heard += line.read(left_s)
    return word in heard


def _tag(number: int) -> bytes:
    """Four letters A to P for a job's number: none of them can be taken for an answer to DLE EOT."""
    return bytes(ord("A") + (number >> shift & 0xF) for shift in (12, 8, 4, 0))
