"""The officers' page: waiting, now, here; and what an officer can do there.

Views are thin: a click is one transaction of the appliance, then the page again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from appliance import guestbook, officer, printing, sessions, tickets, visits
from appliance.errors import NoSuchPlace, NoSuchVisit
from appliance.office import Office
from appliance.sessions import Session
from appliance.store import Transaction
from appliance.visits import Request
from web import desk_status, desk_view
from web.access import for_staff, me
from web.desk_clicks import CHANGED, back, click, said
from web.desk_lending import lending_of_desk
from web.desk_lockers import lockers_of_desk
from web.library import library_of_desk
from web.parts import front_desk

desk = Blueprint("desk", __name__, url_prefix="/desk")
desk.register_blueprint(lockers_of_desk)
desk.register_blueprint(lending_of_desk)
desk.register_blueprint(library_of_desk)

Act = Callable[[Transaction, Office, Session, int], object]

# What an officer can do to one visit without saying more: the address's last part, and what happens.
_ACTS: Mapping[str, Act] = {
    "call": lambda tx, _, me, visit: officer.call(tx, me, visit),
    "recall": lambda tx, _, me, visit: tickets.recall(tx, visit, staff=me.member.id),
    "hold": lambda tx, _, me, visit: officer.hold(tx, visit, staff=me.member.id),
    "resume": lambda tx, _, me, visit: tickets.resume(tx, visit, staff=me.member.id),
    "no-show": lambda tx, _, me, visit: officer.give_up(tx, visit, outcome="no_show", staff=me.member.id),
    "cancel": lambda tx, _, me, visit: officer.give_up(tx, visit, outcome="cancelled", staff=me.member.id),
    "revive": lambda tx, _, me, visit: visits.revive(tx, visit, staff=me.member.id),
    "focus": lambda tx, _, me, visit: officer.look_at(tx, me, visit),
    "serve": lambda tx, office, me, visit: visits.start_serving(
        tx, office, visit, place=me.place, staff=me.member.id
    ),
    "finish": lambda tx, _, me, visit: visits.finish_serving(tx, visit, staff=me.member.id),
    "guest-book-done": lambda tx, _, me, visit: guestbook.confirm_elsewhere(tx, visit, staff=me.member.id),
    "print": lambda tx, _, me, visit: officer.print_ticket(tx, visit, staff=me.member.id),
}


# ------------------------------------------------------------------------------------------ the page


@desk.get("/")
@for_staff
def overview() -> ResponseReturnValue:
    """The whole page."""
    return render_template("desk/overview.html", **_columns(), status=desk_status.look(front_desk()))


@desk.get("/columns")
@for_staff
def columns() -> ResponseReturnValue:
    """The three columns, for the page that keeps itself fresh."""
    return render_template("desk/columns.html", **_columns())


@desk.get("/status")
@for_staff
def status() -> ResponseReturnValue:
    """The line of the devices, likewise."""
    return render_template("desk/status.html", status=desk_status.look(front_desk()))


@desk.get("/closing")
@for_staff
def closing() -> ResponseReturnValue:
    """The end-of-day list: what and who is still here. It releases nothing."""
    here = front_desk()
    found = here.store.read(desk_view.closing, here)
    today = desk_view.in_figures(found.now.local_date(here.office.zone))
    return render_template("desk/closing.html", list=found, today=today)


def _columns() -> dict[str, object]:
    here = front_desk()
    return {
        "view": here.store.read(desk_view.look, here, me()),
        "steps_s": desk_view.steps_s(here.office),
        "said": said(),
        "help_calls": here.help_calls.open(),
    }


# ------------------------------------------------------------------------------------------ clicks


@desk.post("/next")
@for_staff
def call_next() -> ResponseReturnValue:
    """Call whoever is next."""
    return click(officer.call_next, front_desk().office, me())


@desk.post("/walk-in")
@for_staff
def walk_in() -> ResponseReturnValue:
    """Let somebody in who has no ticket."""
    form, office = request.form, front_desk().office
    wanted = Request(
        id=form["request_id"],
        service=form.get("service", ""),
        source="desk",
        priority="priority" in form,
        language=office.languages[0],
    )
    return click(officer.let_in, office, me(), wanted)


@desk.post("/visits/<int:visit_id>/<act>")
@for_staff
def act(visit_id: int, act: str) -> ResponseReturnValue:
    """One click on one visit."""
    if act not in _ACTS:
        abort(404)
    return click(_ACTS[act], front_desk().office, me(), visit_id)


@desk.post("/visits/<int:visit_id>/transfer")
@for_staff
def transfer(visit_id: int) -> ResponseReturnValue:
    """Send a visit to the line of another service."""
    service = request.form.get("service", "")
    return click(officer.transfer, front_desk().office, visit_id, service=service, staff=me().member.id)


@desk.post("/visits/<int:visit_id>/guest-book")
@for_staff
def to_guest_book(visit_id: int) -> ResponseReturnValue:
    """Ask a visitor to fill in the guest book on the kiosk's screen."""
    visit = _visit(visit_id)
    if visit is None or not visit.is_open or visit.registered is not None:
        return back(CHANGED)
    front_desk().invitations.send(visit_id, "guest_book")
    return back()


@desk.post("/visits/<int:visit_id>/rating")
@for_staff
def to_rating(visit_id: int) -> ResponseReturnValue:
    """Ask a visitor to rate the service on the kiosk's screen."""
    visit = _visit(visit_id)
    if visit is None or not visit.is_open or visit.rating != "open":
        return back(CHANGED)
    front_desk().invitations.send(visit_id, "rating")
    return back()


def _visit(visit_id: int) -> visits.Visit | None:
    try:
        return front_desk().store.read(visits.get, visit_id)
    except NoSuchVisit:
        return None


@desk.post("/papers/<int:job_id>/copy")
@for_staff
def copy(job_id: int) -> ResponseReturnValue:
    """Print a doubtful piece of paper once more, marked as a copy."""
    return click(printing.ask_copy, job_id, staff=me().member.id)


@desk.post("/papers/<int:job_id>/printed")
@for_staff
def printed(job_id: int) -> ResponseReturnValue:
    """The paper is there after all."""
    return click(printing.confirm, job_id, staff=me().member.id)


@desk.post("/help/answered")
@for_staff
def help_answered() -> ResponseReturnValue:
    """An officer goes to whoever calls from the kiosk."""
    front_desk().help_calls.dismiss("kiosk")
    return back()


@desk.post("/place")
@for_staff
def sit_at() -> ResponseReturnValue:
    """Sit at another desk."""
    try:
        place = front_desk().office.place(request.form.get("place", ""))
    except NoSuchPlace as error:
        return back(error.code)
    return click(sessions.sit_at, me(), place.key)
