"""What a disk may hold when the plug is pulled: all that was done to it, and what it may forget of that.

What was forced to disk is there; of all else nothing, some, or a torn piece. Names are promises of their own:
a file that was made or renamed is there under its name for certain only when its folder was forced to disk.
The disk itself, to be mounted, is in `lazy_mount.py`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

BLOCK = 4096  # what a disk writes or does not write
SECTOR = 512  # what it writes whole, even when it is cut off

Kept = Literal["nothing", "some", "torn"]


# ------------------------------------------------------------------------------------------ what was done


@dataclass(frozen=True, slots=True)
class Made:
    """A file got a name in a folder."""

    path: str
    file: int


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """A folder was made."""

    path: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A name went."""

    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name became another, perhaps in another's place."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes were written."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sized:
    """A file was cut short or made longer."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file's content was forced to disk."""

    file: int


@dataclass(frozen=True, slots=True)
class SyncedFolder:
    """A folder's names were forced to disk."""

    path: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something was acknowledged."""

    lines: str


Naming = Made | MadeFolder | Removed | Renamed
Filling = Wrote | Sized
Step = Naming | Filling | Synced | SyncedFolder | Said


@dataclass
class Log:
    """What was on the disk at first (path: content; None for a folder), and what was done to it."""

    content: dict[str, bytes | None]
    steps: list[Step] = field(default_factory=list)

    def said(self, until: int) -> str:
        """What was acknowledged before this step."""
        return "".join(step.lines for step in self.steps[:until] if isinstance(step, Said))


# ------------------------------------------------------------------------------------------ after the cut


def image(log: Log, until: int, kept: Kept, seed: int) -> dict[str, bytes | None]:
    """What the disk may hold when the power went before step `until`.

    Of what was not forced to disk: `nothing`; `some` blocks, whichever; or all up to a `torn` write. How many
    of a folder's changes are there is drawn too: none, all, or the first few.
    """
    disk = _Disk(log.content)
    for step in log.steps[:until]:
        disk.follow(step)
    return disk.cut(kept, random.Random(seed))


class _Disk:
    """What is certain, and what is in the air."""

    def __init__(self, content: dict[str, bytes | None]) -> None:
        self._names: dict[str, int | None] = {}
        self._bytes: defaultdict[int, bytearray] = defaultdict(bytearray)
        for file, (path, data) in enumerate(content.items(), 1):
            self._names[path] = None if data is None else file
            if data is not None:
                self._bytes[file] = bytearray(data)
        self._fillings: defaultdict[int, list[Filling]] = defaultdict(list)
        self._namings: defaultdict[str, list[Naming]] = defaultdict(list)

    def follow(self, step: Step) -> None:
        """One thing that was done."""
        if isinstance(step, Synced):
            for filling in self._fillings.pop(step.file, []):
                self._fill(filling)
        elif isinstance(step, SyncedFolder):
            for naming in self._namings.pop(step.path, []):
                self._name(naming)
        elif isinstance(step, Wrote | Sized):
            self._fillings[step.file].append(step)
        elif not isinstance(step, Said):
            self._namings[_folder_of(step)].append(step)

    def cut(self, kept: Kept, dice: random.Random) -> dict[str, bytes | None]:
        """The power is gone."""
        for namings in self._namings.values():
            for naming in namings[: dice.choice((0, len(namings), dice.randint(0, len(namings))))]:
                self._name(naming)
        for fillings in self._fillings.values():
            for filling in _surviving(fillings, kept, dice):
                self._fill(filling)
        return {path: self._content(path) for path in self._names if self._is_reachable(path)}

    def _content(self, path: str) -> bytes | None:
        file = self._names[path]
        return None if file is None else bytes(self._bytes[file])

    def _is_reachable(self, path: str) -> bool:
        parent = str(PurePosixPath(path).parent)
        return parent == "/" or (parent in self._names and self._is_reachable(parent))

    def _name(self, step: Naming) -> None:
        if isinstance(step, Made):
            self._names[step.path] = step.file
        elif isinstance(step, MadeFolder):
            self._names[step.path] = None
        elif isinstance(step, Removed):
            self._names.pop(step.path, None)
        elif step.old in self._names:
            self._names[step.new] = self._names.pop(step.old)

    def _fill(self, step: Filling) -> None:
        content = self._bytes[step.file]
        if isinstance(step, Sized):
            del content[step.size :]
            content.extend(bytes(step.size - len(content)))
        else:
            content.extend(bytes(max(0, step.offset - len(content))))
            content[step.offset : step.offset + len(step.data)] = step.data


def _folder_of(step: Naming) -> str:
    path = step.new if isinstance(step, Renamed) else step.path
    return str(PurePosixPath(path).parent)


def _surviving(fillings: list[Filling], kept: Kept, dice: random.Random) -> list[Filling]:
    if kept == "nothing" or not fillings:
        return []
    if kept == "some":
        return [piece for filling in fillings for piece in _blocks(filling) if dice.random() < 0.5]
    number = dice.randrange(len(fillings))
    last = fillings[number]
    if isinstance(last, Wrote):
        torn = dice.randrange(0, len(last.data) + 1, SECTOR) if len(last.data) >= SECTOR else 0
        last = Wrote(last.file, last.offset, last.data[:torn])
    return [*fillings[:number], last]


def _blocks(filling: Filling) -> list[Filling]:
    if isinstance(filling, Sized):
        return [filling]
    return [
        Wrote(filling.file, filling.offset + at, filling.data[at : at + BLOCK])
        for at in range(0, len(filling.data), BLOCK)
    ]


def lay_out(content: dict[str, bytes | None], folder: Path) -> None:
    """Write what a disk holds into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(content):
        place, data = folder / path.lstrip("/"), content[path]
        if data is None:
            place.mkdir(exist_ok=True)
        else:
            place.write_bytes(data)


def content_of(folder: Path) -> dict[str, bytes | None]:
    """The other way round."""
    return {
        f"/{path.relative_to(folder)}": path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
