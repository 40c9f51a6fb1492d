"""Who is next: a pure rule.

Priority goes first, but after at most `in_a_row` priority calls a regular visitor is called, if one waits
(UU 25/2009 art. 29 asks for special treatment; fairness keeps the others moving). Within each kind, first
come, first called.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

IN_A_ROW = 2


class Waiting(NamedTuple):
    """One person in the line; `place` grows with the time of arrival."""

    place: int
    visit_id: int
    priority: bool


def line_up(waiting: Iterable[Waiting], recent: Sequence[bool], in_a_row: int = IN_A_ROW) -> list[Waiting]:
    """The order in which the waiting will be called if nobody else comes.

    `recent` holds, newest first, whether each of the last calls was a priority call.
    """
    by_arrival = sorted(waiting)
    priority = deque(one for one in by_arrival if one.priority)
    regular = deque(one for one in by_arrival if not one.priority)
    row = sum(1 for _ in takewhile(bool, recent))
    order: list[Waiting] = []
    while priority:
        take_priority = not regular or row < in_a_row
        order.append((priority if take_priority else regular).popleft())
        row = row + 1 if take_priority else 0
    return [*order, *regular]


def ahead(visit_id: int, order: Sequence[Waiting]) -> int | None:
    """How many people are called before this one; None when they are not in the line."""
    return next((n for n, one in enumerate(order) if one.visit_id == visit_id), None)
