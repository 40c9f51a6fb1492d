"""What stays of visits that are erased: how many there were, by day and service.

No row leads to a visit; a visit's token, number and times are gone with it. The counts of a day with one
visitor are still that visitor's answers, without anything that says whose: reports merge small cells.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

from appliance.office import Office
from appliance.store import Transaction

ANSWERS = ("sex", "age_band", "education", "occupation", "institution_category", "main_use", "origin")
SUMS = ("priority", "locker_used", "id_deposited", "pages_scanned", "pages_photocopied")

_VISITS = (
    "SELECT visit.*, service_day.date, guest_facts.sub_services, "
    + ", ".join(f"guest_facts.{name}" for name in ANSWERS)
    + " FROM visit JOIN service_day ON service_day.id = visit.day_id"
    " LEFT JOIN guest_facts ON guest_facts.visit_id = visit.id WHERE visit.id = ?"
)
_OWN = (
    "ticket",
    "call",
    "guest",
    "guest_facts",
    "deposit",
    "unlock",
    "print_job",
    "staff_session",
    "scan",
    "photocopy",
    "inquiry",
)

Cell = tuple[str, str, str, str]  # date, service, measure, value


def take_down(tx: Transaction, office: Office, day_id: int) -> None:
    """Count the visits of one service day into `day_total`, then erase them.

    A visit whose card or bag is still here stays, and so does one that another part has still to deal with.
    """
    ids = _erasable(tx.db, day_id)
    counts: Counter[Cell] = Counter()
    for visit_id in ids:
        row = tx.db.execute(_VISITS, (visit_id,)).fetchone()
        for measure, value, count in _measures(row, office.sla.minutes * 60):
            counts[row["date"], row["service"], measure, value] += count
    tx.db.executemany(
        "INSERT INTO day_total VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (date, service, measure, value) DO UPDATE SET count = count + excluded.count",
        [(*cell, count) for cell, count in sorted(counts.items())],
    )
    for statement in (
        "UPDATE staff_session SET focus = NULL WHERE focus = ?",
        "UPDATE unlock SET visit_id = NULL, reason = NULL WHERE visit_id = ?",
        "DELETE FROM print_job WHERE copy_of IN (SELECT id FROM print_job WHERE visit_id = ?)",
        "DELETE FROM print_job WHERE visit_id = ?",
        "DELETE FROM deposit WHERE visit_id = ?",
        "DELETE FROM call WHERE visit_id = ?",
        "DELETE FROM ticket WHERE visit_id = ?",
        "DELETE FROM scan WHERE visit_id = ?",
        "DELETE FROM guest WHERE visit_id = ?",
        "DELETE FROM guest_facts WHERE visit_id = ?",
        "DELETE FROM visit WHERE id = ?",
        "DELETE FROM outbox WHERE visit_id = ? AND kind = 'visit'",
    ):
        tx.db.executemany(statement, [(visit_id,) for visit_id in ids])
    tx.db.execute("DELETE FROM deposit WHERE day_id = ? AND closed IS NOT NULL", (day_id,))
    tx.db.execute("DELETE FROM scan WHERE day_id = ? AND visit_id IS NULL AND state = 'erased'", (day_id,))


def _measures(row: sqlite3.Row, promised_s: int) -> Iterator[tuple[str, str, int]]:
    """What one visit adds to the counts."""
    yield "visits", "", 1
    yield "state", row["state"], 1
    yield "source", row["source"], 1
    yield "sla", _sla(row["sla_s"], promised_s), 1
    yield from ((name, "", row[name]) for name in SUMS if row[name])
    for name in ("wait_s", "duration_s"):
        if row[name] is not None:
            yield f"{name}_known", "", 1
            yield f"{name}_sum", "", row[name]
    yield from ((name, str(row[name]), 1) for name in ANSWERS if row[name] is not None)
    yield from (("sub_services", part, 1) for part in (row["sub_services"] or "").split())


def _sla(seconds: int | None, promised_s: int) -> str:
    if seconds is None:
        return "unmeasured"
    return "met" if seconds <= promised_s else "missed"


def _erasable(db: sqlite3.Connection, day_id: int) -> list[int]:
    held = [
        "SELECT visit_id FROM deposit WHERE closed IS NULL",
        "SELECT visit_id FROM scan WHERE visit_id IS NOT NULL AND state != 'erased'",
        # What a central server has not acknowledged is never dropped; where there is none, nothing waits.
        "SELECT visit_id FROM outbox WHERE visit_id IS NOT NULL AND state IN ('due', 'parked')"
        " AND EXISTS (SELECT 1 FROM device WHERE stored IS NOT NULL)",
        *(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL' for table, column in _holders(db)),
    ]
    rows = db.execute(
        "SELECT id FROM visit WHERE day_id = ? AND closed IS NOT NULL"
        + "".join(f" AND id NOT IN ({one})" for one in held),
        (day_id,),
    )
    return [row["id"] for row in rows.fetchall()]


def _holders(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables of other parts that lead to visits and do not let them go by themselves."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    return [
        (table, row["from"])
        for table in tables
        if table not in _OWN
        for row in db.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
        if row["table"] == "visit" and row["on_delete"] not in ("CASCADE", "SET NULL")
    ]
