"""Prints what the database asks for, one job after the other; the printer never keeps anybody waiting.

A job goes back into the queue as long as nothing of it was printed; once a byte was sent and the end is not
known it becomes `unknown`, and a person decides about a copy. So nothing is printed twice by itself, and
nothing is lost.
"""

from __future__ import annotations

import logging
import time

from appliance import printing, slips
from appliance.errors import NotNow, Refused
from appliance.front_desk import FrontDesk
from appliance.printing import Job
from drivers.base import DeviceState, Document, DriverError, OutcomeUnknown, Paper, Printer, PrinterStatus

log = logging.getLogger(__name__)

_LISTEN_S = 1.0
_LOOK_EVERY_S = 10.0  # at an idle printer, for paper that runs low and covers that are opened
_RETRY_S = 1.0  # at a printer that cannot print


class PaperDuty:
    """Owns the ticket printer."""

    def __init__(self, desk: FrontDesk, printer: Printer) -> None:
        self._desk = desk
        self._store = desk.store
        self._printer = printer
        self._next_look = 0.0
        self._in_doubt = True  # whether a job may stand as printing although nothing is being printed

    def step(self) -> None:
        """Print the oldest job, or wait for one."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        if self._in_doubt:
            self._settle()
        if time.monotonic() >= self._next_look and not self._look():
            self._desk.changes.wait(heard, _RETRY_S)
            return
        job = self._store.read(printing.next_job)
        if job is None:
            self._desk.changes.wait(heard, _LISTEN_S)
        else:
            self._print(job)

    def _settle(self) -> None:
        """After a start, and after an end that could not be stored: what was begun is unknown now."""
        if self._store.read(printing.interrupted):
            self._store.write(printing.settle_after_restart)
        self._in_doubt = False

    def _look(self) -> bool:
        """Ask the printer how it is, and say so; False while it cannot print."""
        status = self._printer.status()
        self._desk.health.report(self._printer.name, DeviceState.READY, problem_of(status))
        self._next_look = time.monotonic() + (_LOOK_EVERY_S if status.can_print else 0.0)
        return status.can_print

    def _print(self, job: Job) -> None:
        try:
            document = slips.document(self._desk, job, self._printer.columns)
        except Refused as error:
            # A profile that has lost the service, for one: this paper must not hold up all that follow.
            log.error("job %d cannot be laid out: %s", job.id, error)
            self._store.write(printing.end, job.id, "failed", error.code)
            return
        if document is None:
            self._store.write(printing.end, job.id, "failed", "no_longer_needed")
            return
        self._in_doubt = True
        try:
            self._store.write(printing.begin, job.id)
            self._send(job, document)
        except NotNow:
            return  # the visit or the day has ended in this moment

    def _send(self, job: Job, document: Document) -> None:
        try:
            self._printer.print(document)
        except OutcomeUnknown as error:
            log.warning("job %d: the outcome is unknown: %s", job.id, error)
            self._end(job, "unknown", error.code)
            self._next_look = 0.0
            raise
        except DriverError as error:
            self._end(job, "queued", error.code)
            if error.retry:
                raise
            self._desk.health.report(self._printer.name, DeviceState.READY, error.code, error.detail)
            self._next_look = 0.0
        else:
            self._end(job, "printed")

    def _end(self, job: Job, state: str, problem: str | None = None) -> None:
        self._store.write(printing.end, job.id, state, problem)
        self._in_doubt = False


def problem_of(status: PrinterStatus) -> str | None:
    """The one thing to say about a printer: what keeps it from printing first, then low paper."""
    states = (
        (not status.answered, "timeout"),
        (status.cover_open, "cover_open"),
        (status.paper is Paper.OUT, "paper_out"),
        (status.fault or status.offline, "printer_fault"),
        (status.paper is Paper.LOW, "paper_low"),
    )
    return next((code for holds, code in states if holds), None)
