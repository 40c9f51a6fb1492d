"""What visitors said in their own words beside the guest book: what they asked for, what they had copied.

It leads to them and goes with their names; that they asked, and how it ended, stays. Statements by table,
since a copy of an older shape does not have the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

# Where something is still said. The title of a book that is out is needed until it is back.
_SAID: Final = {
    "inquiry": "(wanted != '' OR email IS NOT NULL)",
    "photocopy": "state != 'out' AND (title != '' OR note != '')",
}
_FORGET: Final = {
    "inquiry": "UPDATE inquiry SET wanted = '', email = NULL WHERE",
    "photocopy": "UPDATE photocopy SET title = '', note = '' WHERE",
}

ERASE: Final[tuple[str, ...]] = tuple(
    f"{forget} day_id <= :day AND {_SAID[table]}" for table, forget in _FORGET.items()
)
DUE: Final = " + ".join(
    f"(SELECT count(*) FROM {table} WHERE day_id <= :day AND {said})" for table, said in _SAID.items()
)


def forget_of_visit(db: sqlite3.Connection, visit_id: int) -> None:
    """Erase what one visitor said, also in a database of an older shape."""
    for forget in _present(db, _FORGET).values():
        db.execute(f"{forget} visit_id = ?", (visit_id,))


def forget_until(db: sqlite3.Connection, day: int) -> None:
    """Erase what was said up to a service day, also in a database of an older shape."""
    for table, forget in _present(db, _FORGET).items():
        db.execute(f"{forget} day_id <= ? AND {_SAID[table]}", (day,))


def are_left(db: sqlite3.Connection, day: int) -> bool:
    """Whether anything that was said up to a service day is still there."""
    return any(
        db.execute(f"SELECT 1 FROM {table} WHERE day_id <= ? AND {said} LIMIT 1", (day,)).fetchone()
        for table, said in _present(db, _SAID).items()
    )


def _present(db: sqlite3.Connection, by_table: Mapping[str, str]) -> dict[str, str]:
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {table: text for table, text in by_table.items() if table in names}
