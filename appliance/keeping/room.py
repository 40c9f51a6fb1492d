"""How much room is left on the disk of the data, and what may still use it.

Scans stop first, then copies of the data, numbers last: a number is a few kilobytes, a scan may be hundreds
of megabytes. A pure rule over one reading of the disk; who needs room asks `Room.allows` before it begins.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Use = Literal["scans", "backups", "tickets"]
USES: tuple[Use, ...] = get_args(Use)

MIB = 2**20

_MOUNTS = Path("/proc/self/mountinfo")
_GIVEN_UP = {"emergency_ro", "shutdown"}  # options of ext4

# What must be free, beside the ballast, for each use to begin. Numbers go on until the disk itself says no.
NEEDS: dict[Use, int] = {"scans": 256 * MIB, "backups": 96 * MIB, "tickets": 0}

WARN_BELOW = 512 * MIB  # an office has days from here, not minutes
BALLAST = 32 * MIB  # what is kept for numbers alone (ballast.py)


@dataclass(frozen=True, slots=True)
class Room:
    """One reading of the disk: bytes that can be written, and whether the ballast lies there."""

    free: int
    ballast: bool
    writable: bool = True

    @property
    def spare(self) -> int:
        """What is free for other things than numbers: what the ballast lacks is not."""
        return self.free if self.ballast else max(0, self.free - BALLAST)

    def allows(self, use: Use) -> bool:
        """Whether this use may begin now."""
        return self.writable and self.spare >= NEEDS[use]

    @property
    def allowed(self) -> tuple[Use, ...]:
        """All that may begin now."""
        return tuple(use for use in USES if self.allows(use))

    @property
    def problem(self) -> str | None:
        """A code of `device.*` in the texts: disk_full (scans have stopped) or disk_low; None: all is well.

        A disk that cannot be written is the database's own trouble, and told by it.
        """
        if not self.writable or self.spare >= WARN_BELOW:
            return None
        return "disk_low" if self.allows("scans") else "disk_full"

    @property
    def free_mib(self) -> int:
        """The free room in whole MiB, for people."""
        return self.free // MIB


def look(folder: Path, *, ballast: bool) -> Room:
    """Read the disk of this folder; nothing is written. Raises OSError where the folder is not there."""
    disk = os.statvfs(folder)
    writable = not disk.f_flag & os.ST_RDONLY and not _has_given_up(folder.stat().st_dev, _MOUNTS)
    return Room(disk.f_bavail * disk.f_frsize, ballast, writable)


def _has_given_up(device: int, mounts: Path) -> bool:
    """Whether the kernel (6.15 and later) has stopped all writing to this disk after an error.

    The disk is then still mounted for writing, and only its options tell.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        rows = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux, or a sandbox that hides it
        return False
    options = (row.rsplit(" ", 1)[-1].split(",") for row in rows if row.split(" ", 3)[2] == number)
    return any(_GIVEN_UP & set(one) for one in options)
