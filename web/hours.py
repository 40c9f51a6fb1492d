"""The hours as visitors see them: on the kiosk, the board and the phone, in the language of the page."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance import hours_words, reminders
from appliance.front_desk import FrontDesk
from appliance.hours_words import Row, Told
from appliance.opening import Standing
from appliance.reminders import Closing
from appliance.still_out import Out
from appliance.wording import Language
from web.parts import front_desk


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page says of hours. `standing` is None while hours are not judged.

    `closing` is there in the last minutes while somebody still has something here.
    """

    standing: Standing | None
    closing: Closing | None = None

    @property
    def is_closed(self) -> bool:
        """True while no number is given."""
        return self.standing is not None and not self.standing.tickets

    @property
    def is_pause(self) -> bool:
        """True in the break, whether or not numbers are given."""
        return self.standing is not None and self.standing.state == "pause"

    def told(self, language: Language) -> Told | None:
        """What is said; None while the office is open."""
        desk = front_desk()
        if self.standing is None:
            return None
        return hours_words.told(self.standing, desk.office, desk.wording, language)

    def table(self, language: Language) -> list[Row]:
        """The week's hours: those of today's special hours, where there are some."""
        desk = front_desk()
        week = desk.office.hours
        if self.standing is not None and self.standing.plan.kind == "special":
            special = desk.office.special(self.standing.at.date())
            week = special.hours if special and special.hours != type(week)() else week
        return hours_words.table(week, desk.wording, language)


def look(db: sqlite3.Connection, desk: FrontDesk) -> Seen:
    """The hours now, within a look at the database."""
    now = desk.clock.now()
    return Seen(desk.hours.look(db, now), reminders.soon(db, desk.hours, desk.office.opening_rules, now))


def seen() -> Seen:
    """The hours now; not judged where the database cannot be read."""
    desk = front_desk()
    if desk.store.problem is not None:
        return Seen(None)
    return desk.store.read(look, desk)


def are_kept() -> bool:
    """Whether it is the hours that keep numbers from being given."""
    return seen().is_closed


@dataclass(frozen=True, slots=True)
class Leaving:
    """What one visitor must still take or give back before the office closes."""

    closing: Closing
    out: tuple[Out, ...]


def leaving(db: sqlite3.Connection, desk: FrontDesk, visit_id: int) -> Leaving | None:
    """What this visitor is reminded of; None while it is early, and once nothing of theirs is here."""
    closing = reminders.soon(db, desk.hours, desk.office.opening_rules, desk.clock.now())
    out = tuple(one for one in closing.out if one.visit_id == visit_id) if closing else ()
    return Leaving(closing, out) if closing and out else None
