"""IKM, the index of public satisfaction by Permenpan-RB 14/2017: nine elements, each answered by 1 to 4.

    NRR of an element = sum of its scores / number of forms
    index             = sum of NRR x 1/9                      1.00 to 4.00
    IKM               = index x 25                           25.00 to 100.00

The weight is exactly 1/9. (The regulation prints 0.11, with which nine times "4" gives 99 and not 100.) The
IKM is rounded to two decimals, half up, and only then compared with the limits of the grades: between the
printed ranges, such as 76.60 and 76.61, there is no gap then. If everybody answers "3" it is 75.00, which
the regulation calls grade C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Literal

ELEMENTS: Final = 9

Grade = Literal["A", "B", "C", "D"]

_GRADES: Final[tuple[tuple[Decimal, Grade], ...]] = (
    (Decimal("88.31"), "A"),
    (Decimal("76.61"), "B"),
    (Decimal("65.00"), "C"),
)
_CENT: Final = Decimal("0.01")

# The regulation's table of sample sizes (Krejcie and Morgan): chi-square for one degree of freedom at 95 %,
# a proportion of one half, five percent of error.
_CHI_SQUARE: Final = Fraction(3841, 1000)
_HALF: Final = Fraction(1, 4)  # P (1 - P)
_ERROR: Final = Fraction(1, 400)  # d squared


@dataclass(frozen=True, slots=True)
class Ikm:
    """What the forms of a period say. `means` are the nine NRR in the regulation's order."""

    forms: int
    means: tuple[Decimal, ...]
    index: Decimal
    value: Decimal
    grade: Grade


def ikm(forms: int, sums: Sequence[int]) -> Ikm | None:
    """The index of `forms` whole forms, by the sum of each element's scores; None without a form."""
    if forms == 0:
        return None
    index = Fraction(sum(sums), forms * ELEMENTS)
    value = rounded(index * 25)
    return Ikm(
        forms=forms,
        means=tuple(rounded(Fraction(one, forms)) for one in sums),
        index=rounded(index),
        value=value,
        grade=grade(value),
    )


def grade(value: Decimal) -> Grade:
    """The grade of an IKM, after rounding it to two decimals, half up."""
    rounded = half_up(value)
    return next((letter for least, letter in _GRADES if rounded >= least), "D")


def half_up(value: Decimal) -> Decimal:
    """To two decimals; what lies in the middle goes up."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def needed(visitors: int) -> int:
    """How many forms the regulation's table asks for, of so many visitors."""
    if visitors <= 0:
        return 0
    spread = _CHI_SQUARE * _HALF
    exact = spread * visitors / (_ERROR * (visitors - 1) + spread)
    return int(exact + Fraction(1, 2))


def rounded(exact: Fraction) -> Decimal:
    """A number that is not negative, half up to two decimals, by no division that was rounded before."""
    return Decimal(int(exact * 100 + Fraction(1, 2))).scaleb(-2)
