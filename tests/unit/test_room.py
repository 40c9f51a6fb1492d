"""How much room is left, and who may still use it: scans stop first, numbers last."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.keeping import room
from appliance.keeping.room import BALLAST, MIB, NEEDS, USES, WARN_BELOW, Room

rooms = some.builds(Room, some.integers(0, 4096).map(lambda mib: mib * MIB), some.booleans(), some.booleans())


@pytest.mark.parametrize(
    ("free", "allowed", "problem"),
    [
        (4096, ("scans", "backups", "tickets"), None),
        (512, ("scans", "backups", "tickets"), None),
        (511, ("scans", "backups", "tickets"), "disk_low"),
        (256, ("scans", "backups", "tickets"), "disk_low"),
        (255, ("backups", "tickets"), "disk_full"),
        (96, ("backups", "tickets"), "disk_full"),
        (95, ("tickets",), "disk_full"),
        (0, ("tickets",), "disk_full"),
    ],
)
def test_scans_stop_first_then_copies_and_numbers_never(
    free: int, allowed: tuple[str, ...], problem: str | None
) -> None:
    seen = Room(free * MIB, ballast=True)
    assert (seen.allowed, seen.problem) == (allowed, problem)
    assert seen.free_mib == free


@given(rooms)
def test_whatever_may_begin_all_that_stops_later_may_too(seen: Room) -> None:
    stops = [seen.allows(use) for use in USES]
    assert stops == sorted(stops)


@given(rooms)
def test_it_is_said_before_anything_stops(seen: Room) -> None:
    if seen.writable and not seen.allows("scans"):
        assert seen.problem == "disk_full"
    assert NEEDS["scans"] < WARN_BELOW


def test_what_the_ballast_lacks_is_for_numbers_and_not_for_scans() -> None:
    enough = NEEDS["scans"]
    assert Room(enough, ballast=True).allows("scans")
    assert not Room(enough, ballast=False).allows("scans")
    assert Room(enough + BALLAST, ballast=False).allows("scans")


def test_a_disk_that_cannot_be_written_has_room_for_nothing() -> None:
    assert Room(4096 * MIB, ballast=True, writable=False).allowed == ()


def test_a_real_disk_can_be_read(tmp_path: Path) -> None:
    seen = room.look(tmp_path, ballast=False)
    assert seen.free > 0
    assert seen.writable
    with pytest.raises(OSError, match="No such file"):
        room.look(tmp_path / "nowhere", ballast=False)
