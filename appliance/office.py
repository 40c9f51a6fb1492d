"""What an office offers: its services, letters, hours, steps, and the service standard that it has published.

A profile is one TOML file. Those that come with the product are in `offices/`; another office is another
file, named by its path in the configuration. Links and numbers are as published, never built from a pattern.
"""

from __future__ import annotations

import difflib
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from appliance import toml_model
from appliance.catalogue.settings import DigitalLibrary
from appliance.errors import ConfigError, NoSuchPlace, NoSuchService, Problem
from appliance.keeping.retention_periods import Retention
from appliance.lending_rules import Photocopying, ReadingRoom, Requests
from appliance.scanning.policy import Scanning
from appliance.toml_model import Table, did_you_mean
from appliance.wording import Language

_FOLDER = Path(__file__).parent / "offices"

# I and O look like 1 and 0 on paper, and "ki" (Q) is heard as "ka" (K).
_UNCLEAR_LETTERS: Final = frozenset("IOQ")
# Heard across a waiting room, "be", "de", "pe" and "te" are one sound, "em" and "en" another.
_ALIKE: Final = (frozenset("BDPT"), frozenset("MN"))

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

# The kinds that a visit record knows; the library's own parts are asked for in the guest book.
ServiceKind = Literal[
    "printed_library",
    "digital_library",
    "scan",
    "photocopy",
    "consultation",
    "recommendation",
    "product_sale",
    "other",
]
GuestBookField = Literal[
    "name",
    "email",
    "institution",
    "sub_services",
    "sex",
    "birth_year",
    "education",
    "occupation",
    "institution_category",
    "main_use",
    "phone",
    "origin",
    "data_needed",
    "disability",
    "skd_contact",
]
IdType = Literal["ktp", "sim", "passport", "student_card", "other_card"]


def _clock_time(value: object) -> time:
    try:
        return value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError:
        raise ValueError('must be a time in quotation marks, as "08:00"') from None


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
        raise ValueError(
            "is not a known time zone" + (f'; did you mean "{near[0]}"?' if near else "")
        ) from None
    return name


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class Bilingual(Table):
    """A text of the office in both languages."""

    id: Text
    en: Text

    def text(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language == "en" else self.id


class Steps(Table):
    """Which steps a visit has at this office."""

    ticket: bool = True
    guest_book: bool = True
    locker: bool = True
    rating: bool = True
    skm: bool = False  # the survey of nine elements, offered after the rating where there is one
    photocopy: bool = False
    scan: bool = False


class Service(Table):
    """One service, with the letter of its queue."""

    key: Key
    letter: Annotated[str, Field(pattern=r"^[A-Z]$")]
    name: Bilingual
    description: Bilingual
    kind: ServiceKind
    takes_ticket: bool = True
    ask_officer: bool = False  # another desk's matter: an officer listens, nothing is asked or stored

    @field_validator("letter")
    @classmethod
    def _clear(cls, letter: str) -> str:
        if letter in _UNCLEAR_LETTERS:
            raise ValueError(
                f'"{letter}" is misread or misheard; do not use {", ".join(sorted(_UNCLEAR_LETTERS))}'
            )
        return letter


class Place(Table):
    """A desk to which a visitor is called."""

    key: Key
    name: Bilingual


class Day(Table):
    """The hours of one day, local time; `pause` is from, to."""

    open: ClockTime
    close: ClockTime
    pause: tuple[ClockTime, ClockTime] | None = None

    @field_validator("close")
    @classmethod
    def _after_opening(cls, close: time, info: ValidationInfo) -> time:
        if "open" in info.data and close <= info.data["open"]:
            raise ValueError("must be later than open")
        return close

    @field_validator("pause")
    @classmethod
    def _inside(cls, pause: tuple[time, time] | None, info: ValidationInfo) -> tuple[time, time] | None:
        opens, closes = info.data.get("open", time.min), info.data.get("close", time.max)
        if pause and not opens <= pause[0] < pause[1] <= closes:
            raise ValueError("must lie within the hours, its beginning first")
        return pause


class Week(Table):
    """The hours by weekday; a day that is not named is closed."""

    monday: Day | None = None
    tuesday: Day | None = None
    wednesday: Day | None = None
    thursday: Day | None = None
    friday: Day | None = None
    saturday: Day | None = None
    sunday: Day | None = None

    def on(self, day: date) -> Day | None:
        """The hours of this date's weekday."""
        week = (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )
        return week[day.weekday()]


class SpecialHours(Table):
    """Dates with other hours (Ramadan), or, without `hours`, closed (a holiday)."""

    first: date
    last: date
    reason: Bilingual
    hours: Week = Week()

    @field_validator("last")
    @classmethod
    def _not_before(cls, last: date, info: ValidationInfo) -> date:
        if "first" in info.data and last < info.data["first"]:
            raise ValueError("must not be earlier than first")
        return last


class Sla(Table):
    """The promise of the standard: served within so many minutes, counted from this event."""

    minutes: Annotated[int, Field(ge=1, le=120)] = 5
    starts: Literal["guest_book_submitted", "previous_visit_ended"] = "guest_book_submitted"


class GuestBook(Table):
    """Where the guest book is kept, and what it asks."""

    mode: Literal["local", "national_link", "both"] = "local"
    national_url: Text | None = Field(None, validate_default=True)
    email_required: bool = True
    retention_months: Annotated[int, Field(ge=1, le=60)] = 12
    privacy_contact: Text
    notice_version: Text
    send_identity: bool = False  # names and contacts to the central server too; the notice says so
    fields: Annotated[tuple[GuestBookField, ...], Field(min_length=1)] = get_args(GuestBookField)

    @field_validator("national_url")
    @classmethod
    def _needed_for_link(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is None and info.data.get("mode", "local") != "local":
            raise ValueError(f'is needed for mode "{info.data["mode"]}"')
        return url


class CardDeposit(Table):
    """What is taken for a locker, and how many numbered pockets the board at the desk has."""

    id_types: Annotated[tuple[IdType, ...], Field(min_length=1)] = get_args(IdType)
    pockets: Annotated[int, Field(ge=1, le=200)]


class Reports(Table):
    """What of the reports may leave the office: one kind of period, so that nothing can be subtracted."""

    publish: Literal["month", "quarter", "year"] = "quarter"


class Complaints(Table):
    """The channels, exactly as published."""

    suggestion_box: Text
    links: Texts
    email: Text
    phone: Text
    lapor: Text | None = None  # the address of LAPOR!, where the office's standard names it


class Standard(Table):
    """The published service standard, word for word, a paragraph or list item an entry."""

    number: Text
    title: Text
    requirements: Texts
    procedure: Texts
    time: Texts
    cost: Texts
    product: Texts
    complaints: Texts


def _different(names: Iterable[str], what: str) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise ValueError(f"{what} used twice: {', '.join(twins)}")


def _services_differ(services: tuple[Service, ...]) -> tuple[Service, ...]:
    _different((service.key for service in services), "key")
    _different((service.letter for service in services), "letter")
    return services


def _places_differ(places: tuple[Place, ...]) -> tuple[Place, ...]:
    _different((place.key for place in places), "key")
    return places


class Office(Table):
    """A whole profile."""

    id: Annotated[str, Field(pattern=r"^\d{4}$")]  # the domain code of BPS
    name: Text
    paper_title: Texts
    address: Text | None = None
    phone: Text
    email: Text
    site: Text
    timezone: Annotated[str, AfterValidator(_zone)]
    zone_label: Text
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("id", "en")
    queue_word: Literal["antrean", "antrian"] = "antrean"
    skd_url: Text | None = None
    allow_similar_letters: bool = False
    steps: Steps = Steps()
    services: Annotated[tuple[Service, ...], Field(min_length=1), AfterValidator(_services_differ)]
    places: Annotated[tuple[Place, ...], Field(min_length=1), AfterValidator(_places_differ)]
    hours: Week
    special_hours: tuple[SpecialHours, ...] = ()
    sla: Sla = Sla()
    guest_book: GuestBook
    retention: Retention = Retention()
    card_deposit: CardDeposit
    reports: Reports = Reports()
    scanning: Scanning = Scanning()
    photocopy: Photocopying = Photocopying()
    requests: Requests = Requests()
    reading_room: ReadingRoom | None = None
    digital_library: DigitalLibrary | None = None
    complaints: Complaints
    standard: Standard

    @field_validator("services")
    @classmethod
    def _sound_different(cls, services: tuple[Service, ...], info: ValidationInfo) -> tuple[Service, ...]:
        if info.data.get("allow_similar_letters"):
            return services
        for one, other in combinations((service.letter for service in services), 2):
            if any({one, other} <= alike for alike in _ALIKE):
                raise ValueError(
                    f"{one} and {other} sound alike when called; choose another letter, "
                    "or set allow_similar_letters = true"
                )
        return services

    def special(self, day: date) -> SpecialHours | None:
        """The first special hours that hold on this date."""
        return next((hours for hours in self.special_hours if hours.first <= day <= hours.last), None)

    def opening(self, day: date) -> Day | None:
        """The hours on this date; None when the office is closed all day."""
        special = self.special(day)
        return (special.hours if special else self.hours).on(day)

    def service(self, key: str) -> Service:
        """The service of this key. Raises NoSuchService."""
        return self._one(key, {service.key: service for service in self.services})

    def service_of_letter(self, letter: str) -> Service:
        """The service of this letter. Raises NoSuchService."""
        return self._one(letter, {service.letter: service for service in self.services})

    def place(self, key: str) -> Place:
        """The desk of this key. Raises NoSuchPlace."""
        for place in self.places:
            if place.key == key:
                return place
        raise NoSuchPlace(f"office {self.id} has no desk {key!r}")

    @property
    def ticket_services(self) -> tuple[Service, ...]:
        """The services that give numbers; none where visits begin without one."""
        return tuple(one for one in self.services if one.takes_ticket) if self.steps.ticket else ()

    def asks_guest_book(self, service: str) -> bool:
        """Whether visitors of this service are asked to fill in the guest book. Raises NoSuchService."""
        return self.steps.guest_book and not self.service(service).ask_officer

    def _one(self, name: str, services: Mapping[str, Service]) -> Service:
        try:
            return services[name]
        except KeyError:
            raise NoSuchService(f"office {self.id} has no service {name!r}") from None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The office's time zone."""
        return zoneinfo.ZoneInfo(self.timezone)


def shipped_offices() -> tuple[str, ...]:
    """The ids of the profiles that come with the product."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_office(name: str, folder: Path | None = None) -> Office:
    """The profile of a shipped id, or of a path, which may be relative to `folder`. Raises ConfigError."""
    if name in shipped_offices():
        return toml_model.read(Office, _FOLDER / f"{name}.toml")
    path = (folder or Path()) / name
    if path.suffix != ".toml":
        suggestion = did_you_mean(name, shipped_offices())
        message = f'no office "{name}" comes with this product, and it is no path of a .toml file'
        raise ConfigError([Problem(name, "", message, suggestion=suggestion)])
    return toml_model.read(Office, path)
