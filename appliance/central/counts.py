"""How many came, by office and day, for the centre's own pages.

Not for publication: with a few visits a day nearly every cell is a person. `merged` says what may be said of
a small one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from appliance.central.databases import Session

FEW = 3  # a number below this could be somebody


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one office sent of one day."""

    domain: str
    day: str  # ISO
    visits: int  # that are over, however they ended
    served: int  # of these, the completed ones


def of_days(session: Session, first: date, last: date, domain: str | None = None) -> list[DayCount]:
    """Visits by office and day, both days included; of all offices or of one."""
    of_one, values = ("", []) if domain is None else (" AND domain_code = ?", [domain])
    rows = session.run(
        "SELECT domain_code, service_date, count(*),"
        " sum(CASE WHEN final_status = 'completed' THEN 1 ELSE 0 END)"
        f" FROM visit WHERE service_date BETWEEN ? AND ?{of_one}"
        " GROUP BY domain_code, service_date ORDER BY domain_code, service_date",
        first.isoformat(),
        last.isoformat(),
        *values,
    )
    return [DayCount(*row) for row in rows]


def totals(session: Session) -> dict[str, int]:
    """How many records of each kind there are; of guests, those that were not erased."""
    return {
        "visit": _count(session, "SELECT count(*) FROM visit"),
        "rating": _count(session, "SELECT count(*) FROM rating"),
        "guest": _count(session, "SELECT count(*) FROM guest WHERE data IS NOT NULL"),
    }


def days(last: date, number: int) -> Sequence[date]:
    """The days up to `last`, the oldest first."""
    return [last - timedelta(days=back) for back in reversed(range(number))]


def _count(session: Session, sql: str) -> int:
    ((found,),) = session.run(sql)
    return int(found)
