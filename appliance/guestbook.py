"""The guest book: what a visitor is told, what is kept, and for whom it is opened again.

Answers with a code go into `guest_facts`, identity into `guest`, so that names can be erased and the numbers
stay. The rules of the form itself are in `guest_form.py`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from appliance import guest_form, visits
from appliance.answers import age_band
from appliance.errors import Invalid, Message, NotNow
from appliance.guest_form import FIELDS, clean
from appliance.keeping import own_words
from appliance.office import Office
from appliance.store import Transaction
from appliance.visits import Visit
from appliance.wording import Language, Wording

EnteredOn = Literal["kiosk", "phone", "desk"]
Standing = Literal["open", "done", "not_needed", "over"]

# The sentences of the privacy notice, in their order; what is shown is what is hashed.
NOTICE = ("who", "what", "why", "basis", "retention", "rights", "alternative")
SENT_ON = "central"  # stands after "retention" where the office sends identity to the central server

_FACTS = ("sex", "birth_year", "education", "occupation", "institution_category", "main_use", "origin")
_CORRECTABLE = tuple(one for one in FIELDS if one.name in ("name", "email", "phone", "institution"))


@dataclass(frozen=True, slots=True)
class Guest:
    """The identity in one entry, for the officer's page and for who asks about themselves."""

    visit_id: int
    name: str
    email: str | None
    phone: str | None
    institution: str
    data_needed: str | None
    entered_on: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole form, and what the visitor was told before."""

    values: Mapping[str, str]
    notice_hash: str
    language: Language
    entered_on: EnteredOn


# ---------------------------------------------------------------------------------------- the notice


def notice(office: Office, wording: Wording, language: Language) -> list[str]:
    """The privacy notice, a sentence or two an entry, as it is shown."""
    values: dict[str, str | int] = {
        "office_name": office.name,
        "retention_months": office.guest_book.retention_months,
        "privacy_contact": office.guest_book.privacy_contact,
    }
    return [wording.text(f"privacy.{part}", language, **values) for part in _parts(office)]


def _parts(office: Office) -> list[str]:
    parts = list(NOTICE)
    if office.guest_book.send_identity:
        parts.insert(parts.index("retention") + 1, SENT_ON)
    return parts


def notice_hash(paragraphs: list[str]) -> str:
    """SHA-256 of the very words, so that it can be shown later what a visitor was told."""
    return hashlib.sha256("\n".join(paragraphs).encode()).hexdigest()


# ---------------------------------------------------------------------------------------- writing


def standing(office: Office, visit: Visit) -> Standing:
    """How it stands with the guest book of a visit. Another desk's matter asks nothing of anybody."""
    if not office.asks_guest_book(visit.service):
        return "not_needed"
    if visit.registered is not None:
        return "done"
    return "open" if visit.is_open else "over"


def submit(
    tx: Transaction, office: Office, visit_id: int, entry: Entry, *, staff: int | None = None
) -> Visit:
    """Store a guest book; the published clock starts.

    Raises Invalid, and NotNow the second time, for a visit that is over, and where none is asked.
    """
    visit = visits.get(tx.db, visit_id)
    state = standing(office, visit)
    if state != "open":
        raise NotNow("registered" if state == "done" else state)
    for screen in guest_form.screens(office):
        guest_form.check(office, screen, entry.values, tx.now)
    known = guest_form.kept(office, entry.values)
    _insert_guest(tx, visit_id, known, entry.entered_on)
    _insert_facts(tx, visit, known)
    _insert_consent(tx, office, visit_id, entry, contact="skd_contact" in known)
    tx.db.execute("UPDATE visit SET needs_help = ? WHERE id = ?", ("disability" in known, visit_id))
    return _register(tx, visit, "guest_book.submitted", staff, entered_on=entry.entered_on)


def confirm_elsewhere(tx: Transaction, visit_id: int, *, staff: int) -> Visit:
    """The officer has seen that the national guest book is filled in; the published clock starts."""
    visit = visits.get(tx.db, visit_id)
    if not visit.is_open or visit.registered is not None:
        raise NotNow("registered" if visit.registered else visit.state)
    return _register(tx, visit, "guest_book.confirmed", staff)


def _register(tx: Transaction, visit: Visit, kind: str, staff: int | None, **facts: str) -> Visit:
    state = "registered" if visit.state == "arrived" else visit.state
    tx.db.execute(
        "UPDATE visit SET registered = ?, state = ? WHERE id = ?", (tx.now.stamp(), state, visit.id)
    )
    tx.record(kind, visit=visit.id, staff=staff, **facts)
    return visits.get(tx.db, visit.id)


def _insert_guest(
    tx: Transaction, visit_id: int, known: Mapping[str, str | int], entered_on: EnteredOn
) -> None:
    tx.db.execute(
        "INSERT INTO guest (visit_id, name, email, phone, institution, data_needed, entered_on)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            visit_id,
            known.get("name", ""),
            known.get("email"),
            known.get("phone"),
            known.get("institution", ""),
            known.get("data_needed"),
            entered_on,
        ),
    )


def _insert_facts(tx: Transaction, visit: Visit, known: Mapping[str, str | int]) -> None:
    tx.db.execute(
        f"INSERT INTO guest_facts (visit_id, sub_services, age_band, {', '.join(_FACTS)})"
        f" VALUES (?, ?, ?{', ?' * len(_FACTS)})",
        (
            visit.id,
            known.get("sub_services", ""),
            _age_band(known.get("birth_year"), visit),
            *(known.get(name) for name in _FACTS),
        ),
    )


def _age_band(birth_year: str | int | None, visit: Visit) -> str | None:
    """The band of the age reached in the year of the visit: it stays when the birth year is erased."""
    return None if birth_year is None else age_band(int(birth_year), int(visit.date[:4])).key


def _insert_consent(tx: Transaction, office: Office, visit_id: int, entry: Entry, *, contact: bool) -> None:
    """What the visitor was told, in which words and language, and the choices that they made."""
    tx.db.execute(
        "INSERT INTO consent (visit_id, day_id, notice_version, notice_hash, language, at, optional, contact)"
        " SELECT id, day_id, ?, ?, ?, ?, ?, ? FROM visit WHERE id = ?",
        (
            office.guest_book.notice_version,
            entry.notice_hash,
            entry.language,
            tx.now.stamp(),
            bool(entry.values.get(guest_form.CONSENT)),
            contact,
            visit_id,
        ),
    )


# ------------------------------------------------------------------- for the officer, and for the guest


def guest(db: sqlite3.Connection, visit_id: int) -> Guest | None:
    """The identity of a visit's guest; None when none was given or it has been erased."""
    row = db.execute(
        "SELECT visit_id, name, email, phone, institution, data_needed, entered_on FROM guest"
        " WHERE visit_id = ?",
        (visit_id,),
    ).fetchone()
    return Guest(*row) if row else None


def correct(tx: Transaction, visit_id: int, values: Mapping[str, str], *, staff: int) -> None:
    """Set right what a guest asks to have set right: name, e-mail, phone, institution.

    All four are given; an empty one is taken out, but for the name. Raises Invalid, and NotNow when there
    is no entry (any more).
    """
    given = {one.name: clean(values.get(one.name, "")) for one in _CORRECTABLE}
    wrong = {
        one.name: message
        for one in _CORRECTABLE
        if given[one.name] and (message := guest_form.problem_of_text(one, given[one.name], tx.now))
    }
    if not given["name"]:
        wrong["name"] = Message("err.required")
    if wrong:
        raise Invalid(wrong)
    changed = tx.db.execute(
        "UPDATE guest SET name = ?, email = ?, phone = ?, institution = ? WHERE visit_id = ?",
        (
            given["name"],
            given["email"] or None,
            guest_form.dialled(given["phone"]) or None,
            given["institution"],
            visit_id,
        ),
    ).rowcount
    if not changed:
        raise NotNow("erased")
    tx.record("guest.corrected", visit=visit_id, staff=staff)


def erase(tx: Transaction, visit_id: int, *, staff: int | None) -> None:
    """Erase a guest's identity; the coded answers stay, without a name, a birth year becomes nothing.

    Raises NotNow when there is no entry (any more).
    """
    if not tx.db.execute("DELETE FROM guest WHERE visit_id = ?", (visit_id,)).rowcount:
        raise NotNow("erased")
    tx.db.execute("UPDATE guest_facts SET birth_year = NULL WHERE visit_id = ?", (visit_id,))
    tx.db.execute("UPDATE visit SET needs_help = 0 WHERE id = ?", (visit_id,))
    own_words.forget_of_visit(tx.db, visit_id)
    tx.db.execute(  # by it the copies that were made before know what to forget
        "INSERT INTO guest_erased (request_id, day_id) SELECT request_id, day_id FROM visit WHERE id = ?"
        " ON CONFLICT (request_id) DO NOTHING",
        (visit_id,),
    )
    tx.record("guest.erased", visit=visit_id, staff=staff)
