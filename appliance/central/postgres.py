"""The centre on PostgreSQL, for a ministry that already runs one. Needs psycopg (the extra `central`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from appliance.central.databases import PATIENCE_S, Connections, Row, Session, Value
from appliance.errors import StoreError, StoreFull, StoreReadOnly

Connection = psycopg.Connection[Row]

_MS = round(PATIENCE_S * 1000)

# Promises of a database that does not sync are worth nothing, and we would pass them on.
_NEEDED = {"fsync": "on", "full_page_writes": "on"}


class PostgresDatabase:
    """A database of a PostgreSQL server. Raises StoreError."""

    integer = "BIGINT"
    strict = ""
    clustered = ""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connections = Connections(self._connect, psycopg.Connection.close, psycopg.OperationalError)
        with self.reading() as session:
            for setting, needed in _NEEDED.items():
                ((found,),) = session.run(f"SHOW {setting}")
                if found != needed:
                    raise StoreError(f"the server runs with {setting}={found}: a stored visit could be lost")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, on the disk when the `with` ends without an error. Raises StoreError."""
        with self._transaction(b"BEGIN", b"COMMIT") as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A snapshot that changes nothing. Raises StoreError."""
        with self._transaction(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", b"ROLLBACK") as session:
            yield session

    def wipe(self) -> bool:
        """Nothing to do: what was erased leaves the files with PostgreSQL's own (auto)vacuum and its WAL."""
        return True

    def close(self) -> None:
        """Let go of all connections."""
        self._connections.close()

    @contextmanager
    def _transaction(self, begin: bytes, end: bytes) -> Iterator[Session]:
        with _translated(), self._connections.one(lambda one: one.execute(begin)) as connection:
            yield _PostgresSession(connection)
            connection.execute(end)

    def _connect(self) -> Connection:
        connection = psycopg.connect(
            self._url,
            autocommit=True,  # each BEGIN and COMMIT is ours
            connect_timeout=round(PATIENCE_S),
            application_name="frontdesk-central",
            # A server behind a cable that was pulled must not keep a thread for hours.
            tcp_user_timeout=_MS,
            keepalives_idle=round(PATIENCE_S),
        )
        connection.execute("SET synchronous_commit = on")  # whatever the server's own default is
        connection.execute(f"SET statement_timeout = {_MS}".encode())
        return connection


class _PostgresSession:
    """A transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, sql: str, *values: Value) -> list[Row]:
        """Carry out one statement."""
        cursor = self._connection.execute(sql.replace("?", "%s").encode(), values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def _translated() -> Iterator[None]:
    """PostgreSQL's errors as the appliance's own. The address, which may hold a password, is not in them."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StoreFull(str(error)) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:  # a standby, or set so by its administrator
        raise StoreReadOnly(str(error)) from error
    except psycopg.Error as error:
        raise StoreError(" ".join(str(error).split())) from error
