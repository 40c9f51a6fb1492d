"""Photocopies outside the reading room: a form with a number, and the book that goes out with it.

    asked -> out -> returned          asked -> dropped

A visitor fills in the form on a screen or at the desk; the ticket printer prints it. The officer signs it and
says that the book goes out; from then on the book is due back. A visit whose book is out is not closed
without a reason; the book stays on the books until somebody says that it is back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

from appliance import days, page_ranges, printing, visits
from appliance.clock import Moment
from appliance.errors import Invalid, Message, NotNow
from appliance.guest_form import clean
from appliance.office import Office
from appliance.page_ranges import BadPages, Pages
from appliance.store import Transaction

MadeOn = Literal["kiosk", "phone", "desk"]
Reason = Literal["comes_back", "owner_told", "lost", "other"]

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
LONGEST_TITLE: Final = 200
LONGEST_NOTE: Final = 120
MOST_OPEN: Final = 5  # forms of one visit that are not settled: more is somebody who plays
PAPER: Final = "photocopy_form"

_SELECT = (
    "SELECT photocopy.*, service_day.date, visit.closed AS visit_closed FROM photocopy"
    " JOIN service_day ON service_day.id = photocopy.day_id LEFT JOIN visit ON visit.id = photocopy.visit_id"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for."""

    title: str
    pages: Pages
    copies: int

    @property
    def sheets(self) -> int:
        """Pages to be copied, all copies together."""
        return self.pages.count * self.copies


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `visit_id` is None once its visit is too old to be kept."""

    id: int
    visit_id: int | None
    date: str
    number: int
    title: str
    pages: str
    copies: int
    sheets: int
    state: str
    asked: Moment
    went_out: Moment | None
    due: datetime | None
    returned: Moment | None
    reason: Reason | None
    note: str
    visit_closed: bool

    @property
    def label(self) -> str:
        """What stands on the paper: F003."""
        return f"F{self.number:03d}"

    def asks_for(self, wanted: Wanted) -> bool:
        """True for a form that says just this."""
        return (self.title, self.pages, self.copies) == (wanted.title, str(wanted.pages), wanted.copies)

    def is_overdue(self, now: Moment) -> bool:
        """True while the book is out after its time; a book of an earlier day is overdue in any case."""
        return self.state == "out" and self.due is not None and now.wall > self.due


# ---------------------------------------------------------------------------------------- the form


def parse(office: Office, values: Mapping[str, str]) -> Wanted:
    """The entries of a form. Raises Invalid with a message beside each field that does not fit."""
    wrong: dict[str, Message] = {}
    title = clean(values.get("title", ""))
    if not title:
        wrong["title"] = Message("err.required")
    elif len(title) > LONGEST_TITLE:
        wrong["title"] = Message("photocopy.err.title_long", {"n": LONGEST_TITLE})
    pages = Pages(())
    try:
        pages = page_ranges.parse(values.get("pages", ""), office.photocopy.most_pages)
    except BadPages as error:
        wrong["pages"] = error.message
    copies, most = values.get("copies", "").strip(), office.photocopy.most_copies
    if not (copies.isascii() and copies.isdigit() and 1 <= int(copies[:6]) <= most):
        wrong["copies"] = Message("photocopy.err.copies", {"n": most})
    if wrong:
        raise Invalid(wrong)
    return Wanted(title, pages, int(copies))


def ask(
    tx: Transaction,
    office: Office,
    visit_id: int,
    wanted: Wanted,
    *,
    made_on: MadeOn,
    staff: int | None = None,
) -> Form:
    """Keep a form and print it; at the desk the book goes out with it at once (`staff` hands it out).

    Raises NotNow when the visit is over, or has too many forms that are not settled.
    """
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open:
        raise NotNow(visit.state)
    unsettled_ones = [form for form in of_visit(tx.db, visit_id) if form.state in ("asked", "out")]
    if (same := next((form for form in unsettled_ones if form.asks_for(wanted)), None)) is not None:
        return same  # an impatient finger
    if len(unsettled_ones) >= MOST_OPEN:
        raise NotNow("forms")
    day = days.today(tx, office.zone)
    row = tx.db.execute(
        "INSERT INTO photocopy"
        " (visit_id, day_id, number, title, pages, copies, sheets, made_on, state, asked)"
        " SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, 'asked', ?"
        " FROM photocopy WHERE day_id = ? RETURNING id",
        (
            visit_id,
            day.id,
            wanted.title,
            str(wanted.pages),
            wanted.copies,
            wanted.sheets,
            made_on,
            tx.now.stamp(),
            day.id,
        ),
    ).fetchone()
    form = get(tx.db, row["id"])
    tx.record("photocopy.asked", visit=visit_id, staff=staff, form=form.label, sheets=form.sheets)
    if staff is not None:
        form = hand_out(tx, office, form.id, staff=staff)
    printing.ask(tx, PAPER, visit=visit_id, form=form.id)
    return form


def due_at(office: Office, now: Moment) -> datetime:
    """When a book that goes out now should be back (UTC): after the office's time, and before it closes."""
    due = now.wall.astimezone(UTC) + timedelta(minutes=office.photocopy.minutes)
    local = now.wall.astimezone(office.zone)
    hours = office.opening(local.date())
    if hours is None:
        return due
    closes = datetime.combine(local.date(), hours.close, office.zone).astimezone(UTC)
    return min(due, closes) if closes > now.wall else due


def hand_out(tx: Transaction, office: Office, form_id: int, *, staff: int) -> Form:
    """The officer has signed: the book goes out. Its sheets count for the visit. Raises NotNow."""
    form = _in_state(tx.db, form_id, "asked")
    tx.db.execute(
        "UPDATE photocopy SET state = 'out', went_out = ?, due = ?, staff_id = ? WHERE id = ?",
        (tx.now.stamp(), due_at(office, tx.now).isoformat(timespec="seconds"), staff, form_id),
    )
    tx.db.execute(
        "UPDATE visit SET pages_photocopied = pages_photocopied + ? WHERE id = ?",
        (form.sheets, form.visit_id),
    )
    tx.record("photocopy.out", visit=form.visit_id, staff=staff, form=form.label)
    return get(tx.db, form_id)


def drop(tx: Transaction, form_id: int, *, staff: int) -> None:
    """Nothing comes of a form. Raises NotNow for one whose book is out, or is settled."""
    form = _in_state(tx.db, form_id, "asked")
    tx.db.execute("UPDATE photocopy SET state = 'dropped' WHERE id = ?", (form_id,))
    tx.record("photocopy.dropped", visit=form.visit_id, staff=staff, form=form.label)


def take_back(tx: Transaction, form_id: int, *, staff: int) -> None:
    """The book is back. Raises NotNow for one that never went out, or came back already."""
    form = _in_state(tx.db, form_id, "out")
    tx.db.execute(
        "UPDATE photocopy SET state = 'returned', returned = ? WHERE id = ?", (tx.now.stamp(), form_id)
    )
    tx.record("photocopy.returned", visit=form.visit_id, staff=staff, form=form.label)


def take_back_by_number(tx: Transaction, number: str, *, staff: int) -> None:
    """The same by what stands on the form that came with the book.

    Raises Invalid, with a message beside the field, for a form whose book never went out or is back already.
    """
    wanted = "".join(number.split()).upper()
    form = next((one for one in unsettled(tx.db) if one.state == "out" and one.label == wanted), None)
    if form is None:
        asked = any(one.label == wanted for one in unsettled(tx.db))
        raise Invalid(
            {
                "number": Message(
                    "photocopy.err.not_out" if asked else "photocopy.err.no_form", {"form": wanted[:12]}
                )
            }
        )
    take_back(tx, form.id, staff=staff)


def excuse(tx: Transaction, form_id: int, reason: str, note: str, *, staff: int) -> None:
    """Why the visit may be closed although its book is out. Raises NotNow, Invalid."""
    note = clean(note)
    if reason not in REASONS or (reason == "other" and not note):
        raise Invalid({"note" if reason == "other" else "reason": Message("photocopy.err.reason")})
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": Message("photocopy.err.note_long", {"n": LONGEST_NOTE})})
    form = _in_state(tx.db, form_id, "out")
    tx.db.execute("UPDATE photocopy SET reason = ?, note = ? WHERE id = ?", (reason, note, form_id))
    tx.record("photocopy.excused", visit=form.visit_id, staff=staff, form=form.label, reason=reason)


# ---------------------------------------------------------------------------------------- looking


def get(db: sqlite3.Connection, form_id: int) -> Form:
    """One form. Raises NotNow for one that there is not."""
    row = db.execute(f"{_SELECT} WHERE photocopy.id = ?", (form_id,)).fetchone()
    if row is None:
        raise NotNow("no_form")
    return _form(row)


def unsettled(db: sqlite3.Connection) -> list[Form]:
    """The forms of today that wait for an officer, and all whose books are out; the oldest first."""
    rows = db.execute(
        f"{_SELECT} WHERE photocopy.state = 'out' OR (photocopy.state = 'asked' AND visit.closed IS NULL)"
        " ORDER BY photocopy.id"
    )
    return [_form(row) for row in rows]


def out(db: sqlite3.Connection) -> list[Form]:
    """The forms whose books are out, the oldest first."""
    return [form for form in unsettled(db) if form.state == "out"]


def of_visit(db: sqlite3.Connection, visit_id: int) -> list[Form]:
    """All forms of a visit, the newest last."""
    rows = db.execute(f"{_SELECT} WHERE photocopy.visit_id = ? ORDER BY photocopy.id", (visit_id,))
    return [_form(row) for row in rows]


def _in_state(db: sqlite3.Connection, form_id: int, state: str) -> Form:
    form = get(db, form_id)
    if form.state != state:
        raise NotNow(f"form_{form.state}")
    return form


def _form(row: sqlite3.Row) -> Form:
    return Form(
        id=row["id"],
        visit_id=row["visit_id"],
        date=row["date"],
        number=row["number"],
        title=row["title"],
        pages=row["pages"],
        copies=row["copies"],
        sheets=row["sheets"],
        state=row["state"],
        asked=Moment.parse(row["asked"]),
        went_out=Moment.parse(row["went_out"]) if row["went_out"] else None,
        due=datetime.fromisoformat(row["due"]) if row["due"] else None,
        returned=Moment.parse(row["returned"]) if row["returned"] else None,
        reason=row["reason"],
        note=row["note"],
        visit_closed=row["visit_closed"] is not None or row["visit_id"] is None,
    )
