"""The other end on the simulator's page: what the centre has received, and how the appliance sees the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appliance import outbox
from appliance.central import counts, offices
from appliance.front_desk import FrontDesk

if TYPE_CHECKING:
    from web.central.beside import Centre


@dataclass(frozen=True, slots=True)
class Received:
    """What is at which end."""

    url: str
    visits: int
    ratings: int
    heard: datetime | None  # when the centre last stored something
    waiting: int  # at the front desk
    parked: int
    trouble: str | None  # the code of what keeps it there


def look(centre: Centre, desk: FrontDesk) -> Received:
    """Both ends of the way, now. Raises StoreError."""
    with centre.archive.db.reading() as session:
        totals = counts.totals(session)
        heard = next((one.heard for one in offices.everyone(session) if one.domain == desk.office.id), None)
    left = desk.store.read(outbox.backlog)
    trouble = desk.relay.trouble
    return Received(
        centre.url,
        totals["visit"],
        totals["rating"],
        heard,
        left.waiting,
        left.parked,
        trouble.code if trouble else None,
    )
