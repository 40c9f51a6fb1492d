"""What visitors think of the service: four faces, and one of nine elements when the face is not happy.

A rating is stored with its date and service only: no visit, no clock time, and a random key in place of a
running number, so that the order of the rows says nothing about who wrote which. (With a handful of visits
a day even a time of day would name the person.) That a visit has rated at all is known while its day is
open, and forgotten with it (`days.close`).
"""

from __future__ import annotations

import secrets

from appliance import visits
from appliance.errors import Invalid, Message, NotNow
from appliance.office import Office
from appliance.store import Transaction
from appliance.visits import Visit

SCORES = (4, 3, 2, 1)
LOW = 2  # up to this score the page asks what should be better
ELEMENTS = range(1, 10)


def offered(office: Office, visit: Visit) -> bool:
    """Whether to ask for a rating: once there was a service to rate, until it is rated or passed over."""
    return office.steps.rating and visit.served is not None and visit.rating == "open"


def give(tx: Transaction, visit_id: int, score: int) -> str:
    """Store a score; gives the rating's own key, which belongs to nobody.

    Raises NotNow the second time and before the visitor was served, Invalid for no such score.
    """
    if score not in SCORES:
        raise Invalid({"score": Message("err.choose")})
    visit = visits.get(tx.db, visit_id)
    if visit.rating != "open" or visit.token is None:
        raise NotNow(visit.rating)
    if visit.served is None:
        raise NotNow(visit.state)
    key = secrets.token_hex(16)
    tx.db.execute(
        "INSERT INTO rating (id, date, service, score) VALUES (?, ?, ?, ?)",
        (key, visit.date, visit.service, score),
    )
    tx.db.execute("UPDATE visit SET rating = 'given' WHERE id = ?", (visit_id,))
    tx.record("rating.given")
    return key


def name_element(tx: Transaction, key: str, element: int) -> None:
    """Add what should be better to a low score, once.

    Not in the journal: only a low score has an element, so a second row with a time would tell whoever was
    here at that time from those who were content.
    """
    if element not in ELEMENTS:
        raise Invalid({"element": Message("err.choose")})
    changed = tx.db.execute(
        "UPDATE rating SET element = ? WHERE id = ? AND element IS NULL AND score <= ?", (element, key, LOW)
    ).rowcount
    if not changed:
        raise NotNow("rated")


def skip(tx: Transaction, visit_id: int) -> None:
    """The visitor does not want to rate; they are not asked again."""
    changed = tx.db.execute(
        "UPDATE visit SET rating = 'skipped' WHERE id = ? AND rating = 'open'", (visit_id,)
    ).rowcount
    if changed:
        tx.record("rating.skipped")
