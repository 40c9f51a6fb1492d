"""Covers and publications that are kept on this machine: bounded, erased by age, and never trusted.

A publication is read as pictures of its pages, which poppler draws in a child process with limits of time
and memory; no browser's PDF viewer ever sees a file from outside.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from appliance.catalogue.errors import NotAPdf, OddAnswer
from appliance.files import write_durably

LARGEST_COVER: Final = 5_000_000  # bytes, as fetched
COVER_SIZE: Final = (240, 340)  # pixels at most, as kept
MOST_COVERS: Final = 2000  # some 15 kB each
PAGE_DPI: Final = 110  # A4 is 909 pixels wide: sharp on the kiosk's 1080
CHILD_TIMEOUT_S: Final = 20.0
_CHILD_LIMITS: Final = ("prlimit", "--as=800000000", "--cpu=20", "--fsize=20000000")
_PAGES: Final = re.compile(r"^Pages:\s+([0-9]+)$", re.MULTILINE)
_NAME: Final = re.compile(r"[0-9A-Za-z]{4,40}")
_BOMB_PIXELS: Final = 40_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One publication that is here to be read."""

    path: Path
    pages: int


class Files:
    """The folder of covers and publications. Names are ids, which the API's answers were checked for."""

    def __init__(self, folder: Path, *, cache_bytes: int, keep_s: float) -> None:
        self._covers = folder / "covers"
        self._texts = folder / "publications"
        self._cache_bytes = cache_bytes
        self._keep_s = keep_s

    # ------------------------------------------------------------------------------------ covers

    def cover(self, number: str) -> Path | None:
        """The small picture of a cover, where it is here."""
        path = self._covers / f"{_name(number)}.jpg"
        return path if path.is_file() else None

    def keep_cover(self, number: str, content: bytes) -> None:
        """Keep a cover, small. Raises OddAnswer for what is no picture."""
        try:
            with Image.open(io.BytesIO(content)) as picture:
                if picture.width * picture.height > _BOMB_PIXELS:
                    raise OddAnswer("a cover of too many pixels")
                picture.draft("RGB", COVER_SIZE)
                small = picture.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise OddAnswer(f"a cover that is no picture: {type(error).__name__}") from None
        small.thumbnail(COVER_SIZE)
        made = io.BytesIO()
        small.save(made, "JPEG", quality=80)
        self._covers.mkdir(parents=True, exist_ok=True)
        write_durably(self._covers / f"{_name(number)}.jpg", made.getvalue())

    # ------------------------------------------------------------------------------------ publications

    def publication(self, number: str) -> Kept | None:
        """A publication that is here; looking at it keeps it."""
        path = self._texts / f"{_name(number)}.pdf"
        pages = self._texts / f"{_name(number)}.pages"
        try:
            count = int(pages.read_text(encoding="ascii"))
            os.utime(path)
        except (OSError, ValueError):
            return None
        return Kept(path, count)

    def keep_publication(self, number: str, content: bytes) -> Kept:
        """Keep a publication, and make room for it. Raises NotAPdf."""
        if b"%PDF-" not in content[:1024]:
            raise NotAPdf("it does not begin as one")
        self._texts.mkdir(parents=True, exist_ok=True)
        path = self._texts / f"{_name(number)}.pdf"
        write_durably(path, content)
        try:
            pages = _page_count(path)
        except NotAPdf:
            path.unlink()
            raise
        write_durably(path.with_suffix(".pages"), str(pages).encode("ascii"))
        self.tidy(spare=number)
        return Kept(path, pages)

    def page_picture(self, kept: Kept, page: int) -> bytes:
        """A page as a JPEG picture; the first is 1. Raises NotAPdf."""
        if not 1 <= page <= kept.pages:
            raise NotAPdf(f"there is no page {page}")
        command = ["pdftoppm", "-jpeg", "-r", str(PAGE_DPI), "-f", str(page), "-l", str(page), str(kept.path)]
        return _child(command)

    def tidy(self, spare: str = "") -> None:
        """Erase what is too old, then the longest unread until the rest fits; `spare` is the newest one."""
        oldest_first = sorted(self._on_shelf(), key=lambda one: one[1])
        room = self._cache_bytes - sum(size for _, _, size in oldest_first)
        for path, read_at, size in oldest_first:
            too_old = time.time() - read_at > self._keep_s
            if too_old or (room < 0 and path.stem != spare):
                _remove(path)
                _remove(path.with_suffix(".pages"))
                room += size
        covers = sorted(self._covers.glob("*.jpg"), key=_changed_at)
        for path in covers[: max(0, len(covers) - MOST_COVERS)]:
            _remove(path)

    def _on_shelf(self) -> Iterator[tuple[Path, float, int]]:
        for path in self._texts.glob("*.pdf"):
            try:
                found = path.stat()
            except OSError:
                continue
            yield path, found.st_mtime, found.st_size


def _name(number: str) -> str:
    """The id as a file's name. Raises ValueError for what is none."""
    if not _NAME.fullmatch(number):
        raise ValueError("no id of a publication")
    return number


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _page_count(path: Path) -> int:
    found = _PAGES.search(_child(["pdfinfo", str(path)]).decode("utf-8", "replace"))
    if found is None or int(found[1]) < 1:
        raise NotAPdf("it has no pages")
    return int(found[1])


def _child(command: list[str]) -> bytes:
    """What a program of poppler says, within its limits. Raises NotAPdf."""
    try:
        done = subprocess.run(
            [*_CHILD_LIMITS, *command], capture_output=True, check=True, timeout=CHILD_TIMEOUT_S
        )
    except FileNotFoundError as error:
        raise NotAPdf(f"{error.filename} is not installed (Debian: poppler-utils)") from None
    except subprocess.TimeoutExpired:
        raise NotAPdf(f"{command[0]} did not end") from None
    except subprocess.CalledProcessError as error:
        raise NotAPdf(f"{command[0]} ended with {error.returncode}") from None
    return done.stdout
