"""What is due in a test's office, and Siti Aminah, who fills in the guest book."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from appliance import guestbook, outbox
from appliance.central.contract import Result, Status
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.visits import Visit

DAY = 86400
FORM = {
    "name": "Siti Aminah",
    "email": "siti@example.org",
    "institution": "Universitas Andalas",
    "sub_services": "printed_library scan",
    "sex": "female",
    "birth_year": "1999",
    "education": "bachelor",
    "occupation": "student",
    "institution_category": "research_education",
    "main_use": "school_task",
    "origin": "same_city",
    "disability": "1",
    "consent": "1",
}
Issue = Callable[..., Visit]


def events(desk: FrontDesk, kind: str | None = None) -> list[dict[str, Any]]:
    """What is due, as the server would get it."""
    found = [json.loads(one.text) for one in desk.store.read(outbox.due, 1000)]
    return [one for one in found if kind is None or one["type"].endswith(kind)]


def data(desk: FrontDesk) -> dict[str, Any]:
    """The data of the only visit that is due."""
    (event,) = events(desk, "visit")
    found: dict[str, Any] = event["data"]
    return found


def acknowledge(desk: FrontDesk) -> int:
    """The server stores all that is due."""
    batch = desk.store.read(outbox.due, 1000)
    desk.store.write(outbox.settle, batch, {one.id: Result(one.id, Status.STORED) for one in batch})
    return len(batch)


def fill_in(desk: FrontDesk, visit: Visit) -> None:
    """The guest book of Siti Aminah."""
    desk.store.write(guestbook.submit, desk.office, visit.id, Entry(FORM, "hash", "id", "phone"))
