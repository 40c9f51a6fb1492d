"""Counts that add up to a whole: the shape of nearly every table of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Self

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Cell:
    """One category and how many there are of it."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Each of `total` counted once, in exactly one cell."""

    name: str
    cells: tuple[Cell, ...]

    @classmethod
    def of(cls, name: str, counts: Mapping[str, int], keys: Iterable[str]) -> Self:
        """The cells of `keys` in their order, 0 where nothing was counted; then what has no key there."""
        known = list(dict.fromkeys(keys))
        others = sorted(counts.keys() - set(known))
        return cls(name, tuple(Cell(key, counts.get(key, 0)) for key in (*known, *others)))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(cell.count for cell in self.cells)

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers alone, in the order of the cells."""
        return tuple(cell.count for cell in self.cells)

    def places(self, *keys: str) -> tuple[int, ...]:
        """Where the cells of these keys stand; a key that is not there has no place."""
        return tuple(place for place, cell in enumerate(self.cells) if cell.key in keys)

    def sum_of(self, *keys: str) -> int:
        """How many there are in these cells together."""
        return sum(self.cells[place].count for place in self.places(*keys))


def percent(part: int | None, whole: int | None) -> Decimal | None:
    """A part in percent, half up to one decimal; None where there is nothing to divide."""
    if part is None or not whole:
        return None
    return Decimal(int(Fraction(part * 1000, whole) + Fraction(1, 2))).scaleb(-1)
