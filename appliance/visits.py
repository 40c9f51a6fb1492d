"""A visit: one person's stay, from the door to the goodbye.

    arrived -> registered -> in_service -> reading -> checked_out
       any of them -> no_show | cancelled | closed_by_system

A visit may begin without a ticket (an officer lets somebody in) and its guest book may be filled late. Each
change keeps who made it in the journal.
"""

from __future__ import annotations

import math
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

from appliance.clock import Moment
from appliance.days import Day, today
from appliance.errors import NoSuchVisit, NotNow
from appliance.office import Office
from appliance.store import Transaction

Source = Literal["button", "kiosk", "desk", "api"]


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants to be served. `id` belongs to the press: the same id again gives the same visit."""

    id: str
    service: str
    source: Source
    priority: bool = False
    language: str = "id"


HERE = ("arrived", "registered", "in_service", "reading")  # the states of somebody who is in the house

# What one visit looks like to every page: the visit, its ticket and what it has left here.
_SELECT = """
SELECT visit.*, service_day.date AS date,
       ticket.letter || printf('%03d', ticket.number) AS number, ticket.state AS ticket_state,
       ticket.queue AS queue, ticket.ahead AS ahead, ticket.calls AS calls,
       deposit.id AS deposit_id, deposit.locker AS locker, deposit.pocket AS pocket,
       deposit.id_type AS id_type
FROM visit
JOIN service_day ON service_day.id = visit.day_id
LEFT JOIN ticket ON ticket.visit_id = visit.id
LEFT JOIN deposit ON deposit.visit_id = visit.id AND deposit.closed IS NULL
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as it stands. Carries no identity."""

    id: int
    token: str | None
    date: str
    source: str
    service: str
    priority: bool
    language: str
    state: str
    place: str | None
    number: str | None
    ticket_state: str | None
    queue: str | None
    ahead: int | None
    calls: int
    arrived: Moment
    called: Moment | None
    registered: Moment | None
    served: Moment | None
    finished: Moment | None
    closed: Moment | None
    wait_s: int | None
    sla_s: int | None
    rating: str
    survey: str
    needs_help: bool
    deposit_id: int | None
    locker: str | None
    pocket: int | None
    id_type: str | None

    @property
    def label(self) -> str:
        """What everybody calls this visitor: the number, or, without a ticket, `T` and the visit's id."""
        return self.number or f"T{self.id % 1000:03d}"

    @property
    def is_open(self) -> bool:
        """True until the visit is closed."""
        return self.closed is None


def create(tx: Transaction, office: Office, request: Request) -> tuple[Day, int]:
    """Begin a visit in the open day. Raises NoSuchService or ClockImplausible."""
    office.service(request.service)
    day = today(tx, office.zone)
    row = tx.db.execute(
        "INSERT INTO visit (request_id, token, day_id, source, service, priority, language, state, arrived)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'arrived', ?) RETURNING id",
        (
            request.id,
            secrets.token_urlsafe(16),
            day.id,
            request.source,
            request.service,
            request.priority,
            request.language,
            tx.now.stamp(),
        ),
    ).fetchone()
    return day, row["id"]


def walk_in(tx: Transaction, office: Office, request: Request, *, place: str, staff: int) -> Visit:
    """Let somebody in without a ticket: they stand before the officer already."""
    earlier = of_request(tx.db, request.id)
    if earlier is not None:
        return earlier
    _, visit_id = create(tx, office, request)
    tx.db.execute("UPDATE visit SET place = ?, called = arrived, wait_s = 0 WHERE id = ?", (place, visit_id))
    tx.record("visit.walked_in", visit=visit_id, staff=staff, service=request.service, place=place)
    return get(tx.db, visit_id)


def start_serving(tx: Transaction, office: Office, visit_id: int, *, place: str, staff: int) -> Visit:
    """The officer begins: the published clock stops. A call alone is no service."""
    visit = _open(tx.db, visit_id)
    if visit.state not in ("arrived", "registered") or visit.ticket_state not in (None, "called"):
        raise NotNow(visit.ticket_state or visit.state)
    # Somebody who was sent on to another service has been served already: the clock does not run twice.
    sla_s = _sla_seconds(tx, office, visit) if visit.served is None else visit.sla_s
    tx.db.execute(
        "UPDATE visit SET state = 'in_service', place = ?, served = coalesce(served, ?), sla_s = ?"
        " WHERE id = ?",
        (place, tx.now.stamp(), sla_s, visit_id),
    )
    tx.db.execute("UPDATE ticket SET state = 'serving' WHERE visit_id = ?", (visit_id,))
    tx.record("visit.serving", visit=visit_id, staff=staff, place=place)
    return get(tx.db, visit_id)


def finish_serving(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """The officer is done with the visitor, who stays to read, scan, rate, or goes."""
    visit = _open(tx.db, visit_id)
    if visit.state != "in_service":
        raise NotNow(visit.state)
    tx.db.execute("UPDATE visit SET state = 'reading', finished = ? WHERE id = ?", (tx.now.stamp(), visit_id))
    tx.db.execute("UPDATE ticket SET state = 'done' WHERE visit_id = ?", (visit_id,))
    tx.record("visit.finished", visit=visit_id, staff=staff)
    return get(tx.db, visit_id)


def check_out(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """The goodbye. Raises NotNow while a bag or a card is still here, or a book is out without a reason."""
    visit = _open(tx.db, visit_id)
    if visit.state not in ("in_service", "reading"):
        raise NotNow(visit.state)
    _demand_nothing_out(tx.db, visit)
    tx.db.execute("UPDATE ticket SET state = 'done' WHERE visit_id = ?", (visit_id,))
    tx.db.execute(
        "UPDATE visit SET finished = coalesce(finished, ?) WHERE id = ?", (tx.now.stamp(), visit_id)
    )
    _close(tx, visit, "checked_out")
    tx.record("visit.checked_out", visit=visit_id, staff=staff)
    return get(tx.db, visit_id)


def give_up(tx: Transaction, visit_id: int, *, outcome: Literal["no_show", "cancelled"], staff: int) -> Visit:
    """End a visit that came to nothing: the visitor did not appear, or went again."""
    visit = _open(tx.db, visit_id)
    if visit.state not in ("arrived", "registered"):
        raise NotNow(visit.state)
    _demand_nothing_out(tx.db, visit)
    if outcome == "no_show" and visit.ticket_state != "called":
        raise NotNow(visit.ticket_state or visit.state)
    tx.db.execute("UPDATE ticket SET state = ? WHERE visit_id = ?", (outcome, visit_id))
    tx.db.execute("UPDATE call SET voice = 'skipped' WHERE visit_id = ? AND voice = 'queued'", (visit_id,))
    _close(tx, visit, outcome)
    tx.record(f"visit.{outcome}", visit=visit_id, staff=staff)
    return get(tx.db, visit_id)


def revive(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """Somebody marked as not appearing has come after all, the same day: back into the line."""
    visit = get(tx.db, visit_id)
    if visit.state != "no_show" or visit.token is None:
        raise NotNow(visit.state)
    tx.db.execute(
        "UPDATE visit SET closed = NULL, duration_s = NULL,"
        " state = CASE WHEN registered IS NULL THEN 'arrived' ELSE 'registered' END WHERE id = ?",
        (visit_id,),
    )
    tx.db.execute("UPDATE ticket SET state = 'waiting' WHERE visit_id = ?", (visit_id,))
    tx.record("visit.revived", visit=visit_id, staff=staff)
    return get(tx.db, visit_id)


def _demand_nothing_out(db: sqlite3.Connection, visit: Visit) -> None:
    if visit.deposit_id is not None:
        raise NotNow("deposit")
    book = db.execute(
        "SELECT 1 FROM photocopy WHERE visit_id = ? AND state = 'out' AND reason IS NULL", (visit.id,)
    ).fetchone()
    if book is not None:
        raise NotNow("book")


def _close(tx: Transaction, visit: Visit, state: str) -> None:
    """End a visit; that somebody needed help is of no use any more, and is forgotten."""
    seconds = tx.now.seconds_since(visit.arrived)
    tx.db.execute(
        "UPDATE visit SET state = ?, closed = ?, duration_s = ?, needs_help = 0 WHERE id = ?",
        (state, tx.now.stamp(), None if seconds is None else round(seconds), visit.id),
    )
    tx.db.execute(
        "UPDATE print_job SET state = 'failed', problem = 'visit_closed', ended = ?"
        " WHERE state = 'queued' AND visit_id = ?",
        (tx.now.stamp(), visit.id),
    )


# ------------------------------------------------------------------------------ the published clock


def clock_start(db: sqlite3.Connection, office: Office, visit: Visit) -> Moment | None:
    """When the office's published clock began for this visit; None while it has not."""
    if visit.registered is None:
        return None
    if office.sla.starts == "guest_book_submitted":
        return visit.registered
    row = db.execute(
        "SELECT finished FROM visit WHERE finished IS NOT NULL AND id != ? AND place IS ?"
        " ORDER BY finished DESC LIMIT 1",
        (visit.id, visit.place),
    ).fetchone()
    previous = Moment.parse(row["finished"]) if row else visit.registered
    # Who came after the last visitor had gone has waited since they came, not since before.
    return max(previous, visit.registered, key=lambda moment: moment.wall)


def _sla_seconds(tx: Transaction, office: Office, visit: Visit) -> int | None:
    """Seconds on the published clock at the start of service; None where it never began."""
    start = clock_start(tx.db, office, visit)
    seconds = tx.now.seconds_since(start) if start else None
    return None if seconds is None else math.ceil(seconds)  # 300 s are met, 300.1 s are not


# ------------------------------------------------------------------------------------------ reading


def get(db: sqlite3.Connection, visit_id: int) -> Visit:
    """One visit. Raises NoSuchVisit."""
    return _one(db, "visit.id = ?", visit_id)


def of_token(db: sqlite3.Connection, token: str) -> Visit:
    """The visit of a QR code, today's only. Raises NoSuchVisit."""
    return _one(db, "visit.token = ?", token)


def of_request(db: sqlite3.Connection, request_id: str) -> Visit | None:
    """The visit that an earlier, equal request made."""
    row = db.execute(f"{_SELECT} WHERE visit.request_id = ?", (request_id,)).fetchone()
    return _visit(row) if row else None


def newest_id(db: sqlite3.Connection) -> int:
    """The id of the visit that began last, 0 when there is none."""
    row = db.execute("SELECT max(id) FROM visit").fetchone()
    return row[0] or 0


def in_the_house(db: sqlite3.Connection) -> list[Visit]:
    """Everybody who is being served or stays to read, oldest first; and whoever left a bag or a card."""
    rows = db.execute(
        f"{_SELECT} WHERE visit.closed IS NULL AND (visit.state IN ('in_service', 'reading')"
        " OR deposit.id IS NOT NULL"
        " OR (ticket.visit_id IS NULL AND visit.state IN ('arrived', 'registered')))"
        " ORDER BY visit.id"
    )
    return [_visit(row) for row in rows]


def open_ones(db: sqlite3.Connection) -> list[Visit]:
    """Every visit that is not over, oldest first."""
    return [_visit(row) for row in db.execute(f"{_SELECT} WHERE visit.closed IS NULL ORDER BY visit.id")]


def awaiting_guest_book(db: sqlite3.Connection) -> list[Visit]:
    """The open visits whose guest book is not filled in, newest first."""
    rows = db.execute(
        f"{_SELECT} WHERE visit.closed IS NULL AND visit.registered IS NULL ORDER BY visit.id DESC"
    )
    return [_visit(row) for row in rows]


def with_ticket(db: sqlite3.Connection, day_id: int, states: tuple[str, ...]) -> list[Visit]:
    """The visits of a day whose ticket is in one of these states, in the order of arrival."""
    marks = ", ".join("?" * len(states))
    rows = db.execute(
        f"{_SELECT} WHERE ticket.day_id = ? AND ticket.state IN ({marks}) ORDER BY visit.id",
        (day_id, *states),
    )
    return [_visit(row) for row in rows]


def _open(db: sqlite3.Connection, visit_id: int) -> Visit:
    visit = get(db, visit_id)
    if not visit.is_open:
        raise NotNow(visit.state)
    return visit


def _one(db: sqlite3.Connection, where: str, value: int | str) -> Visit:
    row = db.execute(f"{_SELECT} WHERE {where}", (value,)).fetchone()
    if row is None:
        raise NoSuchVisit
    return _visit(row)


def _visit(row: sqlite3.Row) -> Visit:
    moments: dict[str, Any] = {
        name: Moment.parse(row[name]) if row[name] else None
        for name in ("called", "registered", "served", "finished", "closed")
    }
    same = (
        "id",
        "token",
        "date",
        "source",
        "service",
        "language",
        "state",
        "place",
        "number",
        "ticket_state",
        "queue",
    )
    return Visit(
        **{name: row[name] for name in same},
        **moments,
        arrived=Moment.parse(row["arrived"]),
        priority=bool(row["priority"]),
        needs_help=bool(row["needs_help"]),
        ahead=row["ahead"],
        calls=row["calls"] or 0,
        wait_s=row["wait_s"],
        sla_s=row["sla_s"],
        rating=row["rating"],
        survey=row["survey"],
        deposit_id=row["deposit_id"],
        locker=row["locker"],
        pocket=row["pocket"],
        id_type=row["id_type"],
    )
