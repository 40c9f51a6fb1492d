"""Cards kept and bags put away: who has which locker and pocket, and each opening of a door.

A deposit is released by a person's hand only (bag out, card back), never by a timer. An unlock is asked for,
then commanded by the thread that owns the locks, and expires after a few seconds: a door must not spring
open later, with nobody there.

    unlock: asked -> commanded -> opened | no_contact | still_closed | failed | unknown
            asked -> expired
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from appliance import printing, visits
from appliance.clock import Moment
from appliance.errors import Invalid, LockerTaken, Message, NoLockerFree, NotNow
from appliance.store import Transaction
from appliance.visits import Visit

Why = Literal["deposit", "return", "access", "emergency", "test"]
State = Literal["free", "taken", "out_of_order"]

EXPIRES_S = 5.0
MAX_REASON = 120  # characters


@dataclass(frozen=True, slots=True)
class Deposit:
    """What one visitor left here."""

    id: int
    visit_id: int
    date: str
    locker: str | None
    pocket: int | None
    id_type: str | None
    opened: Moment
    visit_closed: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A wish to open one door: why, for which visit, and who answers for it (None: the technician)."""

    locker: str
    why: Why
    visit_id: int | None
    staff_id: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unlock:
    """One opening of one door."""

    id: int
    locker: str
    why: str
    visit_id: int | None
    asked: Moment
    expires_s: float
    state: str

    def expired(self, now: Moment) -> bool:
        """True once it must not be carried out any more; so it is when no clock can tell."""
        seconds = now.seconds_since(self.asked)
        return now.boot != self.asked.boot or seconds is None or seconds > self.expires_s


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the officer takes in: a bag into `locker` (None: no bag), a card of `id_type` (None: no card).

    `card_hash` is the card's keyed hash, where the card can be known again.
    """

    locker: str | None
    id_type: str | None
    card_hash: str | None = None


# ---------------------------------------------------------------------------------------- deposits


def free(db: sqlite3.Connection, lockers: Sequence[str]) -> list[str]:
    """The lockers that hold nothing and are in order, in the order of the configuration."""
    gone = {row[0] for row in db.execute("SELECT locker FROM deposit WHERE closed IS NULL")}
    gone |= {row[0] for row in db.execute("SELECT locker FROM locker_out_of_order")}
    return [name for name in lockers if name not in gone]


def states(db: sqlite3.Connection, lockers: Sequence[str]) -> dict[str, State]:
    """How each locker stands. One that is out of order with a bag still in it is taken."""
    taken = {row[0] for row in db.execute("SELECT locker FROM deposit WHERE closed IS NULL")}
    broken = {row[0] for row in db.execute("SELECT locker FROM locker_out_of_order")}
    return {
        name: "taken" if name in taken else "out_of_order" if name in broken else "free" for name in lockers
    }


def take_in(
    tx: Transaction, visit_id: int, wanted: Wanted, *, pockets: int, staff: int, expires_s: float = EXPIRES_S
) -> Visit:
    """Bind card and bag to a visit, ask for the door to open, and print a slip: all stored, or nothing.

    Raises NotNow (visit closed, or it has a deposit already), LockerTaken (in use, or out of order),
    NoLockerFree when every card pocket is in use, and Invalid when there is neither a card nor a bag.
    """
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open or visit.deposit_id is not None:
        raise NotNow("deposit" if visit.deposit_id else visit.state)
    if wanted.locker is None and wanted.id_type is None:
        raise Invalid({"locker": Message("locker.nothing_to_keep")})
    if wanted.locker is not None and wanted.locker in out_of_order(tx.db, (wanted.locker,)):
        raise LockerTaken(f"locker {wanted.locker} is out of order")
    pocket = _free_pocket(tx.db, pockets) if wanted.id_type else None
    try:
        tx.db.execute(
            "INSERT INTO deposit (visit_id, locker, pocket, id_type, card_hash, day_id, opened, opened_by)"
            " SELECT id, ?, ?, ?, ?, day_id, ?, ? FROM visit WHERE id = ?",
            (wanted.locker, pocket, wanted.id_type, wanted.card_hash, tx.now.stamp(), staff, visit_id),
        )
    except sqlite3.IntegrityError as error:
        raise LockerTaken(str(error)) from error
    tx.record(
        "deposit.opened",
        visit=visit_id,
        staff=staff,
        locker=wanted.locker,
        pocket=pocket,
        id_type=wanted.id_type,
    )
    if wanted.locker is not None:
        ask_unlock(tx, Opening(wanted.locker, "deposit", visit_id, staff), expires_s)
    printing.ask(tx, "locker_slip", visit=visit_id, locker=wanted.locker, pocket=pocket)
    return visits.get(tx.db, visit_id)


def hand_back(tx: Transaction, deposit_id: int, *, staff: int) -> int:
    """Bag out, card back: the officer says so, and what was kept of the card is erased.

    Gives the visit's id.
    """
    row = tx.db.execute(
        "UPDATE deposit SET closed = ?, closed_by = ?, card_hash = NULL WHERE id = ? AND closed IS NULL"
        " RETURNING visit_id, locker, pocket",
        (tx.now.stamp(), staff, deposit_id),
    ).fetchone()
    if row is None:
        raise NotNow("handed_back")
    tx.record(
        "deposit.closed", visit=row["visit_id"], staff=staff, locker=row["locker"], pocket=row["pocket"]
    )
    return int(row["visit_id"])


def of_card(db: sqlite3.Connection, card_hash: str) -> Deposit | None:
    """The open deposit that this card belongs to."""
    found = _deposits(db, "deposit.card_hash = ?", card_hash)
    return found[0] if found else None


def still_here(db: sqlite3.Connection) -> list[Deposit]:
    """All bags and cards that are here, of today and of earlier days, oldest first."""
    return _deposits(db, "1")


def key_days(db: sqlite3.Connection) -> set[int]:
    """The service days whose card keys are still needed."""
    rows = db.execute("SELECT DISTINCT day_id FROM deposit WHERE closed IS NULL AND card_hash IS NOT NULL")
    return {row["day_id"] for row in rows}


def _deposits(db: sqlite3.Connection, where: str, *values: str) -> list[Deposit]:
    rows = db.execute(
        "SELECT deposit.*, service_day.date, visit.closed AS visit_closed FROM deposit"
        " JOIN visit ON visit.id = deposit.visit_id JOIN service_day ON service_day.id = deposit.day_id"
        f" WHERE deposit.closed IS NULL AND {where} ORDER BY deposit.id",
        values,
    )
    return [
        Deposit(
            row["id"],
            row["visit_id"],
            row["date"],
            row["locker"],
            row["pocket"],
            row["id_type"],
            Moment.parse(row["opened"]),
            row["visit_closed"] is not None,
        )
        for row in rows
    ]


def _free_pocket(db: sqlite3.Connection, pockets: int) -> int:
    used = {row[0] for row in db.execute("SELECT pocket FROM deposit WHERE closed IS NULL")}
    pocket = next((number for number in range(1, pockets + 1) if number not in used), None)
    if pocket is None:
        raise NoLockerFree("every card pocket is in use")
    return pocket


# ---------------------------------------------------------------------------------------- doors


def ask_unlock(tx: Transaction, opening: Opening, expires_s: float = EXPIRES_S) -> int:
    """Ask for one opening; gives its id. A locker that is being opened is not opened twice.

    An emergency needs a reason in words (Invalid).
    """
    reason = _in_words(opening.reason) if opening.why == "emergency" else None
    running = _unlocks(tx.db, "state IN ('asked', 'commanded') AND locker = ?", opening.locker)
    for unlock in running:
        if not unlock.expired(tx.now):
            return unlock.id
    row = tx.db.execute(
        "INSERT INTO unlock (locker, why, reason, visit_id, staff_id, asked, expires_s, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'asked') RETURNING id",
        (
            opening.locker,
            opening.why,
            reason,
            opening.visit_id,
            opening.staff_id,
            tx.now.stamp(),
            expires_s,
        ),
    ).fetchone()
    tx.record(
        "unlock.asked",
        visit=opening.visit_id,
        staff=opening.staff_id,
        unlock=row["id"],
        locker=opening.locker,
        why=opening.why,
    )
    return int(row["id"])


def open_again(
    tx: Transaction,
    visit_id: int,
    why: Literal["access", "return"],
    *,
    staff: int,
    expires_s: float = EXPIRES_S,
) -> int:
    """Open the locker in which a visit's bag lies; gives the opening's id. Raises NotNow without a bag."""
    visit = visits.get(tx.db, visit_id)
    if visit.locker is None:
        raise NotNow("handed_back")
    return ask_unlock(tx, Opening(visit.locker, why, visit_id, staff), expires_s)


def next_unlock(db: sqlite3.Connection) -> Unlock | None:
    """The oldest opening that is asked for."""
    found = _unlocks(db, "state = 'asked'")
    return found[0] if found else None


def command(tx: Transaction, unlock_id: int) -> bool:
    """The lock is about to be pulsed: written down before, so that it never happens twice.

    False when it must not happen any more: it has expired, or was dealt with.
    """
    found = _unlocks(tx.db, "id = ? AND state = 'asked'", unlock_id)
    if not found:
        return False
    if found[0].expired(tx.now):
        end_unlock(tx, unlock_id, "expired")
        return False
    tx.db.execute("UPDATE unlock SET state = 'commanded' WHERE id = ?", (unlock_id,))
    return True


def end_unlock(tx: Transaction, unlock_id: int, state: str) -> None:
    """What became of it: opened, no_contact, still_closed, failed, expired or unknown."""
    row = tx.db.execute(
        "UPDATE unlock SET state = ?, ended = ? WHERE id = ? RETURNING locker, visit_id",
        (state, tx.now.stamp(), unlock_id),
    ).fetchone()
    tx.record(f"unlock.{state}", visit=row["visit_id"], unlock=unlock_id, locker=row["locker"])


def expire(tx: Transaction) -> None:
    """Say of the openings whose time has passed that they were not carried out."""
    for unlock in _unlocks(tx.db, "state = 'asked'"):
        if unlock.expired(tx.now):
            end_unlock(tx, unlock.id, "expired")


def interrupted(db: sqlite3.Connection) -> list[Unlock]:
    """The openings that were commanded and whose end was never written down."""
    return _unlocks(db, "state = 'commanded'")


def tried(db: sqlite3.Connection) -> list[Unlock]:
    """The openings of locks that were only tried, oldest first."""
    return _unlocks(db, "why = 'test'")


def settle_after_restart(tx: Transaction) -> None:
    """What was asked before the process ended is never carried out; what was commanded may have happened."""
    for state, becomes in (("asked", "expired"), ("commanded", "unknown")):
        for unlock in _unlocks(tx.db, "state = ?", state):
            end_unlock(tx, unlock.id, becomes)


def note_door(tx: Transaction, locker: str, door: str) -> None:
    """A door contact has changed."""
    tx.record(f"door.{door}", locker=locker)


def last_unlock(db: sqlite3.Connection, locker: str) -> Unlock | None:
    """The newest opening of a locker."""
    row = db.execute("SELECT * FROM unlock WHERE locker = ? ORDER BY id DESC LIMIT 1", (locker,)).fetchone()
    return _unlock(row) if row else None


def set_out_of_order(tx: Transaction, locker: str, reason: str | None, *, staff: int | None) -> None:
    """Take a locker out of use with a reason (Invalid without one), or (None) put it back into use."""
    reason = None if reason is None else _in_words(reason)
    tx.db.execute("DELETE FROM locker_out_of_order WHERE locker = ?", (locker,))
    if reason is not None:
        tx.db.execute(
            "INSERT INTO locker_out_of_order VALUES (?, ?, ?, ?)",
            (locker, reason, staff, tx.now.stamp()),
        )
    tx.record("locker.out_of_order" if reason else "locker.in_order", staff=staff, locker=locker)


def out_of_order(db: sqlite3.Connection, known: Collection[str]) -> dict[str, str]:
    """The lockers that are out of use, and why."""
    rows = db.execute("SELECT locker, reason FROM locker_out_of_order")
    return {row["locker"]: row["reason"] for row in rows if row["locker"] in known}


def _in_words(reason: str) -> str:
    """Why, for whoever reads it later. Raises Invalid when there is nothing, or too much, to read."""
    words = reason.strip()
    if not words:
        raise Invalid({"reason": Message("locker.reason_needed")})
    if len(words) > MAX_REASON:
        raise Invalid({"reason": Message("err.too_long", {"n": MAX_REASON})})
    return words


def _unlocks(db: sqlite3.Connection, where: str, *values: str | int) -> list[Unlock]:
    return [_unlock(row) for row in db.execute(f"SELECT * FROM unlock WHERE {where} ORDER BY id", values)]


def _unlock(row: sqlite3.Row) -> Unlock:
    return Unlock(
        row["id"],
        row["locker"],
        row["why"],
        row["visit_id"],
        Moment.parse(row["asked"]),
        row["expires_s"],
        row["state"],
    )
