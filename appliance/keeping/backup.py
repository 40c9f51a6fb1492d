"""Copies of the database: made while it is in use, checked, named, kept for five weeks.

A copy is a database file of its own in `copies/` of the data folder, with a small manifest beside it that
says what is in it; neither counts without the other. Which copies are kept is decided by which there are,
never by how old the clock says they are: a clock that jumps years ahead must not throw away the last good
copy. Neither the hashes of cards nor their keys are in any copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from appliance import __version__
from appliance.clock import Moment
from appliance.errors import CopyFailed
from appliance.files import make_folder_durably, sync_file, sync_folder, write_durably

FOLDER = "copies"
DAYS_KEPT = 7  # the newest copy of each of the newest days
WEEKS_KEPT = 4  # and, before those, of each of the newest weeks: 35 days in all

# What was kept of a card is gone when the card is handed back, so it must not live on in a copy; nobody is
# logged in again by one.
NOT_COPIED = ("UPDATE deposit SET card_hash = NULL WHERE card_hash IS NOT NULL", "DELETE FROM staff_session")

Kind = Literal["nightly", "asked", "upgrade"]

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one copy holds."""

    name: str  # of the file
    serial: int  # counts the copies of this folder: their order, whatever the clock said
    kind: Kind
    day: str  # local calendar day, for the rotation
    made: str  # UTC
    release: str
    schema: int
    seq: int  # the newest row of the journal
    erased: int  # erasures by hand that it has taken in
    rows: dict[str, int]
    bytes: int
    sha256: str
    bad: str = ""  # why it is no good any more


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy on the disk."""

    path: Path
    manifest: Manifest

    @property
    def looks_good(self) -> bool:
        """Whether nothing is known against it; `verify` reads it whole."""
        with suppress(OSError):
            size = self.path.stat().st_size
            # An encrypted one is somewhat larger.
            return not self.manifest.bad and (
                size == self.manifest.bytes or (self.path.suffix != ".db" and size > self.manifest.bytes)
            )
        return False


# ------------------------------------------------------------------------------------- what there is


def copies(folder: Path) -> list[Copy]:
    """The finished copies in a folder, newest first, good or not."""
    found = [copy for path in folder.glob("*.json") if (copy := _copy(path)) is not None]
    return sorted(found, key=lambda copy: copy.manifest.serial, reverse=True)


def _copy(path: Path) -> Copy | None:
    try:
        manifest = Manifest(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    file = path.with_suffix("")
    return Copy(file, manifest) if file.is_file() else None


def verify(copy: Copy) -> str:
    """Read a whole copy: why it is no good, or an empty text."""
    try:
        if sha256_of(copy.path) != copy.manifest.sha256:
            return "its content has changed since it was made"
        with closing(reading(copy.path)) as db:
            return problem_of(db)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def problem_of(db: sqlite3.Connection) -> str:
    """What SQLite's own examination of a whole database says; empty when it is sound."""
    (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        return str(verdict)
    broken = db.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {broken[0]} leads to nothing" if broken else ""


def mark_bad(copy: Copy, why: str) -> None:
    """Note that a copy is no good, so that nobody counts on it."""
    _write_manifest(copy.path, replace(copy.manifest, bad=why))


# ------------------------------------------------------------------------------------- making


def make(source: Path, folder: Path, moment: Moment, *, day: date, kind: Kind) -> Copy:
    """Copy the database at `source`, which may be in use, and check the copy. Raises CopyFailed."""
    try:
        make_folder_durably(folder)
        with _alone(folder):
            return _make(source, folder, moment, day, kind)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise CopyFailed(f"{folder}: {error}") from error


def _make(source: Path, folder: Path, moment: Moment, day: date, kind: Kind) -> Copy:
    _sweep(folder)
    serial = 1 + max((copy.manifest.serial for copy in copies(folder)), default=0)
    path = folder / f"frontdesk-{serial:06d}-{day:%Y%m%d}.db"
    unfinished = path.with_name(f"{path.name}.new")
    known = _take(source, unfinished)
    return _put(unfinished, Manifest(path.name, serial, kind, day.isoformat(), _utc(moment), **known))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time: the command and the front desk may make copies in the same moment."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _take(source: Path, target: Path) -> dict[str, Any]:
    """One snapshot of the source, compared with it row by row of each table."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(reading(source)) as db, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        db.execute("BEGIN")
        expected = _rows(db)
        db.backup(copy)
        db.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")
        if _rows(copy) != expected:
            raise CopyFailed("the copy holds other rows than the database")
        copy.execute("PRAGMA secure_delete = ON")
        for statement in NOT_COPIED:
            copy.execute(statement)
        return about(copy)


def about(copy: sqlite3.Connection) -> dict[str, Any]:
    """What the manifest says of an open copy. Raises CopyFailed where it is not sound."""
    rows, problem = _rows(copy), problem_of(copy)
    if problem:
        raise CopyFailed(problem)
    return {
        "release": __version__,
        "schema": copy.execute("PRAGMA user_version").fetchone()[0],
        "seq": copy.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0],
        "erased": copy.execute("SELECT coalesce(max(id), 0) FROM guest_erased").fetchone()[0]
        if "guest_erased" in rows
        else 0,
        "rows": rows,
        "bytes": 0,
        "sha256": "",
    }


def _put(unfinished: Path, manifest: Manifest) -> Copy:
    """Force a finished file to disk, give it its name, and write its manifest."""
    sync_file(unfinished)
    manifest = replace(manifest, bytes=unfinished.stat().st_size, sha256=sha256_of(unfinished))
    path = unfinished.with_name(manifest.name)
    anew = path.exists()
    if not anew:  # first: no file with names in it may lie about that no manifest speaks of
        _write_manifest(path, manifest)
    unfinished.replace(path)
    sync_folder(path.parent)
    if anew:  # last: until then the old one says that it has still to be rewritten
        _write_manifest(path, manifest)
    return Copy(path, manifest)


def rewrite(copy: Copy, change: Callable[[sqlite3.Connection], None], *, erased: int) -> Copy:
    """Change what is in a copy, so that no trace of what was taken out stays in it. Raises CopyFailed.

    The old file is replaced by one that was built anew from the rows that are left.
    """
    try:
        with _alone(copy.path.parent):
            return _rewrite(copy, change, erased)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise CopyFailed(f"{copy.path}: {error}") from error


def _rewrite(copy: Copy, change: Callable[[sqlite3.Connection], None], erased: int) -> Copy:
    unfinished = copy.path.with_name(f"{copy.path.name}.new")
    work = copy.path.with_name(f"{copy.path.name}.work")
    for leftover in (unfinished, work):
        leftover.unlink(missing_ok=True)
    with closing(reading(copy.path)) as db, closing(sqlite3.connect(work, isolation_level=None)) as other:
        work.chmod(0o600)
        db.backup(other)
        other.execute("PRAGMA secure_delete = ON")
        other.execute("PRAGMA foreign_keys = OFF")
        change(other)
        other.execute("VACUUM INTO ?", (str(unfinished),))
    work.unlink()
    unfinished.chmod(0o600)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
        known = about(db)
    known |= {"release": copy.manifest.release, "erased": erased}
    return _put(unfinished, replace(copy.manifest, **known))


# ------------------------------------------------------------------------------------- keeping


def surplus(found: Iterable[Copy]) -> list[Copy]:
    """The copies that are not kept: all but the newest of seven days and, before them, of four weeks.

    Copies made before an upgrade stay beside those of their day. One that is no good displaces none and goes
    when as many good ones are there as are kept.
    """
    ordered = sorted(found, key=lambda copy: copy.manifest.serial, reverse=True)
    good = [copy for copy in ordered if copy.looks_good]
    days = list(dict.fromkeys(copy.manifest.day for copy in good))
    recent = set(days[:DAYS_KEPT])
    weeks = list(dict.fromkeys(_week(day) for day in days[DAYS_KEPT:]))[:WEEKS_KEPT]
    kept: set[int] = set()
    taken: set[object] = set()
    for copy in good:
        day, upgrade = copy.manifest.day, copy.manifest.kind == "upgrade"
        place: object = (day, upgrade) if day in recent else _week(day)
        if place not in taken and (day in recent or place in weeks):
            taken.add(place)
            kept.add(copy.manifest.serial)
    if len(days) < DAYS_KEPT:  # a damaged copy may be better than none
        kept |= {copy.manifest.serial for copy in ordered if not copy.looks_good}
    return [copy for copy in ordered if copy.manifest.serial not in kept]


def has_nightly(folder: Path, day: date) -> bool:
    """Whether the night of this day has brought a copy that looks good."""
    return any(
        copy.manifest.kind == "nightly" and copy.manifest.day == day.isoformat() and copy.looks_good
        for copy in copies(folder)
    )


def prune(folder: Path) -> int:
    """Remove what is not kept; gives how many."""
    gone = surplus(copies(folder))
    for copy in gone:
        remove(copy)
    return len(gone)


def remove(copy: Copy) -> None:
    """Remove one copy."""
    manifest_of(copy.path).unlink(missing_ok=True)  # first: without it the file counts for nothing
    copy.path.unlink(missing_ok=True)


def _week(day: str) -> tuple[int, int]:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return year, week


def _sweep(folder: Path) -> None:
    """Take away what was never finished."""
    for pattern in ("frontdesk-*.new", "frontdesk-*.work", "frontdesk-*.work-journal"):
        for path in folder.glob(pattern):
            path.unlink()
    for path in folder.glob("frontdesk-*.db.json"):
        if not path.with_suffix("").exists():
            path.unlink()


# ------------------------------------------------------------------------------------- pieces


def reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads; raises sqlite3.Error where there is nothing to read."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def manifest_of(path: Path) -> Path:
    """Where the manifest of a copy stands."""
    return path.with_name(f"{path.name}.json")


def sha256_of(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(db: sqlite3.Connection) -> dict[str, int]:
    names = [row[0] for row in db.execute(_TABLES).fetchall()]
    return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _write_manifest(path: Path, manifest: Manifest) -> None:
    write_durably(manifest_of(path), json.dumps(asdict(manifest), indent=1).encode() + b"\n")


def _utc(moment: Moment) -> str:
    return moment.wall.isoformat(timespec="seconds")
