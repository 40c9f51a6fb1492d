"""Paper: what was asked for, and what became of it.

    queued -> printing -> printed | unknown | failed

A job outlives a restart; one that was printing when the appliance stopped is `unknown`, since nobody can
say whether the paper came out. A ticket is printed again once, as a copy of the same number, never anew.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from appliance import journal
from appliance.clock import Moment
from appliance.errors import NotNow
from appliance.store import Transaction


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of paper."""

    id: int
    kind: str  # ticket, locker_slip, photocopy_form, first_start, test
    visit_id: int | None
    facts: dict[str, Any]
    copy: bool
    state: str
    problem: str | None
    asked: Moment


def ask(tx: Transaction, kind: str, *, visit: int | None = None, **facts: journal.Fact) -> int:
    """Put a job into the queue, in the transaction that gives it its reason."""
    row = tx.db.execute(
        "INSERT INTO print_job (kind, visit_id, facts, state, asked)"
        " VALUES (?, ?, ?, 'queued', ?) RETURNING id",
        (kind, visit, json.dumps(facts), tx.now.stamp()),
    ).fetchone()
    return int(row["id"])


def ask_test(tx: Transaction, *, staff: int) -> int:
    """Put a test page into the queue."""
    job_id = ask(tx, "test")
    tx.record("paper.test_asked", staff=staff, job=job_id)
    return job_id


def ask_copy(tx: Transaction, job_id: int, *, staff: int) -> int:
    """Print a job again, once, marked as a copy. Raises NotNow for one that has a copy or still waits."""
    job = _get(tx.db, job_id)
    if job.state not in ("printed", "unknown", "failed") or job.copy:
        raise NotNow(job.state)
    taken = tx.db.execute("SELECT 1 FROM print_job WHERE copy_of = ?", (job_id,)).fetchone()
    if taken:
        raise NotNow("copied")
    row = tx.db.execute(
        "INSERT INTO print_job (kind, visit_id, facts, copy_of, state, asked)"
        " SELECT kind, visit_id, facts, id, 'queued', ? FROM print_job WHERE id = ? RETURNING id",
        (tx.now.stamp(), job_id),
    ).fetchone()
    tx.record("paper.copied", visit=job.visit_id, staff=staff, job=job_id)
    return int(row["id"])


def confirm(tx: Transaction, job_id: int, *, staff: int) -> None:
    """The officer has seen the paper of a job whose end was not known. Raises NotNow for any other job."""
    changed = tx.db.execute(
        "UPDATE print_job SET state = 'printed', problem = NULL WHERE id = ? AND state = 'unknown'", (job_id,)
    ).rowcount
    job = _get(tx.db, job_id)
    if not changed:
        raise NotNow(job.state)
    tx.record("paper.confirmed", visit=job.visit_id, staff=staff, job=job_id)


def next_job(db: sqlite3.Connection) -> Job | None:
    """The oldest job that waits."""
    row = db.execute("SELECT * FROM print_job WHERE state = 'queued' ORDER BY id LIMIT 1").fetchone()
    return _job(row) if row else None


def begin(tx: Transaction, job_id: int) -> None:
    """From here on the paper may come out."""
    changed = tx.db.execute(
        "UPDATE print_job SET state = 'printing' WHERE id = ? AND state = 'queued'", (job_id,)
    ).rowcount
    if not changed:
        raise NotNow(_get(tx.db, job_id).state)


def end(tx: Transaction, job_id: int, state: str, problem: str | None = None) -> None:
    """Write down what became of a job: printed, unknown, failed, or queued again since nothing came out."""
    ended = None if state == "queued" else tx.now.stamp()
    tx.db.execute(
        "UPDATE print_job SET state = ?, problem = ?, ended = ? WHERE id = ?", (state, problem, ended, job_id)
    )
    if state in ("unknown", "failed"):
        job = _get(tx.db, job_id)
        tx.record(f"paper.{state}", visit=job.visit_id, job=job_id, problem=problem)


def interrupted(db: sqlite3.Connection) -> bool:
    """True when the end of a job was never written down: the process ended, or the database failed."""
    return db.execute("SELECT 1 FROM print_job WHERE state = 'printing' LIMIT 1").fetchone() is not None


def settle_after_restart(tx: Transaction) -> int:
    """What was printing when the process ended is unknown now; gives how many."""
    rows = tx.db.execute("SELECT id FROM print_job WHERE state = 'printing'").fetchall()
    for row in rows:
        end(tx, row["id"], "unknown", "restarted")
    return len(rows)


def of_visit(db: sqlite3.Connection, visit_id: int, kind: str = "ticket") -> Job | None:
    """The newest job of this kind for a visit."""
    row = db.execute(
        "SELECT * FROM print_job WHERE visit_id = ? AND kind = ? ORDER BY id DESC LIMIT 1", (visit_id, kind)
    ).fetchone()
    return _job(row) if row else None


def newest(db: sqlite3.Connection, kind: str) -> Job | None:
    """The newest job of this kind."""
    row = db.execute("SELECT * FROM print_job WHERE kind = ? ORDER BY id DESC LIMIT 1", (kind,)).fetchone()
    return _job(row) if row else None


def doubtful(db: sqlite3.Connection) -> list[Job]:
    """Jobs of open visits whose paper may be missing and that have no copy yet: for the desk to decide."""
    rows = db.execute(
        "SELECT print_job.* FROM print_job JOIN visit ON visit.id = print_job.visit_id"
        " WHERE print_job.state = 'unknown' AND print_job.copy_of IS NULL AND visit.closed IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM print_job AS copy WHERE copy.copy_of = print_job.id)"
        " ORDER BY print_job.id"
    )
    return [_job(row) for row in rows]


def any_of_kind(db: sqlite3.Connection, kind: str) -> bool:
    """True when a job of this kind was ever asked for."""
    return db.execute("SELECT 1 FROM print_job WHERE kind = ? LIMIT 1", (kind,)).fetchone() is not None


def waiting_count(db: sqlite3.Connection) -> int:
    """How many jobs wait for the printer."""
    row = db.execute("SELECT count(*) FROM print_job WHERE state IN ('queued', 'printing')").fetchone()
    return int(row[0])


def _get(db: sqlite3.Connection, job_id: int) -> Job:
    row = db.execute("SELECT * FROM print_job WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise NotNow("unknown_job")
    return _job(row)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        visit_id=row["visit_id"],
        facts=json.loads(row["facts"]),
        copy=row["copy_of"] is not None,
        state=row["state"],
        problem=row["problem"],
        asked=Moment.parse(row["asked"]),
    )
