"""After the database was replaced: what must be looked at before the front desk is believed again.

The copy that was put back does not know what was taken in after it was made. A locker that it calls free may
hold a bag; so each of them is out of use until an administrator has compared the lockers with the list.
"""

from __future__ import annotations

import sqlite3

from appliance import lockers
from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.keeping import rescue
from appliance.keeping.rescue import Rescue
from appliance.store import Transaction


def open_matter(db: sqlite3.Connection) -> Rescue | None:
    """The newest replacement that nobody has looked at; None when all is well."""
    found = rescue.unseen(db)
    return found[0] if found else None


def close_lockers(tx: Transaction, desk: FrontDesk) -> None:
    """Take the lockers out of use that may hold a bag nobody knows of; once for each replacement."""
    names = rescue.lockers_to_look_into(tx.db, desk.lockers)
    if names is None:
        return
    reason = desk.wording.text("keeping.locker_reason", desk.office.languages[0])
    for name in names:
        lockers.set_out_of_order(tx, name, reason, staff=None)
    rescue.note_lockers(tx.db, names)


def compared(tx: Transaction, *, staff: int) -> None:
    """An administrator has compared the lockers and the numbers: the banner goes, the lockers are in use.

    Raises NotNow when there is nothing to compare.
    """
    matters = rescue.unseen(tx.db)
    if not matters:
        raise NotNow("nothing_to_compare")
    for name in {name for matter in matters for name in matter.lockers or ()}:
        row = tx.db.execute("SELECT staff_id FROM locker_out_of_order WHERE locker = ?", (name,)).fetchone()
        if row is not None and row["staff_id"] is None:  # nobody has found something else wrong with it
            lockers.set_out_of_order(tx, name, None, staff=staff)
    tx.db.execute("UPDATE rescue SET seen = ?, seen_by = ? WHERE seen IS NULL", (tx.now.stamp(), staff))
    tx.record("store.compared", staff=staff)
