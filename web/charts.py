"""Charts as numbers: where the columns of a picture stand. The template draws them, a table says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 200
_TOP: Final = 24  # room for a number above the highest column
_FOOT: Final = 28  # and for the names below
_FILL: Final = 0.7  # of its place that a column takes
_MOST_NAMES: Final = 16  # more would run into each other
_MOST_NUMBERS: Final = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column, in the units of the picture's viewBox; a name or number that has no room is empty."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    name: str
    number: str


def columns(named: Sequence[tuple[str, int]]) -> list[Column]:
    """A column for each count, in proportion to the largest; none of nothing."""
    if not named:
        return []
    place, most = WIDTH / len(named), max(1, *(count for _, count in named))
    every = -(-len(named) // _MOST_NAMES)
    drawn = []
    for number, (name, count) in enumerate(named):
        height = (HEIGHT - _TOP - _FOOT) * count / most
        drawn.append(
            Column(
                x=round(place * (number + (1 - _FILL) / 2), 2),
                y=round(HEIGHT - _FOOT - height, 2),
                width=round(place * _FILL, 2),
                height=round(height, 2),
                middle=round(place * (number + 0.5), 2),
                name=name if number % every == 0 else "",
                number=str(count) if len(named) <= _MOST_NUMBERS else "",
            )
        )
    return drawn


def bar(count: int | None, most: int) -> float:
    """How long a bar is, of 100, beside the longest one."""
    return round(100 * count / most, 2) if count and most else 0.0
