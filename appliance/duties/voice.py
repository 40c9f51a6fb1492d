"""Speaks the calls one after the other, none cut off, none long after its time; and what is announced."""

from __future__ import annotations

from collections.abc import Sequence

from appliance import tickets
from appliance.announcements import Announcement
from appliance.front_desk import FrontDesk
from appliance.spoken import spoken_number
from appliance.tickets import Call
from appliance.wording import Language
from drivers.base import DriverError, Phrase, Speaker

STALE_S = 120.0  # a call that could not be spoken for so long would only confuse
_LISTEN_S = 1.0


class VoiceDuty:
    """Says each call of the database, then marks it as said."""

    def __init__(self, desk: FrontDesk, speaker: Speaker, languages: Sequence[Language]) -> None:
        self._desk = desk
        self._store = desk.store
        self._speaker = speaker
        self._languages = languages

    def step(self) -> None:
        """Speak the oldest call, else what is to be announced; or wait for one of them."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        call = self._store.read(tickets.next_to_speak)
        if call is None:
            announcement = self._desk.announcements.next()
            if announcement is None:
                self._desk.changes.wait(heard, _LISTEN_S)
            else:
                self._announce(announcement)
            return
        if self._is_stale(call):
            self._store.write(tickets.spoken, call.id, voice="skipped")
            return
        try:
            self._speaker.say(self.phrases(call))
        except DriverError:
            self._store.write(tickets.spoken, call.id, voice="skipped")
            raise
        self._store.write(tickets.spoken, call.id, voice="spoken")

    def _announce(self, announcement: Announcement) -> None:
        """Say it in each language that it has and the loudspeaker speaks; what fails is not said again."""
        phrases = tuple(
            Phrase(language, announcement.texts[language])
            for language in self._languages
            if language in announcement.texts
        )
        if phrases:
            self._speaker.say(phrases, chime=announcement.chime)

    def phrases(self, call: Call) -> tuple[Phrase, ...]:
        """What is said for a call, in each language that the office wants."""
        return tuple(
            Phrase(
                language,
                self._desk.wording.text(
                    f"speech.{call.kind}",
                    language,
                    number_words=spoken_number(call.number, language),
                    place=self._desk.office.place(call.place).name.text(language),
                ),
            )
            for language in self._languages
        )

    def _is_stale(self, call: Call) -> bool:
        now = self._store.now()
        seconds = now.seconds_since(call.at)
        return now.boot != call.at.boot or seconds is None or seconds > STALE_S
