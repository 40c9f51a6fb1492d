"""The shape of the database: SQL files in the order of their numbers, each a step from the one before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib import resources

from appliance.errors import StoreDamaged, StoreError


def prepare(db: sqlite3.Connection, upgrading: Callable[[], None] = lambda: None) -> None:
    """Set the writer's connection up, look whether the file is sound, and migrate it.

    `upgrading` is called before the first step on a database that holds something already. Raises StoreError
    for one of a newer release, StoreDamaged, and what SQLite says.
    """
    (done,) = db.execute("PRAGMA user_version").fetchone()
    steps = migrations()
    if done > len(steps):  # before anything that would touch it
        raise StoreError(f"the database is of a newer release (step {done}; this one knows {len(steps)})")
    # Small pages: a change touches many of them, and a visit writes a third of what it would with the usual
    # ones (decision 0018). Only a new database takes it.
    db.execute("PRAGMA page_size = 512")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 8000")  # pages: 4 MiB
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreDamaged(verdict)
    if 0 < done < len(steps):
        upgrading()
    for number, step in enumerate(steps[done:], done + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")


def migrations() -> list[str]:
    """The SQL of each step, in order."""
    files = sorted(
        (file for file in resources.files("appliance.schema").iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [file.read_text(encoding="utf-8") for file in files]
