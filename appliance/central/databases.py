"""Where the centre keeps things: SQLite in a file, or PostgreSQL by its URL. One SQL for both.

    sqlite:////var/lib/frontdesk-central/central.db     four strokes: an absolute path
    postgresql://frontdesk@db.example.go.id/frontdesk   what libpq understands

Values stand in the SQL as `?`. A transaction that ended without an error is on the disk: SQLite runs with
`synchronous=FULL`, PostgreSQL with `synchronous_commit` and `fsync`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from appliance.errors import ConfigError, Problem, StoreError

Value = str | int | None
Row = tuple[Any, ...]
C = TypeVar("C")

CONNECTIONS = 8  # at most; whoever comes after waits for one
PATIENCE_S = 10.0

DEFAULT_URL = "sqlite:////var/lib/frontdesk-central/central.db"


class Session(Protocol):
    """One transaction."""

    def run(self, sql: str, *values: Value) -> list[Row]:
        """Carry out one statement; gives the rows that it returns, if it does."""


class Database(Protocol):
    """A database that is open. Used from any thread."""

    integer: str  # how a whole number of 64 bits is called
    strict: str  # what a table that keeps to its types ends with
    clustered: str  # the same, for one whose rows lie in the order of their key

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction, on the disk when the `with` ends without an error. Raises StoreError."""

    def reading(self) -> AbstractContextManager[Session]:
        """A snapshot that changes nothing. Raises StoreError."""

    def wipe(self) -> bool:
        """Let what was erased leave the files too; False when that has to wait (a reader keeps it)."""

    def close(self) -> None:
        """Let go of all connections. Nobody uses it any more."""


def open_database(url: str) -> Database:
    """The database of this address. Raises ConfigError (no such kind, driver not installed) or StoreError."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from appliance.central.sqlite import SqliteDatabase

        return SqliteDatabase(_path(url))
    if scheme in ("postgresql", "postgres"):
        try:
            from appliance.central.postgres import PostgresDatabase
        except ModuleNotFoundError as missing:
            words = f"PostgreSQL needs {missing.name}, which is not installed"
            raise _wrong(words, "pip install 'pst-frontdesk[central]'") from missing
        return PostgresDatabase(url)
    raise _wrong(f"{scheme or 'nothing'} is no kind of database", DEFAULT_URL)


def _path(url: str) -> Path:
    """The file of `sqlite:///relative.db` or `sqlite:////absolute.db`."""
    rest = url.removeprefix("sqlite:///")
    if rest in (url, ""):
        raise _wrong("the address of a file has three strokes, and four before an absolute path", DEFAULT_URL)
    return Path(rest)


def _wrong(message: str, suggestion: str) -> ConfigError:
    return ConfigError([Problem("--database", "", message, suggestion=suggestion)])


class Connections(Generic[C]):
    """A few connections that are lent out, one to a thread at a time."""

    def __init__(self, connect: Callable[[], C], close: Callable[[C], None], broken: type[Exception]) -> None:
        self._connect = connect
        self._close = close
        self._broken = broken  # what a connection raises that does not lead anywhere any more
        self._free: list[C] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    @contextmanager
    def one(self, begin: Callable[[C], object]) -> Iterator[C]:
        """Lend one on which `begin` was done. One under which anything failed is closed.

        Raises StoreError when all are lent out for too long.
        """
        if not self._places.acquire(timeout=PATIENCE_S):
            raise StoreError("the database is busy")
        try:
            connection = self._begun(begin)
            try:
                yield connection
            except BaseException:
                self._close(connection)
                raise
            with self._lock:
                self._free.append(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close all that are not lent out."""
        while (connection := self._kept()) is not None:
            self._close(connection)

    def _begun(self, begin: Callable[[C], object]) -> C:
        """A connection that was kept may lead to a server that was started anew since: then a new one."""
        while (kept := self._kept()) is not None:
            try:
                begin(kept)
            except self._broken:
                self._close(kept)
            else:
                return kept
        connection = self._connect()
        try:
            begin(connection)
        except BaseException:
            self._close(connection)
            raise
        return connection

    def _kept(self) -> C | None:
        with self._lock:
            return self._free.pop() if self._free else None
