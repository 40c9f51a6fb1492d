"""The queue: numbers, the line, and calls.

waiting -> called -> serving -> done
waiting <-> held,  called -> held | waiting (transfer) | no_show,  any open -> cancelled | closed_by_system
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance import line, printing, visits
from appliance.clock import Moment
from appliance.days import Day, current, today
from appliance.errors import NoSuchService, NotNow, ServiceClosed
from appliance.office import Office
from appliance.store import Transaction
from appliance.visits import Request, Visit

LAST_NUMBER = 999  # three digits on the paper


@dataclass(frozen=True, slots=True)
class Call:
    """A number that was called to a place; `kind` is call, recall or last_call."""

    id: int
    visit_id: int
    kind: str
    number: str
    place: str
    at: Moment


# ---------------------------------------------------------------------------------------- issuing


def issue(tx: Transaction, office: Office, request: Request) -> Visit:
    """Give the next number of the service, and ask for its paper: all stored, or nothing.

    Raises NoSuchService, ServiceClosed when the day's numbers are used up, ClockImplausible.
    """
    earlier = visits.of_request(tx.db, request.id)
    if earlier is not None:
        return earlier
    service = office.service(request.service)
    day, visit_id = visits.create(tx, office, request)
    number = _next_number(tx, day, service.letter)
    tx.db.execute(
        "INSERT INTO ticket (visit_id, day_id, letter, number, queue, state, ahead)"
        " VALUES (?, ?, ?, ?, ?, 'waiting', 0)",
        (visit_id, day.id, service.letter, number, service.key),
    )
    ahead = line.ahead(visit_id, in_line(tx.db, day.id)) or 0
    tx.db.execute("UPDATE ticket SET ahead = ? WHERE visit_id = ?", (ahead, visit_id))
    tx.record(
        "ticket.issued",
        visit=visit_id,
        number=f"{service.letter}{number:03d}",
        service=service.key,
        priority=request.priority,
    )
    printing.ask(tx, "ticket", visit=visit_id)
    return visits.get(tx.db, visit_id)


def issue_at_screen(tx: Transaction, office: Office, request: Request, *, double_press_s: float) -> Visit:
    """The same for a touch on a screen: a second one within `double_press_s` gives no second number.

    Raises NoSuchService for a service without numbers too.
    """
    if request.service not in {service.key for service in office.ticket_services}:
        raise NoSuchService(f"service {request.service!r} of office {office.id} gives no numbers")
    touched = _last_touched(tx.db, request.service)
    seconds = tx.now.seconds_since(touched.arrived) if touched else None
    is_double = seconds is not None and seconds < double_press_s
    if touched is not None and is_double and visits.of_request(tx.db, request.id) is None:
        return touched
    return issue(tx, office, request)


def _last_touched(db: sqlite3.Connection, service: str) -> Visit | None:
    """The newest visit that began with a touch on this service today."""
    day = current(db)
    row = db.execute(
        "SELECT max(id) FROM visit WHERE day_id = ? AND closed IS NULL AND source = 'kiosk' AND service = ?",
        (day.id if day else None, service),
    ).fetchone()
    return visits.get(db, row[0]) if row[0] else None


def _next_number(tx: Transaction, day: Day, letter: str) -> int:
    row = tx.db.execute(
        "INSERT INTO queue_counter (day_id, letter, last) VALUES (?, ?, 1)"
        " ON CONFLICT (day_id, letter) DO UPDATE SET last = last + 1 RETURNING last",
        (day.id, letter),
    ).fetchone()
    number: int = row["last"]
    if number > LAST_NUMBER:
        raise ServiceClosed(f"the numbers of {letter} are used up for today")
    return number


# ---------------------------------------------------------------------------------------- the line


def in_line(db: sqlite3.Connection, day_id: int, queues: tuple[str, ...] | None = None) -> list[line.Waiting]:
    """Who waits, in the order of calling; of all queues, or of some."""
    rows = db.execute(
        "SELECT visit.id, visit.id, visit.priority, ticket.queue FROM ticket"
        " JOIN visit ON visit.id = ticket.visit_id WHERE ticket.day_id = ? AND ticket.state = 'waiting'",
        (day_id,),
    )
    waiting = [line.Waiting(*row[:3]) for row in rows if queues is None or row["queue"] in queues]
    return line.line_up(waiting, _recent_calls(db, day_id))


def waiting(db: sqlite3.Connection, day_id: int) -> list[Visit]:
    """Who waits, next first."""
    by_id = {visit.id: visit for visit in visits.with_ticket(db, day_id, ("waiting",))}
    return [by_id[one.visit_id] for one in in_line(db, day_id)]


def people_ahead(db: sqlite3.Connection, visit: Visit) -> int | None:
    """How many people will be called before this visit; None when it does not wait."""
    day = current(db)
    return line.ahead(visit.id, in_line(db, day.id)) if day else None


def _recent_calls(db: sqlite3.Connection, day_id: int) -> list[bool]:
    """Whether the last first calls of the day were priority calls, newest first."""
    rows = db.execute(
        "SELECT priority FROM call WHERE day_id = ? AND kind = 'call' ORDER BY id DESC LIMIT ?",
        (day_id, line.IN_A_ROW),
    )
    return [bool(row["priority"]) for row in rows]


# ---------------------------------------------------------------------------------------- calling


def call_next(
    tx: Transaction, office: Office, *, place: str, staff: int, queues: tuple[str, ...] | None = None
) -> Visit:
    """Call whoever is next. Raises NotNow when nobody waits."""
    day = today(tx, office.zone)
    order = in_line(tx.db, day.id, queues)
    if not order:
        raise NotNow("empty")
    return call(tx, order[0].visit_id, place=place, staff=staff)


def call(tx: Transaction, visit_id: int, *, place: str, staff: int) -> Visit:
    """Call one number, in turn or out of it."""
    visit = _in_state(tx.db, visit_id, "waiting", "held")
    seconds = tx.now.seconds_since(visit.arrived)
    tx.db.execute(
        "UPDATE visit SET place = ?, called = ?, wait_s = ? WHERE id = ?",
        (place, tx.now.stamp(), None if seconds is None else round(seconds), visit_id),
    )
    tx.db.execute("UPDATE ticket SET state = 'called', calls = 1 WHERE visit_id = ?", (visit_id,))
    _announce(tx, visit, "call", place, staff)
    return visits.get(tx.db, visit_id)


def recall(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """Call the same number again; from the third call on it is the last one."""
    visit = _in_state(tx.db, visit_id, "called")
    tx.db.execute("UPDATE ticket SET calls = calls + 1 WHERE visit_id = ?", (visit_id,))
    _announce(tx, visit, "recall" if visit.calls < 2 else "last_call", visit.place or "", staff)
    return visits.get(tx.db, visit_id)


def hold(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """Set aside: the visitor asked for a moment. They keep their number."""
    _in_state(tx.db, visit_id, "waiting", "called")
    return _move(tx, visit_id, "held", "ticket.held", staff)


def resume(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """Back into the line, at the place that the time of arrival gives."""
    _in_state(tx.db, visit_id, "held")
    return _move(tx, visit_id, "waiting", "ticket.resumed", staff)


def transfer(tx: Transaction, office: Office, visit_id: int, *, service: str, staff: int) -> Visit:
    """Into the line of another service, with the same number and the same time of arrival."""
    _in_state(tx.db, visit_id, "waiting", "called", "held", "serving")
    target = office.service(service)
    tx.db.execute("UPDATE ticket SET queue = ? WHERE visit_id = ?", (target.key, visit_id))
    tx.db.execute(
        "UPDATE visit SET service = ?, place = NULL,"
        " state = CASE WHEN registered IS NULL THEN 'arrived' ELSE 'registered' END WHERE id = ?",
        (target.key, visit_id),
    )
    return _move(tx, visit_id, "waiting", "ticket.transferred", staff, service=target.key)


def _move(tx: Transaction, visit_id: int, state: str, kind: str, staff: int, **facts: str) -> Visit:
    tx.db.execute("UPDATE ticket SET state = ? WHERE visit_id = ?", (state, visit_id))
    tx.db.execute("UPDATE call SET voice = 'skipped' WHERE visit_id = ? AND voice = 'queued'", (visit_id,))
    tx.record(kind, visit=visit_id, staff=staff, **facts)
    return visits.get(tx.db, visit_id)


def _announce(tx: Transaction, visit: Visit, kind: str, place: str, staff: int) -> None:
    tx.db.execute(
        "INSERT INTO call (visit_id, day_id, kind, number, queue, priority, place, staff_id, at)"
        " SELECT id, day_id, ?, ?, ?, priority, ?, ?, ? FROM visit WHERE id = ?",
        (kind, visit.number, visit.queue, place, staff, tx.now.stamp(), visit.id),
    )
    tx.record("ticket.called", visit=visit.id, staff=staff, call=kind, place=place)


def _in_state(db: sqlite3.Connection, visit_id: int, *states: str) -> Visit:
    visit = visits.get(db, visit_id)
    if visit.ticket_state not in states:
        raise NotNow(visit.ticket_state or "no_ticket")
    return visit


# ---------------------------------------------------------------------------------------- the voice


def next_to_speak(db: sqlite3.Connection) -> Call | None:
    """The oldest call that the voice has still to say."""
    row = db.execute("SELECT * FROM call WHERE voice = 'queued' ORDER BY id LIMIT 1").fetchone()
    return _call(row) if row else None


def spoken(tx: Transaction, call_id: int, *, voice: str) -> None:
    """The voice has said a call (`spoken`), or will not (`skipped`)."""
    tx.db.execute("UPDATE call SET voice = ? WHERE id = ?", (voice, call_id))


def _call(row: sqlite3.Row) -> Call:
    return Call(row["id"], row["visit_id"], row["kind"], row["number"], row["place"], Moment.parse(row["at"]))
