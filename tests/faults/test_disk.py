"""The database on a disk that fails: nothing acknowledged is ever lost.

strace hurts the system calls of a small program (`victim.py`) that runs the real store on real files. Each
sweep hits one call after the other, so no place in a transaction is left out.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance import printing, staff, tickets, visits
from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.errors import StoreError, StoreFull, StoreReadOnly
from appliance.office import load_office
from appliance.store import Store
from appliance.visits import Request
from tests.faults import disks
from tests.faults.disks import fill, remount
from tests.faults.victim import VISITORS

OFFICE = load_office("1373")
ROOT = Path(__file__).parents[2]


@dataclass
class Told:
    """What one process acknowledged before it ended."""

    code: int = 0
    done: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    errors: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[int, str] = field(default_factory=dict)


def opened(folder: Path) -> Store:
    store = Store(folder, ManualClock(), Changes())
    store.open()
    return store


def request(visitor: int) -> Request:
    return Request(f"request-{visitor}", "library", "kiosk")


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder with a database in which an officer has an account and the day is open."""
    folder = tmp_path / "prepared"
    store = opened(folder)
    store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
    store.write(tickets.issue, OFFICE, Request("first", "library", "button"))
    store.close()
    return folder


def sweep(prepared: Path, fault: str, points: int, stride: int = 1) -> list[tuple[Path, Told]]:
    """Run the victim once for each point, with `fault` at every `stride`-th call; gives what each told."""
    syscall = fault.partition(":")[0]
    folders = [prepared.parent / f"{point:03}" for point in range(1, points + 1)]
    for folder in folders:
        shutil.copytree(prepared, folder)
    rule = fault.format(when=points * stride, next=points * stride + 1)
    command = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={syscall}", "-e", f"inject={rule}"]
    command.append("--seccomp-bpf")  # faster
    command += [sys.executable, "-m", "tests.faults.victim", syscall, str(stride)]
    done = subprocess.run(
        [*command, *map(str, folders)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    return [(folder, told(folder)) for folder in folders]


def told(folder: Path) -> Told:
    heard = Told()
    for line in (folder / "acknowledged").read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["ended", code]:
                heard.code = int(code)
            case ["done", visitor, what]:
                heard.done[what].add(int(visitor))
            case ["error", visitor, "issue", code]:
                heard.errors[int(visitor)].append(code)
            case ["number", visitor, number]:
                heard.numbers[int(visitor)] = number
    return heard


def check(folder: Path, heard: Told) -> None:
    """Reopen the folder and compare: what was acknowledged is there, whole, once."""
    store = opened(folder)
    assert store.problem is None
    stored = store.read(look)
    assert stored.sound == "ok"
    assert heard.numbers.items() <= stored.numbers.items(), "an acknowledged ticket is lost"
    assert heard.done["take_in"] <= stored.taken, "an acknowledged deposit is lost"
    assert heard.done["hand_back"] <= stored.returned, "an acknowledged hand-back is lost"
    refused = {visitor for visitor, codes in heard.errors.items() if "commit_unknown" not in codes}
    assert not (refused - heard.done["issue"]) & stored.numbers.keys(), "stored, though it was said that not"
    again = [store.write(tickets.issue, OFFICE, request(visitor)).number for visitor in range(VISITORS)]
    assert {visitor: again[visitor] for visitor in stored.numbers} == stored.numbers, "a second number"
    assert sorted(filter(None, again)) == [f"P{number:03}" for number in range(2, VISITORS + 2)]
    store.close()


@dataclass(frozen=True)
class Stored:
    sound: str
    numbers: dict[int, str]
    taken: set[int]
    returned: set[int]


def look(db: sqlite3.Connection) -> Stored:
    """What is in the database; checks on the way that nothing is there by half."""
    found = {visitor: visits.of_request(db, f"request-{visitor}") for visitor in range(VISITORS)}
    there = {visitor: visit for visitor, visit in found.items() if visit is not None}
    taken, returned = set(), set()
    for visitor, visit in there.items():
        kinds = [
            row["kind"] for row in db.execute("SELECT kind FROM journal WHERE visit_id = ?", (visit.id,))
        ]
        assert kinds.count("ticket.issued") == 1
        assert printing.of_visit(db, visit.id) is not None
        rows = db.execute("SELECT * FROM deposit WHERE visit_id = ?", (visit.id,)).fetchall()
        slips = printing.of_visit(db, visit.id, "locker_slip")
        assert len(rows) == kinds.count("deposit.opened") == (slips is not None) <= 1
        for row in rows:
            taken.add(visitor)
            assert (row["closed"] is None) == ("deposit.closed" not in kinds)
            assert (row["closed"] is None) == (row["card_hash"] is not None)
            if row["closed"]:
                returned.add(visitor)
    (last,) = db.execute("SELECT last FROM queue_counter").fetchone()
    assert last == db.execute("SELECT count(*) FROM ticket").fetchone()[0]
    sound = db.execute("PRAGMA integrity_check").fetchone()[0]
    return Stored(sound, {visitor: visit.number or "" for visitor, visit in there.items()}, taken, returned)


# ------------------------------------------------------------------------------------ a failing disk


@pytest.mark.parametrize("calls", ["{when}", "{when}..{next}"])
def test_a_sync_that_fails_is_got_over_without_a_second_number(prepared: Path, calls: str) -> None:
    """Two in a row: the COMMIT's and that of closing the file; then the ticket that failed is on disk."""
    ends = sweep(prepared, f"fdatasync:error=EIO:when={calls}", 12)
    for folder, heard in ends:
        assert heard.code == 0
        everybody = set(range(VISITORS))
        for step in ("issue", "take_in", "hand_back"):
            assert heard.done[step] == everybody, "what is on disk after all was not acknowledged"
        check(folder, heard)


@pytest.mark.parametrize(
    ("fault", "points", "stride"),
    [
        ("fdatasync:error=EIO:when={when}+", 12, 1),
        ("fdatasync:error=ENOSPC:when={when}+", 12, 1),
        ("pwrite64:error=ENOSPC:when={when}", 20, 11),
        ("pwrite64:error=EROFS:when={when}+", 20, 11),
    ],
)
def test_a_commit_that_fails_is_neither_lost_nor_given_a_second_number(
    prepared: Path, fault: str, points: int, stride: int
) -> None:
    for folder, heard in sweep(prepared, fault, points, stride):
        assert heard.code == 0
        check(folder, heard)


# -------------------------------------------------------------------------- full, read-only, and well again


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disks.small_disk(tmp_path / "disk", "2m") as folder:
        yield folder


@pytest.fixture
def small_store(small_disk: Path) -> Iterator[Store]:
    store = opened(small_disk / "data")
    yield store
    store.close()


def issue_until_refused(store: Store, give: Callable[[int], Request]) -> tuple[list[str], int]:
    """Issue tickets until the store says no; gives the numbers, and which request was refused."""
    numbers: list[str] = []
    for n in range(2000):
        try:
            numbers.append(store.write(tickets.issue, OFFICE, give(n)).number or "")
        except StoreFull:
            return numbers, n
    raise AssertionError("the disk was never full")


def test_on_a_full_disk_no_number_is_given_and_afterwards_none_is_missing(
    small_disk: Path, small_store: Store
) -> None:
    ballast = fill(small_disk)
    numbers, refused = issue_until_refused(small_store, request)
    assert isinstance(small_store.problem, StoreFull)
    with pytest.raises(StoreFull):
        small_store.write(tickets.issue, OFFICE, request(refused))
    stored = small_store.read(tickets_stored)
    assert stored == numbers, "what was refused is not there, what was given is"

    ballast.unlink()
    after = [small_store.write(tickets.issue, OFFICE, request(refused + n)).number for n in range(3)]
    assert small_store.problem is None
    assert [*numbers, *after] == [f"P{n:03}" for n in range(1, len(numbers) + 4)]
    assert small_store.read(whole) == "ok"


def test_a_disk_that_is_full_at_the_start_does_not_keep_the_front_desk_from_starting(
    small_disk: Path,
) -> None:
    ballast = fill(small_disk)
    store = opened(small_disk / "data")
    assert isinstance(store.problem, StoreFull)
    with pytest.raises(StoreFull):
        store.write(tickets.issue, OFFICE, request(0))
    ballast.unlink()
    assert store.write(tickets.issue, OFFICE, request(0)).number == "P001"
    assert store.problem is None
    store.close()


def test_a_disk_that_came_up_read_only_gives_no_numbers_until_it_can_be_written(small_disk: Path) -> None:
    store = opened(small_disk / "data")
    store.write(tickets.issue, OFFICE, request(0))
    store.close()
    remount(small_disk, "ro")

    store = opened(small_disk / "data")
    assert isinstance(store.problem, StoreReadOnly)
    with pytest.raises(StoreReadOnly):
        store.write(tickets.issue, OFFICE, request(1))
    with pytest.raises(StoreError):
        store.read(tickets_stored)

    remount(small_disk, "rw")
    assert store.write(tickets.issue, OFFICE, request(1)).number == "P002"
    assert store.read(tickets_stored) == ["P001", "P002"]
    with pytest.raises(StoreError, match="in use by process"):
        opened(small_disk / "data")
    store.close()


def tickets_stored(db: sqlite3.Connection) -> list[str]:
    return [
        f"{row['letter']}{row['number']:03}" for row in db.execute("SELECT * FROM ticket ORDER BY visit_id")
    ]


def whole(db: sqlite3.Connection) -> str:
    return str(db.execute("PRAGMA integrity_check").fetchone()[0])
