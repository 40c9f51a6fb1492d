"""The survey of public satisfaction (SKM): nine questions by Permenpan-RB 14/2017, each answered by 1 to 4.

A form is kept only when it is whole, and as a rating is: with its date and service, under a random key, tied
to no visit and no time. What is half filled lives in memory (`drafts`) and is wiped like a guest book's.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from appliance import visits
from appliance.answers import ANSWERS
from appliance.errors import Invalid, Message, NotNow
from appliance.office import Office
from appliance.store import Transaction
from appliance.visits import Visit

# By their names and never by their places: in public copies of this form the last two have changed places.
ELEMENTS: Final = tuple(answer.key for answer in ANSWERS["skm_elements"])
SCORES: Final = (1, 2, 3, 4)  # in the regulation's order


def offered(office: Office, visit: Visit) -> bool:
    """Whether to ask: after the rating was given or passed over, until it is answered."""
    if not office.steps.skm or visit.token is None:
        return False
    rated = not office.steps.rating or visit.rating != "open"
    return rated and visit.served is not None and visit.survey == "open"


def give(tx: Transaction, visit_id: int, answers: Mapping[str, int]) -> None:
    """Store a whole form. Raises Invalid for half of one, NotNow the second time and before the service."""
    if answers.keys() != set(ELEMENTS) or not set(answers.values()) <= set(SCORES):
        raise Invalid({"survey": Message("err.choose")})
    visit = visits.get(tx.db, visit_id)
    if visit.survey != "open" or visit.token is None:
        raise NotNow(visit.survey)
    if visit.served is None:
        raise NotNow(visit.state)
    tx.db.execute(
        f"INSERT INTO survey (id, date, service, {', '.join(ELEMENTS)})"
        f" VALUES (?, ?, ?{', ?' * len(ELEMENTS)})",
        (secrets.token_hex(16), visit.date, visit.service, *(answers[key] for key in ELEMENTS)),
    )
    tx.db.execute("UPDATE visit SET survey = 'given' WHERE id = ?", (visit_id,))
    tx.record("survey.given")
