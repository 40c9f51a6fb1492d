"""A front desk to be hurt from outside: run under strace by `test_disk.py`.

    python -m tests.faults.victim SYSCALL STRIDE FOLDER...

One process for each folder, forked from this one so that the imports are paid for once. strace counts the
calls of each thread from its first one; the last process but k makes k * STRIDE calls for nothing before
it begins, so that one rule of strace ("the call number N fails") hits another call in each of them.
What was acknowledged is appended to `acknowledged` in its folder, by a system call that is never hurt.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from appliance import lockers, tickets
from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.errors import Refused, StoreError
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.store import Store
from appliance.visits import Request

T = TypeVar("T")

OFFICE = load_office("1373")
STAFF = 1  # whoever prepared the folder
VISITORS = 2


class GaveUp(Exception):
    """A step failed twice."""


def main(syscall: str, stride: int, folders: list[Path]) -> None:
    """Let one process after the other live in its folder; says how each of them ended."""
    for place, folder in enumerate(folders, 1):
        child = os.fork()
        if child == 0:
            code = 70
            try:
                live(folder, syscall, (len(folders) - place) * stride)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        with (folder / "acknowledged").open("a", encoding="utf-8") as file:
            file.write(f"ended {os.waitstatus_to_exitcode(status)}\n")


def live(folder: Path, syscall: str, spare_calls: int) -> None:
    """Serve a few visitors, telling the file `acknowledged` whatever the store has acknowledged."""
    told = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(*words: object) -> None:
        os.write(told, (" ".join(map(str, words)) + "\n").encode())

    with (folder / "scratch").open("wb") as scratch:
        store = Store(folder, ManualClock(), Changes())
        # The writer's thread does not open the database before it has made its spare calls.
        store._writer.submit(_spend, syscall, spare_calls, scratch.fileno()).result()
        store.open()
        for visitor in range(VISITORS):
            _serve(store, visitor, tell)
        store.close()


def _spend(syscall: str, count: int, handle: int) -> None:
    for _ in range(count):
        if syscall == "pwrite64":
            os.pwrite(handle, b"x", 0)
        else:
            os.fdatasync(handle)


def _serve(store: Store, visitor: int, tell: Callable[..., None]) -> None:
    """Ticket, card and bag in, card and bag back; stops at the first step that fails twice."""
    request = Request(f"request-{visitor}", "library", "kiosk")
    wanted = Wanted(str(visitor), "ktp", card_hash=f"hash-{visitor}")

    def step(what: str, do: Callable[[], T]) -> T:
        for _ in range(2):  # once more with the same request id, as a kiosk does that got an error
            try:
                done = do()
            except StoreError as error:
                tell("error", visitor, what, error.code)
            else:
                tell("done", visitor, what)
                return done
        raise GaveUp

    try:
        visit = step("issue", lambda: store.write(tickets.issue, OFFICE, request))
        tell("number", visitor, visit.number)
        kept = step(
            "take_in", lambda: store.write(lockers.take_in, visit.id, wanted, pockets=12, staff=STAFF)
        )
        deposit = kept.deposit_id
        assert deposit is not None
        step("hand_back", lambda: store.write(lockers.hand_back, deposit, staff=STAFF))
    except (GaveUp, Refused):  # the second try of what was stored after all is refused: as it should be
        return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
