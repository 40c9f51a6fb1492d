"""The figures of a report, counted in the database.

All of them in one snapshot (`store.read`), each by a query that walks an index of the period's days: old
visits cost nothing. What is counted, and what a word means here, is in docs/reports.md; in short:

- A visit belongs to its service day. All visits are counted, however they ended, and each in one cell.
- The published clock is judged only for visits that were served and said goodbye to; who did not appear,
  went again, or was closed by the system is counted apart, and what was not measured is never "met".
- Waiting is measured for those with a ticket, a stay for those who were seen off on the same day.
- A rating that was not given is missing, and is no score.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from appliance.answers import ANSWERS
from appliance.office import Office
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

_FROM: Final = (
    "FROM service_day AS day JOIN visit ON visit.day_id = day.id"
    " LEFT JOIN guest_facts AS facts ON facts.visit_id = visit.id"
    " WHERE day.date BETWEEN :first AND :last"
)
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

Values = Mapping[str, str | int]


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
    pages_scanned: int
    pages_photocopied: int
    forms: int  # of the survey
    form_sums: tuple[int, ...]  # its scores, by element
    days: tuple[tuple[date, int], ...]  # the days with visits

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
    forms, form_sums = _forms(db, values)
    return Report(
        period=period,
        finished=_is_finished(db, period, today),
        outcomes=_outcomes(db, office, values),
        services=_services(db, office, values),
        answers=_answers(db, values),
        sub_services=_sub_services(db, values),
        waits=_waits(db, values),
        arrivals=_arrivals(db, office, values),
        priority=_by(db, "priority", "iif(visit.priority, 'yes', 'no')", YES_NO, values),
        deposits=_by(db, "deposits", _KEPT, DEPOSITS, values),
        scanning=_by(db, "scanning", "iif(visit.pages_scanned > 0, 'yes', 'no')", YES_NO, values),
        copying=_by(db, "copying", "iif(visit.pages_photocopied > 0, 'yes', 'no')", YES_NO, values),
        scores=_scores(db, values),
        elements=_elements(db, values),
        waiting=_spread(db, _WAITED, values),
        clock=_spread(db, f"iif({_COUNTED} AND visit.closed IS NOT NULL, visit.sla_s, NULL)", values),
        stay=_spread(db, "iif(visit.state = 'checked_out', visit.duration_s, NULL)", values),
        **_pages(db, values),
        forms=forms,
        form_sums=form_sums,
        days=_days(db, values),
    )


def _is_finished(db: sqlite3.Connection, period: Period, today: date) -> bool:
    still = db.execute(
        "SELECT 1 FROM service_day WHERE closed IS NULL AND date <= ?", (period.last.isoformat(),)
    )
    return today > period.last and still.fetchone() is None


def _groups(db: sqlite3.Connection, expression: str, values: Values) -> list[tuple[object, int]]:
    """How many visits have each value of an expression."""
    return [tuple(row) for row in db.execute(f"SELECT {expression}, count(*) {_FROM} GROUP BY 1", values)]


def _by(
    db: sqlite3.Connection, name: str, expression: str, keys: tuple[str, ...], values: Values
) -> Partition:
    found = {str(key): number for key, number in _groups(db, expression, values)}
    return Partition.of(name, found, keys)


def _spread(db: sqlite3.Connection, expression: str, values: Values) -> Spread:
    return spread({s: often for s, often in _groups(db, expression, values) if isinstance(s, int)})


# ------------------------------------------------------------------------------------------ visits


def _outcomes(db: sqlite3.Connection, office: Office, values: Values) -> Partition:
    unasked = [one.key for one in office.services if not office.asks_guest_book(one.key)]
    quoted = ", ".join(f'"{key}"' for key in unasked)  # keys are plain words (office.Key)
    limits: Values = {**values, "limit": office.sla.minutes * 60, "not_asked": f"[{quoted}]"}
    return _by(db, "outcomes", _OUTCOME, OUTCOMES, limits)


def _services(db: sqlite3.Connection, office: Office, values: Values) -> Partition:
    return _by(db, "services", "visit.service", tuple(one.key for one in office.services), values)


def _answers(db: sqlite3.Connection, values: Values) -> tuple[Partition, ...]:
    coded = tuple(_coded(db, name, values) for name in CODED)
    return (coded[0], _ages(db, values), *coded[1:], _origins(db, values))


def _coded(db: sqlite3.Connection, name: str, values: Values) -> Partition:
    keys = {answer.code: answer.key for answer in ANSWERS[name]}
    counts: Counter[str] = Counter()
    for code, number in _groups(db, f"facts.{name}", values):
        counts[keys.get(code, UNKNOWN) if isinstance(code, int) else UNKNOWN] += number
    return Partition.of(name, counts, (*keys.values(), UNKNOWN))


def _ages(db: sqlite3.Connection, values: Values) -> Partition:
    """By the band that was stored with the visit."""
    bands = tuple(band.key for band in ANSWERS["age_band"])
    return _by(db, "age_band", f"coalesce(facts.age_band, '{UNKNOWN}')", (*bands, UNKNOWN), values)


def _origins(db: sqlite3.Connection, values: Values) -> Partition:
    keys = tuple(answer.key for answer in ANSWERS["origin"])
    counts: Counter[str] = Counter()
    for key, number in _groups(db, "facts.origin", values):
        counts[str(key) if key in keys else UNKNOWN] += number
    return Partition.of("origin", counts, (*keys, UNKNOWN))


def _sub_services(db: sqlite3.Connection, values: Values) -> tuple[Cell, ...]:
    counts: Counter[str] = Counter()
    for keys, number in _groups(db, "facts.sub_services", values):
        counts.update(dict.fromkeys(str(keys or "").split(), number))
    return tuple(Cell(answer.key, counts[answer.key]) for answer in ANSWERS["sub_services"])


def _waits(db: sqlite3.Connection, values: Values) -> Partition:
    counts: Counter[str] = Counter()
    for seconds, number in _groups(db, _WAITED, values):
        counts[_wait(seconds) if isinstance(seconds, int) else NOT_MEASURED] += number
    return Partition.of("waits", counts, (*(key for key, _ in WAITS), LONGER, NOT_MEASURED))


def _wait(seconds: int) -> str:
    return next((key for key, most in WAITS if seconds <= most), LONGER)


def _arrivals(db: sqlite3.Connection, office: Office, values: Values) -> Partition:
    """By the hour of the office's clock; empty hours between the first and the last one are there."""
    counts: Counter[int] = Counter()
    for stamp, number in _groups(db, "substr(visit.arrived, 1, 13)", values):
        hour = datetime.strptime(str(stamp), "%Y-%m-%dT%H").replace(tzinfo=UTC)
        counts[hour.astimezone(office.zone).hour] += number
    hours = range(min(counts), max(counts) + 1) if counts else ()
    return Partition.of(
        "arrivals", {f"{hour:02d}": number for hour, number in counts.items()}, (f"{h:02d}" for h in hours)
    )


def _pages(db: sqlite3.Connection, values: Values) -> dict[str, int]:
    row = db.execute(
        f"SELECT total(visit.pages_scanned), total(visit.pages_photocopied) {_FROM}", values
    ).fetchone()
    return {"pages_scanned": int(row[0]), "pages_photocopied": int(row[1])}


def _days(db: sqlite3.Connection, values: Values) -> tuple[tuple[date, int], ...]:
    found = db.execute(f"SELECT day.date, count(*) {_FROM} GROUP BY day.date ORDER BY day.date", values)
    return tuple((date.fromisoformat(row[0]), row[1]) for row in found)


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
