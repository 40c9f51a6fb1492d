"""The database: one writer, read-only readers, migrations.

One connection in one thread writes and checkpoints; everybody else opens `mode=ro`. The SQLite of Debian 12
can damage a database that two connections write (its WAL-reset defect, mended in 3.51.3), and with one
writer there is no "database is locked". `synchronous=FULL`: what was acknowledged outlives a pulled plug.

A COMMIT that fails is ambiguous: the rows may be on disk all the same. Every change writes to the journal,
and nobody else writes; so after a failed COMMIT the database is opened anew, forced to disk, and the
journal says whether the transaction is there. If it is, it stands; if not, it is run once more. A number is
never given twice, and never given without being stored.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from appliance import journal
from appliance.changes import Changes
from appliance.clock import Clock, Moment, Steps
from appliance.errors import CommitUnknown, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from appliance.keeping import opening, room
from appliance.keeping.ballast import Ballast
from appliance.keeping.high_water import HighWater
from appliance.keeping.room import Room

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FILE = "frontdesk.db"
LOCK_FILE = "frontdesk.lock"

# How long a caller waits for the writer. A card may stall for half a second; ten seconds is a dead one.
PATIENCE_S = 10.0

_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,  # what WAL says on a read-only file system
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """A write in progress: the only thing through which state changes."""

    db: sqlite3.Connection
    now: Moment
    noted: list[int] = field(default_factory=list)  # the journal rows that it has written

    def record(
        self, kind: str, *, visit: int | None = None, staff: int | None = None, **facts: journal.Fact
    ) -> None:
        """Note in the journal what happens, in the same transaction as the change itself."""
        row = journal.append(self.db, self.now, kind, visit=visit, staff=staff, facts=facts)
        self.noted.append(row)


BeforeCommit = Callable[[Transaction], None]


class _CommitFailed(Exception):
    """COMMIT raised; `last_seq` is the last journal row that the transaction wrote."""

    def __init__(self, last_seq: int, result: object) -> None:
        super().__init__(last_seq)
        self.last_seq = last_seq
        self.result = result


class Store:
    """The database file in `folder`, and the thread that writes it.

    A database that cannot be used does not keep the appliance from starting: `problem` says why, each
    write raises it, and each write tries to open the file again.
    """

    def __init__(
        self, folder: Path, clock: Clock, changes: Changes, before_commit: BeforeCommit | None = None
    ) -> None:
        """`before_commit` is run at the end of each transaction and belongs to it."""
        self.path = folder / FILE
        self.problem: StoreError | None = None
        self.ballast = Ballast(folder)
        self._folder = folder
        self._clock = clock
        self._changes = changes
        self._before_commit = before_commit
        self._writer = ThreadPoolExecutor(1, "writer")
        self._db: sqlite3.Connection | None = None  # touched by the writer's thread only
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._lock_file: int | None = None
        self._first: Callable[[Transaction], None] | None = None
        self._is_first = True
        self._replaced = 0  # how often another file has taken the database's place
        self._high = HighWater(folder)
        self._steps = Steps()

    # ---------------------------------------------------------------------- life

    def open(self, first: Callable[[Transaction], None] | None = None) -> None:
        """Take the folder for this process and open the database.

        `first` is the first transaction on it, whenever it can be used; and again on one that was put back.
        Raises StoreError when the folder belongs to another process. Any other trouble is kept in
        `problem`: a memory card that came up read-only must not keep the pages from saying so.
        """
        self._first = first
        try:
            self._with_room(self._hold)
        except (StoreReadOnly, StoreFull) as error:
            self._note(error)
            return
        with suppress(StoreError):  # it is in `problem`, and in the log
            self._writer.submit(self._with_room, self._usable).result()
        if isinstance(self.problem, StoreFull) and self._db is not None:
            self.problem = None  # the ballast has made room

    def put_back(self, replace: Callable[[Moment, HighWater], T]) -> T:
        """Hold the folder, and let `replace` put another file in the place of the database, which is closed.

        Raises StoreError when the folder belongs to another process.
        """
        self._hold()
        with _translated():
            return replace(self.now(), self._high)

    def close(self) -> None:
        """Finish what was asked, checkpoint, and let the folder go."""
        with self._readers_lock:
            for db in self._readers:
                db.close()
            self._readers.clear()
        # Last, so that its checkpoint leaves one file and no log behind.
        self._writer.submit(self._discard).result()
        self._writer.shutdown()
        self._high.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _hold(self) -> None:
        """Take the folder for this process, where that is not done yet."""
        if self._lock_file is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._lock_file = _take(self._folder / LOCK_FILE)
        except OSError as error:
            kind = StoreFull if error.errno == errno.ENOSPC else StoreReadOnly
            raise kind(f"{self._folder}: {error.strerror}") from error

    def room(self) -> Room:
        """How much room is left on the disk. Raises StoreReadOnly where there is not even the folder."""
        try:
            return room.look(self._folder, ballast=self.ballast.is_whole)
        except OSError as error:
            raise StoreReadOnly(f"{self._folder}: {error.strerror}") from error

    def suspect(self, problem: StoreError) -> None:
        """Say that no write can succeed now, without trying one; the next write that succeeds ends it."""
        self._note(problem)

    def now(self) -> Moment:
        """What time it is, by the clock that all writes are stamped with."""
        return self._clock.now()

    def clock_was_set(self) -> bool:
        """Whether the wall clock has jumped since the last write: the next one notes it."""
        return self._steps.since(self.now()) is not None

    # ---------------------------------------------------------------------- reading

    def read(
        self, look: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `look(db, ...)` on this thread's own read-only connection, in one snapshot."""
        with _translated(self._look_again):
            db = self._reader()
            db.execute("BEGIN")
            try:
                return look(db, *args, **kwargs)
            finally:
                if db.in_transaction:  # an error of the disk has already ended it
                    db.execute("ROLLBACK")

    def _reader(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None or self._local.replaced != self._replaced:
            self._local.replaced = self._replaced
            # Closed by `close`, in another thread; each is still used by one thread only.
            db = _connect(f"{self.path.absolute().as_uri()}?mode=ro", check_same_thread=False)
            self._local.db = db
            with self._readers_lock:
                self._readers.append(db)
        return db

    # ---------------------------------------------------------------------- writing

    def write(self, act: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `act(transaction, ...)` in the writer's thread, whole or not at all, and ring the bell.

        What `act` raises undoes it and comes back to the caller. Raises StoreError (full, read-only,
        damaged) with nothing stored, or CommitUnknown when even that cannot be said.
        """
        future = self._writer.submit(self._carry_out, partial(_call, act, args, kwargs))
        try:
            return future.result(PATIENCE_S)
        except TimeoutError:
            if future.cancel():
                raise StoreError("the database is busy; nothing was written") from None
            raise CommitUnknown("the database does not answer") from None

    def answers(self, within_s: float) -> bool:
        """Whether the writer comes round within this time; nothing is written."""
        future = self._writer.submit(lambda: None)
        try:
            future.result(within_s)
        except TimeoutError:
            future.cancel()
            return False
        return True

    def checkpoint(self) -> bool:
        """Bring everything into the main file and empty the log beside it; False when a reader kept it.

        Only then what was erased is on the disk no more: the log keeps the pages as they were before.
        """
        return self._writer.submit(self._checkpoint).result(PATIENCE_S)

    def _checkpoint(self) -> bool:
        with _translated(self._note):
            busy, *_ = self._usable().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _carry_out(self, act: Callable[[Transaction], T]) -> T:
        try:
            result = self._with_room(partial(self._attempt, act))
        except _CommitFailed as failure:
            log.error("a COMMIT failed; looking whether it is there: %s", failure.__cause__)
            result = self._settle(failure, act)
        except StoreDamaged:
            self._discard()  # it is looked at when it is opened anew
            raise
        if self.problem is not None:
            log.info("database: well again")
            self.problem = None
        self._changes.ring()
        return result

    def _with_room(self, do: Callable[[], T]) -> T:
        """Do it; on a full disk, on which nothing was stored, once more with the room of the ballast."""
        try:
            return do()
        except StoreFull:
            if not self.ballast.drop():
                raise
            return do()

    def _settle(self, failure: _CommitFailed, act: Callable[[Transaction], T]) -> T:
        """After a failed COMMIT: what is on disk counts."""
        self._discard()
        try:
            stands = self._stands(failure)
        except StoreError as error:  # `problem` says why
            raise CommitUnknown(str(error)) from error
        if stands:
            return failure.result  # type: ignore[return-value]  # act's own result, carried along
        try:
            return self._attempt(act)
        except _CommitFailed as again:
            self._discard()
            raise self._note(CommitUnknown(str(again.__cause__))) from again

    def _stands(self, failure: _CommitFailed) -> bool:
        """Whether the transaction whose COMMIT failed is on disk."""
        # What a new connection reads may be only in memory; a checkpoint writes and syncs it.
        if not self._checkpoint():
            raise CommitUnknown("a reader kept the checkpoint from ending")
        with _translated(self._note):
            return 0 < failure.last_seq <= journal.last_seq(self._usable())

    def _attempt(self, act: Callable[[Transaction], T]) -> T:
        with _translated(self._note):
            return self._transact(self._usable(), act)

    def _transact(self, db: sqlite3.Connection, act: Callable[[Transaction], T]) -> T:
        with _translated(self._note):
            db.execute("BEGIN IMMEDIATE")
            try:
                tx = Transaction(db, self._clock.now())
                jump_ms = self._steps.since(tx.now)
                if jump_ms is not None:
                    tx.record("clock.stepped", offset_ms=jump_ms)
                result = act(tx)
                if self._before_commit is not None:
                    self._before_commit(tx)
                self._high.cover(db)
            except BaseException:
                if db.in_transaction:  # a full disk has already undone it
                    db.execute("ROLLBACK")
                raise
            try:
                db.execute("COMMIT")
            except sqlite3.Error as error:
                if _primary(error) == sqlite3.SQLITE_FULL:
                    # Not in doubt: SQLite writes the page that commits last, and it did not get so far.
                    self._discard()
                    raise
                raise _CommitFailed(tx.noted[-1] if tx.noted else 0, result) from error
        self._steps.know(tx.now)
        if tx.noted:
            self._high.acknowledged(tx.noted[-1])
        return result

    def _usable(self) -> sqlite3.Connection:
        """The writer's connection, opened and brought to the newest shape if it is not yet."""
        if self._db is None:
            with _translated(self._note):
                self._hold()
                opened = opening.sound(self._folder, self.now(), self._high, _connect)
                if opened.replaced:
                    self._replaced += 1
                    self._is_first = True
                if opened.newest is not None:
                    self._steps.know(opened.newest)
                if self._is_first and self._first is not None:
                    self._begin(opened.db, self._first)
                self._is_first = False
            self._db = opened.db
        return self._db

    def _begin(self, db: sqlite3.Connection, first: Callable[[Transaction], None]) -> None:
        """Before anything else is written: what the last run, or a copy, has left behind."""
        try:
            self._transact(db, first)
        except _CommitFailed as failure:
            db.close()
            raise CommitUnknown(str(failure.__cause__)) from failure
        except BaseException:
            db.close()
            raise

    def _discard(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _look_again(self, problem: StoreError) -> StoreError:
        """A reader has met damage: the writer, which may have its pages in memory, opens the file anew."""
        if isinstance(problem, StoreDamaged):
            with suppress(RuntimeError):  # it is closing
                self._writer.submit(self._discard)
        return problem

    def _note(self, problem: StoreError) -> StoreError:
        if self.problem is None or self.problem.code != problem.code:
            log.error("database: %s: %s", problem.code, problem)
            self._changes.ring()
        self.problem = problem
        return problem


def _call(act: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object], tx: Transaction) -> T:
    return act(tx, *args, **kwargs)


def _connect(path: str, *, check_same_thread: bool = True) -> sqlite3.Connection:
    db = sqlite3.connect(
        path, isolation_level=None, uri=path.startswith("file:"), check_same_thread=check_same_thread
    )
    db.row_factory = sqlite3.Row
    return db


def _take(path: Path) -> int:
    """Hold a folder for this process: the lock goes with the process, however that ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(handle, 20).decode(errors="replace").strip() or "?"
        os.close(handle)
        raise StoreError(f"{path.parent} is in use by process {other}") from None
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
    except OSError:
        os.close(handle)  # or the next try would find this process itself in its way
        raise
    return handle


def _kind_of(error: sqlite3.DatabaseError) -> type[StoreError]:
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreFull  # no room for the index of the log
    return _BY_CODE.get(_primary(error), StoreError)


def _primary(error: sqlite3.Error) -> int:
    """SQLite's error code without its finer shades; 0 for an error that has none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


@contextmanager
def _translated(note: Callable[[StoreError], StoreError] = lambda error: error) -> Iterator[None]:
    """SQLite's errors as the appliance's own; an act's own mistakes (a broken rule) pass as they are."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise note(_kind_of(error)(str(error))) from error
    except UnicodeDecodeError as error:  # SQLite's words quote from a damaged page
        raise note(StoreDamaged(str(error))) from error
    except StoreError as error:
        note(error)
        raise
