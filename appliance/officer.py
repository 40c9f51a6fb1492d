"""What an officer does at the desk: one click, one transaction.

Each changes the visit and, with it, which visit the officer has before them. Two officers may click in the
same moment: whoever comes second finds the state changed, and is told so (NotNow).
"""

from __future__ import annotations

from typing import Literal

from appliance import lockers, printing, sessions, tickets, visits
from appliance.errors import NotNow
from appliance.office import Office
from appliance.sessions import Session
from appliance.store import Transaction
from appliance.visits import Request, Visit


def call_next(tx: Transaction, office: Office, session: Session) -> Visit:
    """Call whoever is next to this desk. Raises NotNow when nobody waits."""
    visit = tickets.call_next(tx, office, place=session.place, staff=session.member.id)
    sessions.focus(tx, session.token_hash, visit.id)
    return visit


def call(tx: Transaction, session: Session, visit_id: int) -> Visit:
    """Call one number to this desk, out of turn."""
    visit = tickets.call(tx, visit_id, place=session.place, staff=session.member.id)
    sessions.focus(tx, session.token_hash, visit.id)
    return visit


def let_in(tx: Transaction, office: Office, session: Session, request: Request) -> Visit:
    """Somebody without a ticket stands at this desk."""
    visit = visits.walk_in(tx, office, request, place=session.place, staff=session.member.id)
    sessions.focus(tx, session.token_hash, visit.id)
    return visit


def look_at(tx: Transaction, session: Session, visit_id: int) -> Visit:
    """Put a visit before the officer, to go on with it. Raises NotNow for one that is over."""
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open and visit.deposit_id is None:
        raise NotNow(visit.state)
    sessions.focus(tx, session.token_hash, visit_id)
    return visit


def hold(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """Set a visit aside; the desk is free for the next one."""
    visit = tickets.hold(tx, visit_id, staff=staff)
    sessions.let_go(tx, visit_id)
    return visit


def transfer(tx: Transaction, office: Office, visit_id: int, *, service: str, staff: int) -> Visit:
    """Send a visit to the line of another service."""
    visit = tickets.transfer(tx, office, visit_id, service=service, staff=staff)
    sessions.let_go(tx, visit_id)
    return visit


def give_up(tx: Transaction, visit_id: int, *, outcome: Literal["no_show", "cancelled"], staff: int) -> Visit:
    """End a visit that came to nothing."""
    visit = visits.give_up(tx, visit_id, outcome=outcome, staff=staff)
    sessions.let_go(tx, visit_id)
    return visit


def hand_back(tx: Transaction, visit_id: int, deposit_id: int, *, staff: int) -> Visit:
    """Bag out, card back; the visit goes on, where it is not over. Raises NotNow for a stranger's deposit."""
    if lockers.hand_back(tx, deposit_id, staff=staff) != visit_id:
        raise NotNow("deposit")
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open:
        sessions.let_go(tx, visit_id)
    return visit


def see_off(tx: Transaction, visit_id: int, deposit_id: int | None, *, staff: int) -> Visit:
    """The goodbye in one click: bag out and card back, where something is here, and the visit is closed.

    `deposit_id` is what the officer saw: another one, or one that came since, is not handed back (NotNow).
    """
    if deposit_id is not None:
        hand_back(tx, visit_id, deposit_id, staff=staff)
    visit = visits.check_out(tx, visit_id, staff=staff)
    sessions.let_go(tx, visit_id)
    return visit


def print_ticket(tx: Transaction, visit_id: int, *, staff: int) -> int:
    """Paper for a visit: its first, or once a copy of it; gives the job's id. Raises NotNow after that."""
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open:
        raise NotNow(visit.state)
    job = printing.of_visit(tx.db, visit_id)
    if job is not None:
        return printing.ask_copy(tx, job.id, staff=staff)
    tx.record("paper.asked", visit=visit_id, staff=staff)
    return printing.ask(tx, "ticket", visit=visit_id)
