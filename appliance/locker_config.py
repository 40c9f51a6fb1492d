"""The configuration of the lockers: on the Raspberry Pi's pins, or on lock boards on an RS-485 line.

Every field's description is what `config init` and docs/configuration.md show.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from appliance.device_config import Level, Pin
from appliance.durations import Duration, between
from appliance.lock_boards import LOCK_BOARDS, BoardName, LockBoard
from appliance.toml_lines import Step, dotted
from appliance.toml_model import Data, Finding, Table

BOARDS_DRIVER = "rs485"
USUAL_DRIVER = "gpiozero"
_DRIVER = (
    "How the locks are connected: `gpiozero` on the Raspberry Pi's pins, `rs485` on lock boards, which time "
    "the pulse themselves."
)
_AS_BOARD = " Without it as the kind of board usually has it."

Pulse = Annotated[Duration, between("50ms", "2s")]
LockerName = Annotated[str, Field(min_length=1, max_length=8)]


def _device_file(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError('must be the path of a device file, as "/dev/serial/by-id/..."')
    return value


class Locker(Table):
    """One locker."""

    name: LockerName = Field(description="What stands on its door.", examples=["1"])
    pin: Pin = Field(description="GPIO number (BCM) of the lock.", examples=[5])
    active: Level = Field("high", description="Level of the pin that energises the lock.")
    contact_pin: Pin | None = Field(None, description="GPIO number of the door contact.", examples=[6])
    contact: Level = Field("low", description="Level of the contact's pin while the door is closed.")


class BoardLocker(Table):
    """One locker on a lock board."""

    name: LockerName = Field(description="What stands on its door.", examples=["1"])
    address: Annotated[int, Field(ge=0, le=255)] = Field(
        description="Address of its board, as set by the board's switches.", examples=[1]
    )
    lock: Annotated[int, Field(ge=1)] = Field(
        description="Which lock of that board it is, counted from 1 as printed on it.", examples=[1]
    )
    has_contact: bool = Field(True, description="The lock's switch, which says open or closed, is connected.")


class _Lockers(Table):
    driver: str = Field(description=_DRIVER)
    gap: Annotated[Duration, between("0s", "5s")] = Field(
        timedelta(milliseconds=300), description="Pause between two locks, for the power supply."
    )
    open_within: Annotated[Duration, between("500ms", "30s")] = Field(
        timedelta(seconds=3), description="The door contact must say open within this time after the pulse."
    )
    unlock_expires: Annotated[Duration, between("1s", "30s")] = Field(
        timedelta(seconds=5), description="An unlocking that was not carried out by then never is."
    )


def _within_maximum(pulse: timedelta | None, info: ValidationInfo) -> timedelta | None:
    if pulse is not None and "max_pulse" in info.data and pulse > info.data["max_pulse"]:
        raise ValueError("is longer than max_pulse")
    return pulse


class GpioLockers(_Lockers):
    """Lockers that open by a pulse, on the Raspberry Pi's pins."""

    driver: Literal["gpiozero"] = Field("gpiozero", description=_DRIVER)
    chip: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Number of the gpiochip; without it gpiozero finds the header's.", examples=[0]
    )
    max_pulse: Pulse = Field(
        timedelta(seconds=1), description="A lock is never energised for longer than this."
    )
    pulse: Annotated[Pulse, AfterValidator(_within_maximum)] = Field(
        timedelta(milliseconds=500), description="How long a lock is energised to open."
    )
    locker: tuple[Locker, ...] = Field(min_length=1, description="One table for each locker.")


class BoardLockers(_Lockers):
    """Lockers on lock boards, all of one kind on one RS-485 line."""

    driver: Literal["rs485"] = Field(description=_DRIVER, examples=["rs485"])
    board: BoardName = Field(
        description="Kind of board: `kr-cu16` (KR-CU12 too), `kr-cu48` or `winnsen`.", examples=["kr-cu16"]
    )
    path: Annotated[str, AfterValidator(_device_file)] = Field(
        description="Device file of the RS-485 adapter, by a name that stays when others are plugged in.",
        examples=["/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"],
    )
    baudrate: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] | None = Field(
        None, description=f"Speed of the line.{_AS_BOARD}", examples=[19200]
    )
    first_lock: Literal[0, 1] | None = Field(
        None, description=f"Number by which the board's lock 1 is spoken to.{_AS_BOARD}", examples=[0]
    )
    closed_is_high: bool | None = Field(
        None,
        description=f"The boards say 1 of a closed lock; false: they say 0.{_AS_BOARD}",
        examples=[True],
    )
    max_pulse: Pulse = Field(timedelta(seconds=1), description="No board is told a longer pulse than this.")
    pulse: Pulse | None = Field(
        None,
        description="How long a lock is energised to open, for boards that can be told it (`kr-cu16`). "
        "Without it as set on the board.",
        examples=["500ms"],
    )
    answer: Annotated[Duration, between("50ms", "2s")] = Field(
        timedelta(milliseconds=300), description="Longest wait for an answer of a board."
    )
    rest: Annotated[Duration, between("0s", "30s")] = Field(
        timedelta(seconds=2), description="Pause between two pulses of one lock: its coil has to cool."
    )
    locker: tuple[BoardLocker, ...] = Field(min_length=1, description="One table for each locker.")

    @field_validator("pulse")
    @classmethod
    def _can_be_told(cls, pulse: timedelta | None, info: ValidationInfo) -> timedelta | None:
        board = info.data.get("board")
        if pulse is not None and board is not None and not LOCK_BOARDS[board].takes_pulse:
            raise ValueError(f'cannot be told to a "{board}": set it on the board, and leave this key out')
        return _within_maximum(pulse, info)


def _with_driver(value: object) -> object:
    """A table without `driver` is one of pins."""
    return {"driver": USUAL_DRIVER} | value if isinstance(value, dict) else value


Lockers = Annotated[
    Annotated[GpioLockers | BoardLockers, Field(discriminator="driver")], BeforeValidator(_with_driver)
]


def wiring_of(lockers: GpioLockers | BoardLockers | None) -> dict[str, str]:
    """Where each locker is connected, for a technician: `GPIO5`, or board and lock: `RS-485 1/16`."""
    if lockers is None:
        return {}
    if isinstance(lockers, GpioLockers):
        return {row.name: f"GPIO{row.pin}" for row in lockers.locker}
    return {row.name: f"RS-485 {row.address}/{row.lock}" for row in lockers.locker}


# ------------------------------------------------------------------- what no single key can know of itself


def findings(data: Data) -> Iterator[Finding]:
    """Locks that no such board has, and a lock or a line that is used twice; in the file's bare data."""
    lockers = data.get("lockers")
    if not isinstance(lockers, dict) or lockers.get("driver") != BOARDS_DRIVER:
        return
    board = next((board for name, board in LOCK_BOARDS.items() if name == lockers.get("board")), None)
    if board is not None:
        yield from _out_of_range(lockers, board)
    yield from _locks_used_twice(lockers)
    printer = data.get("printer")
    if isinstance(printer, dict) and "path" in printer and printer["path"] == lockers.get("path"):
        yield Finding(("lockers", "path"), "is used twice, by printer.path too")


def _out_of_range(lockers: Data, board: LockBoard) -> Iterator[Finding]:
    first = lockers.get("first_lock")
    allowed = {"address": board.addresses, "lock": board.locks(first if first in (0, 1) else None)}
    for path, row in _rows(lockers):
        for key, numbers in allowed.items():
            value = row.get(key)
            if type(value) is int and value >= int(key == "lock") and value not in numbers:
                words = f'a "{lockers["board"]}" has only {numbers.start} to {numbers.stop - 1}'
                yield Finding((*path, key), words)


def _locks_used_twice(lockers: Data) -> Iterator[Finding]:
    first: dict[tuple[int, int], tuple[Step, ...]] = {}
    for path, row in _rows(lockers):
        address, lock = row.get("address"), row.get("lock")
        if type(address) is int and type(lock) is int and first.setdefault((address, lock), path) != path:
            other = dotted(first[address, lock])
            yield Finding((*path, "lock"), f"lock {lock} of board {address} is used twice, by {other} too")


def _rows(lockers: Data) -> Iterator[tuple[tuple[Step, ...], dict[str, Any]]]:
    rows = lockers.get("locker")
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict):
            yield ("lockers", "locker", place), row
