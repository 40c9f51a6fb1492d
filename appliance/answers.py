"""The lists that a visitor chooses from, with the codes of the national survey (SKD) and the visit record.

The lists are in `answers.toml`; this file looks answers up, and knows which age belongs to which band.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from appliance.wording import Language

_FILE = Path(__file__).parent / "answers.toml"

# The last age of each band but the open one at the end.
_BANDS_UP_TO = ((16, "under_17"), (25, "17_25"), (34, "26_34"), (44, "35_44"), (54, "45_54"), (65, "55_65"))
_LONGEST_LIFE = 125


class UnknownAnswer(KeyError):
    """There is no such list, or it has no such answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its number, its name in records, and what the visitor reads."""

    code: int
    key: str
    id: str
    en: str
    group: str | None = None

    def label(self, language: Language) -> str:
        """What the visitor reads."""
        return self.en if language == "en" else self.id


def _read() -> Mapping[str, tuple[Answer, ...]]:
    with _FILE.open("rb") as file:
        lists = tomllib.load(file)
    return MappingProxyType({name: tuple(Answer(**row) for row in rows) for name, rows in lists.items()})


ANSWERS: Final = _read()


def by_code(name: str, code: int) -> Answer:
    """The answer of a list with this code. Raises UnknownAnswer."""
    for answer in ANSWERS.get(name, ()):
        if answer.code == code:
            return answer
    raise UnknownAnswer(f"{name} has no code {code}")


def by_key(name: str, key: str) -> Answer:
    """The answer of a list with this key. Raises UnknownAnswer."""
    for answer in ANSWERS.get(name, ()):
        if answer.key == key:
            return answer
    raise UnknownAnswer(f"{name} has no answer {key!r}")


def label(name: str, code: int, language: Language) -> str:
    """What the visitor reads for a code. Raises UnknownAnswer."""
    return by_code(name, code).label(language)


def age_band(birth_year: int, year: int) -> Answer:
    """The band of the age that somebody reaches in `year`. Raises ValueError for a year that cannot be."""
    age = year - birth_year
    if not 0 <= age <= _LONGEST_LIFE:
        raise ValueError(f"a birth year of {birth_year} cannot be in {year}")
    for last, key in _BANDS_UP_TO:
        if age <= last:
            return by_key("age_band", key)
    return by_key("age_band", "over_65")
