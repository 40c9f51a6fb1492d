"""The office's own exceptions to its hours: a day of leave, a Saturday with service, a morning without.

Entered by an administrator, with a reason for everybody to read. An exception is withdrawn, never erased: who
comes to a closed door may ask why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from pydantic import ValidationError

from appliance.errors import Invalid, Message, NotNow
from appliance.office import Bilingual, Day
from appliance.opening import OwnDays
from appliance.store import Transaction

MAX_REASON: Final = 80  # characters: it stands on the board
LONGEST_DAYS: Final = 92
_AHEAD_DAYS: Final = 800  # a year that was mistyped is no plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """An exception as somebody wants it."""

    first: date
    last: date
    hours: Day | None
    reason: Bilingual


@dataclass(frozen=True, slots=True)
class Entered:
    """An exception as the admin page lists it."""

    days: OwnDays
    by: str | None
    withdrawn_by: str | None
    withdrawn: bool


def wanted(form: Mapping[str, str], today: date) -> Wanted:
    """What a form says. Raises Invalid with a message for each field that does not fit.

    Fields: first, last (empty: the same day), kind ("closed" or "hours"), opens, closes, pause_from,
    pause_to, reason_id, reason_en (empty: the Indonesian one).
    """
    wrong: dict[str, Message] = {}
    first = _date(form, "first", wrong)
    last = _date(form, "last", wrong) if form.get("last", "").strip() else first
    if first and last:
        wrong |= _doubts(first, last, today)
    hours = _hours(form, wrong) if form.get("kind") == "hours" else None
    indonesian = " ".join(form.get("reason_id", "").split())
    english = " ".join(form.get("reason_en", "").split()) or indonesian
    if not indonesian:
        wrong["reason_id"] = Message("hours.reason_needed")
    for field, words in (("reason_id", indonesian), ("reason_en", english)):
        if len(words) > MAX_REASON:
            wrong[field] = Message("err.too_long", {"n": MAX_REASON})
    if wrong or first is None or last is None:
        raise Invalid(wrong)
    return Wanted(first, last, hours, Bilingual(id=indonesian, en=english))


def _doubts(first: date, last: date, today: date) -> dict[str, Message]:
    if last < first:
        return {"last": Message("hours.last_before_first")}
    if last < today:
        return {"last" if last != first else "first": Message("hours.is_over")}
    if (last - first).days >= LONGEST_DAYS:
        return {"last": Message("hours.too_many_days", {"n": LONGEST_DAYS})}
    if last > today + timedelta(days=_AHEAD_DAYS):
        return {"last" if last != first else "first": Message("hours.too_far")}
    return {}


def _date(form: Mapping[str, str], field: str, wrong: dict[str, Message]) -> date | None:
    try:
        return date.fromisoformat(form.get(field, "").strip())
    except ValueError:
        wrong[field] = Message("hours.no_date")
        return None


def _hours(form: Mapping[str, str], wrong: dict[str, Message]) -> Day | None:
    opens, closes = (_time(form, field, wrong) for field in ("opens", "closes"))
    pause = None
    if form.get("pause_from", "").strip() or form.get("pause_to", "").strip():
        begins, ends = (_time(form, field, wrong) for field in ("pause_from", "pause_to"))
        pause = (begins, ends) if begins and ends else None
    if opens is None or closes is None:
        return None
    try:
        return Day(open=opens, close=closes, pause=pause)
    except ValidationError as error:  # the order of the times
        field = "pause_from" if error.errors()[0]["loc"][0] == "pause" else "closes"
        wrong[field] = Message("hours.pause_outside" if field == "pause_from" else "hours.closes_first")
        return None


def _time(form: Mapping[str, str], field: str, wrong: dict[str, Message]) -> time | None:
    try:
        return time.fromisoformat(form.get(field, "").strip().replace(".", ":"))
    except ValueError:
        wrong[field] = Message("hours.no_time")
        return None


def add(tx: Transaction, wish: Wanted, *, staff: int) -> int:
    """Enter an exception; gives its id. It holds at once."""
    row = tx.db.execute(
        "INSERT INTO own_days (first, last, opens, closes, pause_from, pause_to, reason_id, reason_en,"
        " added, added_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            wish.first.isoformat(),
            wish.last.isoformat(),
            *_columns(wish.hours),
            wish.reason.id,
            wish.reason.en,
            tx.now.stamp(),
            staff,
        ),
    ).fetchone()
    tx.record(
        "hours.changed",
        staff=staff,
        exception=row["id"],
        first=wish.first.isoformat(),
        last=wish.last.isoformat(),
        closed=wish.hours is None,
    )
    return int(row["id"])


def withdraw(tx: Transaction, exception: int, *, staff: int) -> None:
    """Take an exception back; the usual hours hold again. Raises NotNow for one that does not hold."""
    row = tx.db.execute(
        "UPDATE own_days SET withdrawn = ?, withdrawn_by = ? WHERE id = ? AND withdrawn IS NULL RETURNING id",
        (tx.now.stamp(), staff, exception),
    ).fetchone()
    if row is None:
        raise NotNow("withdrawn")
    tx.record("hours.restored", staff=staff, exception=exception)


def in_force(db: sqlite3.Connection, since: date) -> list[OwnDays]:
    """The exceptions that hold on some day from this one on."""
    rows = db.execute(
        "SELECT * FROM own_days WHERE withdrawn IS NULL AND last >= ? ORDER BY id", (since.isoformat(),)
    )
    return [_own_days(row) for row in rows]


def entered(db: sqlite3.Connection, most: int) -> list[Entered]:
    """The exceptions that were entered, those of the latest dates first, the withdrawn ones too."""
    rows = db.execute(
        "SELECT own_days.*, added.name AS by_name, gone.name AS gone_name FROM own_days"
        " LEFT JOIN staff AS added ON added.id = added_by LEFT JOIN staff AS gone ON gone.id = withdrawn_by"
        " ORDER BY own_days.first DESC, own_days.id DESC LIMIT ?",
        (most,),
    )
    return [
        Entered(_own_days(row), row["by_name"], row["gone_name"], row["withdrawn"] is not None)
        for row in rows
    ]


def _columns(hours: Day | None) -> tuple[str | None, ...]:
    if hours is None:
        return (None, None, None, None)
    times = (hours.open, hours.close, *(hours.pause or (None, None)))
    return tuple(one.isoformat("minutes") if one else None for one in times)


def _own_days(row: sqlite3.Row) -> OwnDays:
    hours = None
    if row["opens"] is not None:
        pause = (row["pause_from"], row["pause_to"]) if row["pause_from"] else None
        hours = Day.model_validate({"open": row["opens"], "close": row["closes"], "pause": pause})
    return OwnDays(
        row["id"],
        date.fromisoformat(row["first"]),
        date.fromisoformat(row["last"]),
        hours,
        Bilingual(id=row["reason_id"], en=row["reason_en"]),
    )
