"""What is said on an RS-485 bus to lock boards and by them: pure functions of bytes, and a table of kinds.

The frames are those of public implementations, not of a maker's manual: what a board really says is seen
with the walk test (docs/devices.md). A command and its answer never look alike, so that the echo of a
half-duplex adapter is passed over like any other noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
LONGEST: Final = 13  # bytes of the longest answer


class Verdict(StrEnum):
    """What a board says to an unlocking."""

    TAKEN = "taken"
    FAILED = "failed"  # it gave the pulse, and the hook did not move
    COOLING = "cooling"  # it gave no pulse: the coil has to rest


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `levels` are the hooks by the board's own numbers.

    `verdict` belongs to an unlocking, and `lock` to the verdict.
    """

    address: int
    length: int
    levels: Mapping[int, bool]
    verdict: Verdict | None = None
    lock: int | None = None


@dataclass(frozen=True, slots=True)
class BoardKind:
    """One make of board. `unlock` and `ask` take (address, the board's own number of the lock).

    `read` takes bytes and gives the answer that begins at the first of them, or None.
    """

    baud: int
    numbers: range  # of the locks, as the board's frames have them
    addresses: range
    closed_is_high: bool
    answers_unlock: bool  # always, with a `verdict`; else its next answer shows that it has heard
    unlock: Callable[[int, int], bytes]
    ask: Callable[[int, int], bytes]
    read: Callable[[bytes], Reply | None]
    set_pulse: Callable[[int, int], bytes] | None = None  # (address, milliseconds)

    @property
    def locks(self) -> int:
        """How many locks one board has."""
        return len(self.numbers)

    def find(self, data: bytes, wanted: Callable[[Reply], bool]) -> Reply | None:
        """The first whole answer in `data` that is `wanted`, whatever noise lies before it."""
        for start in range(len(data)):
            reply = self.read(data[start : start + LONGEST])
            if reply is not None and wanted(reply):
                return reply
        return None


def summed(body: bytes) -> bytes:
    """`body` with its checksum: the low byte of the sum of all its bytes."""
    return body + bytes([sum(body) & 0xFF])


def _framed(data: bytes, length: int) -> bool:
    return (
        len(data) >= length and data[length - 2] == ETX and sum(data[: length - 1]) & 0xFF == data[length - 1]
    )


def _bits(data: bytes) -> Mapping[int, bool]:
    number = int.from_bytes(data, "little")
    return MappingProxyType({place: bool(number >> place & 1) for place in range(8 * len(data))})


# ------------------------------------------------------------------------------- KR-CU16 and KR-CU12


def _cu16(command: int) -> Callable[[int, int], bytes]:
    def build(address: int, lock: int) -> bytes:
        return summed(bytes([STX, address << 4 | lock, command, ETX]))

    return build


def _cu16_pulse(address: int, pulse_ms: int) -> bytes:
    units = pulse_ms // 10
    return summed(bytes([STX, address << 4, 0x37, units >> 8, units & 0xFF, ETX]))


def _cu16_read(data: bytes) -> Reply | None:
    """`02 ADDR 35 hooks hooks infrared infrared 03 SUM`."""
    if data[:1] != bytes([STX]) or data[2:3] != b"\x35" or not _framed(data, 9):
        return None
    return Reply(data[1] >> 4, 9, _bits(data[3:5]))


# ---------------------------------------------------------------------------------------- KR-CU48


def _cu48(command: int) -> Callable[[int, int], bytes]:
    def build(address: int, lock: int) -> bytes:
        return summed(bytes([STX, address, lock, command, ETX]))

    return build


def _cu48_ask(address: int, _lock: int) -> bytes:
    return summed(bytes([STX, address, 0, 0x60, ETX]))


def _cu48_read(data: bytes) -> Reply | None:
    """`02 DEV LOCK 75 03 SUM` to an unlocking; `02 DEV 00 75 06 <6 bytes of hooks> 03 SUM` to a question.

    Implementations differ in the second one: some leave out the count (06). The length tells them apart.
    """
    if data[:1] != bytes([STX]) or data[3:4] != b"\x75":
        return None
    if _framed(data, 13) and data[4] == 6:
        return Reply(data[1], 13, _bits(data[5:11]))
    if _framed(data, 12):
        return Reply(data[1], 12, _bits(data[4:10]))
    if _framed(data, 6):
        return Reply(data[1], 6, MappingProxyType({}), Verdict.TAKEN, data[2])
    return None


# ---------------------------------------------------------------------------------------- Winnsen

_WINNSEN_VERDICTS: Final = (Verdict.FAILED, Verdict.TAKEN, Verdict.COOLING)


def _winnsen(command: int) -> Callable[[int, int], bytes]:
    def build(address: int, lock: int) -> bytes:
        return bytes([0x90, 0x06, command, address, lock, ETX])

    return build


def _winnsen_read(data: bytes) -> Reply | None:
    """`90 07 85 STATION LOCK STATUS 03`, and `90 07 92 STATION STATUS LOCK 03` with the fields swapped."""
    if len(data) < 7 or data[:2] != b"\x90\x07" or data[6] != ETX:
        return None
    if data[2] == 0x85 and data[5] < len(_WINNSEN_VERDICTS):
        return Reply(data[3], 7, MappingProxyType({}), _WINNSEN_VERDICTS[data[5]], data[4])
    if data[2] == 0x92 and data[4] < 2:
        return Reply(data[3], 7, MappingProxyType({data[5]: bool(data[4])}))
    return None


KINDS: Final[Mapping[str, BoardKind]] = MappingProxyType(
    {
        "kr-cu16": BoardKind(
            19200, range(16), range(15), True, False, _cu16(0x31), _cu16(0x30), _cu16_read, _cu16_pulse
        ),
        "kr-cu48": BoardKind(19200, range(48), range(256), True, True, _cu48(0x61), _cu48_ask, _cu48_read),
        "winnsen": BoardKind(
            9600, range(1, 17), range(1, 256), False, True, _winnsen(0x05), _winnsen(0x12), _winnsen_read
        ),
    }
)
