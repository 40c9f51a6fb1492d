"""What the rows of a report are called, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from appliance.answers import UnknownAnswer, by_key
from appliance.errors import NoSuchService
from appliance.office import Office
from appliance.reports.partition import UNKNOWN
from appliance.reports.periods import ROMAN, Period, parse
from appliance.wording import LANGUAGES, MONTHS, Language, Wording

Words = Mapping[Language, str]

_ELEMENTS: Final = "skm_elements"


def both(wording: Wording, key: str, /, **values: str | int) -> Words:
    """A text in both languages."""
    return {language: wording.text(key, language, **values) for language in LANGUAGES}


def of(wording: Wording, office: Office, table: str, key: str) -> Words:
    """The name of one cell."""
    if key == UNKNOWN:
        return both(wording, "report.unknown")
    if table == "services":
        return _service(office, key)
    if table == "arrivals":
        return dict.fromkeys(LANGUAGES, f"{key}.00–{key}.59")
    if table == "scores":
        return both(wording, f"rating.{key}")
    if (text := f"report.cell.{table}.{key}") in wording:
        return both(wording, text, minutes=office.sla.minutes)
    return _answer(_ELEMENTS if table == "elements" else table, key)


def merged(wording: Wording, names: Sequence[Words]) -> Words:
    """The name of cells that stand as one."""
    return {
        language: wording.text("report.merged", language, names="; ".join(name[language] for name in names))
        for language in LANGUAGES
    }


def period(wording: Wording, name: str) -> Words:
    """A period as it is written out: `2026-Q4` is "Triwulan IV 2026". Raises NoSuchPeriod."""
    return {language: _period(wording, parse(name), language) for language in LANGUAGES}


def _period(wording: Wording, period: Period, language: Language) -> str:
    first = period.first
    return wording.text(
        f"report.name.{period.kind}",
        language,
        day=first.day,
        month=_month(wording, first, language),
        quarter=ROMAN[period.quarter - 1] if language == "id" else period.quarter,
        year=first.year,
        first=_long(wording, first, language),
        last=_long(wording, period.last, language),
    )


def _long(wording: Wording, day: date, language: Language) -> str:
    return f"{day.day} {_month(wording, day, language)} {day.year}"


def _month(wording: Wording, day: date, language: Language) -> str:
    return wording.text(f"month.{MONTHS[day.month - 1]}", language)


def _service(office: Office, key: str) -> Words:
    """A service by its name; one that the office does not have any more by its key."""
    try:
        name = office.service(key).name
    except NoSuchService:
        return dict.fromkeys(LANGUAGES, key)
    return {"id": name.id, "en": name.en}


def _answer(table: str, key: str) -> Words:
    try:
        answer = by_key(table, key)
    except UnknownAnswer:
        return dict.fromkeys(LANGUAGES, key)
    return {"id": answer.id, "en": answer.en}
