"""Numbers that another machine asks for: it names its wish by a key, and may ask again without harm.

A line that breaks leaves the asker in doubt whether there is a number. So it asks again under the same key,
and gets the same number; a key is good for one service day. The same key with another wish is a mistake of
the asker, and nothing is given.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from appliance import days, printing, tickets, visits
from appliance.errors import KeyReused, NoSuchVisit, ServiceClosed
from appliance.office import Office
from appliance.office_hours import OfficeHours
from appliance.store import Transaction
from appliance.visits import Request, Visit
from appliance.wording import Language

_KEY = re.compile(r"[!-~]{1,200}")  # visible ASCII


class Order(BaseModel):
    """What is asked for; `language` is the office's first where none is named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    service: str
    priority: bool = False
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The visit that an order made; `before` when an earlier, equal order had made it."""

    visit: Visit
    before: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a ticket stands: with how many people before it (None: not in the line), and its paper."""

    visit: Visit
    people_ahead: int | None
    paper: str | None  # queued, printing, printed, unknown, failed


def is_key(text: str) -> bool:
    """Whether this can name an order: 1 to 200 visible characters."""
    return _KEY.fullmatch(text) is not None


def place(tx: Transaction, office: Office, hours: OfficeHours, order: Order, key: str) -> Given:
    """Give the number that is asked for, once.

    Raises NoSuchService, ServiceClosed (outside of the hours too), ClockImplausible, and KeyReused for a key
    that had another wish.
    """
    service = office.service(order.service)
    if service not in office.ticket_services:
        raise ServiceClosed(f"{service.key} gives no numbers at office {office.id}")
    language = order.language or office.languages[0]
    wish = _digest(f"{service.key} {order.priority} {language}")
    named = f"api:{days.today(tx, office.zone).date}:{_digest(key)}:"
    earlier = _request_of(tx.db, named)
    if earlier not in (None, named + wish):
        raise KeyReused
    if earlier is None:
        hours.admit(tx)
    request = Request(named + wish, service.key, "api", priority=order.priority, language=language)
    return Given(tickets.issue(tx, office, request), before=earlier is not None)


def standing(db: sqlite3.Connection, visit: Visit) -> Standing:
    """How the ticket of a visit stands now. Raises NoSuchVisit for a visit that has no ticket."""
    if visit.number is None:
        raise NoSuchVisit
    job = printing.of_visit(db, visit.id)
    return Standing(visit, tickets.people_ahead(db, visit), job.state if job else None)


def standing_of_token(db: sqlite3.Connection, token: str) -> Standing:
    """The same by the token of the QR code, today's only. Raises NoSuchVisit."""
    return standing(db, visits.of_token(db, token))


def _request_of(db: sqlite3.Connection, beginning: str) -> str | None:
    """The request id that begins so; the key and its wish are its parts."""
    row = db.execute(
        "SELECT request_id FROM visit WHERE request_id > ? AND request_id < ?", (beginning, beginning + "~")
    ).fetchone()
    return row["request_id"] if row else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
