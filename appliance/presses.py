"""The answer to the last press of a push button, for the kiosk's screen."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from appliance.clock import Moment


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of the last press: a visit, or the code of the error that kept it from being."""

    at: Moment
    visit_id: int | None = None
    problem: str | None = None


class LastPress:
    """Kept for the screen: a finger on a button deserves an answer that is seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: Answer | None = None

    def show(self, answer: Answer) -> None:
        """Put an answer on the screen."""
        with self._lock:
            self._answer = answer

    def get(self, now: Moment, within_s: float) -> Answer | None:
        """The answer, while it is fresh."""
        with self._lock:
            answer = self._answer
        seconds = now.seconds_since(answer.at) if answer else None
        return answer if seconds is not None and seconds <= within_s else None
