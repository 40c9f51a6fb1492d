"""Watches the hours for everybody: rings when the office opens or closes, and reminds before it closes.

Looked at by the keeper each second. What it must remember lies in the database.
"""

from __future__ import annotations

from appliance import reminders
from appliance.front_desk import FrontDesk
from appliance.reminders import Closing
from appliance.wording import LANGUAGES


class HoursWatch:
    """One look a second at the clock on the wall."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._seen: object = None

    def look(self) -> None:
        """Ring when pages must change by the hour alone; say a reminder that is due. Raises StoreError."""
        desk = self._desk
        now = desk.clock.now()
        standing = desk.store.read(desk.hours.look, now)
        closing = desk.store.read(reminders.soon, desk.hours, desk.office.opening_rules, now)
        seen = (standing.key if standing else None, closing.minutes if closing else None)
        if seen != self._seen:
            self._seen = seen
            desk.changes.ring()
        if closing is not None:
            self._remind(closing)

    def _remind(self, closing: Closing) -> None:
        desk = self._desk
        due = reminders.mark(desk.office.opening_rules, closing.minutes)
        day = closing.standing.at.date()
        if due is None or desk.store.read(reminders.was_said, day, due):
            return
        if desk.store.write(reminders.note, day, due):
            texts = {
                language: desk.wording.text("speech.closing_soon", language, minutes=closing.minutes)
                for language in LANGUAGES
            }
            desk.announcements.make(f"closing-{due}", texts)
