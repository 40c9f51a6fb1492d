"""A disk that is full: numbers go on in the room that is kept for them, and all are told in time (T7)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance import config, tickets
from appliance.clock import ManualClock
from appliance.duties.copies import CopiesDuty
from appliance.duties.keeper import KeeperDuty
from appliance.errors import ServiceClosed, StoreFull
from appliance.front_desk import FrontDesk, assemble
from appliance.keeping.ballast import Ballast
from appliance.keeping.room import BALLAST, MIB
from appliance.office import load_office
from appliance.visits import Request
from tests.faults import disks
from tests.store.conftest import step
from web import create_app

OFFICE = load_office("1373")
AT_LEAST = 500  # numbers that are given on a full disk
PLENTY = 2 * BALLAST


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with disks.small_disk(tmp_path / "disk", "80m") as folder:
        yield folder


@pytest.fixture
def desk(disk: Path) -> Iterator[FrontDesk]:
    """A front desk on the small disk, with its ballast on board."""
    clock = ManualClock()
    desk = assemble(OFFICE, config.parse('[site]\noffice = "1373"'), clock, disk / "data")
    desk.store.open()
    assert desk.store.ballast.build(PLENTY)
    yield desk
    desk.store.close()


def give(desk: FrontDesk, number: int) -> str | None:
    """A number of the first service that has one left."""
    for service in OFFICE.ticket_services:
        request = Request(f"request-{service.letter}-{number}", service.key, "button")
        try:
            return desk.store.write(tickets.issue, OFFICE, request).number
        except ServiceClosed:
            continue
    raise AssertionError("the numbers of the day are used up")


def keep_house(desk: FrontDesk) -> Callable[[], None]:
    """A keeper's rounds; it is always the same keeper."""
    keeper = KeeperDuty(desk)
    return lambda: step(keeper, desk.changes)


def kinds(db: sqlite3.Connection) -> list[str]:
    return [row["kind"] for row in db.execute("SELECT kind FROM journal ORDER BY seq")]


def test_on_a_full_disk_500_more_numbers_are_given_and_none_is_lost(desk: FrontDesk, disk: Path) -> None:
    first = give(desk, 0)
    disks.fill(disk)

    numbers = [give(desk, n) for n in range(1, AT_LEAST + 1)]

    assert desk.store.problem is None
    assert not desk.store.ballast.is_whole, "the disk was not full"
    stored = desk.store.read(
        lambda db: [f"{row['letter']}{row['number']:03}" for row in db.execute("SELECT * FROM ticket")]
    )
    assert sorted(stored) == sorted(map(str, [first, *numbers]))
    assert len(set(stored)) == AT_LEAST + 1
    assert desk.store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


def test_scans_and_copies_stop_while_numbers_go_on_and_the_desk_says_what_to_do(
    desk: FrontDesk, disk: Path
) -> None:
    client: FlaskClient = create_app(desk).test_client()
    assert not desk.store.room().allows("scans"), "a disk of 80 MiB is too small for scans from the start"
    keeper = keep_house(desk)
    keeper()
    filler = disks.fill(disk)
    while desk.store.ballast.is_whole:
        give(desk, desk.store.read(tickets_given))
    keeper()

    assert desk.store.room().allowed == ("tickets",)
    told = client.get("/healthz").json
    assert told is not None
    assert told["status"] == "ok", "numbers are given"
    assert told["disk"] == {"problem": "disk_full", "allowed": ["tickets"]}
    metrics = client.get("/metrics").text
    assert 'frontdesk_device_problem{device="disk",problem="disk_full"} 1.0' in metrics
    assert 'frontdesk_disk_allows{use="scans"} 0.0' in metrics
    assert "frontdesk_disk_ballast 0.0" in metrics
    assert "ballast.dropped" in desk.store.read(kinds)

    filler.unlink()
    assert desk.store.ballast.build(desk.store.room().free)
    keeper()
    assert desk.store.room().ballast


def test_no_copy_is_begun_where_the_room_is_for_numbers(desk: FrontDesk) -> None:
    """The disk has 80 MiB, and a copy wants 96 left beside the ballast."""
    assert not desk.store.room().allows("backups")
    desk.copies.ask()
    step(CopiesDuty(desk), desk.changes)
    assert desk.copies.all() == []
    assert desk.copies.problem == "the disk has too little room for a copy; what is left is for numbers"


def tickets_given(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM ticket").fetchone()[0])


def test_a_disk_that_is_full_at_the_start_gives_numbers_from_the_ballast(
    disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = disk / "data"
    folder.mkdir()
    assert Ballast(folder).build(PLENTY)
    disks.fill(disk)
    caplog.set_level(logging.CRITICAL)
    desk = assemble(OFFICE, config.parse('[site]\noffice = "1373"'), ManualClock(), folder)
    desk.store.open()
    assert desk.store.problem is None
    assert give(desk, 1) is not None
    desk.store.close()


def test_without_ballast_a_full_disk_says_no_as_it_did(desk: FrontDesk, disk: Path) -> None:
    assert desk.store.ballast.drop()
    disks.fill(disk)
    with pytest.raises(StoreFull):
        for n in range(AT_LEAST):
            give(desk, n)
    assert isinstance(desk.store.problem, StoreFull)


# ------------------------------------------------------------------------------------------ the ballast


def test_the_ballast_takes_real_room_and_gives_it_back(disk: Path) -> None:
    ballast = Ballast(disk)
    before = free(disk)
    assert ballast.build(before)
    assert before - free(disk) >= BALLAST
    assert ballast.build(0), "it is there already"
    assert ballast.drop()
    assert free(disk) == before
    assert not ballast.drop(), "there is nothing more to give"


def test_the_ballast_is_not_built_where_it_would_fill_the_disk_itself(disk: Path) -> None:
    ballast = Ballast(disk)
    assert not ballast.build(BALLAST + MIB)
    disks.fill(disk)
    assert not ballast.build(PLENTY), "it was told that there is room, and there was none"
    assert [file.name for file in disk.iterdir()] == ["filler"]


def free(disk: Path) -> int:
    from appliance.keeping import room

    return room.look(disk, ballast=False).free
