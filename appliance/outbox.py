"""What the central server is to get, and how far it has come: one row a record, whoever changed it.

    new -> due -> stored          due -> parked (rejected too often) -> due (tried again)
            ^--------'  changed once more: the next revision

Triggers (schema/0002_central.sql) mark a record as changed; `Maker.before_commit` makes the snapshot in the
same transaction. So nothing that changes a visit can forget to tell, and no crash comes in between. What the
server has not acknowledged is never dropped; of what it has, only the revision is kept.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance import journal
from appliance.central import contract
from appliance.central.contract import ACKNOWLEDGED, BadEvent, Kind, Result, Status
from appliance.central.records import erased_guest, guest_record, rating_record, visit_record
from appliance.clock import Moment
from appliance.office import Office
from appliance.store import Transaction

MOST_TRIES = 3  # rejections, after which an event is parked
AT_ONCE = 600  # snapshots in one transaction; a whole day's visits when the day is closed
IN_PASSING = 50  # of those that have time, in a transaction of their own

_CHANGED = "SELECT * FROM outbox WHERE changed = ? ORDER BY id LIMIT ?"
_OF_VISIT = (
    "SELECT visit.*, service_day.date, guest_facts.sub_services, guest_facts.sex, guest_facts.age_band,"
    " guest_facts.education, guest_facts.occupation, guest_facts.institution_category,"
    " guest_facts.main_use, guest_facts.origin,"
    " (SELECT group_concat(DISTINCT kind) FROM inquiry WHERE visit_id = visit.id) AS inquiries"
    " FROM visit JOIN service_day ON service_day.id = visit.day_id"
    " LEFT JOIN guest_facts ON guest_facts.visit_id = visit.id WHERE visit.id = ?"
)
_OF_GUEST = (
    "SELECT guest.*, service_day.date, consent.contact, consent.notice_version,"
    " (SELECT record_id FROM outbox WHERE visit_id = guest.visit_id AND kind = 'visit') AS visit_record_id"
    " FROM guest JOIN visit ON visit.id = guest.visit_id"
    " JOIN service_day ON service_day.id = visit.day_id"
    " JOIN consent ON consent.visit_id = guest.visit_id WHERE guest.visit_id = ?"
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event that the server has not acknowledged."""

    row: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that the server rejected too often, and waits for somebody to try it again."""

    row: int
    kind: Kind
    record_id: str
    revision: int
    reason: str
    detail: str | None
    at: Moment | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits."""

    waiting: int
    oldest: Moment | None
    parked: int
    last_stored: Moment | None


# ------------------------------------------------------------------------------------------ snapshots


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the snapshots of one office, with this release."""

    office: Office
    version: str

    def before_commit(self, tx: Transaction) -> None:
        """Make the snapshots of what this transaction has changed."""
        rows = tx.db.execute(_CHANGED, (1, AT_ONCE)).fetchall()
        if not rows:
            return
        self._take(tx, rows)
        if len(rows) == AT_ONCE:  # a great clearing-out must not hold up the next visitor
            tx.db.execute("UPDATE outbox SET changed = 2 WHERE changed = 1")

    def in_passing(self, tx: Transaction) -> int:
        """Make some of those that have time; gives how many."""
        rows = tx.db.execute(_CHANGED, (2, IN_PASSING)).fetchall()
        self._take(tx, rows)
        return len(rows)

    def _take(self, tx: Transaction, rows: Sequence[sqlite3.Row]) -> None:
        if not rows:
            return
        (device,) = tx.db.execute("SELECT uuid FROM device").fetchone()
        sequence = journal.last_seq(tx.db)
        for row in rows:
            data = self._data(tx.db, row)
            if data is not None:
                _renew(tx, row, data, device, sequence)
            elif row["state"] == "new":  # never sent, and nothing to send
                tx.db.execute("DELETE FROM outbox WHERE id = ?", (row["id"],))
            else:
                tx.db.execute("UPDATE outbox SET changed = NULL WHERE id = ?", (row["id"],))

    def _data(self, db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any] | None:
        """What the record says now; None where there is nothing to say (any more)."""
        match Kind(row["kind"]):
            case Kind.VISIT:
                visit = db.execute(_OF_VISIT, (row["visit_id"],)).fetchone()
                over = visit is not None and visit["closed"] is not None
                return visit_record(visit, self.office, self.version) if over else None
            case Kind.RATING:
                rating = db.execute("SELECT * FROM rating WHERE id = ?", (row["rating_id"],)).fetchone()
                return rating_record(rating, self.office) if rating is not None else None
            case Kind.GUEST:
                guest = db.execute(_OF_GUEST, (row["visit_id"],)).fetchone()
                if guest is not None and self.office.guest_book.send_identity:
                    return guest_record(guest, self.office)
                # What was sent once must be erased there too, also where nothing is sent any more.
                return erased_guest(self.office) if row["revision"] else None


def _renew(tx: Transaction, row: sqlite3.Row, data: Mapping[str, Any], device: str, sequence: int) -> None:
    """Put the snapshot in the place of the one before, where it says something else."""
    digest = _digest(data)
    if digest == row["digest"] and row["state"] != "new":
        tx.db.execute("UPDATE outbox SET changed = NULL WHERE id = ?", (row["id"],))
        return
    revision = row["revision"] + 1
    whole = {**data, "record_id": row["record_id"], "revision": revision}
    state, reason, detail, text = "due", None, None, None
    try:
        text = contract.make_event(
            Kind(row["kind"]),
            whole,
            device=device,
            at=tx.now.wall,
            sequence=sequence,
            clock_quality=tx.now.quality,
        )
    except BadEvent as error:  # never sent; it must not keep a visit from being closed
        state, reason, detail = "parked", error.reason.value, error.detail
    tx.db.execute(
        "UPDATE outbox SET changed = NULL, revision = ?, digest = ?, state = ?, sequence = ?, at = ?,"
        " event = ?, tries = 0, reason = ?, detail = ? WHERE id = ?",
        (revision, digest, state, sequence, tx.now.stamp(), text, reason, detail, row["id"]),
    )


def _digest(data: Mapping[str, Any]) -> str:
    """Knows data again; the release that made the snapshot is no change."""
    said = {name: value for name, value in data.items() if name != "app_version"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


# ------------------------------------------------------------------------------------------ sending


def due(
    db: sqlite3.Connection, most: int = contract.MAX_EVENTS, skip: Collection[str] = ()
) -> list[Outgoing]:
    """The next batch, in the order of the journal; without the events of these ids."""
    found: list[Outgoing] = []
    # Not more rows than that are read, however many wait.
    rows = db.execute(
        "SELECT id, record_id, revision, event FROM outbox WHERE state = 'due' AND event IS NOT NULL"
        " ORDER BY sequence, id LIMIT ?",
        (most + len(skip),),
    )
    for row in rows:
        name = contract.event_id(row["record_id"], row["revision"])
        if name not in skip:
            found.append(Outgoing(row["id"], name, row["event"]))
    found = found[:most]
    return found[: contract.fitting((len(one.text) for one in found), most)]


def of_id(db: sqlite3.Connection, event_id: str) -> list[Outgoing]:
    """The event of this id, where it is still due."""
    record_id, _, revision = event_id.rpartition(".")
    rows = db.execute(
        "SELECT id, event FROM outbox WHERE record_id = ? AND revision = ? AND state = 'due'",
        (record_id, int(revision)),
    )
    return [Outgoing(row["id"], event_id, row["event"]) for row in rows]


def any_changed(db: sqlite3.Connection) -> bool:
    """Whether snapshots wait for a time when nobody does."""
    return db.execute("SELECT 1 FROM outbox WHERE changed = 2 LIMIT 1").fetchone() is not None


def settle(tx: Transaction, sent: Iterable[Outgoing], results: Mapping[str, Result]) -> int:
    """Note what became of events; gives how many were parked. One transaction a batch.

    An answer counts for the revision that was sent: a record that has changed meanwhile stays due.
    """
    stored = parked = 0
    for one in sent:
        result = results.get(one.id)
        if result is None or result.status is Status.LATER:
            continue
        if result.status in ACKNOWLEDGED:
            stored += _acknowledge(tx, one)
        else:
            parked += _reject(tx, one, result)
    if stored:
        tx.db.execute("UPDATE device SET stored = ?", (tx.now.stamp(),))
        tx.record("central.stored", count=stored)
    if parked:
        tx.record("central.parked", count=parked)
    return parked


def _acknowledge(tx: Transaction, one: Outgoing) -> int:
    return tx.db.execute(
        "UPDATE outbox SET state = 'stored', event = NULL, tries = 0, reason = NULL, detail = NULL"
        " WHERE id = ? AND record_id || '.' || revision = ? AND state IN ('due', 'parked')",
        (one.row, one.id),
    ).rowcount


def _reject(tx: Transaction, one: Outgoing, result: Result) -> int:
    tx.db.execute(
        "UPDATE outbox SET tries = tries + 1, reason = ?, detail = ?"
        " WHERE id = ? AND record_id || '.' || revision = ? AND state = 'due'",
        (result.reason or "rejected", result.detail, one.row, one.id),
    )
    return tx.db.execute(
        "UPDATE outbox SET state = 'parked' WHERE id = ? AND state = 'due' AND tries >= ?",
        (one.row, MOST_TRIES),
    ).rowcount


def retry(tx: Transaction, *, staff: int | None) -> int:
    """Let all parked events be tried again; gives how many. What fitted no schema is made anew."""
    changed = tx.db.execute(
        "UPDATE outbox SET tries = 0, state = CASE WHEN event IS NULL THEN 'new' ELSE 'due' END,"
        " changed = CASE WHEN event IS NULL THEN 1 ELSE changed END WHERE state = 'parked'"
    ).rowcount
    if changed:
        tx.record("central.retried", staff=staff, count=changed)
    return changed


# ------------------------------------------------------------------------------------------ looking


def backlog(db: sqlite3.Connection) -> Backlog:
    """How much waits. Walks the rows that wait, not those that are stored."""
    due_now = _count(db, "state = 'due'")
    not_yet = _count(db, "changed IS NOT NULL AND state IN ('new', 'stored')")
    oldest = db.execute("SELECT at FROM outbox WHERE state = 'due' ORDER BY sequence, id LIMIT 1").fetchone()
    (stored,) = db.execute("SELECT stored FROM device").fetchone()
    return Backlog(
        due_now + not_yet,
        _moment(oldest["at"]) if oldest else None,
        _count(db, "state = 'parked'"),
        _moment(stored),
    )


def parked(db: sqlite3.Connection, most: int = 50) -> list[Parked]:
    """The events that were rejected too often, oldest first."""
    rows = db.execute("SELECT * FROM outbox WHERE state = 'parked' ORDER BY id LIMIT ?", (most,))
    return [
        Parked(
            row["id"],
            Kind(row["kind"]),
            row["record_id"],
            row["revision"],
            row["reason"] or "rejected",
            row["detail"],
            _moment(row["at"]) if row["kind"] != Kind.RATING else None,
        )
        for row in rows
    ]


def device(db: sqlite3.Connection) -> str:
    """The UUID under which the central server knows this front desk."""
    (uuid,) = db.execute("SELECT uuid FROM device").fetchone()
    return str(uuid)


def _count(db: sqlite3.Connection, where: str) -> int:
    (count,) = db.execute(f"SELECT count(*) FROM outbox WHERE {where}").fetchone()
    return int(count)


def _moment(stamp: str | None) -> Moment | None:
    return Moment.parse(stamp) if stamp else None
