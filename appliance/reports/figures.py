"""The figures of a report, counted in the database.

All of them in one snapshot (`store.read`), by queries that walk an index of the period's days: old visits
cost nothing. What is counted, and what a word means here, is in docs/reports.md; in short:

- A visit belongs to its service day. All visits are counted, however they ended, and each in one cell.
- The published clock is judged only for visits that were served and said goodbye to; who did not appear,
  went again, or was closed by the system is counted apart, and what was not measured is never "met".
- Waiting is measured for those with a ticket, a stay for those who were seen off on the same day.
- A rating that was not given is missing, and is no score.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from appliance import days
from appliance.answers import ANSWERS
from appliance.office import Office
from appliance.reports import erased
from appliance.reports.erased import Erased
from appliance.reports.lending import Lending, count_lending
from appliance.reports.partition import UNKNOWN, Cell, Partition
from appliance.reports.periods import Period
from appliance.reports.spread import Spread, spread

OUTCOMES: Final = (
    "met",
    "missed",
    "unmeasured",
    "not_asked",
    "no_show",
    "cancelled",
    "system_served",
    "system_unserved",
    "open",
)
JUDGED: Final = ("met", "missed")
SERVED: Final = ("met", "missed", "unmeasured", "not_asked", "system_served")
CODED: Final = ("sex", "education", "occupation", "institution_category", "main_use")
WAITS: Final = (("up_to_5", 300), ("up_to_10", 600), ("up_to_15", 900), ("up_to_30", 1800))
LONGER: Final = "longer"
NOT_MEASURED: Final = "not_measured"
DEPOSITS: Final = ("bag_and_card", "bag", "card", "none")
YES_NO: Final = ("yes", "no")
SCORES: Final = ("4", "3", "2", "1")
NO_ELEMENT: Final = "none"

# Who was seen off, or is still here: neither gone unserved nor closed by the system at the day's end.
_COUNTED: Final = "visit.state NOT IN ('no_show', 'cancelled', 'closed_by_system')"
_OUTCOME: Final = """CASE
  WHEN visit.state IN ('no_show', 'cancelled') THEN visit.state
  WHEN visit.state = 'closed_by_system' THEN iif(visit.served IS NULL, 'system_unserved', 'system_served')
  WHEN visit.closed IS NULL THEN 'open'
  WHEN visit.sla_s <= :limit THEN 'met'
  WHEN visit.sla_s > :limit THEN 'missed'
  WHEN visit.service IN (SELECT value FROM json_each(:not_asked)) THEN 'not_asked'
  ELSE 'unmeasured' END"""
_WAITED: Final = (
    f"iif({_COUNTED} AND EXISTS (SELECT 1 FROM ticket WHERE ticket.visit_id = visit.id), visit.wait_s, NULL)"
)
_KEPT: Final = """CASE WHEN visit.locker_used AND visit.id_deposited THEN 'bag_and_card'
  WHEN visit.locker_used THEN 'bag' WHEN visit.id_deposited THEN 'card' ELSE 'none' END"""

# What is looked at of each visit, by the name under which it is counted.
_FACTS: Final = {
    "outcomes": _OUTCOME,
    "services": "visit.service",
    "priority": "iif(visit.priority, 'yes', 'no')",
    "deposits": _KEPT,
    "scanned": "visit.pages_scanned",
    "copied": "visit.pages_photocopied",
    "waited": _WAITED,
    "clock": f"iif({_COUNTED} AND visit.closed IS NOT NULL, visit.sla_s, NULL)",
    "stay": "iif(visit.state = 'checked_out', visit.duration_s, NULL)",
    "arrived": "substr(visit.arrived, 1, 13)",
    "day": "day.date",
    "age_band": "facts.age_band",
    "origin": "facts.origin",
    "sub_services": "facts.sub_services",
    **{name: f"facts.{name}" for name in CODED},
}
_VISITS: Final = (
    f"SELECT {', '.join(_FACTS.values())} FROM service_day AS day JOIN visit ON visit.day_id = day.id"
    " LEFT JOIN guest_facts AS facts ON facts.visit_id = visit.id WHERE day.date BETWEEN :first AND :last"
)
_AT_ONCE: Final = 1000  # rows in memory

Values = Mapping[str, str | int]
Tally = Mapping[str, Counter[Any]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a period looked like, in full: for the office itself."""

    period: Period
    finished: bool  # the period is over, and each of its days is closed
    outcomes: Partition
    services: Partition
    answers: tuple[Partition, ...]  # the guest book's coded questions, the age band and the origin among them
    sub_services: tuple[Cell, ...]  # several to a visit: no partition
    waits: Partition
    arrivals: Partition
    priority: Partition
    deposits: Partition
    scanning: Partition
    copying: Partition
    scores: Partition  # of ratings, which belong to no visit
    elements: Partition  # what should be better, of all ratings
    waiting: Spread
    clock: Spread
    stay: Spread
    pages_scanned: int  # by those who came with a number
    unnumbered_scans: int  # begun by touch, of no visit that is known
    unnumbered_pages: int
    pages_photocopied: int
    lending: Lending
    forms: int  # of the survey
    form_sums: tuple[int, ...]  # its scores, by element
    days: tuple[tuple[date, int], ...]  # the days with visits
    erased: Erased  # visits too old to be kept: all other figures are without them

    @property
    def visits(self) -> int:
        """Everybody who came."""
        return self.outcomes.total

    @property
    def offered(self) -> int:
        """Visits that a rating was asked of: those that were served."""
        return self.outcomes.sum_of(*SERVED)

    @property
    def ratings(self) -> int:
        """Ratings that were given."""
        return self.scores.total


def count(db: sqlite3.Connection, office: Office, period: Period, today: date) -> Report:
    """Everything about a period, as of this snapshot."""
    values: Values = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    tally = _tally(db, office, values)
    forms, form_sums = _forms(db, values)
    return Report(
        period=period,
        finished=_is_finished(db, period, today),
        outcomes=Partition.of("outcomes", tally["outcomes"], OUTCOMES),
        services=Partition.of("services", tally["services"], (one.key for one in office.services)),
        answers=_answers(tally),
        sub_services=_sub_services(tally["sub_services"]),
        waits=_waits(tally["waited"]),
        arrivals=_arrivals(tally["arrived"], office),
        priority=Partition.of("priority", tally["priority"], YES_NO),
        deposits=Partition.of("deposits", tally["deposits"], DEPOSITS),
        scanning=_whether("scanning", tally["scanned"]),
        copying=_whether("copying", tally["copied"]),
        scores=_scores(db, values),
        elements=_elements(db, values),
        waiting=spread(tally["waited"]),
        clock=spread(tally["clock"]),
        stay=spread(tally["stay"]),
        pages_scanned=_sum(tally["scanned"]),
        pages_photocopied=_sum(tally["copied"]),
        **_unnumbered(db, values),
        lending=count_lending(db, values),
        forms=forms,
        form_sums=form_sums,
        days=tuple((date.fromisoformat(day), number) for day, number in sorted(tally["day"].items())),
        erased=erased.count(db, office, values),
    )


def _is_finished(db: sqlite3.Connection, period: Period, today: date) -> bool:
    still = days.current(db)
    return today > period.last and (still is None or still.date > period.last)


# ------------------------------------------------------------------------------------------ visits


def _tally(db: sqlite3.Connection, office: Office, values: Values) -> Tally:
    """How often each value of each fact occurs: one walk over the period's visits, a part at a time."""
    unasked = [one.key for one in office.services if not office.asks_guest_book(one.key)]
    limits = {"limit": office.sla.minutes * 60, "not_asked": json.dumps(unasked)}
    tally: dict[str, Counter[Any]] = {name: Counter() for name in _FACTS}
    found = db.execute(_VISITS, {**values, **limits})
    while rows := found.fetchmany(_AT_ONCE):
        for counter, column in zip(tally.values(), zip(*rows, strict=True), strict=True):
            counter.update(column)
    return tally


def _answers(tally: Tally) -> tuple[Partition, ...]:
    """The coded questions, with the age band and the origin, which are stored by their keys."""
    sex, *others = (_coded(name, tally[name], {one.code: one.key for one in ANSWERS[name]}) for name in CODED)
    age_band, origin = (
        _coded(name, tally[name], {one.key: one.key for one in ANSWERS[name]})
        for name in ("age_band", "origin")
    )
    return (sex, age_band, *others, origin)


def _coded(name: str, found: Counter[Any], keys: Mapping[Any, str]) -> Partition:
    counts: Counter[str] = Counter()
    for code, number in found.items():
        counts[keys.get(code, UNKNOWN)] += number
    return Partition.of(name, counts, (*keys.values(), UNKNOWN))


def _sub_services(found: Counter[Any]) -> tuple[Cell, ...]:
    counts: Counter[str] = Counter()
    for keys, number in found.items():
        counts.update(dict.fromkeys((keys or "").split(), number))
    return tuple(Cell(answer.key, counts[answer.key]) for answer in ANSWERS["sub_services"])


def _waits(found: Counter[Any]) -> Partition:
    counts: Counter[str] = Counter()
    for seconds, number in found.items():
        counts[NOT_MEASURED if seconds is None else _wait(seconds)] += number
    return Partition.of("waits", counts, (*(key for key, _ in WAITS), LONGER, NOT_MEASURED))


def _wait(seconds: int) -> str:
    return next((key for key, most in WAITS if seconds <= most), LONGER)


def _arrivals(found: Counter[Any], office: Office) -> Partition:
    """By the hour of the office's clock; empty hours between the first and the last one are there."""
    counts: Counter[int] = Counter()
    for stamp, number in found.items():
        hour = datetime.strptime(stamp, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        counts[hour.astimezone(office.zone).hour] += number
    hours = range(min(counts), max(counts) + 1) if counts else ()
    return Partition.of(
        "arrivals", {f"{hour:02d}": number for hour, number in counts.items()}, (f"{h:02d}" for h in hours)
    )


def _whether(name: str, found: Counter[Any]) -> Partition:
    """With pages or without."""
    without = found[0]
    return Partition.of(name, {"yes": found.total() - without, "no": without}, YES_NO)


def _sum(found: Counter[Any]) -> int:
    return sum(value * number for value, number in found.items())


def _unnumbered(db: sqlite3.Connection, values: Values) -> dict[str, int]:
    row = db.execute(
        "SELECT count(*), total(scan.pages) FROM service_day AS day JOIN scan ON scan.day_id = day.id"
        " WHERE scan.visit_id IS NULL AND scan.pages > 0 AND day.date BETWEEN :first AND :last",
        values,
    ).fetchone()
    return {"unnumbered_scans": row[0], "unnumbered_pages": int(row[1])}


# ------------------------------------------------------------------------- what belongs to no visit


def _scores(db: sqlite3.Connection, values: Values) -> Partition:
    return Partition.of("scores", _ratings_by(db, "score", values), SCORES)


def _elements(db: sqlite3.Connection, values: Values) -> Partition:
    names = {str(one.code): one.key for one in ANSWERS["skm_elements"]}
    counts = {names.get(code, NO_ELEMENT): n for code, n in _ratings_by(db, "element", values).items()}
    return Partition.of("elements", counts, (*names.values(), NO_ELEMENT))


def _ratings_by(db: sqlite3.Connection, column: str, values: Values) -> dict[str, int]:
    found = db.execute(
        f"SELECT {column}, count(*) FROM rating WHERE date BETWEEN :first AND :last GROUP BY 1", values
    )
    return {str(row[0]): row[1] for row in found}


def _forms(db: sqlite3.Connection, values: Values) -> tuple[int, tuple[int, ...]]:
    sums = ", ".join(f"total({one.key})" for one in ANSWERS["skm_elements"])
    row = db.execute(
        f"SELECT count(*), {sums} FROM survey WHERE date BETWEEN :first AND :last", values
    ).fetchone()
    return row[0], tuple(int(one) for one in row[1:])
