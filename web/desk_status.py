"""The line above the desk's columns: the devices as calm words, and what keeps the desk from working."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance import days, printing
from appliance.errors import ClockImplausible
from appliance.front_desk import FrontDesk
from appliance.health import Report
from appliance.keeping import recovery
from appliance.keeping.rescue import Rescue

# Problems whose text names the device already.
_NAMES_ITSELF = (
    "paper_low",
    "paper_out",
    "cover_open",
    "printer_fault",
    "lock_fault",
    "still_closed",
    "unlock_unknown",
    "board_silent",
    "stuck",
    "disk_low",
    "disk_full",
)


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """How one device is, in text keys: its word, whose it is, and what a person must do (None: nothing)."""

    word: str
    state: Literal["good", "wait", "bad", "off"]
    device: str | None = None
    where: str = ""
    do: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How the front desk itself is."""

    devices: list[DeviceLine]
    trouble: str | None  # code of what keeps the database from taking anything, or of an odd clock
    paper_waits: int  # pieces of paper that wait for a printer which cannot print
    restored: Rescue | None = None  # the data were put back from a copy, and nobody has compared yet


def look(desk: FrontDesk) -> Status:
    """The line above the columns; it can be had while the database cannot be written."""
    printer = desk.health.of("printer")
    stuck = printer is None or printer.needs_somebody
    return Status(
        devices=[device_line(report, desk.lockers) for report in desk.health.all()],
        trouble=_trouble(desk),
        paper_waits=desk.store.read(printing.waiting_count) if stuck else 0,
        restored=desk.store.read(recovery.open_matter) if desk.store.problem is None else None,
    )


def _trouble(desk: FrontDesk) -> str | None:
    if desk.store.problem is not None:
        return desk.store.problem.code
    doubt = desk.store.read(days.doubt, desk.clock.now(), desk.office.zone)
    return ClockImplausible.code if doubt else None


def device_line(report: Report, locker_names: tuple[str, ...]) -> DeviceLine:
    """A calm word, or what is wrong and what to do about it."""
    problem = report.problem or ("lost" if report.state == "lost" else None)
    if problem is None:
        if report.state == "opening":
            return DeviceLine("device.state.opening", "off", f"device.name.{report.device}")
        return DeviceLine(f"device.ready.{report.device}", "good")
    urgent = report.needs_somebody
    return DeviceLine(
        word=f"device.{problem}.title",
        state="bad" if urgent else "wait",
        device=None if problem in _NAMES_ITSELF else f"device.name.{report.device}",
        where=report.detail if report.detail in locker_names else "",
        do=f"device.{problem}.do" if urgent else None,
    )
