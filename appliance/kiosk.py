"""What the kiosk's screen shows, each page as one look at the database.

Numbers only, never a name: everybody who walks by can read it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from appliance import printing, tickets, visits
from appliance.errors import NoSuchVisit, NotNow
from appliance.front_desk import FrontDesk
from appliance.invitations import To
from appliance.keeping import recovery
from appliance.presses import Answer
from appliance.printing import Job
from appliance.visits import Visit

Paper = Literal["printing", "printed", "missing"]


@dataclass(frozen=True, slots=True)
class Given:
    """A number, as its visitor sees it. `ahead` is None when it does not wait (any more)."""

    visit: Visit
    ahead: int | None
    paper: Paper


@dataclass(frozen=True, slots=True)
class Invited:
    """A visitor, by the number, whom an officer asks to do something here."""

    label: str
    to: To
    visit: Visit


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the first page says: the answer to a press of a push button, and whom it invites.

    A press got a number (`given`), or a `problem` by its code; it is shown for `left_s` seconds more.
    """

    given: Given | None
    problem: str | None
    left_s: float
    invited: tuple[Invited, ...]
    restored: bool = False  # the queue was put back from a copy: numbers may be missing in it


def given(db: sqlite3.Connection, desk: FrontDesk, token: str) -> Given:
    """The number of this token. Raises NoSuchVisit, for a visit without a number too."""
    visit = visits.of_token(db, token)
    if visit.number is None:
        raise NoSuchVisit
    return _given(db, desk, visit)


def greeting(db: sqlite3.Connection, desk: FrontDesk) -> Greeting:
    """What the first page says now."""
    lasts_s = desk.config.kiosk.ticket_timeout.total_seconds()
    now = desk.clock.now()
    answer = desk.last_press.get(now, lasts_s)
    return Greeting(
        given=_answered(db, desk, answer),
        problem=answer.problem if answer else None,
        left_s=lasts_s - (now.seconds_since(answer.at) or 0.0) if answer else 0.0,
        invited=invited(db, desk),
        restored=recovery.open_matter(db) is not None,
    )


def invited(db: sqlite3.Connection, desk: FrontDesk) -> tuple[Invited, ...]:
    """Whom the officers have sent here, oldest first; who has done it already is left out."""
    found = ((one.to, visits.get(db, one.visit_id)) for one in desk.invitations.open())
    return tuple(Invited(visit.label, to, visit) for to, visit in found if _is_to_do(to, visit))


def take_up(db: sqlite3.Connection, desk: FrontDesk, label: str) -> Invited:
    """The open invitation of this number. Raises NotNow when there is none (any more)."""
    for one in invited(db, desk):
        if one.label == label:
            return one
    raise NotNow("not_invited")


def without_guest_book(db: sqlite3.Connection, desk: FrontDesk) -> list[Visit]:
    """The open visits that are asked for a guest book and have none yet, in the order of their numbers."""
    waiting = [
        visit
        for visit in visits.awaiting_guest_book(db)
        if visit.token is not None and desk.office.asks_guest_book(visit.service)
    ]
    return sorted(waiting, key=lambda visit: visit.label)


def served(db: sqlite3.Connection) -> list[Visit]:
    """The visits of who is being served or stays to read, in the order of their numbers."""
    here = [
        visit for visit in visits.in_the_house(db) if visit.state in ("in_service", "reading") and visit.token
    ]
    return sorted(here, key=lambda visit: visit.label)


def choose(db: sqlite3.Connection, desk: FrontDesk, label: str) -> Visit:
    """The visit of a number in that list. Raises NotNow for one that is not in it (any more)."""
    for visit in without_guest_book(db, desk):
        if visit.label == label:
            return visit
    raise NotNow("not_awaited")


def paper_of(job: Job | None, *, can_print: bool) -> Paper:
    """What to tell a visitor about the paper. What waits for a printer in trouble is missing to them."""
    if job is not None and job.state == "printed":
        return "printed"
    if job is not None and can_print and job.state in ("queued", "printing"):
        return "printing"
    return "missing"


def can_print(desk: FrontDesk) -> bool:
    """False where there is no printer, or somebody has to see to it first."""
    report = desk.health.of("printer")
    return desk.config.printer is not None and not (report and report.needs_somebody)


def _given(db: sqlite3.Connection, desk: FrontDesk, visit: Visit) -> Given:
    paper = paper_of(printing.of_visit(db, visit.id), can_print=can_print(desk))
    return Given(visit, tickets.people_ahead(db, visit), paper)


def _answered(db: sqlite3.Connection, desk: FrontDesk, answer: Answer | None) -> Given | None:
    if answer is None or answer.visit_id is None:
        return None
    visit = visits.get(db, answer.visit_id)
    return _given(db, desk, visit) if visit.is_open else None


def _is_to_do(to: To, visit: Visit) -> bool:
    if visit.token is None:  # its day is over
        return False
    if to == "rating":
        return visit.rating == "open"
    return visit.is_open and visit.registered is None
