"""What must go back before the day is over: bags, cards, and whatever else has a provider.

A provider is a function of a connection that gives rows. Whoever adds a kind of thing (a book that went to
the copier, say) adds one line to PROVIDERS, the words `out.<kind>` and `out.one_<kind>`, and nothing else.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance import lockers, photocopies, visits
from appliance.clock import Moment
from appliance.photocopies import Form

BAG: Final = "bag"
CARD: Final = "card"
BOOK: Final = "book"


@dataclass(frozen=True, slots=True)
class Out:
    """One thing that must go back to its owner before the day is over.

    `id` is of the row that keeps it, unique within its kind; `label` is what everybody calls the visitor;
    `place` where the thing is (a locker, a pocket, the cooperative), as it is written there.
    """

    kind: str
    id: int
    label: str
    place: str
    since: Moment
    visit_id: int | None = None


Provider = Callable[[sqlite3.Connection], list[Out]]


def bags(db: sqlite3.Connection) -> list[Out]:
    """The bags in the lockers, oldest first."""
    return [
        Out(BAG, one.id, visits.get(db, one.visit_id).label, one.locker, one.opened, one.visit_id)
        for one in lockers.still_here(db)
        if one.locker is not None
    ]


def cards(db: sqlite3.Connection) -> list[Out]:
    """The identity cards in the pockets, oldest first."""
    return [
        Out(CARD, one.id, visits.get(db, one.visit_id).label, str(one.pocket), one.opened, one.visit_id)
        for one in lockers.still_here(db)
        if one.pocket is not None
    ]


def books(db: sqlite3.Connection) -> list[Out]:
    """The books that went out for photocopies, oldest first."""
    return [
        Out(BOOK, one.id, _label(db, one), one.label, one.went_out or one.asked, one.visit_id)
        for one in photocopies.out(db)
    ]


def _label(db: sqlite3.Connection, form: Form) -> str:
    return visits.get(db, form.visit_id).label if form.visit_id is not None else form.label


PROVIDERS: tuple[Provider, ...] = (
    bags,
    cards,
    books,
)


def everything(db: sqlite3.Connection) -> list[Out]:
    """All that is still out, kind by kind."""
    return [one for provider in PROVIDERS for one in provider(db)]


def of_visit(db: sqlite3.Connection, visit_id: int) -> list[Out]:
    """What one visitor must still take or give back."""
    return [one for one in everything(db) if one.visit_id == visit_id]


def count(out: list[Out]) -> dict[str, int]:
    """How many of each kind, bags, cards and books always among them."""
    return {BAG: 0, CARD: 0, BOOK: 0} | Counter(one.kind for one in out)
