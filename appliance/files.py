"""Small files that must outlive a pulled plug: keys, codes, settings, links.

A new file is written beside the old one, forced to disk, put in its place, and then the folder is forced to
disk too: without the last step the name itself may be lost, and without the one before it the file may come
back empty.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` at `path`, whole or not at all: after a cut of the power it is the old one or the new.

    On the disk when it returns. Raises OSError with the old file untouched.
    """
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)  # what an earlier cut left
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def make_folder_durably(folder: Path, *, mode: int = 0o700) -> None:
    """Make a folder whose parent is there, unless it is there itself; what is put into it will be found."""
    if not folder.is_dir():
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.parent)


def link_durably(path: Path, target: str) -> None:
    """Let the symbolic link `path` lead to `target`, in one step and on the disk."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to disk: what was made, renamed or removed in it."""
    _sync(folder, os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Force what somebody else wrote into a file to disk."""
    _sync(path)


def _sync(path: Path, flags: int = 0) -> None:
    handle = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
