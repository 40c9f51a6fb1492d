"""Opening the database so that it can be used, whatever has happened to its file.

One that is damaged or gone is replaced by the last good copy; one that has lost its end goes on with what it
has, above the highest numbers given. Both are noted and shown until an administrator has looked.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from appliance import journal
from appliance.clock import Moment
from appliance.errors import CopyFailed, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from appliance.keeping import backup, rescue
from appliance.keeping.high_water import HighWater
from appliance.schema import prepare

log = logging.getLogger(__name__)

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Connect = Callable[[str], sqlite3.Connection]


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that can be written."""

    db: sqlite3.Connection
    replaced: bool  # another file has taken its place
    newest: Moment | None  # when it was last written


def sound(folder: Path, now: Moment, high: HighWater, connect: Connect) -> Opened:
    """Open the database of a folder, sound and of the newest shape. Raises StoreError and sqlite3.Error."""
    try:
        return _sound(folder, now, high, connect)
    except OSError as error:
        kind = StoreFull if error.errno == errno.ENOSPC else StoreReadOnly
        raise kind(f"{folder}: {error.strerror or error}") from error


def _sound(folder: Path, now: Moment, high: HighWater, connect: Connect) -> Opened:
    rescue.finish(folder)
    known = high.last_acknowledged()
    marks = replace(high.marks(), seq=max(high.marks().seq, known))
    put_back = partial(rescue.replace_damaged, folder, now, prepare, marks=marks)
    replaced = rescue.is_missing(folder)
    if replaced:
        log.error("database: it is gone; the last good copy takes its place")
        put_back(why="missing")
    try:
        db = _prepared(folder, now, connect)
    except (StoreDamaged, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not _is_damage(error):
            raise
        log.error("database: damaged (%s); it is moved aside", error)
        put_back(why="damaged")
        replaced = True
        db = _prepared(folder, now, connect)
    if journal.last_seq(db) < known:
        rescue.note_lost_tail(db, now, marks, known)
        replaced = True
    return Opened(db, replaced, journal.newest_moment(db))


def _is_damage(error: Exception) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    # Python cannot even say what is wrong where SQLite's words quote from a damaged page.
    return isinstance(error, StoreDamaged | UnicodeDecodeError) or code & 0xFF in _DAMAGED


def _prepared(folder: Path, now: Moment, connect: Connect) -> sqlite3.Connection:
    path = folder / rescue.DATABASE
    db = connect(str(path))
    try:
        prepare(db, partial(_copy_before_upgrade, folder, now))
    except BaseException:
        db.close()
        raise
    return db


def _copy_before_upgrade(folder: Path, now: Moment) -> None:
    """Without a copy of the old shape there is no way back to the old release. Raises StoreError."""
    try:
        copies = folder / backup.FOLDER
        backup.make(folder / rescue.DATABASE, copies, now, day=now.wall.date(), kind="upgrade")
    except CopyFailed as error:
        raise StoreError(f"no copy could be made before the upgrade: {error}") from error
