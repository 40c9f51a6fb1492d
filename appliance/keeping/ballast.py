"""Room that is kept for numbers: a file that takes up disk, and is thrown overboard when the disk is full.

A full disk would stop the queue in front of a full waiting room. So a piece of the disk is occupied in good
time; when SQLite finds no room the store drops it and tries again, and there is room for thousands of numbers
while somebody tidies up. It is built again when there is plenty. The blocks are reserved, not written: it
costs the memory card nothing.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from appliance.files import sync_folder
from appliance.keeping.room import BALLAST, MIB

log = logging.getLogger(__name__)

FILE = "ballast"
SPARE = 32 * MIB  # what must be left beside it: a disk that is nearly full is not filled by its own reserve


class Ballast:
    """The file in the data folder. Any thread may ask; dropping and building happen in one thread each."""

    def __init__(self, folder: Path, size: int = BALLAST) -> None:
        self._path = folder / FILE
        self._size = size

    @property
    def is_whole(self) -> bool:
        """True while there is room to be had by dropping it."""
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def drop(self) -> bool:
        """Give its room away; False when there was none to give."""
        try:
            self._path.unlink()
        except OSError:  # not there, or on a disk that cannot be written
            return False
        log.warning("the disk is full: the ballast of %d MiB is dropped, for numbers", self._size // MIB)
        return True

    def build(self, free: int) -> bool:
        """Take the room up again, when `free` bytes are enough; True when the ballast lies there whole."""
        if self.is_whole:
            return True
        if free < self._size + SPARE:
            return False
        try:
            self._reserve()
        except OSError as error:
            log.info("no ballast: %s", error.strerror)
            self._path.unlink(missing_ok=True)  # half of one would only take room away
            return False
        return True

    def _reserve(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self._path.parent)
