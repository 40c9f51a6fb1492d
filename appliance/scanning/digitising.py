"""Many photographs to pages, in processes of their own: what falls in one leaves the others alone.

The process that asks never loads OpenCV; a picture that brings a library down costs only its own pages.
"""

from __future__ import annotations

import multiprocessing
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ApplianceError, PhotoError, StoreFull

PICTURES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}


@dataclass(frozen=True, slots=True)
class Order:
    """How the pages are wanted; words and numbers only, so that it goes to other processes."""

    mode: str = "auto"
    layout: str = "auto"
    languages: tuple[str, ...] = ()
    dpi: float | None = None  # of a flatbed; None: photographs
    debug: Path | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One finished page, on the disk."""

    part: Path
    kind: str
    defects: tuple[str, ...]
    has_text: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture: its pages, or why there are none."""

    number: int  # its place among the pictures
    picture: Path
    pages: tuple[Page, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""  # the code of an ApplianceError
    detail: str = ""


def pictures_of(paths: Sequence[Path]) -> list[Path]:
    """The pictures, in order; of a folder those that are pictures by their name, 2 before 10."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in path.iterdir() if one.suffix.lower() in PICTURES]
            found += sorted(inside, key=_naturally)
        else:
            found.append(path)
    return found


def develop_all(pictures: Sequence[Path], order: Order, folder: Path, jobs: int) -> Iterator[Outcome]:
    """The outcome of each picture, as they come; the parts stand in `folder`."""
    left = dict(enumerate(pictures))
    try:
        with _workers(jobs) as pool:
            asked = [pool.submit(develop_one, number, one, order, folder) for number, one in left.items()]
            for done in as_completed(asked):
                outcome = done.result()
                left.pop(outcome.number)
                yield outcome
    except BrokenProcessPool:
        pass  # one of them brought its process down, and with it the pool: the rest go one by one
    for number, picture in left.items():
        try:
            with _workers(1) as pool:
                yield pool.submit(develop_one, number, picture, order, folder).result()
        except BrokenProcessPool:
            yield Outcome(number, picture, error=PhotoError.code, detail="the process that read it fell")


def develop_one(number: int, picture: Path, order: Order, folder: Path) -> Outcome:
    """Develop one picture, in a process of its own."""
    from appliance.pages import intake

    try:
        photo = intake.read(picture)
        pages = tuple(_pages(photo.image, (number, picture), order, folder))
    except ApplianceError as error:
        return Outcome(number, picture, error=error.code, detail=error.detail)
    except OSError as error:
        code = StoreFull.code if error.errno == _NO_SPACE else PhotoError.code
        return Outcome(number, picture, error=code, detail=error.strerror or str(error))
    return Outcome(number, picture, pages, photo.notes)


_NO_SPACE = 28  # ENOSPC


def _pages(image: object, which: tuple[int, Path], order: Order, folder: Path) -> Iterator[Page]:
    from appliance.pages import develop as darkroom
    from appliance.pages.sheet import Camera, Layout, Wish

    number, picture = which
    settings = darkroom.Settings(
        mode=darkroom.Mode(order.mode),
        camera=Camera(dpi=order.dpi, overhead=False) if order.dpi else None,
        wish=Wish(layout=Layout(order.layout)),
        languages=order.languages,
        jbig2=shutil.which("jbig2"),
        debug=order.debug is not None,
    )
    for place, page in enumerate(darkroom.develop(image, settings)):  # type: ignore[arg-type]
        part = folder / f"{number:06}-{place}.pdf"
        part.write_bytes(page.part)
        if order.debug is not None:
            darkroom.show_steps(page, order.debug, f"{picture.stem}-{place + 1}")
        defects = tuple(one.defect.value for one in page.findings if one.strength >= 1)
        yield Page(part, page.kind.value, defects, page.has_text)


def _workers(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, max_tasks_per_child=100
    )


def _begin() -> None:
    from appliance.pages.develop import quiet_libraries

    quiet_libraries()


def _naturally(path: Path) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", path.name.lower())
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces if piece]
