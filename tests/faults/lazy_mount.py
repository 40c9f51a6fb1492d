"""A disk that keeps what it is given in memory, and writes down what was done to it (FUSE).

    python -m tests.faults.lazy_mount MOUNT LOG [CONTENT]

Mounts itself at MOUNT, holding what is in the folder CONTENT, until it is unmounted; then LOG is written.
Lines written to the file `acknowledged` in the root are kept in the same order, and are no part of the disk.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Any

import mfusepy as fuse

from tests.faults.lazy_disk import (
    BLOCK,
    Log,
    Made,
    MadeFolder,
    Removed,
    Renamed,
    Said,
    Sized,
    Synced,
    SyncedFolder,
    Wrote,
    content_of,
)

ACKNOWLEDGED = "/acknowledged"


class LazyDisk(fuse.Operations):  # type: ignore[misc]  # mfusepy is not typed for subclassing
    """Everything in memory; each thing that is done is written down."""

    use_ns = True

    def __init__(self, content: dict[str, bytes | None]) -> None:
        self.log = Log(dict(content))
        self._names: dict[str, int | None] = {"/": None}
        self._bytes: dict[int, bytearray] = {}
        self._next = len(content) + 1
        for file, (path, data) in enumerate(content.items(), 1):
            self._names[path] = None if data is None else file
            if data is not None:
                self._bytes[file] = bytearray(data)
        self._now = time.time_ns()

    def _file(self, path: str) -> int:
        file = self._names.get(path, 0)
        if not file:
            raise fuse.FuseOSError(errno.EISDIR if path in self._names else errno.ENOENT)
        return file

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        times = {"st_atime": self._now, "st_mtime": self._now, "st_ctime": self._now}
        if path not in self._names and fh:  # a file that has lost its name is still open
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 0, "st_size": len(self._bytes[fh]), **times}
        if path not in self._names:
            raise fuse.FuseOSError(errno.ENOENT)
        file = self._names[path]
        if file is None:
            return {"st_mode": stat.S_IFDIR | 0o750, "st_nlink": 2, **times}
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": len(self._bytes[file]), **times}

    def readdir(self, path: str, fh: int) -> list[str]:
        inside = [PurePosixPath(name) for name in self._names if name != "/"]
        return [".", "..", *(one.name for one in inside if str(one.parent) == path)]

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        file, self._next = self._next, self._next + 1
        self._names[path] = file
        self._bytes[file] = bytearray()
        if path != ACKNOWLEDGED:
            self.log.steps.append(Made(path, file))
        return file

    def open(self, path: str, flags: int) -> int:
        return self._file(path)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self._bytes[fh][offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        if path == ACKNOWLEDGED:
            self.log.steps.append(Said(data.decode()))
        else:
            self.log.steps.append(Wrote(fh, offset, bytes(data)))
        content = self._bytes[fh]
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        file = fh or self._file(path)
        content = self._bytes[file]
        del content[length:]
        content.extend(bytes(length - len(content)))
        self.log.steps.append(Sized(file, length))

    def fsync(self, path: str, datasync: int, fh: int) -> None:
        self.log.steps.append(Synced(fh))

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        self.log.steps.append(SyncedFolder(path))

    def mkdir(self, path: str, mode: int) -> None:
        self._names[path] = None
        self.log.steps.append(MadeFolder(path))

    def unlink(self, path: str) -> None:
        self._file(path)
        del self._names[path]
        self.log.steps.append(Removed(path))

    def rename(self, old: str, new: str, flags: int = 0) -> None:
        self._names[new] = self._names.pop(old)
        self.log.steps.append(Renamed(old, new))

    def chmod(self, path: str, mode: int) -> None:
        """Everything here belongs to whoever asks."""

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Everything here belongs to whoever asks."""

    def utimens(self, path: str, times: Any = None) -> None:
        """Nobody asks when."""

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": BLOCK, "f_frsize": BLOCK, "f_blocks": 2**20, "f_bfree": 2**19, "f_bavail": 2**19}


def main(mount: Path, log: Path, content: Path | None) -> None:
    """Serve until unmounted, then write the log."""
    disk = LazyDisk(content_of(content) if content else {})
    kept = disk.log
    fuse.FUSE(disk, str(mount), foreground=True, nothreads=True, fsname="lazy-disk")
    log.write_bytes(pickle.dumps(kept))


if __name__ == "__main__":
    os.umask(0o022)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
