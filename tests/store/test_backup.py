"""Copies: whole, checked, named, kept by what there is, and without those who were erased."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from appliance import guestbook, journal, sessions
from appliance.backup_config import Backup
from appliance.clock import ManualClock
from appliance.duties.copies import CopiesDuty
from appliance.errors import CopyFailed
from appliance.front_desk import FrontDesk
from appliance.keeping import backup, retention, sealing
from appliance.keeping.backup import Copy, Kind, Manifest
from appliance.schema import migrations
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Visit
from tests.store.conftest import Officer, step
from tests.store.test_retention import fill_in, names, on_disk, traces

DAY = 86400


def make(desk: FrontDesk, kind: Kind = "asked") -> Copy:
    now = desk.clock.now()
    return backup.make(
        desk.store.path, desk.copies.folder, now, day=now.local_date(desk.office.zone), kind=kind
    )


def keep_copies(desk: FrontDesk) -> None:
    step(CopiesDuty(desk, after_start_s=0), desk.changes)


def read(path: Path, look: Callable[[sqlite3.Connection], object]) -> object:
    with closing(backup.reading(path)) as db:
        return look(db)


# ---------------------------------------------------------------------------------------- making


def test_a_copy_is_made_while_the_database_is_in_use_and_says_what_is_in_it(
    desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    for n in range(3):
        fill_in(desk, issue(), f"Siti {n}")
    copy = make(desk)
    assert read(copy.path, names) == ["Siti 0", "Siti 1", "Siti 2"]
    about = copy.manifest
    assert (about.kind, about.day, about.rows["visit"]) == ("asked", "2026-11-23", 3)
    assert about.schema == len(migrations())
    assert backup.verify(copy) == ""
    assert backup.copies(desk.copies.folder) == [copy]
    assert copy.path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in desk.copies.folder.iterdir()) == [
        copy.path.name,
        f"{copy.path.name}.json",
    ]


def test_a_copy_holds_nothing_of_a_card_and_nobody_s_log_in(
    desk: FrontDesk, rina: Officer, officer: Member, served: Callable[[], Visit]
) -> None:
    rina.take_in(served(), "1", "ktp", card_hash="0123456789abcdef-of-a-card")
    desk.store.write(sessions.log_in, officer, place="frontline")
    copy = make(desk)
    assert b"0123456789abcdef-of-a-card" not in copy.path.read_bytes()
    assert copy.manifest.rows["deposit"] == 1
    assert copy.manifest.rows["staff_session"] == 0
    assert b"0123456789abcdef-of-a-card" in on_disk(desk.folder), "the card is still here"


def test_what_has_changed_in_a_copy_since_is_found(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    issue()
    copy = make(desk)
    content = bytearray(copy.path.read_bytes())
    content[-100] ^= 1
    copy.path.write_bytes(content)
    assert copy.looks_good, "its size is what it was"
    assert "changed" in backup.verify(copy)


def test_an_unfinished_copy_counts_for_nothing_and_is_taken_away(desk: FrontDesk) -> None:
    folder = desk.copies.folder
    folder.mkdir()
    (folder / "frontdesk-000007-20261123.db.new").write_bytes(b"half")
    (folder / "frontdesk-000006-20261123.db.json").write_text("{}")
    assert backup.copies(folder) == []
    copy = make(desk)
    assert len(list(folder.iterdir())) == 2
    assert copy.manifest.serial == 1


def test_a_database_that_is_not_sound_is_not_copied(desk: FrontDesk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all " * 500)
    with pytest.raises(CopyFailed):
        backup.make(broken, desk.copies.folder, desk.clock.now(), day=date(2026, 11, 23), kind="asked")
    assert list(desk.copies.folder.glob("*.db")) == []


# ---------------------------------------------------------------------------------------- keeping


def imagined(folder: Path, serial: int, day: date, kind: Kind = "nightly", bad: str = "") -> Copy:
    path = folder / f"frontdesk-{serial:06d}-{day:%Y%m%d}.db"
    path.write_bytes(b"")
    manifest = Manifest(
        path.name, serial, kind, day.isoformat(), "2026-11-23T02:00:00+00:00", "0", 1, 1, 0, {}, 0, "", bad
    )
    backup.manifest_of(path).write_text(json.dumps(asdict(manifest)))
    return Copy(path, manifest)


def kept_days(folder: Path) -> list[int]:
    """How many days before the newest the kept ones are."""
    days = [date.fromisoformat(copy.manifest.day) for copy in backup.copies(folder)]
    return [(days[0] - day).days for day in days]


def test_seven_days_are_kept_and_before_them_a_copy_of_each_of_four_weeks(tmp_path: Path) -> None:
    first = date(2026, 9, 1)
    for n in range(90):
        imagined(tmp_path, n + 1, first + timedelta(days=n))
        backup.prune(tmp_path)
    kept = kept_days(tmp_path)
    assert kept[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert len(kept) == backup.DAYS_KEPT + backup.WEEKS_KEPT
    assert max(kept) <= 35, "nobody's name is kept in a copy for longer"


def test_a_clock_that_jumps_ahead_throws_no_copy_away_that_would_have_been_kept(tmp_path: Path) -> None:
    first = date(2026, 9, 1)
    for n in range(40):
        imagined(tmp_path, n + 1, first + timedelta(days=n))
    backup.prune(tmp_path)
    before = {copy.manifest.serial for copy in backup.copies(tmp_path)}
    imagined(tmp_path, 41, date(2057, 1, 1))
    backup.prune(tmp_path)
    gone = before - {copy.manifest.serial for copy in backup.copies(tmp_path)}
    assert len(gone) <= 1


def test_a_clock_that_stands_still_or_goes_back_leaves_the_newest_copies(tmp_path: Path) -> None:
    for n in range(20):
        imagined(tmp_path, n + 1, date(1970, 1, 1))
    backup.prune(tmp_path)
    assert [copy.manifest.serial for copy in backup.copies(tmp_path)] == [20]


def test_the_copy_before_an_upgrade_stays_beside_that_of_its_day(tmp_path: Path) -> None:
    imagined(tmp_path, 1, date(2026, 11, 23), "upgrade")
    imagined(tmp_path, 2, date(2026, 11, 23), "asked")
    imagined(tmp_path, 3, date(2026, 11, 23), "nightly")
    backup.prune(tmp_path)
    assert [copy.manifest.serial for copy in backup.copies(tmp_path)] == [3, 1]


def test_a_damaged_copy_displaces_no_good_one(tmp_path: Path) -> None:
    for n in range(7):
        imagined(tmp_path, n + 1, date(2026, 11, 1) + timedelta(days=n))
    for n in range(7, 12):
        imagined(tmp_path, n + 1, date(2026, 11, 1) + timedelta(days=n), bad="its content has changed")
    backup.prune(tmp_path)
    assert [copy.manifest.serial for copy in backup.copies(tmp_path) if copy.looks_good] == [
        7,
        6,
        5,
        4,
        3,
        2,
        1,
    ]


# ---------------------------------------------------------------------------------------- at night


def test_the_night_s_copy_is_made_once_a_day_whenever_the_machine_is_on(
    desk: FrontDesk, clock: ManualClock, issue: Callable[..., Visit]
) -> None:
    issue()
    clock.step(-8 * 3600)  # 01.00
    keep_copies(desk)
    assert desk.copies.all() == []
    clock.step(8 * 3600)
    for _ in range(3):
        keep_copies(desk)
    assert [copy.manifest.kind for copy in desk.copies.all()] == ["nightly"]
    clock.advance(5 * DAY)  # it was off
    keep_copies(desk)
    assert [copy.manifest.day for copy in desk.copies.all()] == ["2026-11-28", "2026-11-23"]


def test_a_copy_that_is_asked_for_is_made_at_once(desk: FrontDesk, clock: ManualClock) -> None:
    clock.step(-8 * 3600)
    desk.copies.ask()
    assert desk.copies.wanted
    step(CopiesDuty(desk), desk.changes)
    assert not desk.copies.wanted
    assert [copy.manifest.kind for copy in desk.copies.all()] == ["asked"]
    assert desk.copies.problem is None


def test_a_copy_that_cannot_be_made_is_told_and_tried_again(desk: FrontDesk) -> None:
    desk.copies.folder.write_bytes(b"in the way")
    keep_copies(desk)
    assert desk.copies.problem is not None
    desk.copies.folder.unlink()
    keep_copies(desk)
    assert desk.copies.problem is None
    assert len(desk.copies.all()) == 1


def test_a_copy_that_has_gone_bad_is_found_at_night_and_told(desk: FrontDesk, clock: ManualClock) -> None:
    keep_copies(desk)
    (copy,) = desk.copies.all()
    content = bytearray(copy.path.read_bytes())
    content[5000:5100] = bytes(byte ^ 0xFF for byte in content[5000:5100])
    copy.path.write_bytes(content)
    clock.advance(DAY)
    keep_copies(desk)
    assert [copy.looks_good for copy in desk.copies.all()] == [True, False]


def test_a_copy_is_carried_out_encrypted_as_soon_as_the_drive_is_there(
    build: Callable[[str], FrontDesk], tmp_path: Path
) -> None:
    drive, (public, _) = tmp_path / "drive", sealing.new_key()
    plain = build("1373")
    settings = plain.config.model_copy(update={"backup": Backup(recipient=public, copy_to=drive)})
    desk = replace(plain, config=settings)
    keep_copies(desk)
    assert len(desk.copies.all()) == 1, "the copy on the machine is made all the same"
    assert "is the drive mounted?" in str(desk.copies.problem)
    drive.mkdir()
    keep_copies(desk)
    assert desk.copies.problem is None
    (sealed,) = drive.glob("*.age")
    assert sealing.is_sealed(sealed)
    keep_copies(desk)
    kinds = [line.entry.kind for line in desk.store.read(journal.latest, 20)]
    assert (kinds.count("copy.made"), kinds.count("copy.carried")) == (1, 1), "each once"


def test_what_is_carried_out_after_an_erasing_holds_nobody_who_was_erased(
    desk: FrontDesk, issue: Callable[..., Visit], tmp_path: Path
) -> None:
    siti = issue()
    fill_in(desk, siti, "Siti Nurhaliza")
    public, secret = sealing.new_key()
    key, opened = tmp_path / "key", tmp_path / "opened"
    key.write_text(secret)
    opened.mkdir()

    def carried(name: str) -> list[str]:
        """Which pieces of the name are in a copy that was carried out and opened again."""
        (tmp_path / name).mkdir()
        sealed = sealing.carry(desk.copies.all()[0], tmp_path / name, public)
        sealing.unseal(sealed, opened / "copy.db", key)
        return traces(opened, "Siti Nurhaliza")

    keep_copies(desk)
    assert carried("before") != []
    desk.store.write(guestbook.erase, siti.id, staff=None)
    keep_copies(desk)
    assert carried("after") == []


def test_copies_made_at_the_same_moment_are_two(desk: FrontDesk) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make(desk), range(4)))
    assert sorted(copy.manifest.serial for copy in made) == [1, 2, 3, 4]
    assert all(backup.verify(copy) == "" for copy in made)


def test_days_without_a_good_copy_are_counted(desk: FrontDesk, clock: ManualClock) -> None:
    today, first = date(2026, 11, 23), date(2026, 11, 21)
    assert desk.copies.days_without(today, first) == 2
    assert not desk.copies.is_late(today, first)
    assert desk.copies.is_late(today + timedelta(days=1), first)
    assert not desk.copies.is_late(today, None), "a new front desk"
    keep_copies(desk)
    assert desk.copies.days_without(today, first) == 0


# ---------------------------------------------------------------------------------------- who was erased


def test_who_is_erased_by_hand_is_gone_from_every_file_and_the_others_stay(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    siti = issue()
    fill_in(desk, siti, "Siti Nurhaliza")
    fill_in(desk, issue(), "Andi Wijaya")
    for _ in range(3):
        keep_copies(desk)
        clock.advance(DAY)
    before = desk.copies.all()
    assert on_disk(desk.folder).count(b"Siti Nurhaliza") >= 4
    desk.store.write(guestbook.erase, siti.id, staff=rina.id)
    desk.store.checkpoint()
    keep_copies(desk)

    assert traces(desk.folder, "Siti Nurhaliza") == [], "in db, wal, shm or a copy"
    assert on_disk(desk.folder).count(b"Andi Wijaya") >= 4
    after = desk.copies.all()[1:]  # the newest was made only now
    assert [copy.path for copy in after] == [copy.path for copy in before]
    assert all(backup.verify(copy) == "" for copy in after)
    assert all(copy.manifest.rows["guest"] == 1 for copy in after)
    digests = [copy.manifest.sha256 for copy in desk.copies.all()]
    keep_copies(desk)
    assert [copy.manifest.sha256 for copy in desk.copies.all()] == digests, "once is enough"


def test_names_that_are_kept_no_longer_leave_the_copies_in_the_same_night(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    clock.advance(354 * DAY)
    for _ in range(10):
        issue()
        keep_copies(desk)
        clock.advance(DAY)
    assert b"Siti Nurhaliza" in desk.copies.all()[0].path.read_bytes()
    clock.advance(2 * DAY)
    retention.run(desk.store, desk.office)
    desk.store.checkpoint()
    keep_copies(desk)
    assert traces(desk.folder, "Siti Nurhaliza") == []


def test_what_was_still_to_be_sent_of_somebody_is_gone_from_the_copies_too(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    siti = issue()
    fill_in(desk, siti, "Siti Nurhaliza")
    desk.store.write(_queue_identity, siti.id, '{"name": "Siti Nurhaliza"}')
    keep_copies(desk)
    desk.store.write(guestbook.erase, siti.id, staff=None)
    desk.store.checkpoint()
    keep_copies(desk)
    assert traces(desk.folder, "Siti Nurhaliza") == []


def _queue_identity(tx: Transaction, visit_id: int, event: str) -> None:
    tx.db.execute(
        "INSERT INTO outbox (kind, visit_id, state, revision, event) VALUES ('guest', ?, 'due', 1, ?)",
        (visit_id, event),
    )


def test_a_damaged_copy_goes_when_somebody_is_erased(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    siti = issue()
    fill_in(desk, siti, "Siti Nurhaliza")
    keep_copies(desk)
    clock.advance(DAY)
    keep_copies(desk)
    newest, oldest = desk.copies.all()
    backup.mark_bad(oldest, "its content has changed")
    desk.store.write(guestbook.erase, siti.id, staff=None)
    desk.store.checkpoint()
    keep_copies(desk)
    assert [copy.path for copy in desk.copies.all()] == [newest.path]
    assert traces(desk.folder, "Siti Nurhaliza") == []
