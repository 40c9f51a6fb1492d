"""The guest book's questions as a screen shows them, and what a posted screen answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from appliance import guest_form
from appliance.errors import Message
from appliance.guest_form import CONSENT, DECLINED, NO_EMAIL, Field, Values
from appliance.office import Office
from web.context import language, text

HEADINGS = {1: "guest.about_you", 2: "guest.about_visit", 3: "guest.about_more"}

_DECLINED = "_declined"  # after a field's name: the tick that declines it
_MAX_KEPT = 500  # characters of one answer; longer ones do not fit anyway

_HINTS = {
    "institution": "guest.institution_hint",
    "sub_services": "guest.sub_services_hint",
    "birth_year": "guest.birth_year_hint",
    "phone": "guest.phone_hint",
    "disability": "guest.disability_hint",
}

# How many tiles stand beside each other where there is room.
_COLUMNS = {"sex": 3, "education": 2, "occupation": 2, "institution_category": 2, "main_use": 2, "origin": 2}


@dataclass(frozen=True, slots=True)
class Question:
    """One question, in the visitor's language. `options` are values and labels."""

    name: str
    kind: str
    label: str
    value: str
    error: str
    declined: bool = False
    options: tuple[tuple[str, str], ...] = ()
    columns: int = 1
    optional: bool = False
    hint: str = ""

    @property
    def is_consent(self) -> bool:
        """True for a question that asks for leave, not for a fact."""
        return self.name == guest_form.OWN_CONSENT

    @property
    def declined_name(self) -> str:
        """The name of the tick that declines a question without tiles."""
        return self.name + _DECLINED


def of_screen(
    office: Office, screen: int, values: Values, wrong: Mapping[str, Message]
) -> tuple[Question, ...]:
    """The questions of a screen, with what was entered and what is wrong with it."""
    asked = guest_form.fields(office, screen)
    return tuple(
        _question(office, one, values, wrong.get(one.name)) for one in asked if _is_shown(one, values)
    )


def consent_asked(office: Office, screen: int) -> bool:
    """Whether the screen needs the tick without which its answers are not kept."""
    optional = guest_form.fields(office, guest_form.OPTIONAL_SCREEN)
    return screen == guest_form.OPTIONAL_SCREEN and any(
        one.name != guest_form.OWN_CONSENT for one in optional
    )


def consent_error(wrong: Mapping[str, Message]) -> str:
    """What is wrong with that tick; empty when nothing is."""
    return text(wrong[CONSENT].key) if CONSENT in wrong else ""


def summary(asked: tuple[Question, ...], wrong: Mapping[str, Message]) -> dict[str, str]:
    """What is wrong on a screen, by field, each with the question that it belongs to."""
    found = {one.name: f"{one.label}: {one.error}" for one in asked if one.error}
    return found | ({CONSENT: consent_error(wrong)} if CONSENT in wrong else {})


def taken(office: Office, screen: int, form: MultiDict[str, str]) -> dict[str, str]:
    """What a posted screen says, by field; an unticked box says nothing, and that counts too."""
    values = {one.name: _answer(one, form) for one in guest_form.fields(office, screen)}
    if "email" in values:
        values[NO_EMAIL] = form.get(NO_EMAIL, "")[:1]
    if consent_asked(office, screen):
        values[CONSENT] = form.get(CONSENT, "")[:1]
    return values


def _answer(one: Field, form: MultiDict[str, str]) -> str:
    if one.kind == "year" and form.get(one.name + _DECLINED):
        return DECLINED
    return " ".join(form.getlist(one.name))[:_MAX_KEPT]


def _is_shown(one: Field, values: Values) -> bool:
    """Nobody without an e-mail address is asked whether they may be written to."""
    if one.name != guest_form.OWN_CONSENT:
        return True
    return bool(guest_form.clean(values.get("email", ""))) and not values.get(NO_EMAIL)


def _question(office: Office, one: Field, values: Values, wrong: Message | None) -> Question:
    value = values.get(one.name, "")
    options = [(answer.key, answer.label(language())) for answer in guest_form.answers(office, one)]
    if one.may_decline and one.kind == "choice":
        options.append((DECLINED, text("guest.prefer_not")))
    return Question(
        name=one.name,
        kind=one.kind,
        label=text(_label_key(office, one)),
        value=value,
        declined=value == DECLINED,
        error=text(wrong.key, **wrong.values) if wrong else "",
        options=tuple(options),
        columns=_COLUMNS.get(one.name, 2),
        optional=one.optional,
        hint=text(_HINTS[one.name]) if one.name in _HINTS else "",
    )


def _label_key(office: Office, one: Field) -> str:
    if one.name == "email" and not office.guest_book.email_required:
        return "guest.email_if_any"
    return "privacy.consent_contact" if one.name == guest_form.OWN_CONSENT else f"guest.{one.name}"
