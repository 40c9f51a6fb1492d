"""Visits that are too old to be kept: what the totals of their days (appliance/keeping/totals.py) still tell.

Totals are by one question each, so nothing can be said of two together, and nothing of a median.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.answers import ANSWERS
from appliance.keeping import totals
from appliance.office import Office
from appliance.reports.partition import UNKNOWN, Partition

STATES: Final = ("checked_out", "no_show", "cancelled", "closed_by_system")
PROMISE: Final = ("met", "missed", "unmeasured")  # of all visits, however they ended
_BY_KEY: Final = ("age_band", "origin")  # the other answers are stored by their codes
_VISITS: Final = ("visits", "")


@dataclass(frozen=True, slots=True)
class Erased:
    """How many there were, in parts; and sums over them (pages, visits with a locker), by their names."""

    visits: int
    parts: tuple[Partition, ...] = ()
    sums: tuple[tuple[str, int], ...] = ()


def count(db: sqlite3.Connection, office: Office, values: Mapping[str, str | int]) -> Erased:
    """What is left of the visits between `:first` and `:last` that are erased."""
    by_service: Counter[str] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for service, measure, value, number in db.execute(
        "SELECT service, measure, value, sum(count) FROM day_total WHERE date BETWEEN :first AND :last"
        " GROUP BY service, measure, value",
        values,
    ):
        found[measure, value] += number
        if (measure, value) == _VISITS:
            by_service[service] += number
    visits = found[_VISITS]
    if not visits:
        return Erased(0)
    return Erased(
        visits,
        parts=(
            Partition.of("services", by_service, (one.key for one in office.services)),
            Partition.of("states", _values(found, "state"), STATES),
            Partition.of("promise", _values(found, "sla"), PROMISE),
            *(_answers(found, name, visits) for name in totals.ANSWERS),
        ),
        sums=tuple((name, found[name, ""]) for name in totals.SUMS),
    )


def _values(found: Counter[tuple[str, str]], wanted: str) -> dict[str, int]:
    return {value: number for (measure, value), number in found.items() if measure == wanted}


def _answers(found: Counter[tuple[str, str]], name: str, visits: int) -> Partition:
    """The answers of one question; who gave none is the rest."""
    keys = {one.key if name in _BY_KEY else str(one.code): one.key for one in ANSWERS[name]}
    counts: Counter[str] = Counter()
    for value, number in _values(found, name).items():
        counts[keys.get(value, UNKNOWN)] += number
    counts[UNKNOWN] += visits - counts.total()
    return Partition.of(name, counts, (*keys.values(), UNKNOWN))
