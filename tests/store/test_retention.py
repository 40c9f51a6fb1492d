"""Erasing: what is older than the notice promises is gone, from the disk too, and nothing else is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from appliance import guestbook, retention
from appliance.clock import ManualClock, Quality
from appliance.duties.keeper import KeeperDuty
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.visits import Visit
from tests.store.conftest import step

DAY = 86400

FORM = {
    "email": "siti@example.org",
    "institution": "SMA Negeri 1 Sawahlunto",
    "sub_services": "printed_library",
    "sex": "female",
    "birth_year": "1999",
    "education": "-",
    "occupation": "-",
    "institution_category": "-",
    "main_use": "-",
    "disability": "yes",
    "consent": "yes",
}


@pytest.mark.parametrize(
    ("day", "months", "limit"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2027, 1, 15), 1, date(2026, 12, 15)),
        (date(2027, 1, 31), 2, date(2026, 11, 30)),
        (date(2027, 12, 31), 12, date(2026, 12, 31)),
        (date(2027, 12, 1), 0, date(2027, 12, 1)),
        (date(2027, 5, 31), 27, date(2025, 2, 28)),
    ],
)
def test_months_before_a_day_end_with_the_shorter_month(day: date, months: int, limit: date) -> None:
    assert retention.months_before(day, months) == limit


def fill_in(desk: FrontDesk, visit: Visit, name: str) -> None:
    entry = Entry({**FORM, "name": name}, notice_hash="", language="id", entered_on="kiosk")
    desk.store.write(guestbook.submit, desk.office, visit.id, entry)


def names(db: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in db.execute("SELECT name FROM guest ORDER BY visit_id")]


def keep_house(desk: FrontDesk) -> None:
    step(KeeperDuty(desk), desk.changes)


def test_names_older_than_promised_leave_the_disk_and_newer_ones_stay(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    old = issue()
    fill_in(desk, old, "Siti Nurhaliza")
    clock.advance(DAY)
    fill_in(desk, issue(), "Andi Wijaya")
    clock.advance(364 * DAY)  # 23 November 2027: twelve months after the first, to the day
    keep_house(desk)
    assert desk.store.read(names) == ["Siti Nurhaliza", "Andi Wijaya"], "twelve months are not over yet"

    clock.advance(DAY)
    keep_house(desk)
    assert desk.store.read(names) == ["Andi Wijaya"]
    on_disk = b"".join(file.read_bytes() for file in desk.folder.iterdir() if file.is_file())
    assert b"Siti Nurhaliza" not in on_disk
    assert b"Andi Wijaya" in on_disk
    facts = desk.store.read(
        lambda db: dict(db.execute("SELECT * FROM guest_facts WHERE visit_id = 1").fetchone())
    )
    assert (facts["sex"], facts["birth_year"]) == (2, None), "the numbers stay, without a birth year"
    assert not desk.store.read(lambda db: db.execute("SELECT needs_help FROM visit").fetchone()[0])


def test_a_name_erased_by_hand_leaves_the_disk_with_the_next_round(
    desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    visit = issue()
    fill_in(desk, visit, "Siti Nurhaliza")
    desk.store.write(guestbook.erase, visit.id, staff=None)
    keep_house(desk)
    for file in desk.folder.glob("frontdesk.db*"):
        assert b"Siti" not in file.read_bytes(), file


def test_each_erasing_is_noted_without_what_was_erased(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    for name in ("Siti Nurhaliza", "Andi Wijaya"):
        fill_in(desk, issue(), name)
    clock.advance(400 * DAY)
    assert desk.store.read(retention.any_old, desk.office, clock.now())
    assert desk.store.write(retention.erase_old, desk.office) == 2
    assert not desk.store.read(retention.any_old, desk.office, clock.now())
    facts = desk.store.read(
        lambda db: db.execute("SELECT facts FROM journal WHERE kind = 'guests.erased'").fetchone()[0]
    )
    assert facts == '{"before": "2026-12-28", "count": 2}'


def test_a_clock_that_nobody_vouches_for_erases_nothing(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    clock.advance(400 * DAY)
    now = clock.now()
    assert desk.store.read(retention.any_old, desk.office, replace(now, quality=Quality.RTC))
    assert not desk.store.read(retention.any_old, desk.office, replace(now, quality=Quality.STALE))


def test_a_clock_that_was_never_set_erases_nothing(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    fill_in(desk, issue(), "Siti Nurhaliza")
    clock.step((datetime(1970, 1, 1, tzinfo=UTC) - clock.now().wall).total_seconds())
    keep_house(desk)
    assert desk.store.read(names) == ["Siti Nurhaliza"]
