"""The national holidays and the days of joint leave of Indonesia, from the package `holidays`.

The government names both each year, in a joint decree of three ministers; the package follows with its next
release. Until then it reckons the days that go by the moon, and says so in their names. What it does not
know, or the office does otherwise, is an exception of the office (`special_days.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from appliance.wording import Language

Kind = Literal["public_holiday", "joint_leave"]

_CATEGORIES: Final[dict[Kind, str]] = {"public_holiday": "public", "joint_leave": "government"}
_LANGUAGES: Final[dict[Language, str]] = {"id": "id", "en": "en_US"}
# How the package marks a day that nobody has decreed yet; on a screen it would only raise doubts.
_ESTIMATED: Final[dict[Language, str]] = {"id": " (perkiraan)", "en": " (estimated)"}


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day on which the offices of the state are closed."""

    kind: Kind
    names: dict[Language, str]
    estimated: bool = False  # reckoned, not decreed yet

    def name(self, language: Language) -> str:
        """Its name in one language."""
        return self.names[language]


def on(day: date) -> tuple[Holiday, ...]:
    """What falls on this day: the national holiday first."""
    return _of_year(day.year).get(day, ())


@lru_cache(maxsize=4)
def _of_year(year: int) -> dict[date, tuple[Holiday, ...]]:
    found: dict[date, list[Holiday]] = {}
    for kind in _CATEGORIES:
        names = {language: _names(year, kind, language) for language in _LANGUAGES}
        for day, indonesian in names["id"].items():
            both: dict[Language, str] = {"id": indonesian, "en": names["en"][day]}
            found.setdefault(day, []).append(
                Holiday(
                    kind,
                    {language: name.replace(_ESTIMATED[language], "") for language, name in both.items()},
                    estimated=_ESTIMATED["id"] in indonesian,
                )
            )
    return {day: tuple(those) for day, those in found.items()}


def _names(year: int, kind: Kind, language: Language) -> dict[date, str]:
    from holidays import country_holidays  # with all its calendars it takes a while, and megabytes

    return dict(
        country_holidays("ID", years=year, categories=(_CATEGORIES[kind],), language=_LANGUAGES[language])
    )
