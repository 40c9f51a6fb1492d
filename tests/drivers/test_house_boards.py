"""The simulated front desk whose lockers hang on a lock board: the real driver over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.base import Door, Lost
from drivers.serial_locks import BoardLock, Bus, SerialLocks
from drivers.simulated.house import UNPLUGGED, House


def test_lockers_can_hang_on_a_lock_board_and_its_line_be_broken(tmp_path: Path) -> None:
    with House(tmp_path / "house", lock_boards="kr-cu16") as house:
        assert house.boards is not None
        places = {"1": BoardLock(1, 1), "2": BoardLock(1, 16)}
        house.wire({}, {}, places)
        bus = Bus(str(house.boards.path), "kr-cu16", answer_s=0.1, rest_s=0.0)
        locks = SerialLocks(name="lockers", bus=bus, wiring=places)
        locks.connect()
        locks.pulse("2")
        assert [(door.name, door.is_open, door.pulses) for door in house.doors] == [
            ("1", False, 0),
            ("2", True, 1),
        ]
        house.jam("1")
        locks.pulse("1")
        assert locks.door("1") is Door.CLOSED
        house.set_fault("lock_board", UNPLUGGED, True)
        with pytest.raises(Lost):
            locks.pulse("1")
        assert house.faults["lock_board"][UNPLUGGED]
        locks.close()
    assert not house.boards.path.exists()


def test_a_house_without_lock_boards_has_no_faults_of_theirs(tmp_path: Path) -> None:
    with House(tmp_path / "house") as house:
        house.wire({}, {})
        assert "lock_board" not in house.faults
        with pytest.raises(KeyError):
            house.set_fault("lock_board", "silent", True)
