"""A visitor's USB stick: mounted only when they have chosen it, written, read back, and let go of again.

What mounts is a command of the configuration (udisksctl, as a rule). The copy is made by a process of its
own, since a bad stick can hold whoever writes to it for minutes; it is given up at its deadline. A stick that
was pulled, is full, or cannot be written is told by its name, and nothing half stays on it where that can be
helped. Nothing here ever removes a folder with what is in it: it might be the stick.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import NotDelivered

_MOUNTS = Path("/proc/self/mounts")
_BLOCK = 1 << 20
_TRIES = range(1, 100)
_BY_ERRNO = {
    errno.ENOSPC: "stick_full",
    errno.EFBIG: "stick_full",
    errno.EROFS: "stick_read_only",
    errno.EACCES: "stick_read_only",
    errno.EPERM: "stick_read_only",
}
_PULLED = "stick_pulled"


@dataclass(frozen=True, slots=True)
class StickRules:
    """Where sticks appear, and what mounts them."""

    devices: str  # a pattern
    mount: Sequence[str]
    unmount: Sequence[str]
    deadline_s: float


def save(book: Path, name: str, rules: StickRules, folder: Path) -> str:
    """Copy a file to the one stick that is in; gives its name there, once the stick may be taken out.

    `folder` is where a mount point is made if the command wants one. Raises NotDelivered.
    """
    device = _the_stick(rules.devices)
    folder.mkdir(parents=True, exist_ok=True)
    with _mounted(device, rules, folder) as place:
        return _copy_in_child(book, place, name, rules.deadline_s)


def _the_stick(pattern: str) -> Path:
    found = {Path(path).resolve(): Path(path) for path in glob.glob(pattern)}  # noqa: PTH207 - absolute
    if len(found) != 1:
        raise NotDelivered("several_sticks" if found else "no_stick")
    return next(iter(found.values()))


@contextmanager
def _mounted(device: Path, rules: StickRules, folder: Path) -> Iterator[Path]:
    """The stick's place in the tree, while it is needed; unmounted before this ends without an error."""
    own = Path(tempfile.mkdtemp(prefix="stick-", dir=folder))
    values = {"device": str(device), "folder": str(own)}
    try:
        if _place_of(device, own) is None:
            _run(rules.mount, values, rules.deadline_s, "stick_unreadable")
        place = _place_of(device, own)
        if place is None:
            raise NotDelivered("stick_unreadable")
        try:
            yield place
        except NotDelivered:
            with suppress(NotDelivered):  # what went wrong first is what the visitor is told
                _run(rules.unmount, values, rules.deadline_s, _PULLED)
            raise
        _run(rules.unmount, values, rules.deadline_s, _PULLED)
    finally:
        with suppress(OSError):  # still mounted: then it is not empty, and stays
            own.rmdir()


def _place_of(device: Path, folder: Path) -> Path | None:
    """Where a device is mounted now."""
    real = str(device.resolve())
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        source, place, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if source == real or place == str(folder.resolve()):
            return Path(place)
    return None


def _run(command: Sequence[str], values: dict[str, str], deadline_s: float, problem: str) -> None:
    words = [word.format(**values) for word in command]
    try:
        done = subprocess.run(words, check=False, capture_output=True, timeout=deadline_s)
    except subprocess.TimeoutExpired:
        raise NotDelivered("stick_slow") from None
    except OSError as error:
        raise NotDelivered(problem, f"{words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise NotDelivered(problem, done.stderr.decode(errors="replace").strip())


def _copy_in_child(book: Path, place: Path, name: str, deadline_s: float) -> str:
    command = [sys.executable, "-m", "appliance.scanning.usb_stick", str(book), str(place), name]
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, timeout=deadline_s)
    except subprocess.TimeoutExpired:
        raise NotDelivered("stick_slow") from None
    if not done.stdout:
        raise NotDelivered(_PULLED, f"the copying process ended with {done.returncode}")
    said = json.loads(done.stdout)
    if said["problem"]:
        raise NotDelivered(said["problem"])
    return str(said["name"])


# -------------------------------------------------------------------------------- in the child


def copy(book: Path, place: Path, name: str) -> dict[str, str | None]:
    """Write, force to the stick, read back from it, compare; nothing is written over."""
    target = _free_name(place, name)
    beside = target.with_suffix(".part")
    try:
        free = os.statvfs(place)
        if free.f_bavail * free.f_frsize < book.stat().st_size:
            return {"problem": "stick_full"}
        wanted = _write(book, beside)
        if _read_back(beside) != wanted:
            beside.unlink()
            return {"problem": "stick_wrong"}
        beside.rename(target)
        _sync(place)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        return {"problem": _BY_ERRNO.get(error.errno or 0, _PULLED)}
    return {"problem": None, "name": target.name}


def _free_name(place: Path, name: str) -> Path:
    stem, _, suffix = name.rpartition(".")
    names = (name if number == 1 else f"{stem}-{number}.{suffix}" for number in _TRIES)
    return next((place / one for one in names if not (place / one).exists()), place / name)


def _write(book: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with book.open("rb") as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _read_back(path: Path) -> str:
    """What the stick itself has: the pages in memory are let go of before."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # FUSE file systems may not know this
            os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(copy(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
