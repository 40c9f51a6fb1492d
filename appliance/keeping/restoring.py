"""`frontdesk restore`: a copy takes the place of the database.

Everything that can be said against a file is said before anything is touched. What was erased by hand since
the copy was made is erased again in it, as far as the present database or a later copy knows of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance import schema
from appliance.clock import Moment
from appliance.errors import CopyRefused
from appliance.keeping import backup, high_water, own_words, rescue, retention, sealing
from appliance.keeping.high_water import HighWater, Marks
from appliance.keeping.rescue import Replacement

# What was to be sent of somebody who is gone; the outbox makes what is to be said of them anew.
_UNSENT = (
    "UPDATE outbox SET event = NULL, changed = 1 WHERE kind = 'guest' AND event IS NOT NULL"
    " AND visit_id NOT IN (SELECT visit_id FROM guest)"
)
_PLAIN = "restore.unsealed"
_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    made: str | None  # when the copy was made, UTC, where that is known
    schema: int  # the step at which it was
    aside: str | None  # where the present database is now
    erased_again: int


def restore(folder: Path, file: Path, identity: Path | None, now: Moment, high: HighWater) -> Restored:
    """Put a copy back. Raises CopyRefused with nothing touched, OSError and sqlite3.Error likewise."""
    with _plain(folder, file, identity) as path:
        step = examine(path)
        made = _manifest_fits(file, path)
        known = _erased(folder)
        again: list[int] = []

        def take_out(db: sqlite3.Connection) -> None:
            again.append(erase_again(db, known))

        aside = rescue.put_in_place(
            folder,
            path,
            now,
            schema.prepare,
            Replacement("by_hand", _marks(folder, high), copy=file.name, made=made),
            take_out,
        )
    return Restored(made, step, aside, sum(again))


@contextmanager
def _plain(folder: Path, file: Path, identity: Path | None) -> Iterator[Path]:
    """The copy in clear; what was decrypted for it is gone afterwards."""
    try:
        sealed = sealing.is_sealed(file)
    except OSError as error:
        raise CopyRefused(f"{file}: {error.strerror}") from error
    if not sealed:
        yield file
        return
    if identity is None:
        raise CopyRefused(f"{file.name} is encrypted: give the file with its key (--identity)")
    unsealed = folder / _PLAIN
    try:
        sealing.unseal(file, unsealed, identity)
        yield unsealed
    finally:
        unsealed.unlink(missing_ok=True)


def examine(path: Path) -> int:
    """Whether a file can be the database; gives the step of its shape. Raises CopyRefused."""
    try:
        with path.open("rb") as start:
            if start.read(len(_HEADER)) != _HEADER:
                raise CopyRefused(f"{path.name} is no copy of a database")
        with closing(_alone(path)) as db:
            (step,) = db.execute("PRAGMA user_version").fetchone()
            known = len(schema.migrations())
            if step > known:
                raise CopyRefused(f"{path.name} is of a newer release (step {step}; this one knows {known})")
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if step < 1 or not {"visit", "ticket", "journal"} <= tables:
                raise CopyRefused(f"{path.name} is not the database of a front desk")
            problem = backup.problem_of(db)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise CopyRefused(f"{path.name} is damaged: {error}") from error
    if problem:
        raise CopyRefused(f"{path.name} is damaged: {problem}")
    return int(step)


def _alone(path: Path) -> sqlite3.Connection:
    """A connection that leaves no file beside the copy, not even for a while."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _manifest_fits(file: Path, plain: Path) -> str | None:
    """When the copy was made, by the manifest beside it. Raises CopyRefused where that tells of another."""
    try:
        manifest = json.loads(backup.manifest_of(file).read_bytes())
        digest, made = manifest["sha256"], str(manifest["made"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CopyRefused(f"the manifest of {file.name} cannot be read: {error}") from error
    if backup.sha256_of(plain) != digest:
        raise CopyRefused(f"{file.name} is not what was copied: its digest differs from its manifest")
    return made


def _marks(folder: Path, high: HighWater) -> Marks:
    """The highest that was used, by the notes beside the database and by what it says itself."""
    marks = high.marks().merged(Marks({}, high.last_acknowledged()))
    try:
        with closing(backup.reading(folder / rescue.DATABASE)) as db:
            return marks.merged(high_water.used_by(db))
    except (sqlite3.Error, UnicodeDecodeError):
        return marks


# ------------------------------------------------------------------------------------- erasing again


def _erased(folder: Path) -> list[str]:
    """The visits whose guests were erased by hand, by the newest database that can still be read."""
    later = [copy.path for copy in backup.copies(folder / backup.FOLDER) if copy.looks_good]
    for path in (folder / rescue.DATABASE, *later):
        try:
            with closing(backup.reading(path)) as db:
                return [row[0] for row in db.execute("SELECT request_id FROM guest_erased")]
        except (sqlite3.Error, UnicodeDecodeError):
            continue
    return []


def erase_again(db: sqlite3.Connection, request_ids: Iterable[str], day: int = 0) -> int:
    """Take the identity of these visits, and of all up to a service day, out of a database.

    Gives how many of the first.
    """
    count = 0
    for request_id in request_ids:
        row = db.execute("SELECT id FROM visit WHERE request_id = ?", (request_id,)).fetchone()
        if row is not None:
            values = {"visit": row[0]}
            count += db.execute("DELETE FROM guest WHERE visit_id = :visit", values).rowcount
            db.execute("UPDATE guest_facts SET birth_year = NULL WHERE visit_id = :visit", values)
            db.execute("UPDATE visit SET needs_help = 0 WHERE id = :visit", values)
            own_words.forget_of_visit(db, row[0])
    if day:
        for statement in retention.IDENTITY:
            db.execute(statement, {"day": day})
        own_words.forget_until(db, day)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():  # not in an old shape
        db.execute(_UNSENT)
    return count
