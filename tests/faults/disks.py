"""Real file systems of any size, and how they are filled. Mounting needs root: without it tests fail."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def mount(*arguments: str) -> None:
    """Mount something, or end the test with the reason."""
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"nothing can be mounted here (run the tests as root): {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    """Lazily: a test that failed may still hold it."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size, for as long as the `with` lasts."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={size}", "frontdesk-test", str(folder))
    try:
        yield folder
    finally:
        unmount(folder)


@contextmanager
def ext4_disk(folder: Path, image: Path, mib: int = 64) -> Iterator[Path]:
    """An ext4 file system in a file, as on a memory card."""
    with image.open("wb") as file:
        file.truncate(mib * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    folder.mkdir()
    mount("-o", "loop,noatime", str(image), str(folder))
    try:
        yield folder
    finally:
        unmount(folder)


def remount(folder: Path, how: str) -> None:
    """`ro` or `rw`."""
    mount("-o", f"remount,{how}", str(folder))


def fill(folder: Path) -> Path:
    """A file that takes all the room that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for piece in (b"x" * 2**20, b"x" * 4096):
            try:
                while True:
                    file.write(piece)
            except OSError:
                continue
    return filler


def abort(folder: Path) -> None:
    """What ext4 does to itself after an error of the card: it can be read, and written no more."""
    mount("-o", "remount,abort", str(folder))
