"""Whether the front desk can give numbers: what `/healthz` says.

A device in trouble is named but is no reason: a number is stored, shown and called without paper or voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from appliance import days
from appliance.clock import Moment, Quality
from appliance.errors import ClockImplausible, StoreError
from appliance.front_desk import FrontDesk
from appliance.health import Report
from appliance.keeping.room import Room
from appliance.store import PATIENCE_S

WRITER_ANSWERS_WITHIN_S = 1.0
# A core thread may wait for the writer as long as everybody else does; after that it is stuck.
SILENT_S = PATIENCE_S + 5.0

WRITER_SILENT = "writer_silent"
THREAD_SILENT = "thread_silent"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why no numbers are given: a code of errors.py, `writer_silent` or `thread_silent`; and words."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """How the front desk is at one moment."""

    reasons: tuple[Reason, ...]
    devices: tuple[Report, ...]
    store: str  # "ok", or the code of its problem
    service_day: date | None
    clock: Quality
    room: Room | None  # None: there is not even the folder

    @property
    def ready(self) -> bool:
        """True when a visitor who presses a button now gets a number."""
        return not self.reasons

    @property
    def stands_still(self) -> bool:
        """True while the writer or a thread that nothing goes without does not come round."""
        return any(reason.code in (WRITER_SILENT, THREAD_SILENT) for reason in self.reasons)


def look(desk: FrontDesk) -> Readiness:
    """How the front desk is now. Takes `WRITER_ANSWERS_WITHIN_S` when the writer hangs."""
    now = desk.clock.now()
    day, trouble = _database(desk, now)
    silent = desk.pulse.silent(SILENT_S)
    stopped = [Reason(THREAD_SILENT, f"{name} has not come round for {SILENT_S:.0f} s") for name in silent]
    store = next((reason.code for reason in trouble if reason.code != ClockImplausible.code), "ok")
    return Readiness((*trouble, *stopped), tuple(desk.health.all()), store, day, now.quality, _room(desk))


def _room(desk: FrontDesk) -> Room | None:
    try:
        return desk.store.room()
    except StoreError:
        return None


def _database(desk: FrontDesk, now: Moment) -> tuple[date | None, list[Reason]]:
    """The open day, and what keeps the database from taking a number."""
    if not desk.store.answers(WRITER_ANSWERS_WITHIN_S):
        return None, [Reason(WRITER_SILENT, f"no answer within {WRITER_ANSWERS_WITHIN_S:.0f} s")]
    problem = desk.store.problem
    if problem is not None:
        return None, [_reason(problem)]
    try:
        day = desk.store.read(days.current)
        doubt = desk.store.read(days.doubt, now, desk.office.zone)
    except StoreError as error:
        return None, [_reason(error)]
    return day.date if day else None, [Reason(ClockImplausible.code, doubt)] if doubt else []


def _reason(problem: StoreError) -> Reason:
    return Reason(problem.code, str(problem))
