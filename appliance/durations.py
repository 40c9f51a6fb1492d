"""Durations as people write them in a file: "500ms", "3s", "10m", "8h"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

_UNITS: Final = {
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}


def parse_duration(value: object) -> timedelta:
    """A whole number and its unit. Raises ValueError with what to write instead."""
    parts = re.fullmatch(r"(\d+)\s*(ms|s|m|h)", value) if isinstance(value, str) else None
    if parts is None:
        raise ValueError(
            'must be a whole number with its unit, in quotation marks: "500ms", "3s", "10m" or "8h"'
        )
    return int(parts[1]) * _UNITS[parts[2]]


def format_duration(duration: timedelta) -> str:
    """The same in the largest unit that leaves a whole number."""
    for name, unit in _UNITS.items():
        if duration and not duration % unit:
            return f"{duration // unit}{name}"
    return f"{duration // _UNITS['ms']}ms"


def _or_as_is(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(value)


Duration = Annotated[timedelta, BeforeValidator(_or_as_is), PlainSerializer(format_duration, return_type=str)]


def between(least: str, most: str) -> AfterValidator:
    """The limits of a Duration, both allowed: `Annotated[Duration, between("50ms", "2s")]`."""
    lowest, highest = parse_duration(least), parse_duration(most)

    def check(duration: timedelta) -> timedelta:
        if not lowest <= duration <= highest:
            raise ValueError(f'must be between "{least}" and "{most}"')
        return duration

    return AfterValidator(check)
