"""What the screen says of erasing is true: nothing of a visitor's pages is left in any file afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import days, scans, visits
from appliance.scanning.station import TEMPORARY
from appliance.store import Transaction
from tests.station.conftest import StationAtWork

pytestmark = pytest.mark.timeout(180)

PLANTED = b"RAHASIA-PENGUNJUNG-4711"


def plant(work: StationAtWork) -> Path:
    """A visitor's session with the planted words in each kind of file; gives its folder."""
    scan = work.begin(work.visit())
    work.wait(lambda look: look.pages >= 1 and look.in_work == 0)
    folder = work.station.folder_of(scan)
    for path in [*folder.path.rglob("*"), work.station.root / TEMPORARY / "put-aside"]:
        if not path.is_dir():
            with path.open("ab") as file:
                file.write(PLANTED)
    folder.book.write_bytes(b"%PDF" + PLANTED)
    assert found_in(work.folder)
    return folder.path


def found_in(folder: Path) -> list[Path]:
    """Every file below that holds the planted words."""
    return [path for path in folder.rglob("*") if path.is_file() and PLANTED in path.read_bytes()]


def check_out(work: StationAtWork) -> None:
    def act(tx: Transaction) -> None:
        visit_id = work.scan.visit_id
        tx.db.execute("UPDATE visit SET state = 'reading' WHERE id = ?", (visit_id,))
        visits.check_out(tx, visit_id or 0, staff=0)

    work.desk.store.write(act)


def let_time_pass(work: StationAtWork) -> None:
    work.clock.advance(work.desk.scan_limits.idle_s + 1)


def end_the_day(work: StationAtWork) -> None:
    def close(tx: Transaction) -> None:
        day = days.current(tx.db)
        assert day is not None
        days.close(tx, day)

    work.desk.store.write(close)


def cancel(work: StationAtWork) -> None:
    work.desk.store.write(scans.erase, work.scan.id, "cancelled")


@pytest.mark.parametrize(
    "end",
    [
        check_out,
        *(pytest.param(end, marks=pytest.mark.fault) for end in (let_time_pass, end_the_day, cancel)),
    ],
)
def test_nothing_is_left_in_any_file_once_a_session_is_over(
    end: Callable[[StationAtWork], None], work: StationAtWork
) -> None:
    folder = plant(work)
    end(work)
    work.wait_gone(folder)
    work.wait(lambda look: not found_in(work.folder))
    work.wait(lambda look: look.leaves == ())
    assert work.desk.store.checkpoint()
    assert found_in(work.folder) == []


def test_what_a_killed_front_desk_left_behind_is_erased_by_the_next(
    at_work: Callable[..., StationAtWork],
) -> None:
    work = at_work()
    folder = plant(work)
    work.end()
    forgotten = folder.parent / "0123456789abcdef"
    (forgotten / "frames").mkdir(parents=True)
    (forgotten / "frames" / "000001.jpg").write_bytes(PLANTED)

    again = at_work()

    again.wait_gone(forgotten)
    assert folder.exists()  # the session that is open goes on
    cancel(again)
    again.wait_gone(folder)
    again.wait(lambda look: not found_in(again.folder))


def test_the_database_knows_how_many_pages_and_nothing_of_them(work: StationAtWork) -> None:
    plant(work)
    rows = work.desk.store.read(lambda db: [dict(row) for row in db.execute("SELECT * FROM scan")])
    assert set(rows[0]) == {
        "id", "visit_id", "day_id", "folder", "opened_by", "language", "book", "state", "began", "accepted",
        "seen", "finished", "erased", "why", "pages", "bytes", "link_hash", "linked", "downloads",
    }  # fmt: skip
    kinds = work.desk.store.read(
        lambda db: {
            row["kind"]: row["facts"]
            for row in db.execute("SELECT kind, facts FROM journal WHERE kind LIKE 'scan.%'")
        }
    )
    assert set(kinds) == {"scan.begun", "scan.accepted"}
    assert kinds["scan.accepted"] == '{"book": "bps"}'
