"""The copy of the catalogue: an SQLite database of its own beside the front desk's.

It can always be built anew, so it is in no backup and is thrown away when it is damaged. One process writes,
everybody else reads. What a sync brings is laid aside first, page by page, and takes the place of the old
copy in one transaction when it is whole; so a sync that breaks changes nothing, and goes on where it was.

Publications are numbered in the order of their release. SQLite walks a full-text index backwards at no cost;
so the newest are found first without sorting, however many fit.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from appliance.catalogue.answers import Publication
from appliance.catalogue.errors import CatalogueBusy, Shrunk

FILE: Final = "catalogue.db"
_SHAPE: Final = 1  # of the tables below: another one is built anew
_FEWEST_BEFORE: Final = 20  # publications of a domain; fewer may vanish without being doubted
_MOST_LOST: Final = 0.5

_TABLES: Final = """
CREATE TABLE copy (one INTEGER PRIMARY KEY CHECK (one = 1), made TEXT NOT NULL) STRICT;
CREATE TABLE publication (
  number   INTEGER PRIMARY KEY,          -- in the order of release
  id       TEXT NOT NULL UNIQUE,
  domain   TEXT NOT NULL,
  title    TEXT NOT NULL,
  released TEXT,
  abstract TEXT NOT NULL,
  issn     TEXT NOT NULL,
  size     INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
  title, place, content = '', prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, 'col');
CREATE TABLE aside (                     -- what a sync has brought so far
  domain TEXT NOT NULL,
  page   INTEGER NOT NULL,
  rows   TEXT NOT NULL,                  -- JSON
  PRIMARY KEY (domain, page)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (
  domain TEXT PRIMARY KEY,
  done   INTEGER NOT NULL CHECK (done IN (0, 1)),
  began  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come with one domain: the last page that is laid aside, and whether it is whole."""

    page: int
    done: bool
    began: datetime


class Shelf:
    """The copy in one folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._folder = folder

    @property
    def exists(self) -> bool:
        """Whether there ever was a copy here."""
        return self.path.exists()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A look at the copy. Raises sqlite3.Error where there is none, or it is damaged."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=2.0)) as db:
            db.row_factory = sqlite3.Row
            yield db

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The only writer. Raises CatalogueBusy while another process is it, OSError, sqlite3.Error."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / "catalogue.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CatalogueBusy("another process has the lock") from None
            with closing(self._open()) as db:
                yield Writer(db)
        finally:
            os.close(lock)

    def _open(self) -> sqlite3.Connection:
        try:
            return self._prepared()
        except sqlite3.DatabaseError:  # damaged: nothing is lost that is not at the API
            self._throw_away()
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=2.0)
        try:
            db.row_factory = sqlite3.Row
            # A copy that is lost with the power is made anew; so no sync at each commit.
            db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
            (shape,) = db.execute("PRAGMA user_version").fetchone()
            if shape not in (0, _SHAPE):
                raise sqlite3.DatabaseError("another shape")
            if shape == 0:
                db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_SHAPE}; COMMIT;")
            db.execute("SELECT count(*) FROM progress").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def _throw_away(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").unlink()


class Writer:
    """Lays pages aside, and puts what is whole into the place of the old copy."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def progress(self, domain: str) -> Progress | None:
        """How far this domain is; None where nothing is laid aside."""
        row = self._db.execute("SELECT * FROM progress WHERE domain = ?", (domain,)).fetchone()
        if row is None:
            return None
        (page,) = self._db.execute(
            "SELECT coalesce(max(page), 0) FROM aside WHERE domain = ?", (domain,)
        ).fetchone()
        return Progress(page, bool(row["done"]), datetime.fromisoformat(row["began"]))

    def begin(self, domain: str, at: datetime) -> None:
        """Throw away what was laid aside of this domain, and begin at its first page."""
        with self._transaction():
            self._db.execute("DELETE FROM aside WHERE domain = ?", (domain,))
            self._db.execute("INSERT OR REPLACE INTO progress VALUES (?, 0, ?)", (domain, _stamp(at)))

    def lay_aside(self, domain: str, page: int, publications: Sequence[Publication]) -> None:
        """Keep one page of a domain."""
        rows = json.dumps([{**asdict(one), "released": _day(one.released)} for one in publications])
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO aside VALUES (?, ?, ?)", (domain, page, rows))

    def laid_aside(self, domain: str) -> int:
        """How many different publications of a domain lie aside."""
        (count,) = self._db.execute(
            "SELECT count(DISTINCT one.value ->> 'id') FROM aside, json_each(aside.rows) AS one"
            " WHERE aside.domain = ?",
            (domain,),
        ).fetchone()
        return int(count)

    def finish(self, domain: str) -> None:
        """This domain is whole."""
        self._db.execute("UPDATE progress SET done = 1 WHERE domain = ?", (domain,))

    def swap(self, domains: Sequence[str], at: datetime) -> int:
        """Put what lies aside into the place of the copy; gives how many publications. Raises Shrunk."""
        with self._transaction():
            for domain in domains:
                self._doubt(domain)
            self._db.execute("DELETE FROM publication")
            self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
            self._db.executemany(
                "INSERT OR IGNORE INTO publication (id, domain, title, released, abstract, issn, size)"
                " VALUES (:id, :domain, :title, :released, :abstract, :issn, :size)",
                self._in_order(domains),
            )
            self._db.execute(
                "INSERT INTO words (rowid, title, place)"
                " SELECT number, title || ' ' || coalesce(substr(released, 1, 4), '') || ' ' || issn,"
                " 'd' || domain FROM publication ORDER BY number"
            )
            self._db.execute("DELETE FROM aside")
            self._db.execute("DELETE FROM progress")
            self._db.execute("INSERT OR REPLACE INTO copy VALUES (1, ?)", (_stamp(at),))
            (count,) = self._db.execute("SELECT count(*) FROM publication").fetchone()
        self._db.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(count)

    def _in_order(self, domains: Sequence[str]) -> Iterator[dict[str, object]]:
        marks = ", ".join("?" * len(domains))
        rows = self._db.execute(
            "SELECT one.value FROM aside, json_each(aside.rows) AS one"
            f" WHERE aside.domain IN ({marks}) ORDER BY coalesce(one.value ->> 'released', '')",
            tuple(domains),
        )
        for row in rows:
            yield json.loads(row[0])

    def _doubt(self, domain: str) -> None:
        (before,) = self._db.execute(
            "SELECT count(*) FROM publication WHERE domain = ?", (domain,)
        ).fetchone()
        now = self.laid_aside(domain)
        if before >= _FEWEST_BEFORE and now < before * _MOST_LOST:
            raise Shrunk(f"domain {domain}: {now} publications, {before} before")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def made_at(db: sqlite3.Connection) -> datetime | None:
    """When the copy was made; None before the first one was whole."""
    row = db.execute("SELECT made FROM copy").fetchone()
    return datetime.fromisoformat(row["made"]) if row else None


def count(db: sqlite3.Connection) -> int:
    """How many publications are in the copy."""
    (number,) = db.execute("SELECT count(*) FROM publication").fetchone()
    return int(number)


def one(db: sqlite3.Connection, number: str) -> Publication | None:
    """The publication of this id."""
    row = db.execute("SELECT * FROM publication WHERE id = ?", (number,)).fetchone()
    return as_publication(row) if row else None


def as_publication(row: sqlite3.Row) -> Publication:
    """A row of the table."""
    return Publication(
        id=row["id"],
        domain=row["domain"],
        title=row["title"],
        released=date.fromisoformat(row["released"]) if row["released"] else None,
        abstract=row["abstract"],
        issn=row["issn"],
        size=row["size"],
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
