"""Lockers on lock boards in the configuration: what is read, and every mistake before anything moves."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from appliance import assembly, config_text
from appliance.config import Config, parse
from appliance.errors import ConfigError
from appliance.lock_boards import LOCK_BOARDS, BoardName
from appliance.locker_config import BoardLockers, GpioLockers
from drivers.lock_frames import KINDS
from drivers.locks import GpioLocks
from drivers.serial_locks import BoardLock, Bus, SerialLocks

DOCUMENT = Path(__file__).parents[2] / "docs" / "devices.md"
PATH = "/dev/serial/by-id/usb-RS485-port0"
BANK = f"""
[site]
office = "1373"
[lockers]
driver = "rs485"
board = "kr-cu16"
path = "{PATH}"
[[lockers.locker]]
name = "1"
address = 1
lock = 1
[[lockers.locker]]
name = "2"
address = 1
lock = 16
has_contact = false
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")
    return [str(problem) for problem in caught.value.problems]


def lockers(text: str = BANK) -> BoardLockers:
    found = parse(text).lockers
    assert isinstance(found, BoardLockers)
    return found


def with_keys(keys: str, text: str = BANK) -> str:
    """The bank with other keys in [lockers] or in its first row, each in place of the one of its name."""
    for line in keys.splitlines():
        name = line.partition(" =")[0]
        lines = text.splitlines()
        places = [place for place, old in enumerate(lines) if old.startswith(f"{name} =")]
        if places:
            lines[places[0]] = line
        else:
            lines.insert(lines.index("[lockers]") + 1, line)
        text = "\n".join(lines)
    return text + "\n"


def test_a_bank_on_boards_is_read_with_what_is_usual_for_the_rest() -> None:
    bank = lockers()

    assert (bank.board, bank.path) == ("kr-cu16", PATH)
    assert (bank.baudrate, bank.first_lock, bank.closed_is_high, bank.pulse) == (None, None, None, None)
    assert (bank.gap, bank.rest) == (timedelta(milliseconds=300), timedelta(seconds=2))
    assert [(row.name, row.address, row.lock, row.has_contact) for row in bank.locker] == [
        ("1", 1, 1, True),
        ("2", 1, 16, False),
    ]


def test_a_bank_without_a_driver_is_on_pins() -> None:
    config = parse('[site]\noffice = "1373"\n[[lockers.locker]]\nname = "1"\npin = 5\n')

    assert isinstance(config.lockers, GpioLockers)
    assert isinstance(assembly.locks(config, None), GpioLocks)


def test_the_driver_gets_what_the_file_says() -> None:
    keys = (
        "baudrate = 9600\nfirst_lock = 0\nclosed_is_high = false\n"
        'pulse = "250ms"\nanswer = "150ms"\ngap = "400ms"\nrest = "3s"'
    )
    config = parse(with_keys(keys))

    assert assembly.bus(lockers(with_keys(keys))) == Bus(
        PATH, "kr-cu16", 9600, 0, False, 250, answer_s=0.15, gap_s=0.4, rest_s=3.0
    )
    assert assembly.board_wiring(config) == {"1": BoardLock(1, 1), "2": BoardLock(1, 16, has_contact=False)}
    bank = assembly.locks(config, None)
    assert isinstance(bank, SerialLocks)
    assert bank.lockers == ("1", "2")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            'board = "kr-cu17"',
            "f:6: lockers.board: must be 'kr-cu16', 'kr-cu48' or 'winnsen' (did you mean \"kr-cu16\"?)",
        ),
        ('pulse = "3s"', 'f:5: lockers.pulse: must be between "50ms" and "2s"'),
        ('pulse = "1500ms"', "f:5: lockers.pulse: is longer than max_pulse"),
        ("address = 15", 'f:10: lockers.locker[1].address: a "kr-cu16" has only 0 to 14'),
        ("lock = 17", 'f:11: lockers.locker[1].lock: a "kr-cu16" has only 1 to 16'),
        ("lock = 0", "f:11: lockers.locker[1].lock: must be at least 1"),
        ("lock = 16", "f:15: lockers.locker[2].lock: lock 16 of board 1 is used twice, by lockers.locker[1]"),
        ("first_lock = 1", 'f:16: lockers.locker[2].lock: a "kr-cu16" has only 1 to 15'),
        ('path = "ttyUSB0"', "f:7: lockers.path: must be the path of a device file"),
        ("baudrate = 19201", "f:5: lockers.baudrate: must be "),
        ("chip = 0", 'f:5: lockers.chip: is not a known key (it belongs to driver = "gpiozero")'),
    ],
)
def test_what_no_board_can_do_is_told_with_its_line(keys: str, expected: str) -> None:
    told = problems(with_keys(keys))

    assert len(told) == 1
    assert told[0].startswith(expected)


@pytest.mark.parametrize("board", ["kr-cu48", "winnsen"])
def test_a_pulse_for_a_board_that_cannot_be_told_it_is_refused(board: str) -> None:
    assert problems(with_keys(f'board = "{board}"\npulse = "500ms"')) == [
        f'f:5: lockers.pulse: cannot be told to a "{board}": set it on the board, and leave this key out'
    ]


def test_keys_of_pins_and_of_boards_do_not_mix() -> None:
    on_pins = '[site]\noffice = "1373"\n[lockers]\nboard = "kr-cu16"\n'
    row = '[[lockers.locker]]\nname = "1"\npin = 5\nlock = 3\n'

    assert problems(on_pins + row) == [
        'f:4: lockers.board: is not a known key (it belongs to driver = "rs485")',
        'f:8: lockers.locker[1].lock: is not a known key (it belongs to driver = "rs485")',
    ]
    assert problems(BANK + "contact_pin = 6\n") == [
        'f:17: lockers.locker[2].contact_pin: is not a known key (it belongs to driver = "gpiozero")'
    ]


def test_a_line_that_the_printer_has_too_is_told() -> None:
    printer = f'[printer]\ndriver = "escpos-serial"\npath = "{PATH}"\n'

    assert problems(BANK + printer) == ["f:7: lockers.path: is used twice, by printer.path too"]


def test_a_driver_that_nobody_knows_is_told() -> None:
    (told,) = problems(with_keys('driver = "rs232"'))

    assert told.startswith("f:5: lockers.driver: \"rs232\" is not one of 'gpiozero', 'rs485'")


def test_all_mistakes_are_told_at_once() -> None:
    told = problems(with_keys('board = "winnsen"\naddress = 0\nlock = 17\nanswer = "1m"'))

    assert [line.split(": ")[1] for line in told] == [
        "lockers.answer",
        "lockers.locker[1].address",
        "lockers.locker[1].lock",
    ]


# ------------------------------------------------------------------------------------------- the tables


def test_what_is_said_of_the_boards_is_what_their_frames_can_say() -> None:
    assert set(get_args(BoardName)) == set(LOCK_BOARDS) == set(KINDS)
    for name, board in LOCK_BOARDS.items():
        kind = KINDS[name]
        assert (board.numbers, board.addresses, board.baudrate) == (kind.numbers, kind.addresses, kind.baud)
        assert board.closed_is_high is kind.closed_is_high
        assert board.takes_pulse is (kind.set_pulse is not None)


def test_what_the_document_says_of_the_boards_is_what_is_known_of_them() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)`[^|]* \| (\d+) \| (\d+) to (\d+) \| (\d+) \| (\d)"
        r" \| (high|low) \| (yes|no) \| (yes|need not)",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {row[0]: row[1:] for row in rows} == {
        name: (
            str(board.baudrate),
            str(board.addresses.start),
            str(board.addresses.stop - 1),
            str(len(board.numbers)),
            str(board.numbers.start),
            "high" if board.closed_is_high else "low",
            "yes" if board.takes_pulse else "no",
            "yes" if KINDS[name].answers_unlock else "need not",
        )
        for name, board in LOCK_BOARDS.items()
    }


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(\[lockers\].*?)```", DOCUMENT.read_text(), re.DOTALL)
)
def test_the_example_of_the_document_is_right(example: str) -> None:
    assert isinstance(parse(f'[site]\noffice = "1373"\n{example}').lockers, BoardLockers)


@pytest.mark.parametrize("name", LOCK_BOARDS)
@pytest.mark.parametrize("first", [None, 0, 1])
def test_the_driver_takes_every_lock_that_the_configuration_lets_through(
    name: BoardName, first: int | None
) -> None:
    board = LOCK_BOARDS[name]
    bus = Bus(PATH, name, first_lock=first)
    for lock in board.locks(first):
        assert bus.number(BoardLock(board.addresses.start, lock)) in board.numbers
    for lock in (board.locks(first).stop, 0 if board.locks(first).start == 1 and first != 1 else 99):
        with pytest.raises(ValueError, match="no such lock"):
            bus.number(BoardLock(board.addresses.start, lock))


def test_what_is_in_force_is_shown_as_it_was_read() -> None:
    config: Config = parse(BANK)
    assert parse(config_text.show(config)) == config
    assert parse(config_text.show(config, only_changed=True)) == config
