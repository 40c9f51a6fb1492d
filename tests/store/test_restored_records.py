"""A database put back from a copy, and a central server that knows more: same records, above what it has."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from appliance import ratings
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from tests.store.conftest import Officer
from tests.store.test_rescue import copy, give, running, zero_the_header

Records = dict[tuple[str, object], tuple[str, int]]


def records(desk: FrontDesk) -> Records:
    """By kind and what it is of: the record's id and its revision."""

    def look(db: sqlite3.Connection) -> Records:
        rows = db.execute("SELECT * FROM outbox WHERE revision % 1000 > 0").fetchall()
        return {
            (row["kind"], row["visit_id"] or row["rating_id"]): (row["record_id"], row["revision"])
            for row in rows
        }

    return desk.store.read(look)


def test_a_visit_that_was_told_of_after_the_copy_was_made_is_the_same_record_afterwards(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    with running(tmp_path, clock) as desk:
        give(desk, "open in the copy")
        copy(desk)
        clock.advance(86400)
        give(desk, "of the next day")  # closes the first
        told = records(desk)
    zero_the_header(tmp_path)
    clock.advance(86400)
    with running(tmp_path, clock) as desk:
        give(desk, "of the day after")
        again = records(desk)
    assert set(told) == {("visit", 1)}
    assert again["visit", 1][0] == told["visit", 1][0]
    assert again["visit", 1][1] > told["visit", 1][1]
    assert told["visit", 1][1] < 1000, "there is room between"


def test_what_was_told_before_the_copy_is_told_above_it_when_it_changes(tmp_path: Path) -> None:
    clock = ManualClock()
    with running(tmp_path, clock) as desk:
        give(desk, "a")
        clock.advance(86400)
        give(desk, "b")
        before = records(desk)
        copy(desk)
    zero_the_header(tmp_path)
    with running(tmp_path, clock) as desk:
        revision = desk.store.read(
            lambda db: db.execute("SELECT revision FROM outbox WHERE visit_id = 1").fetchone()[0]
        )
    assert revision == before["visit", 1][1] + 1000


def test_a_rating_is_the_same_record_whichever_database_tells_of_it(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    clock: ManualClock,
    issue: Callable[..., Visit],
) -> None:
    key = desk.store.write(ratings.give, served().id, 4)
    clock.advance(86400)
    issue()
    (record_id, revision) = records(desk)["rating", key]
    assert record_id.replace("-", "")[:12] == key[:12]
    assert revision == 1
