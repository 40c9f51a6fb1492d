"""Log-ins of staff: who sits at which desk, and which visit they have before them.

Sessions live in the database, so that a restart of the program logs nobody out, and expire by monotonic
time, so that a clock which is set back or forward neither logs anybody out nor keeps anybody in.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass

from appliance.clock import Moment
from appliance.errors import SessionOver
from appliance.staff import Member, member_of
from appliance.store import Transaction

_SELECT = "SELECT * FROM staff_session JOIN staff ON staff.id = staff_session.staff_id"

SEEN_EVERY_S = 60.0  # how often a session's last use is written down: not at each click, the card wears


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in: who, at which desk, and the visit that they have before them."""

    member: Member
    token_hash: str
    place: str
    focus: int | None
    began: Moment
    seen: Moment


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts, in seconds: without use, and at most."""

    idle_s: float
    cap_s: float


def log_in(tx: Transaction, member: Member, *, place: str) -> str:
    """Begin a session; gives the token for the cookie, which is stored as a hash only."""
    token = secrets.token_urlsafe(32)
    stamp = tx.now.stamp()
    tx.db.execute(
        "INSERT INTO staff_session (token_hash, staff_id, place, began, seen) VALUES (?, ?, ?, ?, ?)",
        (_hash(token), member.id, place, stamp, stamp),
    )
    tx.record("staff.logged_in", staff=member.id, place=place)
    return token


def log_out(tx: Transaction, session: Session) -> None:
    """End the session."""
    tx.db.execute("DELETE FROM staff_session WHERE token_hash = ?", (session.token_hash,))
    tx.record("staff.logged_out", staff=session.member.id)


def session_of(db: sqlite3.Connection, token: str, now: Moment, limits: Limits) -> Session:
    """The live session of a cookie. Raises SessionOver."""
    row = db.execute(
        f"{_SELECT} WHERE token_hash = ? AND active",
        (_hash(token),),
    ).fetchone()
    if row is None:
        raise SessionOver
    session = _session(row)
    if _is_over(session, now, limits):
        raise SessionOver
    return session


def needs_touch(session: Session, now: Moment) -> bool:
    """True when the last use is worth writing down again."""
    seconds = now.seconds_since(session.seen)
    return seconds is None or seconds > SEEN_EVERY_S


def touch(tx: Transaction, session: Session) -> None:
    """Write down that the session is in use."""
    tx.db.execute(
        "UPDATE staff_session SET seen = ? WHERE token_hash = ?", (tx.now.stamp(), session.token_hash)
    )


def sit_at(tx: Transaction, session: Session, place: str) -> None:
    """Move the officer to another desk."""
    tx.db.execute("UPDATE staff_session SET place = ? WHERE token_hash = ?", (place, session.token_hash))
    tx.record("staff.moved", staff=session.member.id, place=place)


def focus(tx: Transaction, token_hash: str, visit_id: int | None) -> None:
    """Put a visit before the officer, or none."""
    tx.db.execute("UPDATE staff_session SET focus = ? WHERE token_hash = ?", (visit_id, token_hash))


def let_go(tx: Transaction, visit_id: int) -> None:
    """No officer has this visit before them any more."""
    tx.db.execute("UPDATE staff_session SET focus = NULL WHERE focus = ?", (visit_id,))


def newest(db: sqlite3.Connection, now: Moment, limits: Limits) -> Session | None:
    """The officer who was active last: who lays a card on the reader."""
    rows = db.execute(f"{_SELECT} WHERE active")
    live = [session for row in rows if not _is_over(session := _session(row), now, limits)]
    return max(live, key=lambda session: session.seen.mono_ns, default=None)


def over(db: sqlite3.Connection, now: Moment, limits: Limits) -> list[str]:
    """The token hashes of the sessions that time has ended."""
    return [
        session.token_hash for session in map(_session, db.execute(_SELECT)) if _is_over(session, now, limits)
    ]


def end(tx: Transaction, token_hashes: list[str]) -> None:
    """Remove sessions."""
    tx.db.executemany("DELETE FROM staff_session WHERE token_hash = ?", [(one,) for one in token_hashes])


def _session(row: sqlite3.Row) -> Session:
    return Session(
        member_of(row),
        row["token_hash"],
        row["place"],
        row["focus"],
        Moment.parse(row["began"]),
        Moment.parse(row["seen"]),
    )


def _is_over(session: Session, now: Moment, limits: Limits) -> bool:
    # After a restart of the machine the monotonic clock has begun anew: nothing measures the session.
    if not now.boot == session.began.boot == session.seen.boot:
        return True
    idle_s, age_s = now.seconds_since(session.seen), now.seconds_since(session.began)
    return idle_s is None or age_s is None or idle_s > limits.idle_s + SEEN_EVERY_S or age_s > limits.cap_s


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
