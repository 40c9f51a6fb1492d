"""The database: one writer, read-only readers, all or nothing, and plain words when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from appliance import days, journal, schema, tickets, visits
from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.errors import NoSuchService, StoreError
from appliance.office import load_office
from appliance.store import FILE, Store, Transaction
from appliance.visits import Request

OFFICE = load_office("1373")

OTHER_PROCESS = """
import sys
from pathlib import Path
from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.store import Store
store = Store(Path(sys.argv[1]), ManualClock(), Changes())
store.open()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def changes() -> Changes:
    return Changes()


@contextmanager
def opening(folder: Path, changes: Changes | None = None) -> Iterator[Store]:
    one = Store(folder, ManualClock(), changes or Changes())
    one.open()
    yield one
    one.close()


@pytest.fixture
def opened(tmp_path: Path, changes: Changes) -> Iterator[Store]:
    """An empty database, open."""
    with opening(tmp_path / "data", changes) as one:
        yield one


def note(tx: Transaction, word: str) -> None:
    tx.record("appliance.started", version=word)


def words(db: sqlite3.Connection) -> list[str]:
    return [row["facts"] for row in db.execute("SELECT facts FROM journal ORDER BY seq")]


def give(tx: Transaction, request_id: str) -> str | None:
    return tickets.issue(tx, OFFICE, Request(request_id, "library", "kiosk")).number


# ------------------------------------------------------------------------------------------ one owner


def test_a_second_process_is_refused_and_told_who_has_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OTHER_PROCESS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"in use by process {other.pid}$"):
            Store(tmp_path, ManualClock(), Changes()).open()
        other.kill()
    with opening(tmp_path) as mine:
        mine.write(note, "the lock has gone with the process, however that ended")


def test_a_folder_that_was_closed_can_be_opened_again_with_everything_in_it(tmp_path: Path) -> None:
    with opening(tmp_path) as first:
        first.write(note, "kept")
    with opening(tmp_path) as second:
        assert second.read(words) == ['{"version": "kept"}']


def test_the_writer_syncs_each_commit_and_erases_what_is_deleted(opened: Store) -> None:
    def settings(tx: Transaction) -> dict[str, object]:
        names = ("journal_mode", "foreign_keys", "secure_delete", "trusted_schema")
        return {name: tx.db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert opened.write(lambda tx: tx.db.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert opened.write(settings) == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }


def test_a_reader_cannot_write(opened: Store) -> None:
    with pytest.raises(StoreError, match="readonly"):
        opened.read(lambda db: db.execute("DELETE FROM journal"))


def test_what_a_reader_does_in_one_go_is_one_snapshot(opened: Store) -> None:
    def look_twice(db: sqlite3.Connection) -> tuple[int, int]:
        before = len(words(db))
        opened.write(note, "in between")
        return before, len(words(db))

    assert opened.read(look_twice) == (0, 0)
    assert len(opened.read(words)) == 1


def test_the_journal_cannot_be_rewritten(opened: Store) -> None:
    opened.write(note, "once")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        opened.write(lambda tx: tx.db.execute("UPDATE journal SET kind = 'another'"))
    assert opened.read(words) == ['{"version": "once"}']


# ------------------------------------------------------------------------------------ all or nothing


def test_an_act_that_raises_leaves_nothing_and_its_error_comes_back(opened: Store) -> None:
    def begin_and_fail(tx: Transaction) -> None:
        note(tx, "half")
        give(tx, "half")
        raise ZeroDivisionError("as it came")

    with pytest.raises(ZeroDivisionError, match="as it came"):
        opened.write(begin_and_fail)
    assert opened.read(words) == []
    assert opened.read(days.current) is None
    assert opened.write(give, "whole") == "P001"


def test_a_refusal_of_the_rules_changes_nothing_and_is_no_problem_of_the_database(opened: Store) -> None:
    with pytest.raises(NoSuchService):
        opened.write(tickets.issue, OFFICE, Request("a", "massage", "kiosk"))
    assert opened.read(words) == []
    assert opened.problem is None


def test_the_bell_rings_after_the_commit_and_not_before(opened: Store, changes: Changes) -> None:
    before = changes.count
    seen: list[tuple[int, list[str]]] = []

    def listen() -> None:
        heard = changes.wait(before, 5)
        seen.append((heard - before, opened.read(words)))

    listener = threading.Thread(target=listen)
    listener.start()

    def act(tx: Transaction) -> int:
        note(tx, "heard")
        return changes.count

    assert opened.write(act) == before
    listener.join()
    assert seen == [(1, ['{"version": "heard"}'])]


def test_a_refused_act_rings_no_bell(opened: Store, changes: Changes) -> None:
    before = changes.count
    with pytest.raises(NoSuchService):
        opened.write(tickets.issue, OFFICE, Request("a", "massage", "kiosk"))
    assert changes.count == before


def test_eight_threads_at_once_get_eight_times_different_numbers_without_a_gap(opened: Store) -> None:
    def ask(thread: int) -> list[str]:
        return [opened.write(give, f"{thread}-{n}") or "" for n in range(10)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for given in pool.map(ask, range(8)) for number in given]
    assert sorted(numbers) == [f"P{n:03}" for n in range(1, 81)]


def test_the_writer_says_that_it_comes_round_and_that_it_does_not(opened: Store) -> None:
    assert opened.answers(1)
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(opened.write, lambda tx: go_on.wait(5))
        assert not opened.answers(0.05)
        go_on.set()
        assert hanging.result()
    assert opened.answers(1)


def test_a_checkpoint_leaves_nothing_in_the_log_beside_the_database(opened: Store) -> None:
    opened.write(note, "written")
    log = opened.path.with_name(f"{FILE}-wal")
    assert log.stat().st_size > 0
    assert opened.checkpoint()
    assert log.stat().st_size == 0


# ------------------------------------------------------------------------- a file that cannot be used


def filled(folder: Path) -> Path:
    """A sound database with five tickets, closed; gives its file."""
    with opening(folder) as healthy:
        for n in range(5):
            healthy.write(give, f"old {n}")
    return folder / FILE


def zero_the_header(content: bytearray) -> None:
    content[:100] = bytes(100)


def write_garbage_over_it(content: bytearray) -> None:
    content[:] = b"this is no database at all, whatever its name says. " * 200


def zero_a_page_in_the_middle(content: bytearray) -> None:
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096


@pytest.mark.parametrize("damage", [zero_the_header, write_garbage_over_it, zero_a_page_in_the_middle])
def test_a_damaged_file_is_moved_aside_as_it_is_and_numbers_go_on_above_those_given(
    tmp_path: Path, damage: Callable[[bytearray], None]
) -> None:
    """Here without a copy; with one: tests/store/test_rescue.py."""
    path = filled(tmp_path)
    content = bytearray(path.read_bytes())
    damage(content)
    path.write_bytes(content)
    with opening(tmp_path) as empty:
        assert empty.problem is None
        assert str(empty.write(give, "new")) > "P005"
    (old,) = (tmp_path / "aside").iterdir()
    assert (old / FILE).read_bytes() == content


def test_what_reads_a_file_that_cannot_be_used_gets_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with opening(tmp_path) as broken, pytest.raises(StoreError):
        broken.read(words)


def test_a_file_that_can_be_used_again_is_taken_up_without_a_restart(tmp_path: Path) -> None:
    sound = filled(tmp_path / "healthy").read_bytes()
    (tmp_path / FILE).mkdir()
    with opening(tmp_path) as broken:
        assert broken.problem is not None
        (tmp_path / FILE).rmdir()
        (tmp_path / FILE).write_bytes(sound)
        assert broken.write(give, "new") == "P006"
        assert broken.problem is None


def test_a_database_of_a_newer_release_is_refused_and_untouched(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # as a copy of the data may come
        db.execute(f"PRAGMA user_version = {len(schema.migrations()) + 1}")
    before = path.read_bytes()
    with opening(tmp_path) as newer:
        assert "newer release" in str(newer.problem)
        with pytest.raises(StoreError, match="newer release"):
            newer.write(give, "new")
    assert path.read_bytes() == before


def test_a_failed_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    """Here by a table that is in its way."""
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("CREATE TABLE visit (something_else TEXT)")
    with opening(tmp_path) as blocked:
        assert blocked.problem is not None
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["visit"]
        assert db.execute("PRAGMA user_version").fetchone() == (0,)


# ------------------------------------------------------------------------------------------ the journal


def test_a_visit_has_all_its_steps_in_the_journal_in_order_and_with_who_did_them(opened: Store) -> None:
    def officer(tx: Transaction) -> int:
        row = tx.db.execute(
            "INSERT INTO staff (login, name, role, password, created)"
            " VALUES ('rina', 'Rina', 'officer', '', '') RETURNING id"
        ).fetchone()
        return int(row["id"])

    def walk(tx: Transaction) -> int:
        visit = tickets.issue(tx, OFFICE, Request("a", "library", "kiosk", priority=True))
        tickets.call(tx, visit.id, place="frontline", staff=staff)
        visits.start_serving(tx, OFFICE, visit.id, place="frontline", staff=staff)
        visits.check_out(tx, visit.id, staff=staff)
        return visit.id

    staff = opened.write(officer)
    entries = opened.read(journal.of_visit, opened.write(walk))
    assert [(entry.kind, entry.staff_id) for entry in entries] == [
        ("ticket.issued", None),
        ("ticket.called", staff),
        ("visit.serving", staff),
        ("visit.checked_out", staff),
    ]
    assert entries[0].facts == {"number": "P001", "service": "library", "priority": True}
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)
