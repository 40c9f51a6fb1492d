"""`frontdesk check`: each device in turn, whether it is there, what it answers, and what to do if not."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.duties.paper import problem_of
from appliance.store import LOCK_FILE
from appliance.wording import Language, Wording
from drivers.base import Device, DriverError, Locks, Printer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says of itself; `problem` is a code of `device.*` in the texts."""

    words: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Checkup:
    """A device, closed, and the question to ask it once it is open."""

    device: Device
    ask: Callable[[], Answer] = lambda: Answer("")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one device."""

    device: str
    found: bool
    answer: str
    problem: str | None
    detail: str
    seconds: float

    @property
    def is_well(self) -> bool:
        """True when nobody has to do anything now; low paper can wait."""
        return self.problem in (None, "paper_low")


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
    began = time.monotonic()
    found = False
    try:
        checkup.device.connect()
        found = True
        answer = checkup.ask()
        problem, detail, words = answer.problem, "", answer.words
    except DriverError as error:
        problem, detail, words = error.code, error.detail, ""
    finally:
        checkup.device.close()
    return Result(checkup.device.name, found, words, problem, detail, round(time.monotonic() - began, 3))


def printer_answer(printer: Printer) -> Answer:
    """How the printer is."""
    status = printer.status()
    return Answer(f"paper {status.paper}" if status.answered else "", problem_of(status))


def locks_answer(locks: Locks) -> Answer:
    """What each door contact says."""
    return Answer(", ".join(f"{locker} {locks.door(locker)}" for locker in locks.lockers))


def as_json(results: Sequence[Result]) -> str:
    """For programs."""
    return json.dumps([asdict(result) for result in results], indent=2)


def as_text(results: Sequence[Result], wording: Wording, language: Language) -> str:
    """For people, in the office's language: a line a device, and below it what to do."""
    if not results:
        return wording.text("check.no_devices", language)
    return "\n".join(line for result in results for line in _lines(result, wording, language))


def _lines(result: Result, wording: Wording, language: Language) -> list[str]:
    name = wording.text(f"device.name.{result.device}", language)
    if result.problem is None:
        answer = f", {result.answer}" if result.answer else ""
        return [f"{name}: {wording.text('check.well', language)}{answer} ({result.seconds:.1f} s)"]
    detail = f" ({result.detail})" if result.detail else ""
    return [
        f"{name}: {wording.text(f'device.{result.problem}.title', language)}{detail}",
        f"    {wording.text(f'device.{result.problem}.do', language)}",
    ]
