"""What each kind of lock board on RS-485 is: what a configuration may ask of it, and what it takes by itself.

The frames are in `drivers/lock_frames.py`; a test holds the two tables against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

BoardName = Literal["kr-cu16", "kr-cu48", "winnsen"]


@dataclass(frozen=True, slots=True)
class LockBoard:
    """One kind. `numbers` are those of its locks in a frame; `closed_is_high` is what it usually says."""

    numbers: range
    addresses: range
    baudrate: int
    closed_is_high: bool
    takes_pulse: bool

    def locks(self, first_lock: int | None) -> range:
        """Its locks counted from 1, where lock 1 has the number `first_lock` in a frame (None: as usual)."""
        first = self.numbers.start if first_lock is None else first_lock
        return range(max(1, self.numbers.start - first + 1), self.numbers.stop - first + 1)


#                         numbers       addresses      baud   high   takes a pulse
LOCK_BOARDS: Final[Mapping[BoardName, LockBoard]] = MappingProxyType(
    {
        "kr-cu16": LockBoard(range(16), range(15), 19200, True, True),
        "kr-cu48": LockBoard(range(48), range(256), 19200, True, False),
        "winnsen": LockBoard(range(1, 17), range(1, 256), 9600, False, False),
    }
)
