"""Putting a copy in the place of the database, and finding out that the database needs it.

The old files are moved aside together, never deleted here; what takes their place is made whole beside them
first, with numbers and journal going on above the highest ever used, and then put there by renaming. A cut of
the power at any point leaves the old database or the new one, and never none: `finish` goes on where it was.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from appliance import journal
from appliance.clock import Moment
from appliance.files import sync_file, sync_folder
from appliance.keeping import backup, high_water
from appliance.keeping.high_water import Marks

log = logging.getLogger(__name__)

ASIDE = "aside"
DATABASE = "frontdesk.db"

_PARTS = ("", "-wal", "-shm", "-journal")
_NEW = f"{DATABASE}.new"
# What a file that cannot be read any more may have used beyond what is known.
_ROWS_SPARE = 100_000
_REVISIONS_SPARE = 1000  # as in schema/0004_keeping.sql

Prepare = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Replacement:
    """Why the database is replaced, and by what: a copy's name and when it was made (None: by nothing)."""

    why: str
    marks: Marks  # numbers and journal go on above them
    copy: str | None = None
    made: str | None = None
    aside: str | None = None


@dataclass(frozen=True, slots=True)
class Rescue:
    """One time that the database was replaced, or had lost its end."""

    id: int
    at: Moment
    why: str  # damaged, missing, tail_lost, by_hand
    copy: str | None
    made: str | None
    aside: str | None
    lockers: tuple[str, ...] | None
    seen: bool


# ------------------------------------------------------------------------------------- at the start


def finish(folder: Path) -> None:
    """Go on with a replacement that a cut of the power has interrupted."""
    new = folder / _NEW
    if not new.exists():
        return
    if (folder / DATABASE).exists():  # it had not begun to count
        _unlink(new)
        return
    for rest in folder.glob(f"{DATABASE}-*"):  # the old log: on another database it would be poison
        target = folder / ASIDE / f"{_newest_serial(folder):06d}-unfinished"
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        rest.replace(target / rest.name)
    new.replace(folder / DATABASE)
    sync_folder(folder)


def is_missing(folder: Path) -> bool:
    """Whether there should be a database, and is none: copies of it are there."""
    path = folder / DATABASE
    gone = not path.exists() or path.stat().st_size == 0
    return gone and any(copy.looks_good for copy in backup.copies(folder / backup.FOLDER))


def replace_damaged(folder: Path, now: Moment, prepare: Prepare, *, marks: Marks, why: str) -> str | None:
    """Put the last good copy in the place of a database that cannot be used; gives the copy's name.

    Without a good copy an empty database takes its place: the front desk gives numbers again, and says so.
    Raises OSError or sqlite3.Error with the old database where it was.
    """
    marks = marks.merged(_salvaged(folder / DATABASE))
    for copy in backup.copies(folder / backup.FOLDER):
        problem = copy.manifest.bad or backup.verify(copy)
        if problem:
            log.error("the copy %s is no good: %s", copy.manifest.name, problem)
            continue
        name = copy.manifest.name
        put_in_place(
            folder, copy.path, now, prepare, Replacement(why, marks, copy=name, made=copy.manifest.made)
        )
        return name
    put_in_place(folder, None, now, prepare, Replacement(why, marks))
    return None


def note_lost_tail(db: sqlite3.Connection, now: Moment, marks: Marks, known: int) -> None:
    """The database has lost its end: row `known` of its journal was acknowledged and is not there."""
    lost = known - journal.last_seq(db)
    log.error(
        "database: its end is lost, %d rows of the journal; numbers go on above the highest given", lost
    )
    db.execute("BEGIN IMMEDIATE")
    _settle(db, now, Replacement("tail_lost", marks.merged(Marks({}, known))))
    db.execute("COMMIT")


# ------------------------------------------------------------------------------------- replacing


def put_in_place(
    folder: Path,
    source: Path | None,
    now: Moment,
    prepare: Prepare,
    what: Replacement,
    change: Callable[[sqlite3.Connection], None] = lambda db: None,
) -> str | None:
    """Make `source` (None: nothing) the database; gives the folder, within `folder`, of the old files.

    `prepare` brings it to the newest shape, `change` takes out what must not come back. Whatever they raise
    leaves everything as it was.
    """
    new = folder / _NEW
    what = replace(what, aside=_name_aside(folder, now) if (folder / DATABASE).exists() else None)
    _unlink(new)
    try:
        if source is not None:
            shutil.copyfile(source, new)
        with closing(_connect(new)) as db:
            prepare(db)
            db.execute("BEGIN IMMEDIATE")
            change(db)
            _settle(db, now, what)
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = DELETE")
        new.chmod(0o640)
        sync_file(new)
    except BaseException:
        _unlink(new)
        raise
    sync_folder(folder)
    if what.aside is not None:
        _move_aside(folder, folder / what.aside)
    finish(folder)
    return what.aside


def _settle(db: sqlite3.Connection, now: Moment, what: Replacement) -> None:
    """Numbers and journal go on above the marks; what happened is noted, and shown until it is seen."""
    spare = high_water.used_by(db).seq + _ROWS_SPARE
    high_water.lift(db, Marks(what.marks.days, what.marks.seq or spare), now.stamp())
    db.execute(
        "INSERT INTO rescue (at, why, copy, made, aside) VALUES (?, ?, ?, ?, ?)",
        (now.stamp(), what.why, what.copy, what.made, what.aside),
    )
    # The central server may have newer revisions of the same records; the triggers see to records to come.
    db.execute("UPDATE outbox SET revision = revision + ?", (_REVISIONS_SPARE,))
    # A snapshot that was still to be sent has its old revision in it: it is made anew, when there is time.
    db.execute(
        "UPDATE outbox SET state = 'new', event = NULL, digest = NULL, tries = 0, changed = 2"
        " WHERE state IN ('due', 'parked')"
    )
    _note(db, now, "store.rescued", why=what.why, copy=what.copy, aside=what.aside)


def _note(db: sqlite3.Connection, now: Moment, kind: str, **facts: journal.Fact) -> None:
    journal.append(db, now, kind, visit=None, staff=None, facts=facts)


def _move_aside(folder: Path, target: Path) -> None:
    """The database first: without it nobody takes what is left of it for one."""
    target.mkdir(mode=0o700, parents=True)
    for part in _PARTS:
        with suppress(FileNotFoundError):
            (folder / f"{DATABASE}{part}").rename(target / f"{DATABASE}{part}")
        if not part:
            sync_folder(folder)
    sync_folder(target)
    sync_folder(folder)


def _name_aside(folder: Path, now: Moment) -> str:
    """A name that says after which copy, and when, and is nobody's yet."""
    name = f"{ASIDE}/{_newest_serial(folder):06d}-{now.wall:%Y%m%d-%H%M%S}"
    names = (name if n == 1 else f"{name}-{n}" for n in range(1, 1000))
    return next(one for one in names if not (folder / one).exists())


def _newest_serial(folder: Path) -> int:
    return max((copy.manifest.serial for copy in backup.copies(folder / backup.FOLDER)), default=0)


def _salvaged(path: Path) -> Marks:
    """What a damaged file still says of the numbers it gave; often nothing."""
    try:
        with closing(backup.reading(path)) as db:
            return high_water.used_by(db)
    except (sqlite3.Error, UnicodeDecodeError):
        return Marks({})


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _unlink(path: Path) -> None:
    for part in _PARTS:
        path.with_name(f"{path.name}{part}").unlink(missing_ok=True)


# ------------------------------------------------------------------------------------- until it is seen


def unseen(db: sqlite3.Connection) -> list[Rescue]:
    """What an administrator has still to look at, newest first."""
    rows = db.execute("SELECT * FROM rescue WHERE seen IS NULL ORDER BY id DESC")
    return [_rescue(row) for row in rows]


def lockers_to_look_into(db: sqlite3.Connection, names: Collection[str]) -> list[str] | None:
    """The lockers that this database calls free and that may hold a bag; None when that is settled."""
    if db.execute("SELECT 1 FROM rescue WHERE lockers IS NULL LIMIT 1").fetchone() is None:
        return None
    known = {row[0] for row in db.execute("SELECT locker FROM deposit WHERE closed IS NULL")}
    known |= {row[0] for row in db.execute("SELECT locker FROM locker_out_of_order")}
    return [name for name in names if name not in known]


def note_lockers(db: sqlite3.Connection, names: Collection[str]) -> None:
    """These lockers are out of use until somebody has looked into them."""
    db.execute("UPDATE rescue SET lockers = ? WHERE lockers IS NULL", (json.dumps(list(names)),))


def _rescue(row: sqlite3.Row) -> Rescue:
    lockers = row["lockers"]
    return Rescue(
        row["id"],
        Moment.parse(row["at"]),
        row["why"],
        row["copy"],
        row["made"],
        row["aside"],
        None if lockers is None else tuple(json.loads(lockers)),
        row["seen"] is not None,
    )


def expire_aside(folder: Path) -> list[str]:
    """Remove what was moved aside when as many days have been copied since as are kept; gives the names.

    It holds names like any copy, and nobody can erase them in a file that is damaged. Measured by the copies
    that were made since, not by the clock.
    """
    good = [copy.manifest for copy in backup.copies(folder / backup.FOLDER) if copy.looks_good]
    gone = []
    for path in sorted((folder / ASIDE).glob("*-*")):
        serial = path.name.partition("-")[0]
        days = {one.day for one in good if serial.isdecimal() and one.serial > int(serial)}
        if len(days) >= backup.DAYS_KEPT + backup.WEEKS_KEPT:
            shutil.rmtree(path)
            gone.append(path.name)
    return gone
