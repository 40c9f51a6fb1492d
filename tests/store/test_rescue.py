"""A database that is damaged, gone or has lost its end: put back, numbers above the highest, and said so."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from appliance import assembly, config, journal, lockers, printing, staff, tickets
from appliance.clock import ManualClock
from appliance.errors import NotNow, StoreError
from appliance.front_desk import FrontDesk, assemble
from appliance.keeping import backup, high_water, recovery, rescue
from appliance.keeping.high_water import HighWater, Marks
from appliance.keeping.rescue import Rescue
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.schema import migrations
from appliance.store import FILE, Transaction
from appliance.visits import Request
from tests.conftest import CONFIG, HASHED

READY_WITHIN_S = 10.0


@contextmanager
def running(folder: Path, clock: ManualClock | None = None) -> Iterator[FrontDesk]:
    """A front desk as it starts, without its threads."""
    settings = config.parse(CONFIG.format(office="1373"))
    desk = assemble(load_office("1373"), settings, clock or ManualClock(), folder)
    desk.store.open(partial(assembly._settle, desk=desk))
    try:
        yield desk
    finally:
        desk.store.close()


def give(desk: FrontDesk, request: str) -> str:
    return str(desk.store.write(tickets.issue, desk.office, Request(request, "library", "button")).number)


def copy(desk: FrontDesk) -> backup.Copy:
    now = desk.clock.now()
    return backup.make(
        desk.store.path, desk.copies.folder, now, day=now.local_date(desk.office.zone), kind="nightly"
    )


def matter(desk: FrontDesk) -> Rescue:
    found = desk.store.read(recovery.open_matter)
    assert found is not None
    return found


def admin(desk: FrontDesk) -> int:
    return desk.store.write(
        staff.add, login="budi", name="Budi", role="administrator", password_hash=HASHED
    ).id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """P001 to P003 and a locker in the last copy; P004 to P007 and another locker after it; then the plug."""
    folder = tmp_path / "data"
    with running(folder) as desk:
        officer = admin(desk)
        for n in range(3):
            give(desk, f"before {n}")
        take_in(desk, 1, "1", officer)
        copy(desk)
        for n in range(4):
            give(desk, f"after {n}")
        take_in(desk, 2, "2", officer)
        crashed = tmp_path / "crashed"
        shutil.copytree(folder, crashed)  # with its log, as a pulled plug leaves it
    return crashed


def take_in(desk: FrontDesk, visit_id: int, locker: str, officer: int) -> None:
    desk.store.write(lockers.take_in, visit_id, Wanted(locker, "ktp"), pockets=12, staff=officer)


def flip_a_page(folder: Path) -> None:
    with running_closed(folder):
        content = bytearray((folder / FILE).read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(byte ^ 0xFF for byte in content[middle : middle + 4096])
    (folder / FILE).write_bytes(content)


def zero_the_header(folder: Path) -> None:
    with running_closed(folder):
        content = bytearray((folder / FILE).read_bytes())
    content[:100] = bytes(100)
    (folder / FILE).write_bytes(content)


@contextmanager
def running_closed(folder: Path) -> Iterator[None]:
    """Bring the log into the file first, so that the damage hits all there is."""
    db = sqlite3.connect(folder / FILE)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    yield


def remove_it(folder: Path) -> None:
    for path in folder.glob(f"{FILE}*"):
        path.unlink()


@pytest.mark.parametrize("damage", [flip_a_page, zero_the_header, remove_it])
def test_a_damaged_database_is_replaced_by_the_last_good_copy_within_ten_seconds(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder)
    bad = (folder / FILE).read_bytes() if (folder / FILE).exists() else None
    began = time.monotonic()
    with running(folder) as desk:
        assert desk.store.problem is None
        number = give(desk, "new")
        assert time.monotonic() - began < READY_WITHIN_S
        assert number > "P007", "P004 to P007 are in people's hands"
        found = matter(desk)
        assert found.why == ("missing" if bad is None else "damaged")
        assert found.copy == desk.copies.all()[0].manifest.name
        if bad is not None:
            assert found.aside is not None
            assert (folder / found.aside / FILE).read_bytes() == bad
        assert desk.store.read(lambda db: db.execute("SELECT count(*) FROM ticket").fetchone()[0]) == 4
        assert [give(desk, f"more {n}") for n in range(3)] == sorted(
            {f"P{int(number[1:]) + n:03}" for n in (1, 2, 3)}
        )


def test_a_truncated_log_is_noticed_although_the_file_is_sound(folder: Path) -> None:
    log = folder / f"{FILE}-wal"
    content = log.read_bytes()
    log.write_bytes(content[: len(content) // 2])
    with running(folder) as desk:
        stored = desk.store.read(lambda db: db.execute("SELECT max(number) FROM ticket").fetchone()[0])
        assert (stored or 0) < 7, "SQLite itself says nothing of it"
        assert give(desk, "new") > "P007"
        assert matter(desk).why == "tail_lost"


def test_a_log_that_is_gone_or_an_old_file_put_back_by_hand_is_noticed_too(folder: Path) -> None:
    for part in ("-wal", "-shm"):
        (folder / f"{FILE}{part}").unlink()
    (old,) = backup.copies(folder / backup.FOLDER)
    shutil.copyfile(old.path, folder / FILE)
    with running(folder) as desk:
        assert give(desk, "new") > "P007"
        assert matter(desk).why == "tail_lost"


def test_a_plain_pulled_plug_is_no_matter_and_numbers_go_on_without_a_gap(folder: Path) -> None:
    with running(folder) as desk:
        assert desk.store.read(recovery.open_matter) is None
        assert give(desk, "new") == "P008"


def test_the_journal_goes_on_above_every_row_that_was_ever_used(folder: Path) -> None:
    with running(folder) as whole:
        used = whole.store.read(journal.last_seq)
    zero_the_header(folder)
    with running(folder) as desk:
        rescued = desk.store.read(
            lambda db: db.execute("SELECT seq FROM journal WHERE kind = 'store.rescued'").fetchone()[0]
        )
        assert rescued > used


def test_without_a_good_copy_the_front_desk_begins_empty_and_says_so(folder: Path) -> None:
    (only,) = backup.copies(folder / backup.FOLDER)
    only.path.write_bytes(only.path.read_bytes()[:-4096] + bytes(4096))
    zero_the_header(folder)
    with running(folder) as desk:
        assert desk.store.problem is None
        assert give(desk, "new") > "P007"
        assert (matter(desk).why, matter(desk).copy) == ("damaged", None)
        assert not desk.store.read(staff.any_member)
        first = desk.store.read(lambda db: db.execute("SELECT kind FROM print_job ORDER BY id").fetchone()[0])
        assert first == "first_start", "somebody can be let in again"


def test_the_newest_copy_is_taken_that_is_good(folder: Path) -> None:
    with running(folder) as desk:
        newer = copy(desk)
    newer.path.write_bytes(b"x" * newer.manifest.bytes)
    zero_the_header(folder)
    with running(folder) as desk:
        assert matter(desk).copy == backup.copies(folder / backup.FOLDER)[1].manifest.name


def test_even_without_the_noted_numbers_what_a_damaged_file_still_says_is_believed(folder: Path) -> None:
    (folder / high_water.FILE).unlink()
    with running_closed(folder):
        content = bytearray((folder / FILE).read_bytes())
    # The end of the file: tables that came later than the counters.
    content[-4096:] = b"\xff" * 4096
    (folder / FILE).write_bytes(content)
    with running(folder) as desk:
        assert matter(desk).why == "damaged"
        assert give(desk, "new") > "P007"


def test_a_database_that_is_damaged_while_it_is_in_use_is_put_back_without_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        give(desk, "before")
        copy(desk)
        give(desk, "after")
        desk.store.checkpoint()
        size = desk.store.path.stat().st_size
        with desk.store.path.open("r+b") as file:
            file.write(b"\xff" * size)
        desk.store.path.with_name(f"{FILE}-wal").write_bytes(b"")
        with pytest.raises(StoreError):
            for n in range(50):  # until a page is read that is not in memory
                desk.store.write(lambda tx: tx.db.execute("PRAGMA quick_check").fetchone())
                desk.store.read(lambda db: db.execute("SELECT count(*) FROM visit").fetchone())
                desk.store.write(_forget_pages, n)
        numbers = [give(desk, "new")]
        assert numbers > ["P002"]
        assert desk.store.read(recovery.open_matter) is not None, "readers see the new file too"


def _forget_pages(tx: Transaction, n: int) -> None:
    tx.db.execute("PRAGMA shrink_memory")
    tx.record("store.recovered", round=n)


# ------------------------------------------------------------------------------------- until it is seen


def test_lockers_that_may_hold_a_bag_are_out_of_use_until_an_administrator_has_compared(folder: Path) -> None:
    zero_the_header(folder)
    with running(folder) as desk:
        assert desk.store.read(lockers.free, desk.lockers) == [], "locker 2 holds a bag that nobody knows of"
        assert set(desk.store.read(lockers.out_of_order, desk.lockers)) == {"2", "3"}
        assert [one.locker for one in desk.store.read(lockers.still_here)] == ["1"]
        desk.store.write(recovery.compared, staff=1)
        assert desk.store.read(lockers.free, desk.lockers) == ["2", "3"]
        assert desk.store.read(recovery.open_matter) is None
        with pytest.raises(NotNow):
            desk.store.write(recovery.compared, staff=1)
    with running(folder) as desk:
        assert desk.store.read(lockers.free, desk.lockers) == ["2", "3"], "once for each time"


def test_a_locker_that_somebody_has_found_broken_meanwhile_stays_out_of_use(folder: Path) -> None:
    zero_the_header(folder)
    with running(folder) as desk:
        desk.store.write(lockers.set_out_of_order, "3", "engsel patah", staff=1)
        desk.store.write(recovery.compared, staff=1)
        assert desk.store.read(lockers.free, desk.lockers) == ["2"]


def test_what_was_moved_aside_goes_when_as_many_days_were_copied_as_are_kept(
    folder: Path, clock: ManualClock
) -> None:
    zero_the_header(folder)
    with running(folder, clock) as desk:
        aside = folder / str(matter(desk).aside)
        for _ in range(backup.DAYS_KEPT + backup.WEEKS_KEPT - 1):
            clock.advance(86400)
            copy(desk)
            assert rescue.expire_aside(folder) == []
        clock.step(40 * 365 * 86400)
        assert aside.is_dir(), "a clock that jumps ahead is no reason"
        copy(desk)
        assert rescue.expire_aside(folder) == [aside.name]
        assert not aside.exists()


# ------------------------------------------------------------------------------------- cut off in the middle


def test_a_cut_at_any_point_of_a_replacement_leaves_the_old_database_or_the_new_one(
    folder: Path, tmp_path: Path
) -> None:
    """Each renaming of a file is one point at which the process ends, as by SIGKILL."""
    zero_the_header(folder)
    for point in range(1, 12):
        place = tmp_path / f"cut-{point}"
        shutil.copytree(folder, place)
        code = CUT.format(place=place, point=point)
        done = run_python(code)
        with running(place) as desk:
            assert desk.store.problem is None
            assert desk.store.read(lambda db: db.execute("SELECT count(*) FROM ticket").fetchone()[0]) == 3
            assert give(desk, "new") > "P007"
            assert matter(desk).why in ("damaged", "missing")
        if done == 0:
            assert point > 3, "nothing was cut"
            return
    pytest.fail("the replacement has more steps than this test cuts")


CUT = """
import os, sys
left = {point}
def audit(event, arguments):
    global left
    if event == "os.rename" and "{place}" in str(arguments[0]):
        left -= 1
        if left == 0:
            os._exit(9)
sys.addaudithook(audit)
from pathlib import Path
from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.store import Store
store = Store(Path("{place}"), ManualClock(), Changes())
store.open()
store.close()
"""


def run_python(code: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2], capture_output=True
    ).returncode


# ------------------------------------------------------------------------------------- later than the start


def test_a_database_that_can_be_used_only_later_is_settled_before_anything_else_is_written(
    folder: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late"
    (late / FILE).mkdir(parents=True)
    with running(late) as desk:
        assert desk.store.problem is not None
        (late / FILE).rmdir()
        give(desk, "first")
        kinds = desk.store.read(
            lambda db: [row[0] for row in db.execute("SELECT kind FROM journal ORDER BY seq")]
        )
        assert kinds[:3] == ["appliance.started", "day.opened", "ticket.issued"]
        job = desk.store.read(printing.next_job)
        assert job is not None and job.kind == "first_start"


# ------------------------------------------------------------------------------------- an upgrade


def test_before_an_upgrade_a_copy_of_the_old_shape_is_made(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / FILE)
    db.executescript(migrations()[0] + "PRAGMA user_version = 1;")
    db.execute("INSERT INTO service_day (date, opened) VALUES ('2026-11-20', '2026-11-20T02:00:00.000Z b 1')")
    db.commit()
    db.close()
    with running(tmp_path) as desk:
        (made,) = desk.copies.all()
        assert (made.manifest.kind, made.manifest.schema) == ("upgrade", 1)
        assert backup.verify(made) == ""
        assert desk.store.problem is None
    with running(tmp_path) as desk:
        assert len(desk.copies.all()) == 1, "once is enough"


def test_an_upgrade_without_a_copy_does_not_happen(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / FILE)
    db.executescript(migrations()[0] + "PRAGMA user_version = 1;")
    db.close()
    (tmp_path / backup.FOLDER).write_bytes(b"in the way")
    with running(tmp_path) as desk:
        assert "before the upgrade" in str(desk.store.problem)
    db = sqlite3.connect(tmp_path / FILE)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


# ------------------------------------------------------------------------------------- the noted numbers


def test_numbers_are_noted_in_blocks_before_they_are_given(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        noted = []
        for n in range(25):
            number = give(desk, f"r{n}")
            marks = HighWater(tmp_path).marks()
            assert marks.days["2026-11-23"]["P"] >= int(number[1:])
            noted.append(marks.days["2026-11-23"]["P"])
        assert len(set(noted)) == 3, "a file for ten numbers"
        assert HighWater(tmp_path).last_acknowledged() == desk.store.read(journal.last_seq)


def test_a_note_that_cannot_be_read_is_made_anew_and_keeps_nobody_from_a_number(tmp_path: Path) -> None:
    tmp_path.joinpath(high_water.FILE).write_bytes(b"{half")
    tmp_path.joinpath(high_water.LAST_FILE).write_bytes(b"nothing")
    with running(tmp_path) as desk:
        assert give(desk, "a") == "P001"
        assert HighWater(tmp_path).marks().days["2026-11-23"]["P"] >= 1


def test_the_higher_of_two_notes_counts() -> None:
    one = Marks({"2026-11-23": {"P": 20, "K": 5}}, 100)
    other = Marks({"2026-11-23": {"P": 3, "L": 9}, "2026-11-24": {"P": 1}}, 50)
    assert one.merged(other) == Marks({"2026-11-23": {"P": 20, "K": 5, "L": 9}, "2026-11-24": {"P": 1}}, 100)


def test_a_number_that_cannot_be_noted_is_not_given(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        (tmp_path / f"{high_water.FILE}.new").mkdir()
        with pytest.raises(StoreError):
            give(desk, "a")
        (tmp_path / f"{high_water.FILE}.new").rmdir()
        assert give(desk, "a") == "P001"
