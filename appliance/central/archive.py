"""What the centre keeps: of each record the highest revision, and for a while what was answered.

A batch is one transaction. It begins with the row of its office, so that batches of one office go one after
the other and those of different offices never wait for each other's rows; records of two offices are never
the same record, whatever ids they bear.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.central import tables
from appliance.central.contract import Event, Kind, Reason, Result, Status
from appliance.central.databases import Database, Row, Session

KEEP_REPLIES = timedelta(days=7)

# All columns but the key's two.
_COLUMNS = (
    "revision",
    "service_date",
    "final_status",
    "data",
    "device",
    "sequence",
    "happened",
    "clock_quality",
    "received",
)
_UPSERT = (
    f"INSERT INTO {{table}} (domain_code, record_id, {', '.join(_COLUMNS)})"
    f" VALUES (?, ?, {', '.join('?' for _ in _COLUMNS)}) ON CONFLICT (domain_code, record_id)"
    f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"
    " WHERE excluded.revision > {table}.revision RETURNING revision"
)

_STAMP = "%Y-%m-%dT%H:%M:%SZ"


class UnknownOffice(LookupError):
    """There is no office of this code."""


class KeyReused(ValueError):
    """Another batch came under this key."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought: for each event either itself, or the result that it already has."""

    key: str | None  # Idempotency-Key
    body: bytes
    events: Sequence[Event | Result]

    @property
    def digest(self) -> str:
        """Equal for equal bodies."""
        return hashlib.sha256(self.body).hexdigest()


class Archive:
    """The records of all offices, in one database. Used from any thread; raises StoreError."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._wipe_due = False
        tables.prepare(db)

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()

    def take_in(self, domain: str, batch: Batch) -> list[Result]:
        """Store a batch of an office, or find what was answered to it. It is on the disk when this returns.

        Raises KeyReused when another body came under its key, UnknownOffice, or StoreError; then nothing
        counts as stored.
        """
        with self.db.writing() as session:
            now = datetime.now(UTC)
            found = session.run(
                "UPDATE office SET heard = ? WHERE domain_code = ? RETURNING domain_code", _stamp(now), domain
            )
            if not found:
                raise UnknownOffice(domain)
            results = _answered(session, domain, batch)
            erased = False
            if results is None:
                results = [
                    event if isinstance(event, Result) else _keep(session, event, now)
                    for event in batch.events
                ]
                _remember(session, domain, batch, results, now)
                erased = any(isinstance(event, Event) and _is_tombstone(event) for event in batch.events)
        self._wipe(erased)
        return results

    def _wipe(self, erased: bool) -> None:
        """What was erased leaves the files, at the latest with the next batch after whoever reads them."""
        if erased or self._wipe_due:
            self._wipe_due = not self.db.wipe()


# ------------------------------------------------------------------------------------------ records


def _keep(session: Session, event: Event, now: datetime) -> Result:
    """Keep an event if its revision is the highest; whatever the order, the outcome is the same."""
    table = event.kind.value
    stored = session.run(
        _UPSERT.format(table=table),
        event.domain,
        event.record_id,
        event.revision,
        *_columns(event, now),
    )
    if stored:
        return Result(event.id, Status.STORED)
    ((revision, data),) = session.run(
        f"SELECT revision, data FROM {table} WHERE domain_code = ? AND record_id = ?",
        event.domain,
        event.record_id,
    )
    if revision > event.revision:
        return Result(event.id, Status.SUPERSEDED)
    if data != _text(event):
        return Result(
            event.id, Status.REJECTED, Reason.CONFLICT, "this revision is stored with other content"
        )
    return Result(event.id, Status.DUPLICATE)


def _columns(event: Event, now: datetime) -> tuple[str | int | None, ...]:
    """What stands in _COLUMNS after the revision."""
    what = event.data.get("service_date"), event.data.get("final_status"), _text(event)
    if event.kind is Kind.RATING:
        return *what, None, None, None, None, None
    happened = event.time.astimezone(UTC).isoformat(timespec="milliseconds")
    return *what, event.device, event.sequence, happened, event.clock_quality, _stamp(now)


def _text(event: Event) -> str | None:
    """The data as they are kept; nothing is left of what was erased."""
    if _is_tombstone(event):
        return None
    return json.dumps(event.data, sort_keys=True, separators=(",", ":"))


def _is_tombstone(event: Event) -> bool:
    return event.kind is Kind.GUEST and event.data["erased"] is True


# ------------------------------------------------------------------------------------------ answers


def _answered(session: Session, domain: str, batch: Batch) -> list[Result] | None:
    """What was answered to this very batch; its reply was lost. Raises KeyReused."""
    found: list[Row] = []
    if batch.key is not None:
        found = session.run(
            "SELECT digest, answer FROM reply WHERE domain_code = ? AND key = ?", domain, batch.key
        )
    if not found:
        return None
    ((digest, answer),) = found
    if digest != batch.digest:
        raise KeyReused(batch.key)
    return [
        Result(event.id, Status(status), reason, detail)
        for event, (status, reason, detail) in zip(batch.events, json.loads(answer), strict=True)
    ]


def _remember(session: Session, domain: str, batch: Batch, results: list[Result], now: datetime) -> None:
    session.run("DELETE FROM reply WHERE domain_code = ? AND at < ?", domain, _stamp(now - KEEP_REPLIES))
    if batch.key is None:
        return
    answer = json.dumps([(one.status, one.reason, one.detail) for one in results])
    session.run(
        "INSERT INTO reply (domain_code, key, digest, answer, at) VALUES (?, ?, ?, ?, ?)",
        domain,
        batch.key,
        batch.digest,
        answer,
        _stamp(now),
    )


def _stamp(now: datetime) -> str:
    return now.strftime(_STAMP)
