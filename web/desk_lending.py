"""Books that are out, requests, and the reading room, at the desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import inquiries, photocopies, reading_room, visits
from appliance.clock import Moment
from appliance.errors import Invalid, Message, NoSuchVisit, NotNow
from appliance.front_desk import FrontDesk
from appliance.inquiries import Inquiry
from appliance.photocopies import Form
from appliance.reading_room import Room
from web.access import for_staff, me
from web.context import say_all
from web.desk_clicks import back, click
from web.parts import front_desk

lending_of_desk = Blueprint("lending", __name__)

SETTLED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Lent:
    """One form as the desk sees it."""

    form: Form
    label: str  # of the visit
    overdue: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the desk sees it."""

    inquiry: Inquiry
    label: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page, as of one moment."""

    now: Moment
    lent: list[Lent]
    asked: list[Asked]
    settled: list[Asked]
    room: Room | None


def look(db: sqlite3.Connection, desk: FrontDesk) -> Overview:
    """All of it, in one snapshot."""
    now = desk.clock.now()
    return Overview(
        now=now,
        lent=[
            Lent(form, _label(db, form.visit_id), form.is_overdue(now)) for form in photocopies.unsettled(db)
        ],
        asked=[Asked(one, _label(db, one.visit_id)) for one in inquiries.open_ones(db)],
        settled=[Asked(one, _label(db, one.visit_id)) for one in inquiries.settled_lately(db, SETTLED_SHOWN)],
        room=reading_room.look(db, desk.office, now),
    )


def overdue(db: sqlite3.Connection, now: Moment) -> int:
    """How many books should be back."""
    return sum(form.is_overdue(now) for form in photocopies.out(db))


def _label(db: sqlite3.Connection, visit_id: int | None) -> str:
    try:
        return visits.get(db, visit_id).label if visit_id is not None else "–"
    except NoSuchVisit:
        return "–"


# ---------------------------------------------------------------------------------------- the page


@lending_of_desk.get("/lending")
@for_staff
def overview() -> ResponseReturnValue:
    """The whole page."""
    return _page({})


@lending_of_desk.get("/lending/now")
@for_staff
def now() -> ResponseReturnValue:
    """The lists, for the page that keeps itself fresh."""
    desk = front_desk()
    return render_template("desk/lending_now.html", view=desk.store.read(look, desk))


@lending_of_desk.post("/lending/return")
@for_staff
def return_by_number() -> ResponseReturnValue:
    """A book is back: by the number on its form."""
    try:
        front_desk().store.write(
            photocopies.take_back_by_number, request.form.get("number", ""), staff=me().member.id
        )
    except Invalid as error:
        return _page(error.fields), 422
    return redirect(url_for(".overview"), 303)


@lending_of_desk.post("/inquiries/<int:inquiry_id>/<any(done, dropped):outcome>")
@for_staff
def settle(inquiry_id: int, outcome: str) -> ResponseReturnValue:
    """Sent or answered; or nothing came of it."""
    with suppress(NotNow):  # a colleague was faster: the list shows it
        front_desk().store.write(
            inquiries.settle,
            inquiry_id,
            outcome="done" if outcome == "done" else "dropped",
            staff=me().member.id,
        )
    return redirect(url_for(".overview"), 303)


def _page(wrong: Mapping[str, Message]) -> str:
    desk = front_desk()
    return render_template(
        "desk/lending.html", view=desk.store.read(look, desk), wrong=say_all(wrong), typed=request.form
    )


# ---------------------------------------------------------------------------------------- of a form


@lending_of_desk.get("/visits/<int:visit_id>/photocopy")
@for_staff
def photocopy(visit_id: int) -> ResponseReturnValue:
    """The form, filled in by the officer."""
    return _form(visit_id, {})


@lending_of_desk.post("/visits/<int:visit_id>/photocopy")
@for_staff
def ask_photocopy(visit_id: int) -> ResponseReturnValue:
    """Print it; the book goes out with it."""
    office = front_desk().office
    try:
        wanted = photocopies.parse(office, request.form)
    except Invalid as error:
        return make_response(_form(visit_id, error.fields), 422)
    return click(photocopies.ask, office, visit_id, wanted, made_on="desk", staff=me().member.id)


@lending_of_desk.post("/photocopies/<int:form_id>/out")
@for_staff
def hand_out(form_id: int) -> ResponseReturnValue:
    """The officer has signed: the book goes out."""
    return click(photocopies.hand_out, front_desk().office, form_id, staff=me().member.id)


@lending_of_desk.post("/photocopies/<int:form_id>/dropped")
@for_staff
def drop(form_id: int) -> ResponseReturnValue:
    """Nothing comes of this form."""
    return click(photocopies.drop, form_id, staff=me().member.id)


@lending_of_desk.post("/photocopies/<int:form_id>/returned")
@for_staff
def take_back(form_id: int) -> ResponseReturnValue:
    """The book is back."""
    return click(photocopies.take_back, form_id, staff=me().member.id)


@lending_of_desk.post("/photocopies/<int:form_id>/excused")
@for_staff
def excuse(form_id: int) -> ResponseReturnValue:
    """The visit may be closed although the book is out: why."""
    form = request.form
    return click(
        photocopies.excuse, form_id, form.get("reason", ""), form.get("note", ""), staff=me().member.id
    )


def _form(visit_id: int, wrong: Mapping[str, Message]) -> ResponseReturnValue:
    desk = front_desk()
    if not desk.office.steps.photocopy:
        abort(404)
    visit = desk.store.read(visits.get, visit_id)
    if not visit.is_open:
        return back("changed")
    return render_template(
        "desk/photocopy.html",
        visit=visit,
        wrong=say_all(wrong),
        typed=request.form,
        longest=photocopies.LONGEST_TITLE,
    )
