"""The end of the day, led by an officer: who still waits, who is still here, what is still here.

It ends with zero bags, cards and books, or with each of them named and its reason. Nothing is released here:
a bag and a card go back by the officer's hand at the desk, as at any other hour. That the day was ended is
stored, and read by whoever opens the desk the next morning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, get_args

from appliance import days, photocopies, still_out, visits
from appliance.clock import Moment
from appliance.errors import Invalid, Message, NotNow
from appliance.still_out import BAG, BOOK, CARD, Out
from appliance.store import Transaction
from appliance.visits import Visit

# Why something stays: a text each, `closing.reason.<code>`. "other" needs words.
Reason = Literal["comes_tomorrow", "called", "not_reached", "kept_safe", "not_found", "other"]
REASONS: Final[tuple[str, ...]] = get_args(Reason)
# A book is somewhere else, with its borrower; what excuses it here excuses it on its form too.
BOOK_REASONS: Final[Mapping[str, photocopies.Reason]] = MappingProxyType(
    {"comes_tomorrow": "comes_back", "called": "owner_told", "not_found": "lost", "other": "other"}
)
# Why a visit is closed although it did not come to its end: `closing.why.<code>`.
Why = Literal["went_home", "asked_to_return", "not_found", "forgotten"]
WHYS: Final[tuple[str, ...]] = get_args(Why)
MAX_WORDS: Final = photocopies.LONGEST_NOTE


@dataclass(frozen=True, slots=True)
class Named:
    """Something that stays overnight, and why."""

    kind: str
    id: int
    label: str
    place: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is still here, with its name where it has one."""

    out: Out
    named: Named | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it may stay."""
        return reasons_of(self.out.kind)


@dataclass(frozen=True, slots=True)
class Evening:
    """How far the day's end has come. `waiting` and `here` are to be emptied, `items` given back or named."""

    now: Moment
    day: date | None  # None: no service day is open
    waiting: list[Visit]
    here: list[Visit]
    items: list[Item]
    ended: Moment | None

    @property
    def unnamed(self) -> list[Item]:
        """What is neither given back nor named."""
        return [item for item in self.items if item.named is None]

    @property
    def step(self) -> int:
        """What comes next: 1 the line, 2 the visits, 3 bags, cards and books, 4 the end."""
        if self.waiting:
            return 1
        if self.here:
            return 2
        return 3 if self.unnamed else 4

    @property
    def counts(self) -> dict[str, int]:
        """How many bags, cards and books (and whatever else) are here."""
        return still_out.count([item.out for item in self.items])


@dataclass(frozen=True, slots=True)
class Morning:
    """How the day before today ended: by an officer (`at`, `by`), or by nobody."""

    day_id: int
    day: date
    at: Moment | None
    by: str | None
    left: list[Named]

    @property
    def zero(self) -> bool:
        """True when nothing stayed."""
        return not self.left


def evening(db: sqlite3.Connection, now: Moment) -> Evening:
    """The whole page, in one snapshot."""
    day = days.current(db)
    open_ones, out = visits.open_ones(db), still_out.everything(db)
    keepers = {one.visit_id for one in out}  # who is asked for with their things, in step 3
    row = db.execute("SELECT at FROM day_end WHERE day_id = ?", (day.id if day else None,)).fetchone()
    names = _names(db, day.id) if day else {}
    return Evening(
        now=now,
        day=day.date if day else None,
        waiting=[visit for visit in open_ones if _waits(db, visit)],
        here=[visit for visit in open_ones if not _waits(db, visit) and visit.id not in keepers],
        items=[
            Item(one, names.get((one.kind, one.id)))
            for one in sorted(out, key=lambda one: (one.visit_id or 0, one.kind))
        ],
        ended=Moment.parse(row["at"]) if row else None,
    )


def reasons_of(kind: str) -> tuple[str, ...]:
    """Why a thing of this kind may stay overnight."""
    return tuple(BOOK_REASONS) if kind == BOOK else REASONS


def _waits(db: sqlite3.Connection, visit: Visit) -> bool:
    """Whether somebody has only waited: nothing has begun, and nothing is out."""
    return visit.state in ("arrived", "registered") and not still_out.of_visit(db, visit.id)


# ------------------------------------------------------------------------------------------ the steps


def send_home(tx: Transaction, visit_id: int, *, why: str, staff: int) -> None:
    """Close one visit of somebody who waits, or who went without a goodbye, with the reason.

    Raises Invalid without a reason, and NotNow while a bag or a card of it is here, or when it is over.
    """
    _known(why, WHYS)
    visit = visits.get(tx.db, visit_id)
    if visit.deposit_id is not None or not visit.is_open:
        raise NotNow("deposit" if visit.deposit_id else visit.state)
    if _waits(tx.db, visit):
        outcome: Literal["no_show", "cancelled"] = "no_show" if _came_not(visit, why) else "cancelled"
        visits.give_up(tx, visit_id, outcome=outcome, staff=staff)
    else:
        visits.check_out(tx, visit_id, staff=staff)
    tx.db.execute("UPDATE visit SET reason = ? WHERE id = ?", (f"closing_{why}", visit_id))
    tx.record("closing.sent_home", visit=visit_id, staff=staff, why=why)


def _came_not(visit: Visit, why: str) -> bool:
    return why == "not_found" and visit.ticket_state == "called"


def send_all_home(tx: Transaction, *, why: str, staff: int) -> int:
    """The same for everybody who waits; gives how many."""
    waiting = [visit for visit in visits.open_ones(tx.db) if _waits(tx.db, visit)]
    for visit in waiting:
        send_home(tx, visit.id, why=why, staff=staff)
    return len(waiting)


def name(tx: Transaction, kind: str, item_id: int, *, reason: str, words: str, staff: int) -> None:
    """Say why a thing stays overnight. Raises Invalid for the reason, NotNow for a thing that is not here."""
    _known(reason, reasons_of(kind))
    words = " ".join(words.split())
    if reason == "other" and not words:
        raise Invalid({"words": Message("desk.said.words_needed")})
    if len(words) > MAX_WORDS:
        raise Invalid({"words": Message("err.too_long", {"n": MAX_WORDS})})
    out = next((one for one in still_out.everything(tx.db) if (one.kind, one.id) == (kind, item_id)), None)
    day = days.current(tx.db)
    if out is None or day is None:
        raise NotNow("handed_back" if out is None else "no_day")
    tx.db.execute(
        "INSERT OR REPLACE INTO named_left VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (day.id, kind, item_id, out.label, out.place, reason, words, tx.now.stamp(), staff),
    )
    if kind == BOOK:  # its visit may be closed now
        photocopies.excuse(tx, item_id, BOOK_REASONS[reason], words, staff=staff)
    tx.record("closing.named", visit=out.visit_id, staff=staff, thing=kind, why=reason)


def end(tx: Transaction, *, staff: int) -> None:
    """End the day: with zero, or with everything named. Raises NotNow while there is more to do.

    The service day itself goes on until midnight: whoever comes late still gets their bag, and the day can
    be ended anew with what has changed.
    """
    found, day = evening(tx.db, tx.now), days.current(tx.db)
    if day is None or found.step != 4:
        raise NotNow("no_day" if day is None else "not_ended")
    counts = found.counts
    tx.db.execute(
        "INSERT INTO day_end (day_id, at, staff_id, bags, cards, books) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (day_id) DO UPDATE SET at = excluded.at, staff_id = excluded.staff_id,"
        " bags = excluded.bags, cards = excluded.cards, books = excluded.books",
        (day.id, tx.now.stamp(), staff, counts[BAG], counts[CARD], counts[BOOK]),
    )
    tx.record("closing.ended", staff=staff, bags=counts[BAG], cards=counts[CARD], books=counts[BOOK])


def _known(code: str, codes: Collection[str]) -> None:
    if code not in codes:
        raise Invalid({"reason": Message("desk.said.reason_needed")})


# ------------------------------------------------------------------------------------------ the next morning


def morning(db: sqlite3.Connection, today: date) -> Morning | None:
    """How the last day with service before today ended; None without such a day, and once it was read."""
    row = db.execute(
        "SELECT service_day.id, service_day.date, day_end.at, day_end.read_by, staff.name FROM service_day"
        " LEFT JOIN day_end ON day_end.day_id = service_day.id LEFT JOIN staff ON staff.id = day_end.staff_id"
        " WHERE service_day.date < ? ORDER BY service_day.date DESC LIMIT 1",
        (today.isoformat(),),
    ).fetchone()
    if row is None or row["read_by"] is not None:
        return None
    names = _names(db, row["id"])
    left = [names.get((one.kind, one.id)) or _unnamed(one) for one in still_out.everything(db)]
    if row["at"] is None and not left:  # nobody ended it, and nothing came of it
        return None
    at = Moment.parse(row["at"]) if row["at"] else None
    return Morning(row["id"], date.fromisoformat(row["date"]), at, row["name"], left)


def _unnamed(out: Out) -> Named:
    return Named(out.kind, out.id, out.label, out.place, "", "")


def read(tx: Transaction, day_id: int, *, staff: int) -> None:
    """An officer has read how that day ended. Raises NotNow for a day that nobody has ended."""
    row = tx.db.execute(
        "UPDATE day_end SET read_by = ? WHERE day_id = ? AND read_by IS NULL RETURNING day_id",
        (staff, day_id),
    ).fetchone()
    if row is None:
        raise NotNow("read")
    tx.record("closing.read", staff=staff)


def _names(db: sqlite3.Connection, day_id: int) -> dict[tuple[str, int], Named]:
    rows = db.execute("SELECT * FROM named_left WHERE day_id = ? ORDER BY kind, item_id", (day_id,))
    return {
        (row["kind"], row["item_id"]): Named(
            row["kind"], row["item_id"], row["label"], row["place"], row["reason"], row["words"]
        )
        for row in rows
    }
