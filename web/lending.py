"""Photocopy form and requests, on the phone and on the kiosk: a short form each, and a word after it.

What was entered is never shown again on a page that the ticket opens: whoever holds the paper may look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from appliance import inquiries, photocopies
from appliance.errors import Invalid, Message, NotNow
from appliance.front_desk import FrontDesk
from appliance.inquiries import Inquiry, Kind
from appliance.photocopies import Form, MadeOn
from appliance.visits import Visit
from web import context
from web.audience import here, on_kiosk, page, visit_of, way_out
from web.parts import front_desk
from web.protection import limited

_HERE = ("in_service", "reading")


@dataclass(frozen=True, slots=True)
class Lending:
    """What of this the visitor's page offers, and what is under way."""

    photocopy: bool
    kinds: tuple[Kind, ...]
    forms: list[Form]
    asked: list[Inquiry]

    @property
    def out(self) -> list[Form]:
        """The forms whose books should come back."""
        return [form for form in self.forms if form.state == "out"]


def look(db: sqlite3.Connection, desk: FrontDesk, visit: Visit) -> Lending:
    """For the page of one visit."""
    is_here = visit.is_open and visit.state in _HERE
    return Lending(
        photocopy=is_here and desk.office.steps.photocopy,
        kinds=inquiries.kinds(desk.office) if visit.is_open else (),
        forms=photocopies.of_visit(db, visit.id),
        asked=inquiries.of_visit(db, visit.id),
    )


# ---------------------------------------------------------------------------------------- photocopies


@limited(burst=60, every_s=0.2)
def photocopy(token: str) -> ResponseReturnValue:
    """The empty form."""
    visit = _visit_for_copies(token)
    return _photocopy(token, {}) if visit.is_open else _over(token)


@limited(burst=20, every_s=1.0)
def ask_photocopy(token: str) -> ResponseReturnValue:
    """Keep the form and print it."""
    desk, visit = front_desk(), _visit_for_copies(token)
    try:
        wanted = photocopies.parse(desk.office, request.form)
        form = desk.store.write(photocopies.ask, desk.office, visit.id, wanted, made_on=_made_on())
    except Invalid as error:
        return _photocopy(token, error.fields), 422
    except NotNow as error:
        return _over(token, error.state), 409
    return redirect(here("photocopy_done", token, number=form.number), 303)


@limited(burst=60, every_s=0.2)
def photocopy_done(token: str, number: int) -> ResponseReturnValue:
    """Where the book goes now, and when it should be back."""
    desk, visit = front_desk(), visit_of(token)
    forms = desk.store.read(photocopies.of_visit, visit.id)
    form = next((one for one in forms if one.number == number), None)
    if form is None:
        abort(404)
    due = form.due or photocopies.due_at(desk.office, desk.clock.now())
    return page("photocopy_done", token, goodbye=True, form=form, due=due)


def _visit_for_copies(token: str) -> Visit:
    visit = visit_of(token)
    if not front_desk().office.steps.photocopy:
        abort(404)
    return visit


def _photocopy(token: str, wrong: Mapping[str, Message]) -> str:
    context.stands_at(here("photocopy", token))
    return page(
        "photocopy",
        token,
        back_url=way_out(token),
        wrong=context.say_all(wrong),
        typed=request.form,
        longest=photocopies.LONGEST_TITLE,
        address=here("ask_photocopy", token),
    )


# ---------------------------------------------------------------------------------------- requests


@limited(burst=60, every_s=0.2)
def inquiry(token: str, kind: str) -> ResponseReturnValue:
    """The empty form."""
    visit = _visit_for(token, kind)
    return _inquiry(token, cast(Kind, kind), visit, {}) if visit.is_open else _over(token)


@limited(burst=20, every_s=1.0)
def ask_inquiry(token: str, kind: str) -> ResponseReturnValue:
    """Keep the request."""
    desk, visit = front_desk(), _visit_for(token, kind)
    has_email = desk.store.read(inquiries.has_email, visit.id)
    try:
        wanted = inquiries.parse(cast(Kind, kind), request.form, has_email=has_email)
        desk.store.write(inquiries.ask, desk.office, visit.id, wanted, made_on=_made_on())
    except Invalid as error:
        return _inquiry(token, cast(Kind, kind), visit, error.fields), 422
    except NotNow as error:
        return _over(token, error.state), 409
    return redirect(here("inquiry_done", token, kind=kind), 303)


@limited(burst=60, every_s=0.2)
def inquiry_done(token: str, kind: str) -> ResponseReturnValue:
    """What happens now."""
    _visit_for(token, kind)
    return page("inquiry_done", token, goodbye=True, kind=kind)


def _visit_for(token: str, kind: str) -> Visit:
    visit = visit_of(token)
    if kind not in inquiries.kinds(front_desk().office):
        abort(404)
    return visit


def _inquiry(token: str, kind: Kind, visit: Visit, wrong: Mapping[str, Message]) -> str:
    desk = front_desk()
    context.stands_at(here("inquiry", token, kind=kind))
    return page(
        "inquiry",
        token,
        back_url=way_out(token),
        kind=kind,
        has_email=desk.store.read(inquiries.has_email, visit.id),
        online_url=desk.office.requests.online_url if kind == "consultation" else None,
        wrong=context.say_all(wrong),
        # The catalogue's "not found" brings the words along that were looked for.
        typed=request.form or {"words": request.args.get("words", "")},
        longest=inquiries.LONGEST,
        address=here("ask_inquiry", token, kind=kind),
    )


def _made_on() -> MadeOn:
    return "kiosk" if on_kiosk() else "phone"


def _over(token: str, state: str = "") -> str:
    """A friendly word where nothing can be asked for (any more)."""
    key = f"lending.refused.{state}"
    said = key if key in front_desk().wording else "lending.refused.over"
    return page("lending_refused", token, goodbye=True, refused=said)
