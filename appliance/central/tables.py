"""The tables of the centre, and how an older database becomes one of this release."""

from __future__ import annotations

from typing import Final

from appliance.central.databases import Database
from appliance.errors import StoreError

KINDS: Final = ("visit", "rating", "guest")

# `guest` is a table of its own: who may count visits need not be able to read names. A rating is kept without
# device, order and times, and no table keeps the order in which rows came: nothing leads from it to a visit.
_RECORD = """
CREATE TABLE {kind} (
  domain_code   TEXT NOT NULL REFERENCES office,
  record_id     TEXT NOT NULL,
  revision      {integer} NOT NULL,
  service_date  TEXT,          -- ISO; the office's own day
  final_status  TEXT,          -- of a visit
  data          TEXT,          -- JSON with sorted keys; NULL where it was erased
  device        TEXT,
  sequence      {integer},     -- the order of the device's journal
  happened      TEXT,          -- by the device's clock
  clock_quality TEXT,          -- how far that clock could be trusted
  received      TEXT,          -- of this revision, UTC
  PRIMARY KEY (domain_code, record_id)
){clustered}"""

_STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """
CREATE TABLE office (
  domain_code TEXT NOT NULL PRIMARY KEY,
  name        TEXT NOT NULL,
  added       TEXT NOT NULL,
  heard       TEXT            -- when its last batch was stored, UTC
){strict}""",
        """
CREATE TABLE credential (
  hash        TEXT NOT NULL PRIMARY KEY,  -- SHA-256 of a token, or of a certificate
  kind        TEXT NOT NULL CHECK (kind IN ('token', 'certificate', 'viewer')),
  holder      TEXT NOT NULL,              -- the office's code, or a viewer's name
  made        TEXT NOT NULL,
  revoked     TEXT
){strict}""",
        *(_RECORD.replace("{kind}", kind) for kind in KINDS),
        "CREATE INDEX visit_by_day ON visit (service_date, domain_code, final_status)",
        """
CREATE TABLE reply (
  domain_code TEXT NOT NULL,
  key         TEXT NOT NULL,   -- Idempotency-Key
  digest      TEXT NOT NULL,   -- SHA-256 of the body that it came with
  answer      TEXT NOT NULL,   -- for each event its status, reason and detail; no ids
  at          TEXT NOT NULL,
  PRIMARY KEY (domain_code, key)
){strict}""",
    ),
)


def prepare(db: Database) -> None:
    """Bring the tables to this release. Raises StoreError when they are of a newer one."""
    with db.writing() as session:
        session.run(_filled("CREATE TABLE IF NOT EXISTS release (step {integer} NOT NULL){strict}", db))
        done = [step for (step,) in session.run("SELECT step FROM release")]
        at = done[0] if done else 0
        if at > len(_STEPS):
            raise StoreError(f"the database is of a newer release (step {at}; this one knows {len(_STEPS)})")
        for statements in _STEPS[at:]:
            for statement in statements:
                session.run(_filled(statement, db))
        if not done:
            session.run("INSERT INTO release (step) VALUES (?)", len(_STEPS))
        elif at < len(_STEPS):
            session.run("UPDATE release SET step = ?", len(_STEPS))


def _filled(statement: str, db: Database) -> str:
    return statement.format(integer=db.integer, strict=db.strict, clustered=db.clustered)
