"""Lock boards on the command line: what `config check`, `check` and `locks off` say of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from appliance import plugged
from drivers.lock_frames import KINDS
from drivers.simulated.lock_board import SimulatedLockBoards
from tests.cli.conftest import append

Command = Callable[..., Result]

BANK = """
[lockers]
driver = "rs485"
board = "{kind}"
path = "{path}"
answer = "150ms"
[[lockers.locker]]
name = "1"
address = 1
lock = 1
[[lockers.locker]]
name = "2"
address = 3
lock = 16
"""
DOOR_1 = (1, 1)


@pytest.fixture(params=KINDS)
def boards(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedLockBoards]:
    with SimulatedLockBoards(request.param, tmp_path / "usb-RS485-port0", (1, 3)) as boards:
        yield boards


@pytest.fixture
def config(config: Path, boards: SimulatedLockBoards) -> Path:
    """Without a printer: what is said is of the locks."""
    text = config.read_text()
    config.write_text(text[: text.index("[printer]")])
    append(config, BANK.format(kind=boards.kind, path=boards.path))
    return config


@pytest.fixture
def says(command: Command, config: Path) -> Callable[..., str]:
    """What `frontdesk check` says, in English and on one line."""
    return lambda *words: " ".join(
        command("check", "--lang", "en", *words, "--config", config).output.split()
    )


def test_each_board_says_how_fast_it_answers_and_each_door_how_it_is(says: Callable[..., str]) -> None:
    said = says()
    assert re.search(r"\[ ok \] .*Board 1: answered in \d+ ms. Board 3: answered in \d+ ms.", said)
    assert "Closed (2): 1, 2." in said


def test_a_board_that_is_silent_is_named_with_what_to_do(
    says: Callable[..., str], boards: SimulatedLockBoards
) -> None:
    boards.dead.add(3)
    said = says()
    assert "[ !! ] Lockers: A lock board does not answer" in said
    assert re.search(r"Board 1: answered in \d+ ms. Board 3: silent. Closed \(1\): 1.", said)
    assert "Do: Check power and wires of the silent board, and its address switches" in said


@pytest.mark.parametrize("fault", ["silent", "garbled", "half_frame", "bad_checksum", "wrong_address"])
def test_a_line_on_which_nobody_answers_rightly_is_told_with_what_to_do(
    says: Callable[..., str], boards: SimulatedLockBoards, fault: str
) -> None:
    boards.set_fault(fault, True)
    said = says()
    assert "Lockers: Device does not answer" in said
    assert "exchange the wires A and B" in said


def test_an_adapter_that_is_not_there_is_told_with_what_to_do(
    command: Command, config: Path, boards: SimulatedLockBoards
) -> None:
    boards.unplug()
    result = command("check", "--json", "--lang", "en", "--config", config)
    (told,) = json.loads(result.stdout)
    assert (result.exit_code, told["found"], told["problem"]) == (1, False, "missing")
    assert "the RS-485 adapter's path" in told["do"]
    assert str(boards.path) in told["detail"]


def test_a_lock_is_pulsed_on_request_and_its_door_read(
    says: Callable[..., str], boards: SimulatedLockBoards
) -> None:
    assert "Locker 1 was closed, and opened." in says("--pulse", "1")
    assert boards.is_open(DOOR_1)
    assert [lock for lock, _ in boards.unlocked] == [DOOR_1]


def test_a_jammed_lock_and_a_lost_answer_are_told(
    says: Callable[..., str], boards: SimulatedLockBoards
) -> None:
    boards.stick(DOOR_1, True)
    assert "Locker 1 stayed closed." in says("--pulse", "1")
    boards.stick(DOOR_1, False)
    boards.set_fault("answer_lost", True)
    said = says("--pulse", "1")
    if KINDS[boards.kind].answers_unlock:
        assert "A locker may or may not have opened" in said
        assert "Look at the door." in said
    else:
        assert "Locker 1 was closed, and opened." in said
    assert [lock for lock, _ in boards.unlocked] == [DOOR_1, DOOR_1], "one for each time that it was asked"


@pytest.mark.parametrize("fault", [None, "silent", "unplugged"])
def test_off_is_what_a_board_does_by_itself(
    command: Command, config: Path, boards: SimulatedLockBoards, fault: str | None
) -> None:
    if fault:
        boards.set_fault(fault, True)
    result = command("locks", "off", "--config", config)
    assert result.exit_code == 0
    assert "end their pulses themselves" in result.output
    assert not boards.unlocked


# ------------------------------------------------------------------------------- before anything moves


def test_a_line_that_is_there_is_in_order_and_nothing_is_said_on_it(
    command: Command, config: Path, boards: SimulatedLockBoards
) -> None:
    boards.set_fault("silent", True)
    result = command("config", "check", "--config", config)
    assert (result.exit_code, result.output) == (0, f"{config}: in order\n")


def test_a_line_that_is_not_there_is_told_with_its_line_in_the_file(
    command: Command, config: Path, boards: SimulatedLockBoards
) -> None:
    boards.unplug()
    result = command("config", "check", "--config", config)
    assert result.exit_code == 2
    assert re.match(rf"{config}:\d+: lockers.path: there is no {boards.path}; ", result.stderr)
    assert command("config", "check", "--file-only", "--config", config).exit_code == 0


def test_what_is_plugged_in_instead_is_named(tmp_path: Path) -> None:
    names = tmp_path / "by-id"
    names.mkdir()
    (names / "usb-1a86-port0").symlink_to("/dev/null")
    (finding,) = plugged.line_findings(tmp_path / "ttyUSB0", names)
    assert finding.message.endswith(f"there are: {names / 'usb-1a86-port0'}")


def test_a_file_that_is_no_line_is_told(tmp_path: Path) -> None:
    plain = tmp_path / "usb-RS485-port0"
    plain.touch()
    (finding,) = plugged.line_findings(plain, tmp_path / "nowhere")
    assert "is no serial line" in finding.message


@pytest.mark.parametrize(("adapters", "told"), [(1, False), (2, True)])
def test_a_name_that_changes_is_told_where_there_are_two(tmp_path: Path, adapters: int, told: bool) -> None:
    names = tmp_path / "by-id"
    names.mkdir()
    master, slave = os.openpty()
    line = tmp_path / "ttyUSB0"
    line.symlink_to(os.ttyname(slave))
    (names / "usb-FTDI-port0").symlink_to(line)
    for number in range(1, adapters):
        (names / f"usb-other-port{number}").symlink_to("/dev/null")
    findings = [finding.message for finding in plugged.line_findings(line, names)]
    os.close(master)
    os.close(slave)
    assert bool(findings) is told
    assert all(message.endswith(f"use {names / 'usb-FTDI-port0'}") for message in findings)
