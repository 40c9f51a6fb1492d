"""Half-filled guest books: in memory only, never on disk, never on the visitor's screen after them.

A draft is found by a random key that only its own pages carry. It is wiped when the form is sent, cancelled
or left alone, when the next visitor begins one at the same screen, and with the process.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from appliance.clock import Clock, Moment
from appliance.wording import Language

# Without anything sent. The kiosk has a time-out of its own that is far shorter, and wipes the draft; this
# must leave somebody who writes slowly the time for one screen.
LASTS_S = 900.0
_AT_ONCE = 200  # drafts; beyond that the oldest goes

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """Who begins a form, where, and what they have been told."""

    visit_id: int
    token: str  # of the visit: the draft belongs to its pages only
    notice_hash: str
    language: Language  # of the notice
    kiosk: str | None = None  # the address of the shared screen; None on the visitor's own phone


@dataclass(frozen=True, slots=True)
class Draft:
    """What one visitor has entered so far, as text by field."""

    start: Start
    touched: Moment
    values: Values = field(default_factory=dict, repr=False)


class Drafts:
    """All drafts, by their keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._drafts: dict[str, Draft] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def begin(self, start: Start) -> str:
        """Start a form; gives the draft's key.

        Earlier drafts of the same visit are wiped, and those of earlier visitors at the same kiosk.
        """
        key = secrets.token_urlsafe(16)
        now = self._clock.now()
        with self._lock:
            self._keep(lambda draft: _is_fresh(draft, now) and not _replaces(start, draft.start))
            while len(self._drafts) >= _AT_ONCE:
                self._drafts.pop(next(iter(self._drafts)))
            self._drafts[key] = Draft(start, now)
        return key

    def get(self, key: str) -> Draft | None:
        """The draft of this key, while it is fresh."""
        self.sweep()
        with self._lock:
            return self._drafts.get(key)

    def put(self, key: str, values: Values) -> Draft | None:
        """Add what a screen gave; None when the draft is gone."""
        self.sweep()
        with self._lock:
            draft = self._drafts.get(key)
            if draft is None:
                return None
            draft = replace(draft, touched=self._clock.now(), values={**draft.values, **values})
            self._drafts[key] = draft
            return draft

    def wipe(self, key: str) -> None:
        """Forget a draft."""
        with self._lock:
            self._drafts.pop(key, None)

    def sweep(self) -> None:
        """Forget the drafts that were left alone."""
        now = self._clock.now()
        with self._lock:
            self._keep(lambda draft: _is_fresh(draft, now))

    def _keep(self, wanted: Callable[[Draft], bool]) -> None:
        self._drafts = {key: draft for key, draft in self._drafts.items() if wanted(draft)}


def _replaces(start: Start, earlier: Start) -> bool:
    return earlier.visit_id == start.visit_id or (start.kiosk is not None and earlier.kiosk == start.kiosk)


def _is_fresh(draft: Draft, now: Moment) -> bool:
    seconds = now.seconds_since(draft.touched)
    return seconds is not None and seconds <= LASTS_S
