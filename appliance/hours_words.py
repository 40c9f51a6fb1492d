"""The hours in words: on a screen, and as a person says them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from appliance.office import Day, Office, Week
from appliance.opening import Standing
from appliance.wording import MONTHS, Language, Wording

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Told:
    """What a visitor reads while the office is closed or has its break."""

    title: str
    again: str  # when it opens again
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of hours: days that have the same hours."""

    days: str
    hours: str  # empty: closed
    pause: str


def told(standing: Standing, office: Office, wording: Wording, language: Language) -> Told | None:
    """What is said of hours; None while the office is open."""
    if standing.state == "open":
        return None
    if standing.state == "pause":
        key = "hours.pause_tickets" if standing.tickets else "hours.pause"
        until = on_screen(standing.opens) if standing.opens else ""
        values = {"time": until, "tz": office.zone_label}
        return Told(
            wording.text("hours.pause_title", language, **values), wording.text(key, language, **values)
        )
    title = "hours.closed" if standing.closed_all_day or _opens_today(standing) else "hours.closed_for_today"
    return Told(
        wording.text(title, language),
        _again(standing, office, wording, language),
        why(standing, wording, language),
    )


def why(standing: Standing, wording: Wording, language: Language) -> str:
    """Why it is closed, where there is more to say than that it is late."""
    plan = standing.plan
    if plan.reason is None or not (standing.closed_all_day or plan.kind == "exception"):
        return ""
    return wording.text(f"hours.why.{plan.kind}", language, reason=plan.reason.text(language))


def spoken(standing: Standing, office: Office, wording: Wording, language: Language) -> str:
    """What the loudspeaker says to somebody who presses a button while no numbers are given."""
    if standing.opens is None:
        return wording.text("speech.closed", language)
    key = "speech.closed_today" if _opens_today(standing) else "speech.closed_until"
    return wording.text(
        key,
        language,
        day=wording.text(f"day.{WEEKDAYS[standing.opens.weekday()]}", language),
        date=_date(standing.opens.date(), wording, language),
        time=said(standing.opens.time()),
    )


def on_screen(moment: datetime | time) -> str:
    """A time of day as Indonesian writes it: 08.00."""
    return moment.strftime("%H.%M")


def said(moment: time) -> str:
    """A time of day as two numbers that a voice reads well: "8", "15 30"."""
    return f"{moment.hour} {moment.minute:02d}" if moment.minute else f"{moment.hour}"


def table(week: Week, wording: Wording, language: Language) -> list[Row]:
    """The week's hours, days that follow each other and are alike in one line."""
    return [_row(days, hours, wording, language) for days, hours in _alike(week)]


def _alike(week: Week) -> Iterator[tuple[list[str], Day | None]]:
    days: list[str] = []
    last: Day | None = None
    for name in WEEKDAYS:
        hours: Day | None = getattr(week, name)
        if days and hours != last:
            yield days, last
            days = []
        days.append(name)
        last = hours
    yield days, last


def _row(days: list[str], hours: Day | None, wording: Wording, language: Language) -> Row:
    ends = [wording.text(f"day.{name}", language) for name in (days[0], days[-1])]
    name = ends[0] if len(days) == 1 else f"{ends[0]}–{ends[1]}"
    if hours is None:
        return Row(name, "", "")
    pause = f"{on_screen(hours.pause[0])}–{on_screen(hours.pause[1])}" if hours.pause else ""
    return Row(name, f"{on_screen(hours.open)}–{on_screen(hours.close)}", pause)


def _opens_today(standing: Standing) -> bool:
    return standing.opens is not None and standing.opens.date() == standing.at.date()


def _again(standing: Standing, office: Office, wording: Wording, language: Language) -> str:
    opens = standing.opens
    if opens is None:
        return wording.text("hours.opens_unknown", language)
    key = "hours.opens_today" if _opens_today(standing) else "hours.opens"
    return wording.text(
        key,
        language,
        day=wording.text(f"day.{WEEKDAYS[opens.weekday()]}", language),
        date=_date(opens.date(), wording, language),
        time=on_screen(opens),
        tz=office.zone_label,
    )


def _date(day: date, wording: Wording, language: Language) -> str:
    return f"{day.day} {wording.text(f'month.{MONTHS[day.month - 1]}', language)} {day.year}"
