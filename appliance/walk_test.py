"""The walk test: lockers are put to work one by one, by somebody who stands before each of them.

A locker is opened; its contact has to say open, and closed once the door is pushed shut; and a person says
that it was this door, because a lock and a contact that are both connected to the door beside it look right
to the program. Where there is no contact, or it says something else, the person's word is all there is.

The opening is an ordinary unlock of the kind `test` (`lock_tests.py`), carried out by the thread that owns
the locks. A form that is sent twice opens nothing: it names the opening that its page knew last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from appliance import lock_tests, lockers
from appliance.clock import Moment
from appliance.errors import NotNow
from appliance.lockers import Unlock
from appliance.store import Transaction
from drivers.base import Door

Result = Literal["passed", "other_door", "nothing", "contact_wrong"]
Step = Literal["ready", "opening", "open", "closed", "eye", "unopened", "expired"]

WALK_S: Final = 600.0  # an opening that nobody has judged by then is not judged any more

# What a person may say at each step of one locker; nothing where there is nothing to judge.
ANSWERS: Final[Mapping[Step, tuple[Result, ...]]] = MappingProxyType(
    {
        "open": ("other_door", "nothing", "contact_wrong"),
        "closed": ("passed", "other_door", "nothing"),
        "eye": ("passed", "other_door", "nothing"),
        "unopened": ("nothing", "other_door", "contact_wrong"),
    }
)
_STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "asked": "opening",
        "commanded": "opening",
        "no_contact": "eye",
        "still_closed": "unopened",
        "failed": "unopened",
        "unknown": "unopened",
        "expired": "expired",
    }
)


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of one locker: who said so, when, and whether its contact said so too."""

    locker: str
    wiring: str
    unlock_id: int
    result: Result
    by_contact: bool
    who: str
    at: Moment


@dataclass(frozen=True, slots=True)
class Bank:
    """The lockers as they are: where each is connected, and what each door says now."""

    wiring: Mapping[str, str]
    door_of: Callable[[str], Door]


@dataclass(frozen=True, slots=True)
class Stop:
    """One locker on the walk. `last` is its newest trial (0: none); `taken`: somebody's things are in it."""

    locker: str
    wiring: str
    step: Step
    last: int
    taken: bool
    door: Door
    tested: Tested | None
    rewired: bool  # it was tried, and has been connected elsewhere since

    @property
    def answers(self) -> tuple[Result, ...]:
        """What a person may say of it now."""
        return ANSWERS.get(self.step, ())

    @property
    def can_open(self) -> bool:
        """A door that stands open shows nothing, and one with somebody's things behind it stays shut."""
        return not self.taken and self.door is not Door.OPEN and self.step != "opening"

    @property
    def passed(self) -> bool:
        """True where it was found in order, and nothing has changed since."""
        return self.tested is not None and self.tested.result == "passed"


@dataclass(frozen=True, slots=True)
class Walk:
    """All lockers, in the order of the configuration."""

    stops: tuple[Stop, ...]

    @property
    def passed(self) -> int:
        """How many are in order."""
        return sum(stop.passed for stop in self.stops)

    @property
    def failed(self) -> tuple[Stop, ...]:
        """Those that are not."""
        return tuple(stop for stop in self.stops if stop.tested and not stop.passed)

    @property
    def untested(self) -> tuple[Stop, ...]:
        """Those of which nobody knows."""
        return tuple(stop for stop in self.stops if stop.tested is None)

    @property
    def next(self) -> Stop | None:
        """Where to go now: where something is under way, else to the first one that can be tried."""
        under_way = (stop for stop in self.stops if stop.step not in ("ready", "expired"))
        return next(under_way, next((stop for stop in self.untested if stop.can_open), None))


def look(db: sqlite3.Connection, bank: Bank, now: Moment) -> Walk:
    """How far the walk has come."""
    tested = _tested(db)
    trials = _newest_trials(db)
    free = set(lock_tests.can_be_tried(db, tuple(bank.wiring)))
    return Walk(
        tuple(
            _stop(bank, locker, tested.get(locker), trials.get(locker), taken=locker not in free, now=now)
            for locker in bank.wiring
        )
    )


def open_locker(tx: Transaction, bank: Bank, locker: str, last: int, *, staff: int, expires_s: float) -> None:
    """Have a locker opened; nothing happens when `last` is not its newest trial: a form that is sent again.

    Raises NotNow: `occupied` where somebody's things are in it, or there is no such locker; `door_open`.
    """
    newest = _newest_trials(tx.db).get(locker)
    if last != (newest.id if newest else 0):
        return
    if locker in bank.wiring and bank.door_of(locker) is Door.OPEN:
        raise NotNow("door_open")
    lock_tests.ask(tx, locker, tuple(bank.wiring), staff=staff, expires_s=expires_s)


def judge(tx: Transaction, bank: Bank, locker: str, unlock_id: int, result: str, *, staff: int) -> None:
    """Keep what somebody says of a locker that was opened; the same word again changes nothing.

    Raises NotNow (`old`) when this cannot be said now: another trial has begun, or the door says otherwise.
    """
    stop = next((one for one in look(tx.db, bank, tx.now).stops if one.locker == locker), None)
    if stop is None:
        raise NotNow("old")
    if stop.tested is not None and (stop.tested.unlock_id, stop.tested.result) == (unlock_id, result):
        return
    if stop.last != unlock_id or result not in stop.answers:
        raise NotNow("old")
    seen = "contact" if stop.step == "closed" else "eye"
    tx.db.execute(
        "INSERT OR REPLACE INTO locker_test VALUES (?, ?, ?, ?, ?, ?, ?)",
        (locker, stop.wiring, unlock_id, result, seen, staff, tx.now.stamp()),
    )
    tx.record("locker.tested", staff=staff, locker=locker, result=result, seen=seen)


def _stop(
    bank: Bank, locker: str, tested: Tested | None, trial: Unlock | None, *, taken: bool, now: Moment
) -> Stop:
    wiring, door = bank.wiring[locker], bank.door_of(locker)
    judged = tested is not None and trial is not None and tested.unlock_id >= trial.id
    rewired = tested is not None and tested.wiring != wiring
    return Stop(
        locker=locker,
        wiring=wiring,
        step="ready" if trial is None or judged else _step(trial, door, now),
        last=trial.id if trial else 0,
        taken=taken,
        door=door,
        tested=None if rewired else tested,
        rewired=rewired,
    )


def _step(trial: Unlock, door: Door, now: Moment) -> Step:
    seconds = now.seconds_since(trial.asked)
    if now.boot != trial.asked.boot or seconds is None or seconds > WALK_S:
        return "ready"
    if trial.state == "opened":
        return "closed" if door is Door.CLOSED else "open"
    return _STEPS[trial.state]


def _newest_trials(db: sqlite3.Connection) -> dict[str, Unlock]:
    return {unlock.locker: unlock for unlock in lockers.tried(db)}


def _tested(db: sqlite3.Connection) -> dict[str, Tested]:
    rows = db.execute(
        "SELECT locker_test.*, staff.name AS who FROM locker_test JOIN staff ON staff.id = staff_id"
    )
    return {
        row["locker"]: Tested(
            row["locker"],
            row["wiring"],
            row["unlock_id"],
            row["result"],
            row["seen"] == "contact",
            row["who"],
            Moment.parse(row["at"]),
        )
        for row in rows
    }
