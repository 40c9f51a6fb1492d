"""A scan session on the disk: the folder is the truth about its pages, whoever was killed and when.

    frames/000007.jpg               what the camera or the glass gave; on the disk before "saved" is said
    frames/000008-for-000003.jpg    the same, taken again in the place of frame 3
    frames/000009.glass.jpg         from the flatbed, whose scale is known
    looks/000007.jpg                the frame, small, for the screen; made anew when it is lost
    pages/000007.json               the frame is developed: what came of it. Written last
    pages/000007-1.pdf, -1.jpg, -1.small.jpg     each page of it
    tries/000007                    how often its development was begun
    order.json                      what the visitor changed (`album.py`); written by the front desk
    book.pdf                        all of it, when the visitor is done

A frame's number is its order. The worker writes everything but order.json, and nothing twice; so there are no
two writers of one file, and a file that is there is whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FRAMES, LOOKS, PAGES, TRIES = "frames", "looks", "pages", "tries"
ORDER = "order.json"
BOOK = "book.pdf"

# The scanning process may have an account of its own: what they share is the group. Nobody else comes this
# far, since the data folder is the front desk's alone.
_FOLDER_MODE, _FILE_MODE = 0o770, 0o660

_FRAME = re.compile(r"(\d{6})(?:-for-(\d{6}))?(\.glass)?\.(jpg|png)")
_KEY = re.compile(r"\d{6}(?:-\d+)?")


@dataclass(frozen=True, slots=True)
class FrameFile:
    """One frame; `instead` is the number of the one whose place it takes."""

    number: int
    instead: int | None
    path: Path
    from_glass: bool = False


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What is known of a finished page. `poor` holds words of `scanner.poor.*`."""

    key: str
    poor: tuple[str, ...] = ()
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a frame; `problem` says why it has no pages."""

    pages: tuple[PageFacts, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PageFiles:
    """A finished page: one page of PDF, and its pictures for the screen."""

    pdf: bytes
    picture: bytes
    small: bytes
    poor: tuple[str, ...] = ()
    blank: bool = False


class ScanFolder:
    """The folder of one session."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make what is missing."""
        for name in (FRAMES, LOOKS, PAGES, TRIES):
            (self.path / name).mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)

    # ---------------------------------------------------------------------- frames

    def frames(self) -> list[FrameFile]:
        """All frames, in their order."""
        folder = self.path / FRAMES
        found = [(match, name) for name in _names(folder) if (match := _FRAME.fullmatch(name))]
        files = [
            FrameFile(int(m[1]), int(m[2]) if m[2] else None, folder / name, from_glass=m[3] is not None)
            for m, name in found
        ]
        return sorted(files, key=lambda file: file.number)

    def keep_frame(self, data: bytes, suffix: str, instead: int | None = None) -> int:
        """Put a frame behind all others; on the disk, with its name, when this returns. Gives its number.

        Raises OSError, and then there is no such frame.
        """
        frames = self.frames()
        number = frames[-1].number + 1 if frames else 1
        name = f"{number:06d}" + (f"-for-{instead:06d}" if instead is not None else "")
        write_durably(self.path / FRAMES / f"{name}.{suffix}", data)
        return number

    def keep_look(self, number: int, picture: bytes) -> None:
        """A frame's small picture. Not worth a wait: it can be made again."""
        write_whole(self.look(number), picture)

    def look(self, number: int) -> Path:
        """Where a frame's small picture is."""
        return self.path / LOOKS / f"{number:06d}.jpg"

    # ---------------------------------------------------------------------- pages

    def begin(self, number: int) -> int:
        """Note that the development of a frame begins; gives how often it has begun before."""
        path = self.path / TRIES / f"{number:06d}"
        before = path.stat().st_size if path.exists() else 0
        with path.open("ab") as file:
            file.write(b".")
            file.flush()
            os.fsync(file.fileno())  # what kills the machine must not be tried for ever
        return before

    def keep_pages(self, number: int, pages: list[PageFiles]) -> Verdict:
        """Write the pages of a frame, its verdict last."""
        folder = self.path / PAGES
        facts = []
        for place, page in enumerate(pages, 1):
            key = f"{number:06d}-{place}"
            write_whole(folder / f"{key}.pdf", page.pdf, sync=True)
            write_whole(folder / f"{key}.jpg", page.picture)
            write_whole(folder / f"{key}.small.jpg", page.small)
            facts.append(PageFacts(key, page.poor, page.blank))
        return self._conclude(number, Verdict(tuple(facts)))

    def give_up(self, number: int, problem: str) -> Verdict:
        """A frame that no page can be made of."""
        return self._conclude(number, Verdict(problem=problem))

    def _conclude(self, number: int, verdict: Verdict) -> Verdict:
        write_durably(self.path / PAGES / f"{number:06d}.json", json.dumps(asdict(verdict)).encode())
        return verdict

    def verdict(self, number: int) -> Verdict | None:
        """What came of a frame; None while it waits or is in work."""
        data = _json(self.path / PAGES / f"{number:06d}.json")
        if data is None:
            return None
        pages = tuple(PageFacts(page["key"], tuple(page["poor"]), page["blank"]) for page in data["pages"])
        return Verdict(pages, data["problem"])

    def undeveloped(self) -> list[FrameFile]:
        """The frames that wait for their development, in their order."""
        done = {name.removesuffix(".json") for name in _names(self.path / PAGES) if name.endswith(".json")}
        return [frame for frame in self.frames() if f"{frame.number:06d}" not in done]

    def pdf(self, key: str) -> Path:
        """A page as PDF."""
        return self.path / PAGES / f"{_checked(key)}.pdf"

    def picture(self, key: str) -> Path:
        """A page as a picture for the screen; of a frame that has no pages yet, its small picture."""
        return self.look(int(key)) if "-" not in _checked(key) else self.path / PAGES / f"{key}.jpg"

    def small(self, key: str) -> Path:
        """The same, small."""
        return self.look(int(key)) if "-" not in _checked(key) else self.path / PAGES / f"{key}.small.jpg"

    @property
    def book(self) -> Path:
        """All of it, when the visitor is done."""
        return self.path / BOOK

    # ---------------------------------------------------------------------- the visitor's changes

    def order(self) -> Mapping[str, Any]:
        """What order.json holds; nothing where there is none."""
        return _json(self.path / ORDER) or {}

    def keep_order(self, order: Mapping[str, Any]) -> None:
        """Write order.json; on the disk when this returns. Raises OSError."""
        write_durably(self.path / ORDER, json.dumps(order).encode(), replace=True)

    # ---------------------------------------------------------------------- the end

    def erase(self) -> None:
        """Remove everything; again does no harm. Raises OSError where something is left."""
        if self.path.exists():
            shutil.rmtree(self.path)
            _sync(self.path.parent)


def write_durably(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Put a file in its place, whole and on the disk, with its name. Raises OSError with nothing left behind.

    Without `replace` a file that is there already is never written over (FileExistsError).
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write(beside, data, sync=True)
        if replace:
            beside.replace(path)
        else:
            path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
    _sync(path.parent)


def write_whole(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Put a file in its place in one step; a cut of the power may lose it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write(beside, data, sync=sync)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write(path: Path, data: bytes, *, sync: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        if sync:
            os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def _json(path: Path) -> dict[str, Any] | None:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return data


def _checked(key: str) -> str:
    """Keys come from addresses: anything else would be a way out of the folder. Raises KeyError."""
    if not _KEY.fullmatch(key):
        raise KeyError(key)
    return key
