"""The centre on SQLite: one file, one writer at a time, whichever process it is in.

Commands (a new token) may write while the receiver runs. The SQLite of Debian 12 can damage a database in
WAL mode that two connections write or checkpoint at once (mended in 3.51.3), so a lock on a file beside it
lets one process after the other write; within a process there is one connection that does.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.central.databases import PATIENCE_S, Connections, Row, Session, Value
from appliance.errors import StoreDamaged, StoreError, StoreFull, StoreReadOnly

_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}


class SqliteDatabase:
    """A database in one file; its folder is made where it is missing. Raises StoreError."""

    integer = "INTEGER"
    strict = " STRICT"
    clustered = " STRICT, WITHOUT ROWID"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None  # the one that writes
        self._turn = path.with_name(f"{path.name}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            path.touch(mode=0o640)  # it may hold names; the files beside it take its mode
        except OSError as error:
            raise StoreReadOnly(f"{path}: {error.strerror}") from error
        self._readers = Connections(self._reader, sqlite3.Connection.close, sqlite3.OperationalError)
        with self.writing():  # a file that is no database is found now, not with the first visit
            pass

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, on the disk when the `with` ends without an error. Raises StoreError."""
        with self._alone(), _translated():
            db = self._usable()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteSession(db)
                db.execute("COMMIT")
            except BaseException:
                # After an error of the disk nobody knows what this connection holds: a new one reads it.
                self._discard()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A snapshot that changes nothing. Raises StoreError."""
        with _translated(), self._readers.one(lambda db: db.execute("BEGIN")) as db:
            yield _SqliteSession(db)
            db.execute("ROLLBACK")

    def wipe(self) -> bool:
        """Bring everything into the main file and empty the log beside it, which holds pages as they were."""
        with self._alone(), _translated():
            busy, *_ = self._usable().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Let go of all connections."""
        self._readers.close()
        with self._alone():
            self._discard()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other thread and no other process writes or checkpoints."""
        with self._lock:
            try:
                handle = os.open(self._turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            except OSError as error:
                raise StoreReadOnly(f"{self._turn}: {error.strerror}") from error
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)  # and the lock with it

    def _usable(self) -> sqlite3.Connection:
        if self._db is None:
            db = _connect(str(self.path))
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA trusted_schema = OFF")
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _discard(self) -> None:
        if self._db is not None:
            self._db.close()  # undoes what was not committed
            self._db = None

    def _reader(self) -> sqlite3.Connection:
        return _connect(f"{self.path.absolute().as_uri()}?mode=ro")


class _SqliteSession:
    """A transaction on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def run(self, sql: str, *values: Value) -> list[Row]:
        """Carry out one statement."""
        return self._db.execute(sql, values).fetchall()


def _connect(path: str) -> sqlite3.Connection:
    # Lent from thread to thread, used by one at a time.
    return sqlite3.connect(
        path,
        isolation_level=None,
        uri=path.startswith("file:"),
        check_same_thread=False,
        timeout=PATIENCE_S,
        cached_statements=256,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's errors as the appliance's own."""
    try:
        yield
    except sqlite3.Error as error:
        code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise _BY_CODE.get(code, StoreError)(str(error)) from error
