"""What of a report may leave the office.

One kind of period only, the office's choice (`[reports] publish` of its profile): periods of one kind lie
beside each other, and nothing can be subtracted from anything. A quarter minus two of its months would be
the third month's cells, merged or not. And only when a period is over: a report of Tuesday minus the one
of Monday would be a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance.office import Office
from appliance.reports.figures import Report
from appliance.reports.partition import Cell, Partition
from appliance.reports.small_cells import LEAST, is_small, merge, subtotal

Form = Literal["internal", "publication"]
Obstacle = Literal["kind", "running", "erased", "few"]

LEAST_FOR_P90 = 10  # with fewer, the 90th percentile is nearly the longest of them


def obstacle(office: Office, report: Report) -> Obstacle | None:
    """Why there is nothing to publish of this report; None where there is."""
    if report.period.kind != office.reports.publish:
        return "kind"
    if not report.finished:
        return "running"
    if report.erased.visits:  # what is left, taken from what was published before, would be what is gone
        return "erased"
    return "few" if is_small(report.visits) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A partition as it is handed out: single cells, and those that stand as one sum."""

    partition: Partition
    merged: frozenset[int] = frozenset()

    @property
    def hidden(self) -> bool:
        """Whether the whole table is too small to be seen."""
        return bool(self.merged) and is_small(self.partition.total)

    @property
    def single(self) -> tuple[Cell, ...]:
        """The cells that are seen as they are."""
        return tuple(cell for place, cell in enumerate(self.partition.cells) if place not in self.merged)

    @property
    def together(self) -> tuple[Cell, ...]:
        """The cells that are seen as one sum."""
        return tuple(cell for place, cell in enumerate(self.partition.cells) if place in self.merged)

    def sum_of(self, *keys: str) -> int | None:
        """These cells together; None where that does not follow from what is seen."""
        if self.hidden:
            return None
        return subtotal(self.partition.counts, self.merged, self.partition.places(*keys))

    @property
    def total(self) -> int | None:
        """All of them; None where even that is too few."""
        return None if self.hidden else self.partition.total


def show(partition: Partition, form: Form) -> Shown:
    """A partition in full for the office, with small cells merged for others."""
    return Shown(partition, merge(partition.counts) if form == "publication" else frozenset())


def show_one(count: int, total: int, form: Form) -> int | None:
    """A count that overlaps with others: None where it, or what is left of the total, is a small cell."""
    if form == "publication" and (is_small(count) or is_small(total - count)):
        return None
    return count


def is_enough(count: int, form: Form, least: int = LEAST) -> bool:
    """Whether something computed of so many may be seen."""
    return count >= (least if form == "publication" else 1)
