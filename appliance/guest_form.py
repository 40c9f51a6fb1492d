"""The guest book's form: what it asks, and what fits.

Three short screens. What is on the first two is asked of everybody, and each question of the second can be
declined; the third is the visitor's free choice and is kept only with their consent. Values are texts by
field, as the visitor gave them; several answers stand in one text, separated by spaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from appliance.answers import ANSWERS, Answer
from appliance.clock import Moment
from appliance.errors import Invalid, Message
from appliance.office import Office

Kind = Literal["text", "email", "phone", "year", "choice", "several", "tick"]
Values = Mapping[str, str]

DECLINED = "-"  # the value of "prefer not to say"
OLDEST_AGE = 110
YOUNGEST_AGE = 5
MAX_TEXT = 120

# Beside the fields: two ticks that say how to read them.
NO_EMAIL = "no_email"
CONSENT = "consent"

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"]+@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[0-9]{9,15}")
_PHONE_MARKS = re.compile(r"[\s.()-]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `answers` names its list; a choice is stored by its code, or by its key (`by_key`)."""

    name: str
    screen: int
    kind: Kind
    answers: str | None = None
    by_key: bool = False

    @property
    def optional(self) -> bool:
        """True for what is kept only with the visitor's consent."""
        return self.screen == OPTIONAL_SCREEN

    @property
    def may_decline(self) -> bool:
        """True where "prefer not to say" is an answer."""
        return self.screen == DECLINABLE_SCREEN or (self.optional and self.kind == "choice")


SCREENS = (1, 2, 3)
DECLINABLE_SCREEN = 2
OPTIONAL_SCREEN = 3

# The order is the order on the screens. Which of them an office asks stands in its profile.
FIELDS = (
    Field("name", 1, "text"),
    Field("email", 1, "email"),
    Field("institution", 1, "text"),
    Field("sub_services", 1, "several", "sub_services"),
    Field("sex", 2, "choice", "sex"),
    Field("birth_year", 2, "year"),
    Field("education", 2, "choice", "education"),
    Field("occupation", 2, "choice", "occupation"),
    Field("institution_category", 2, "choice", "institution_category"),
    Field("main_use", 2, "choice", "main_use"),
    Field("phone", 3, "phone"),
    Field("origin", 3, "choice", "origin", by_key=True),
    Field("data_needed", 3, "text"),
    Field("disability", 3, "tick"),
    Field("skd_contact", 3, "tick"),
)

# A consent of its own, to be asked beside the one for the other optional fields.
OWN_CONSENT = "skd_contact"


# ---------------------------------------------------------------------------------------- questions


def fields(office: Office, screen: int | None = None) -> tuple[Field, ...]:
    """The questions that this office asks, of one screen or of all."""
    asked = office.guest_book.fields
    return tuple(one for one in FIELDS if one.name in asked and screen in (None, one.screen))


def screens(office: Office) -> tuple[int, ...]:
    """The screens on which this office asks something."""
    return tuple(screen for screen in SCREENS if fields(office, screen))


def answers(office: Office, one: Field) -> tuple[Answer, ...]:
    """What can be chosen for a field; no part of the service that this office does not have."""
    missing = {key for key in ("scan", "photocopy") if not getattr(office.steps, key)}
    known = ANSWERS[one.answers] if one.answers else ()
    return tuple(answer for answer in known if one.name != "sub_services" or answer.key not in missing)


def is_required(office: Office, one: Field, values: Values) -> bool:
    """Whether a field may not stay empty, seeing what was answered beside it."""
    if one.name == "email":
        return office.guest_book.email_required and not values.get(NO_EMAIL)
    return not one.optional


# ---------------------------------------------------------------------------------------- what fits


def check(office: Office, screen: int, values: Values, now: Moment) -> None:
    """Whether a screen's values fit. Raises Invalid with a message for each field that does not."""
    wrong = {
        one.name: message
        for one in fields(office, screen)
        if (message := _problem(office, one, values, now)) is not None
    }
    if screen == OPTIONAL_SCREEN and not values.get(CONSENT) and _gives_optional(office, values):
        wrong[CONSENT] = Message("privacy.consent_needed")
    if wrong:
        raise Invalid(wrong)


def problem_of_text(one: Field, value: str, now: Moment) -> Message | None:
    """What is wrong with a text that was given for a field; None when it fits."""
    if len(value) > MAX_TEXT:
        return Message("err.too_long", {"n": MAX_TEXT})
    return _RULES[one.kind](value, now)


def _problem(office: Office, one: Field, values: Values, now: Moment) -> Message | None:
    value = clean(values.get(one.name, ""))
    if not value:
        return _missing(one) if is_required(office, one, values) else None
    if one.name == "email" and values.get(NO_EMAIL):
        return None
    if value == DECLINED and one.may_decline:
        return None
    if one.answers is not None:
        return None if _is_known(office, one, value) else _missing(one)
    return problem_of_text(one, value, now)


def _missing(one: Field) -> Message:
    return Message({"choice": "err.choose", "several": "err.choose_some"}.get(one.kind, "err.required"))


def _is_known(office: Office, one: Field, value: str) -> bool:
    known = {answer.key for answer in answers(office, one)}
    return value in known if one.kind == "choice" else set(value.split()) <= known


def is_email(value: str) -> bool:
    """Whether this can be an address."""
    return len(value) <= MAX_TEXT and _EMAIL.fullmatch(value) is not None


def _email(value: str, _: Moment) -> Message | None:
    return None if _EMAIL.fullmatch(value) else Message("err.email")


def _phone(value: str, _: Moment) -> Message | None:
    return None if _PHONE.fullmatch(dialled(value)) else Message("err.phone")


def _year(value: str, now: Moment) -> Message | None:
    oldest, youngest = now.wall.year - OLDEST_AGE, now.wall.year - YOUNGEST_AGE
    fits = value.isascii() and value.isdigit() and oldest <= int(value) <= youngest
    return None if fits else Message("err.year", {"min": oldest, "max": youngest})


def _anything(_value: str, _now: Moment) -> Message | None:
    return None


_RULES: Mapping[Kind, Callable[[str, Moment], Message | None]] = {
    "text": _anything,
    "tick": _anything,
    "email": _email,
    "phone": _phone,
    "year": _year,
}


def clean(value: str) -> str:
    """A visitor's text on one line, without control characters and without spaces around it."""
    return _SPACES.sub(" ", "".join(sign if sign.isprintable() else " " for sign in value)).strip()


def dialled(phone: str) -> str:
    """A phone number as it is stored: without the signs that only help to read it."""
    return _PHONE_MARKS.sub("", phone)


def _gives_optional(office: Office, values: Values) -> bool:
    given = (one.name for one in fields(office, OPTIONAL_SCREEN) if one.name != OWN_CONSENT)
    return any(clean(values.get(name, "")) not in ("", DECLINED) for name in given)


# ---------------------------------------------------------------------------------------- what is kept


def kept(office: Office, values: Values) -> dict[str, str | int]:
    """What of values that fit is stored, by field: a code, a key, keys, a number, a text, or 1 for a tick.

    Left out are what was declined or left empty, and what the visitor did not consent to.
    """
    consented = bool(values.get(CONSENT))
    known: dict[str, str | int] = {}
    for one in fields(office):
        value = clean(values.get(one.name, ""))
        if value not in ("", DECLINED) and (consented or not one.optional or one.name == OWN_CONSENT):
            known[one.name] = _stored(office, one, value)
    if values.get(NO_EMAIL):
        known.pop("email", None)
    if "email" not in known:
        known.pop(OWN_CONSENT, None)  # it is the consent to be written to
    return known


def _stored(office: Office, one: Field, value: str) -> str | int:
    if one.kind == "year":
        return int(value)
    if one.kind == "tick":
        return 1
    if one.kind == "phone":
        return dialled(value)
    if one.kind == "choice" and not one.by_key:
        return next(answer.code for answer in answers(office, one) if answer.key == value)
    return value
