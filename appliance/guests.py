"""Guest data for the person it is about: found, seen, handed out.

The privacy notice promises that everybody may see, correct and have erased what is kept of them; this is the
seeing, `guestbook.correct` and `guestbook.erase` are the rest. Every look is noted before it happens: call
the `note_...` function first, then read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from appliance import guest_form, guestbook, inquiries, photocopies, visits
from appliance.answers import ANSWERS, by_code, by_key
from appliance.clock import Moment
from appliance.errors import Invalid, Message, NotNow
from appliance.guestbook import Guest
from appliance.inquiries import Inquiry
from appliance.photocopies import Form
from appliance.store import Transaction
from appliance.visits import Visit
from appliance.wording import Language

FEWEST_LETTERS = 3  # of a name or an address: fewer would list half of the visitors
MOST_FOUND = 20

_CODED = ("sex", "education", "occupation", "institution_category", "main_use")


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that may be the right one."""

    visit: Visit
    guest: Guest


@dataclass(frozen=True, slots=True)
class Other:
    """Another entry that may be of the same person: surely so by the e-mail, perhaps so by the name."""

    match: Match
    same_email: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """What the visitor was told, and what they agreed to."""

    notice_version: str
    language: str
    at: Moment
    optional: bool
    contact: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is kept of one guest: of one visit."""

    visit: Visit
    guest: Guest
    facts: Mapping[str, Any]  # as stored: codes, keys, a year
    consent: Consent | None
    inquiries: list[Inquiry]
    photocopies: list[Form]


# ------------------------------------------------------------------------------------- finding


def note_search(tx: Transaction, *, staff: int) -> None:
    """Note that somebody looks for a guest; not for whom."""
    tx.record("guest.searched", staff=staff)


def by_words(db: sqlite3.Connection, words: str) -> list[Match]:
    """The entries whose name or e-mail contains this, newest first. Raises Invalid for too few letters."""
    words = guest_form.clean(words)
    if len(words) < FEWEST_LETTERS:
        raise Invalid({"words": Message("admin.guest_words_rule", {"n": FEWEST_LETTERS})})
    pattern = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in words)
    rows = db.execute(
        "SELECT visit_id FROM guest WHERE name LIKE :like ESCAPE '\\' OR email LIKE :like ESCAPE '\\'"
        " ORDER BY visit_id DESC LIMIT :most",
        {"like": f"%{pattern}%", "most": MOST_FOUND},
    )
    return [_match(db, row["visit_id"]) for row in rows.fetchall()]


def by_ticket(db: sqlite3.Connection, day: date, number: str) -> list[Match]:
    """The entry of this day's number, as it stands on the ticket (`P012`; `T007` without a ticket)."""
    rows = db.execute(
        "SELECT guest.visit_id FROM guest JOIN visit ON visit.id = guest.visit_id"
        " JOIN service_day ON service_day.id = visit.day_id WHERE service_day.date = ? ORDER BY visit.id",
        (day.isoformat(),),
    )
    found = [_match(db, row["visit_id"]) for row in rows.fetchall()]
    wanted = "".join(number.split()).upper()
    return [match for match in found if match.visit.label == wanted]


def others(db: sqlite3.Connection, visit_id: int) -> list[Other]:
    """The other entries with the e-mail or the name of this one, newest first. Raises NotNow."""
    this = _guest(db, visit_id)
    rows = db.execute(
        "SELECT visit_id, name, email FROM guest WHERE visit_id != ? ORDER BY visit_id DESC", (visit_id,)
    )
    name, email = _plain(this.name), _plain(this.email)
    return [
        Other(_match(db, row["visit_id"]), bool(email) and _plain(row["email"]) == email)
        for row in rows.fetchall()
        if _plain(row["name"]) == name or (email and _plain(row["email"]) == email)
    ]


def _plain(text: str | None) -> str:
    """However it was typed: capitals and spaces make nobody somebody else."""
    return " ".join((text or "").split()).casefold()


def _match(db: sqlite3.Connection, visit_id: int) -> Match:
    return Match(visits.get(db, visit_id), _guest(db, visit_id))


def _guest(db: sqlite3.Connection, visit_id: int) -> Guest:
    guest = guestbook.guest(db, visit_id)
    if guest is None:
        raise NotNow("erased")
    return guest


# ------------------------------------------------------------------------------------- seeing


def note_look(tx: Transaction, visit_id: int, *, staff: int, export: bool = False) -> None:
    """Note that somebody sees a guest's data, or takes them away as a file. Raises NotNow."""
    _guest(tx.db, visit_id)
    tx.record("guest.exported" if export else "guest.read", visit=visit_id, staff=staff)


def record(db: sqlite3.Connection, visit_id: int) -> Record:
    """Everything that is kept. Raises NotNow where nothing is, or it has been erased."""
    facts = db.execute("SELECT * FROM guest_facts WHERE visit_id = ?", (visit_id,)).fetchone()
    consent = db.execute("SELECT * FROM consent WHERE visit_id = ?", (visit_id,)).fetchone()
    return Record(
        visits.get(db, visit_id),
        _guest(db, visit_id),
        {key: facts[key] for key in facts.keys() if key != "visit_id"} if facts else {},  # noqa: SIM118
        _consent(consent) if consent else None,
        inquiries.of_visit(db, visit_id),
        photocopies.of_visit(db, visit_id),
    )


def answers(found: Record, language: Language) -> dict[str, str]:
    """The coded answers in words, by the name of the question; only those that were given."""
    words = {
        name: by_code(name, found.facts[name]).label(language)
        for name in _CODED
        if found.facts.get(name) is not None
    }
    keys = (found.facts.get("sub_services") or "").split()
    if keys:
        words["sub_services"] = ", ".join(by_key("sub_services", key).label(language) for key in keys)
    if found.facts.get("birth_year") is not None:
        words["birth_year"] = str(found.facts["birth_year"])
    if origin := found.facts.get("origin"):
        words["origin"] = _origin(origin, language)
    return words


def exported(found: Record, language: Language) -> dict[str, Any]:
    """The same as plain data, for the person to take along."""
    visit, guest, consent = found.visit, found.guest, found.consent
    return {
        "visit": {
            "date": visit.date,
            "number": visit.label,
            "service": visit.service,
            "arrived": visit.arrived.wall.isoformat(timespec="seconds"),
        },
        "guest": {
            "name": guest.name,
            "email": guest.email,
            "phone": guest.phone,
            "institution": guest.institution,
            "data_needed": guest.data_needed,
            "entered_on": guest.entered_on,
        },
        "answers": answers(found, language),
        "consent": consent
        and {
            "notice_version": consent.notice_version,
            "language": consent.language,
            "at": consent.at.wall.isoformat(timespec="seconds"),
            "optional_details": consent.optional,
            "contact_for_survey": consent.contact,
        },
        "requests": [
            {"kind": one.kind, "wanted": one.words, "email": one.email, "state": one.state}
            for one in found.inquiries
        ],
        "photocopies": [
            {"form": one.label, "title": one.title, "pages": one.pages, "copies": one.copies}
            for one in found.photocopies
        ],
    }


def _consent(row: sqlite3.Row) -> Consent:
    return Consent(
        row["notice_version"],
        row["language"],
        Moment.parse(row["at"]),
        bool(row["optional"]),
        bool(row["contact"]),
    )


def _origin(value: str, language: Language) -> str:
    """A list's answer, or the visitor's own words."""
    known = {answer.key: answer for answer in ANSWERS.get("origin", ())}
    return known[value].label(language) if value in known else value
