"""`frontdesk check`: each device in turn, whether it is there, what it answers, and what to do if not.

The devices of a front desk that runs are asked by its own threads (`examination.py`); those of one that does
not are opened here, asked, and closed again.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from appliance.duties.paper import problem_of
from appliance.examination import Answer, Ask, Result, timed
from appliance.front_desk import FrontDesk
from appliance.messages import Message
from appliance.store import LOCK_FILE
from drivers.base import Device, DeviceState, Door, Locks, PrinterStatus

ANSWER_S: Final = 6.0  # for all threads together: each looks at its wishes at least once a second
SAID_MOST: Final = 24  # doors that are named one by one


@dataclass(frozen=True, slots=True)
class Checkup:
    """A device, closed, and the question to ask it once it is open."""

    device: Device
    ask: Ask = Answer
    act: str | None = None


class BoardAnswer(Protocol):
    """How one lock board is."""

    @property
    def address(self) -> int:
        """Its address on the line."""

    @property
    def seconds(self) -> float | None:
        """How long its answer took; None where it said nothing."""


class AskedBoards(Locks, Protocol):
    """What a technician asks of lock boards."""

    def boards(self) -> Sequence[BoardAnswer]:
        """Each board in turn."""


class AskedPrinter(Protocol):
    """What a technician asks of a printer."""

    @property
    def confirms(self) -> bool | None:
        """Whether it says that a ticket is printed; None while that is not known."""

    def status(self) -> PrinterStatus:
        """How it is."""

    def identify(self) -> str:
        """Maker and model, as far as it says."""


def process_using(folder: Path) -> str | None:
    """The id of the process whose front desk runs on this data folder and so has the devices; None: nobody.

    Makes nothing and keeps nothing. Raises OSError where the folder may not be looked into.
    """
    try:
        with (folder / LOCK_FILE).open(encoding="ascii", errors="replace") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return (folder / LOCK_FILE).read_text(encoding="ascii", errors="replace").strip() or "?"
    return None


def look(checkup: Checkup) -> Result:
    """Open one device, ask it, close it again."""

    def ask() -> Answer:
        checkup.device.connect()
        opened.append(True)
        return checkup.ask()

    opened: list[bool] = []
    try:
        result, _ = timed(checkup.device.name, ask, act=checkup.act)
    finally:
        checkup.device.close()
    return replace(result, found=bool(opened))


def look_at_running(desk: FrontDesk, patience_s: float = ANSWER_S) -> list[Result]:
    """Have every device of this running front desk asked by its thread, and hear them out."""
    reports = desk.health.all()
    reachable = [report.device for report in reports if report.state is DeviceState.READY]
    began = time.monotonic()
    desk.examination.ask(reachable)
    desk.examination.wait(reachable, patience_s)
    waited = round(time.monotonic() - began, 3)
    results = []
    for report in desk.health.all():
        answered = desk.examination.result(report.device)
        if answered is not None:
            results.append(answered)
        elif report.state is DeviceState.READY:
            results.append(Result(report.device, True, (), "timeout", "", waited))
        else:
            results.append(Result(report.device, False, (), report.problem or "lost", report.detail))
    return results


# ------------------------------------------------------------------------------------- the questions


def printer_answer(printer: AskedPrinter) -> Answer:
    """Who the printer is, how its paper is, and whether it says that a ticket is out."""
    status = printer.status()
    problem = problem_of(status)
    if not status.answered:
        return Answer((Message("check.said.printer_silent"),), problem)
    name = printer.identify() if status.can_print else ""
    said = [Message("check.said.named", {"name": name})] if name else []
    if problem not in ("paper_low", "paper_out"):  # else it is said already
        said.append(Message(f"check.said.paper.{status.paper}"))
    if printer.confirms is not None:
        said.append(Message("check.said.confirms" if printer.confirms else "check.said.confirms_not"))
    return Answer(tuple(said), problem)


def buttons_answer(letters: Sequence[str]) -> Answer:
    """Which buttons there are; what each does is seen when it is pressed."""
    return Answer((Message("check.said.buttons", {"n": len(letters), "letters": ", ".join(letters)}),))


def reader_answer(names: Sequence[str], chosen: str) -> Answer:
    """The reader that is used, and the others that were passed over."""
    said = [Message("check.said.named", {"name": chosen})]
    others = [name for name in names if name != chosen]
    if others:
        said.append(Message("check.said.others", {"names": "; ".join(others)}))
    return Answer(tuple(said))


def locks_answer(locks: Locks) -> Answer:
    """What each door contact says."""
    doors = {locker: locks.door(locker) for locker in locks.lockers}
    said = []
    for state in Door:
        named = [locker for locker, door in doors.items() if door is state]
        if named:
            rest = "" if len(named) <= SAID_MOST else " ..."
            names = ", ".join(named[:SAID_MOST]) + rest
            said.append(Message(f"check.said.doors.{state}", {"n": len(named), "names": names}))
    return Answer(tuple(said))


def boards_answer(locks: AskedBoards) -> Answer:
    """What each lock board answered and how fast, and what the door contacts say."""
    boards = locks.boards()
    said = [_board_said(board) for board in boards]
    silent = any(board.seconds is None for board in boards)
    return Answer((*said, *locks_answer(locks).said), "board_silent" if silent else None)


def _board_said(board: BoardAnswer) -> Message:
    if board.seconds is None:
        return Message("check.said.board.silent", {"address": board.address})
    took_ms = max(1, round(board.seconds * 1000))
    return Message("check.said.board.answered", {"address": board.address, "ms": took_ms})


def picture_answer(detail: str) -> Answer:
    """What a scanning device said of itself: a camera the size of its picture."""
    return Answer((Message("check.said.named", {"name": detail}),) if detail else ())
