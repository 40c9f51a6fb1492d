"""Whether the disk has room for another page: scans stop long before numbers do."""

from __future__ import annotations

import os
from pathlib import Path

NEEDED = 256 * 2**20  # bytes that must be free for another page to be taken


def has_room(folder: Path) -> bool:
    """Whether another page may be taken. A folder that cannot be looked at has none."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize >= NEEDED
