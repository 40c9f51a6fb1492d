"""What the loudspeaker says besides the calls: that the office is closed or closes soon, a text on a touch.

Kept in memory only: what was not said in its time is of no use later. Calls go first (`duties/voice.py`), and
between two sentences of a text too.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.changes import Changes
from appliance.clock import Clock, Moment
from appliance.wording import Language

AGAIN_S: Final = 20.0  # the same announcement is not made again sooner: an impatient finger changes nothing
STALE_S: Final = 60.0
_MOST: Final = 8  # announcements that wait; more of them would only delay each other


@dataclass(frozen=True, slots=True)
class Announcement:
    """A few words, in each language in which they are to be said; with the chime before them, or without."""

    key: str
    at: Moment
    texts: Mapping[Language, str]
    chime: bool = True


class Announcements:
    """What waits to be said."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._lock = threading.Lock()
        self._waiting: deque[Announcement] = deque(maxlen=_MOST)
        self._made: dict[str, Moment] = {}  # when each was last made
        self._text: deque[Announcement] = deque()
        self._reading: str | None = None

    # ------------------------------------------------------------------------------ announcements

    def make(self, key: str, texts: Mapping[Language, str]) -> bool:
        """Have something said to everybody; False when it was said a moment ago."""
        now = self._clock.now()
        with self._lock:
            before = self._made.get(key)
            seconds = now.seconds_since(before) if before else None
            if seconds is not None and seconds < AGAIN_S:
                return False
            self._made[key] = now
            self._waiting.append(Announcement(key, now, texts))
        self._changes.ring()
        return True

    # ------------------------------------------------------------------------------ a text, read aloud

    def read(self, key: str, sentences: Sequence[str], language: Language) -> None:
        """Read a text aloud, in place of any other that is being read."""
        now = self._clock.now()
        with self._lock:
            self._text = deque(Announcement(key, now, {language: one}, chime=False) for one in sentences)
            self._reading = key if self._text else None
        self._changes.ring()

    def stop(self) -> None:
        """Stop reading after the sentence that is being said."""
        with self._lock:
            self._text.clear()
            self._reading = None
        self._changes.ring()

    @property
    def reading(self) -> str | None:
        """The key of the text that is being read."""
        with self._lock:
            return self._reading

    # ------------------------------------------------------------------------------ for the voice

    def next(self) -> Announcement | None:
        """Take what is to be said next: an announcement first, then the next sentence of the text."""
        now = self._clock.now()
        with self._lock:
            while self._waiting:
                one = self._waiting.popleft()
                if (now.seconds_since(one.at) or 0.0) <= STALE_S:
                    return one
            if self._text:
                return self._text.popleft()
            was, self._reading = self._reading, None
        if was is not None:
            self._changes.ring()  # the page's button offers to read again
        return None
