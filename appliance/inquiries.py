"""What was not found: a consultation, or a publication that the office sends as a file.

    open -> done | dropped

Both belong to a visit. What somebody wants is in their own words and leads to them: it is erased with their
name; how many there were, and how long they took, stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from appliance import days, guest_form, guestbook, visits
from appliance.clock import Moment
from appliance.errors import Invalid, Message, NotNow
from appliance.office import Office
from appliance.photocopies import MadeOn
from appliance.store import Transaction

Kind = Literal["consultation", "softcopy"]

LONGEST: Final = 300  # letters of what is wanted
MOST_OPEN: Final = 5  # of one visit

_SELECT = (
    "SELECT inquiry.*, guest.email AS guest_email, staff.name AS staff_name FROM inquiry"
    " LEFT JOIN guest ON guest.visit_id = inquiry.visit_id LEFT JOIN staff ON staff.id = inquiry.staff_id"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for; `email` is None where that of the guest book will do."""

    kind: Kind
    words: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request. `email` is where the answer goes: its own, or that of the guest book."""

    id: int
    visit_id: int | None
    kind: Kind
    words: str
    email: str | None
    state: str
    asked: Moment
    ended: Moment | None
    staff: str | None
    took_s: int | None


def kinds(office: Office) -> tuple[Kind, ...]:
    """What can be asked for at this office."""
    offered: tuple[tuple[Kind, bool], ...] = (
        ("consultation", office.requests.consultation),
        ("softcopy", office.requests.softcopy),
    )
    return tuple(kind for kind, is_offered in offered if is_offered)


# ---------------------------------------------------------------------------------------- asking


def parse(kind: Kind, values: Mapping[str, str], *, has_email: bool) -> Wanted:
    """The entries of the form. A file needs an address, here or in the guest book (`has_email`).

    Raises Invalid with a message beside each field that does not fit.
    """
    wrong: dict[str, Message] = {}
    words = guest_form.clean(values.get("words", ""))
    if not words:
        wrong["words"] = Message("err.required")
    elif len(words) > LONGEST:
        wrong["words"] = Message("inquiry.err.long", {"n": LONGEST})
    email = guest_form.clean(values.get("email", "")) if kind == "softcopy" else ""
    if email and not guest_form.is_email(email):
        wrong["email"] = Message("err.email")
    elif kind == "softcopy" and not email and not has_email:
        wrong["email"] = Message("err.required")
    if wrong:
        raise Invalid(wrong)
    return Wanted(kind, words, email or None)


def ask(tx: Transaction, office: Office, visit_id: int, wanted: Wanted, *, made_on: MadeOn) -> int:
    """Keep a request; gives its id. Raises NotNow when the visit is over, or has too many that are open."""
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open:
        raise NotNow(visit.state)
    unsettled = [one for one in of_visit(tx.db, visit_id) if one.state == "open"]
    for one in unsettled:
        if (one.kind, one.words) == (wanted.kind, wanted.words):
            return one.id  # an impatient finger
    if len(unsettled) >= MOST_OPEN:
        raise NotNow("inquiries")
    day = days.today(tx, office.zone)
    row = tx.db.execute(
        "INSERT INTO inquiry (visit_id, day_id, kind, wanted, email, made_on, state, asked)"
        " VALUES (?, ?, ?, ?, ?, ?, 'open', ?) RETURNING id",
        (visit_id, day.id, wanted.kind, wanted.words, wanted.email, made_on, tx.now.stamp()),
    ).fetchone()
    tx.record("inquiry.asked", visit=visit_id, inquiry=row["id"], wanted=wanted.kind)
    return int(row["id"])


def has_email(db: sqlite3.Connection, visit_id: int) -> bool:
    """Whether the guest book of this visit names an e-mail address."""
    guest = guestbook.guest(db, visit_id)
    return guest is not None and guest.email is not None


# ---------------------------------------------------------------------------------------- settling


def settle(tx: Transaction, inquiry_id: int, *, outcome: Literal["done", "dropped"], staff: int) -> None:
    """Sent or answered (`done`), or nothing came of it. Raises NotNow for one that is settled."""
    found = get(tx.db, inquiry_id)
    if found.state != "open":
        raise NotNow("settled")
    seconds = tx.now.seconds_since(found.asked)
    tx.db.execute(
        "UPDATE inquiry SET state = ?, ended = ?, staff_id = ?, took_s = ? WHERE id = ?",
        (outcome, tx.now.stamp(), staff, None if seconds is None else round(seconds), inquiry_id),
    )
    tx.record(f"inquiry.{outcome}", visit=found.visit_id, staff=staff, inquiry=inquiry_id, wanted=found.kind)


# ---------------------------------------------------------------------------------------- looking


def get(db: sqlite3.Connection, inquiry_id: int) -> Inquiry:
    """One request. Raises NotNow for one that there is not."""
    row = db.execute(f"{_SELECT} WHERE inquiry.id = ?", (inquiry_id,)).fetchone()
    if row is None:
        raise NotNow("settled")
    return _inquiry(row)


def open_ones(db: sqlite3.Connection) -> list[Inquiry]:
    """All that nobody has settled, of earlier days too, the oldest first."""
    return [
        _inquiry(row) for row in db.execute(f"{_SELECT} WHERE inquiry.state = 'open' ORDER BY inquiry.id")
    ]


def settled_lately(db: sqlite3.Connection, most: int) -> list[Inquiry]:
    """The newest that were settled, newest first."""
    rows = db.execute(
        f"{_SELECT} WHERE inquiry.state = 'done' ORDER BY inquiry.ended DESC, inquiry.id DESC LIMIT ?",
        (most,),
    )
    return [_inquiry(row) for row in rows]


def of_visit(db: sqlite3.Connection, visit_id: int) -> list[Inquiry]:
    """All of one visit."""
    rows = db.execute(f"{_SELECT} WHERE inquiry.visit_id = ? ORDER BY inquiry.id", (visit_id,))
    return [_inquiry(row) for row in rows]


def _inquiry(row: sqlite3.Row) -> Inquiry:
    return Inquiry(
        id=row["id"],
        visit_id=row["visit_id"],
        kind=row["kind"],
        words=row["wanted"],
        email=row["email"] or row["guest_email"],
        state=row["state"],
        asked=Moment.parse(row["asked"]),
        ended=Moment.parse(row["ended"]) if row["ended"] else None,
        staff=row["staff_name"],
        took_s=row["took_s"],
    )
