"""What the desk page shows: one look at the database and at the devices, as values.

The templates only lay it out; which step comes next is decided here, by pure functions.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Literal

from appliance import days, guestbook, lockers, photocopies, printing, reading_room, tickets, visits
from appliance.cards import Tap
from appliance.clock import Moment
from appliance.front_desk import FrontDesk
from appliance.guestbook import Guest
from appliance.lockers import Deposit, Unlock
from appliance.office import Office
from appliance.photocopies import Form
from appliance.printing import Job
from appliance.reading_room import Room
from appliance.sessions import Session
from appliance.visits import Visit

Step = Literal[
    "call", "guest_book", "confirm", "wait", "serve", "take_in", "finish", "open", "opening", "see_off"
]

# A locker that was opened so long ago was not opened for the goodbye.
LEAVING_S = 300.0
# Of the published time: when the clock's bar turns soon, amber, red.
_STEPS = (0.6, 0.8, 1.0)
_BEFORE_SERVICE = ("arrived", "registered")
_RUNNING = ("asked", "commanded")
_NOT_OPENED = ("still_closed", "failed", "expired")


@dataclass(frozen=True, slots=True)
class Line:
    """Who is on the way, who waits (next first), who is set aside, and who did not come."""

    called: list[Visit]
    waiting: list[Visit]
    held: list[Visit]
    no_shows: list[Visit]


@dataclass(frozen=True, slots=True)
class Left:
    """A bag or a card that is here, and the number of its visit."""

    deposit: Deposit
    label: str

    @property
    def day(self) -> str:
        """The service day it was left on, as Indonesian writes it."""
        return in_figures(date.fromisoformat(self.deposit.date))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A piece of paper that may not have come out."""

    job: Job
    label: str


@dataclass(frozen=True, slots=True)
class Focus:
    """The visit that the officer has before them."""

    visit: Visit
    step: Step
    guest: Guest | None
    asks_guest_book: bool
    invited_to: str | None
    unlock: Unlock | None
    ticket: Job | None
    forms: list[Form]  # of photocopies


@dataclass(frozen=True, slots=True)
class Overview:
    """The three columns, as of one moment."""

    now: Moment
    line: Line
    here: list[Visit]
    left: list[Left]
    focus: Focus | None
    tap: Tap | None
    free: list[str]
    doubtful: list[Doubt]
    overdue: list[Form]  # books that should be back
    room: Room | None
    clocks: dict[int, int]  # visit -> when its published clock began, in seconds since 1970
    request_id: str

    @property
    def now_s(self) -> int:
        """Seconds since 1970, by the wall clock."""
        return int(self.now.wall.timestamp())

    def since(self, moment: Moment) -> int | None:
        """When `moment` was, in seconds since 1970 of today's wall clock; None where no clock can tell."""
        return since_s(self.now, moment)


def in_figures(day: date) -> str:
    """23/11/2026."""
    return day.strftime("%d/%m/%Y")


def since_s(now: Moment, moment: Moment) -> int | None:
    """`moment` on the wall clock as it goes now: a clock that was set meanwhile changes no duration."""
    seconds = now.seconds_since(moment)
    return None if seconds is None else round(now.wall.timestamp() - seconds)


def steps_s(office: Office) -> tuple[int, ...]:
    """Seconds on the published clock at which its bar changes its colour."""
    return tuple(round(part * office.sla.minutes * 60) for part in _STEPS)


# ---------------------------------------------------------------------------------------- the columns


def look(db: sqlite3.Connection, desk: FrontDesk, session: Session) -> Overview:
    """All of the desk page, in one snapshot."""
    now = desk.clock.now()
    tap = desk.last_tap.get(now)
    free = lockers.free(db, desk.lockers)
    house = visits.in_the_house(db)
    line = _line(db, house, session.focus)
    focus = _focus(db, desk, session.focus, now, bool(tap and tap.kind == "new" and free))
    them = [*line.called, *line.waiting, *line.held, *house, *([focus.visit] if focus else [])]
    return Overview(
        now=now,
        line=line,
        here=[visit for visit in house if not is_unserved_walk_in(visit)],
        left=[_left(db, deposit) for deposit in lockers.still_here(db) if deposit.visit_closed],
        focus=focus,
        tap=tap,
        free=free,
        doubtful=[_doubt(db, job) for job in printing.doubtful(db)],
        overdue=[form for form in photocopies.out(db) if form.is_overdue(now)],
        room=reading_room.look(db, desk.office, now),
        clocks=_clocks(db, desk.office, now, them),
        request_id=f"desk-{session.token_hash[:12]}-{visits.newest_id(db)}",
    )


def _line(db: sqlite3.Connection, house: list[Visit], focus: int | None) -> Line:
    day = days.current(db)
    if day is None:
        return Line([], [], [], [])
    tickets_now = visits.with_ticket(db, day.id, ("called", "held", "no_show"))
    in_house = {visit.id for visit in house}
    without_ticket = [visit for visit in house if is_unserved_walk_in(visit)]
    called = [visit for visit in tickets_now if visit.ticket_state == "called" and visit.id not in in_house]
    return Line(
        called=sorted(
            (visit for visit in (*called, *without_ticket) if visit.id != focus), key=lambda one: one.id
        ),
        waiting=tickets.waiting(db, day.id),
        held=[visit for visit in tickets_now if visit.ticket_state == "held"],
        no_shows=[visit for visit in tickets_now if visit.ticket_state == "no_show"],
    )


def is_unserved_walk_in(visit: Visit) -> bool:
    """True for somebody who was let in without a ticket, is not served yet and has left nothing here."""
    return visit.number is None and visit.state in _BEFORE_SERVICE and visit.deposit_id is None


def _doubt(db: sqlite3.Connection, job: Job) -> Doubt:
    return Doubt(job, visits.get(db, job.visit_id).label if job.visit_id else "")


def _clocks(db: sqlite3.Connection, office: Office, now: Moment, them: list[Visit]) -> dict[int, int]:
    """The published clocks that run: of everybody whose guest book is filled in and who is not served yet."""
    found: dict[int, int] = {}
    for visit in them:
        start = visits.clock_start(db, office, visit) if visit.served is None else None
        at = since_s(now, start) if start else None
        if at is not None:
            found[visit.id] = at
    return found


# ---------------------------------------------------------------------------------------- now


def _focus(
    db: sqlite3.Connection, desk: FrontDesk, visit_id: int | None, now: Moment, can_bind: bool
) -> Focus | None:
    if visit_id is None:
        return None
    visit = visits.get(db, visit_id)
    if not visit.is_open and visit.deposit_id is None:
        return None
    asks = desk.office.asks_guest_book(visit.service)
    invited = next((one.to for one in desk.invitations.open() if one.visit_id == visit_id), None)
    unlock = lockers.last_unlock(db, visit.locker) if visit.locker else None
    unlock = unlock if unlock and unlock.visit_id == visit_id else None
    missing = asks and visit.registered is None
    return Focus(
        visit=visit,
        step=next_step(
            visit, _guest_book_step(desk.office, invited) if missing else None, unlock, now, can_bind
        ),
        guest=guestbook.guest(db, visit_id),
        asks_guest_book=asks,
        invited_to=invited,
        unlock=unlock,
        ticket=printing.of_visit(db, visit_id),
        forms=photocopies.of_visit(db, visit_id),
    )


def _guest_book_step(office: Office, invited_to: str | None) -> Step:
    if office.guest_book.mode == "national_link":
        return "confirm"
    return "wait" if invited_to == "guest_book" else "guest_book"


def next_step(
    visit: Visit, guest_book: Step | None, unlock: Unlock | None, now: Moment, can_bind: bool
) -> Step:
    """The one thing to do next.

    `guest_book` is what a missing guest book asks for; `can_bind`: a card that is new lies there.
    """
    if visit.ticket_state in ("waiting", "held"):
        return "call"
    if visit.is_open and visit.state in _BEFORE_SERVICE:
        return guest_book or ("take_in" if can_bind and visit.deposit_id is None else "serve")
    if visit.is_open and visit.state == "in_service" and not _was_opened(unlock, now):
        return "take_in" if can_bind and visit.deposit_id is None else "finish"
    return _goodbye(visit, unlock, now)


def _goodbye(visit: Visit, unlock: Unlock | None, now: Moment) -> Step:
    """A bag is fetched before it is crossed off."""
    if visit.locker is None or _was_opened(unlock, now):
        return "see_off"
    if unlock is not None and unlock.state in _RUNNING and not unlock.expired(now):
        return "opening"
    return "open"


def _was_opened(unlock: Unlock | None, now: Moment) -> bool:
    """True when the bag's owner has just had the door opened, not for putting the bag in."""
    if unlock is None or unlock.why == "deposit" or unlock.state in (*_RUNNING, *_NOT_OPENED):
        return False
    seconds = now.seconds_since(unlock.asked)
    return seconds is not None and seconds <= LEAVING_S


# ---------------------------------------------------------------------------------------- closing


@dataclass(frozen=True, slots=True)
class Closing:
    """What is still here at the end of the day."""

    now: Moment
    deposits: list[Left]
    visits: list[Visit]  # the open ones, in the order of arrival


def closing(db: sqlite3.Connection, desk: FrontDesk) -> Closing:
    """The end-of-day list, in one snapshot."""
    return Closing(
        now=desk.clock.now(),
        deposits=[_left(db, deposit) for deposit in lockers.still_here(db)],
        visits=visits.open_ones(db),
    )


def _left(db: sqlite3.Connection, deposit: Deposit) -> Left:
    return Left(deposit, visits.get(db, deposit.visit_id).label)
