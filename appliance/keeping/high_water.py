"""The highest numbers that may have been given, kept beside the database.

A database that was damaged and is replaced by last night's copy knows nothing of the numbers that people hold
in their hands today. So before a COMMIT that gives a number beyond what is noted, a block of numbers is noted
durably in `numbers.high`; whatever replaces the database goes on above it. A block costs one small file for
ten numbers.

`journal.last` is the newest row of the journal that was acknowledged, written after each COMMIT and not
forced to disk: a database that knows less than it has lost its end (a truncated log, an old file put back by
hand), which SQLite alone cannot see.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import StoreFull, StoreReadOnly
from appliance.files import write_durably

log = logging.getLogger(__name__)

FILE = "numbers.high"
LAST_FILE = "journal.last"
BLOCK = 10  # numbers that are noted at once
ROWS_BLOCK = 10_000  # the same for rows of the journal
MOST_DAYS = 60  # that are remembered; older ones get no numbers any more

_OPEN_DAY = (
    "SELECT date, letter, last FROM queue_counter JOIN service_day ON service_day.id = queue_counter.day_id"
    " WHERE service_day.closed IS NULL"
)
_SEQ = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"

Days = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """By date and letter the highest number, and the highest row of the journal, that may have been used."""

    days: Days
    seq: int = 0

    def merged(self, other: Marks) -> Marks:
        """The higher of both, everywhere."""
        days = {date: dict(letters) for date, letters in self.days.items()}
        for date, letters in other.days.items():
            mine = days.setdefault(date, {})
            for letter, last in letters.items():
                mine[letter] = max(last, mine.get(letter, 0))
        return Marks(days, max(self.seq, other.seq))


class HighWater:
    """The marks of one data folder. Used by the writer's thread only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._last_path = folder / LAST_FILE
        self._marks: Marks | None = None
        self._last: int | None = None  # handle of the open file

    def marks(self) -> Marks:
        """What is noted; nothing where the file is missing or cannot be read."""
        if self._marks is None:
            self._marks = _read(self._path)
        return self._marks

    def cover(self, db: sqlite3.Connection) -> None:
        """Note what this transaction uses, before its COMMIT. Raises StoreFull or StoreReadOnly."""
        marks, used = self.marks(), used_by(db)
        beyond = {
            date: {
                letter: last + BLOCK
                for letter, last in letters.items()
                if last > marks.days.get(date, {}).get(letter, 0)
            }
            for date, letters in used.days.items()
        }
        if used.seq <= marks.seq and not any(beyond.values()):
            return
        seq = used.seq + ROWS_BLOCK if used.seq > marks.seq else 0
        self.note(marks.merged(Marks(beyond, seq)))

    def note(self, marks: Marks) -> None:
        """Write these marks durably. Raises StoreFull or StoreReadOnly."""
        newest = dict(sorted(marks.days.items())[-MOST_DAYS:])
        marks = Marks(newest, marks.seq)
        text = json.dumps({"days": marks.days, "seq": marks.seq})
        try:
            write_durably(self._path, text.encode(), mode=0o640)
        except OSError as error:
            kind = StoreFull if error.errno == errno.ENOSPC else StoreReadOnly
            raise kind(f"{self._path}: {error.strerror}") from error
        self._marks = marks

    def acknowledged(self, seq: int) -> None:
        """The transaction with this journal row stands."""
        try:
            if self._last is None:
                self._last = os.open(self._last_path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
            os.write(self._last, b"%20d\n" % seq)
            os.lseek(self._last, 0, os.SEEK_SET)
        except OSError as error:  # it only helps to notice what nobody should have to notice
            log.debug("%s: %s", self._last_path, error)

    def last_acknowledged(self) -> int:
        """The newest row that is known to have been acknowledged; 0 when that is not known."""
        try:
            return int(self._last_path.read_bytes()[:20])
        except (OSError, ValueError):
            return 0

    def close(self) -> None:
        """Let the file go."""
        if self._last is not None:
            os.close(self._last)
            self._last = None


def used_by(db: sqlite3.Connection) -> Marks:
    """What a database itself says: the numbers of its open day, and its journal."""
    days: dict[str, dict[str, int]] = {}
    for date, letter, last in db.execute(_OPEN_DAY):
        days.setdefault(date, {})[letter] = last
    row = db.execute(_SEQ).fetchone()
    return Marks(days, row[0] if row else 0)


def lift(db: sqlite3.Connection, marks: Marks, stamp: str) -> None:
    """Let a database go on above these marks; for use within a transaction.

    A day that the database does not know is added as a closed one: it opens with its next visitor.
    """
    for date, letters in marks.days.items():
        db.execute(
            "INSERT INTO service_day (date, opened, closed) VALUES (?, ?, ?) ON CONFLICT (date) DO NOTHING",
            (date, stamp, stamp),
        )
        for letter, last in letters.items():
            db.execute(
                "INSERT INTO queue_counter (day_id, letter, last)"
                " SELECT id, ?, ? FROM service_day WHERE date = ?"
                " ON CONFLICT (day_id, letter) DO UPDATE SET last = max(last, excluded.last)",
                (letter, last, date),
            )
    raised = db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'journal'", (marks.seq,))
    if raised.rowcount == 0:
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', ?)", (marks.seq,))


def _read(path: Path) -> Marks:
    try:
        found = json.loads(path.read_bytes())
        days = {
            str(date): {str(letter): int(last) for letter, last in letters.items()}
            for date, letters in found["days"].items()
        }
        return Marks(days, int(found["seq"]))
    except FileNotFoundError:
        return Marks({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("%s cannot be read: %s", path, error)
        return Marks({})
