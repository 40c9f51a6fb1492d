"""The kiosk's own pages: the first page, the number, guest book and rating, the office's promise.

A touch is answered at once: no page waits for the printer, and none shows more of a visitor than the number.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import inquiries, tickets
from appliance import kiosk as screen
from appliance.errors import NoSuchVisit, NotNow
from appliance.visits import Request, Visit
from web import context
from web.parts import front_desk
from web.protection import from_kiosk, limited

SECTIONS = ("requirements", "procedure", "time", "cost", "product", "complaints")

# What the other pages of this screen are, for an invited visitor.
_PAGE_OF = {"guest_book": "visitor_kiosk.notice", "rating": "visitor_kiosk.rate"}

_SCREENS = ("/kiosk/", "/scanner")  # from where an officer can be called

kiosk = Blueprint("kiosk", __name__, url_prefix="/kiosk")
kiosk.before_request(from_kiosk)


# ------------------------------------------------------------------------------------- first page


@kiosk.get("/start")
def start() -> ResponseReturnValue:
    """Forget the last visitor's language and text size, then the first page."""
    return context.forget_choices(redirect(url_for("kiosk.home"), 303))


@kiosk.get("/")
def home() -> ResponseReturnValue:
    """Welcome, and what one can do here."""
    desk = front_desk()
    return render_template(
        "kiosk/home.html",
        greeting=desk.store.read(screen.greeting, desk),
        request_id=secrets.token_urlsafe(16),
        refused=_was_refused(),
    )


@kiosk.get("/greeting")
def greeting() -> ResponseReturnValue:
    """The part of the first page that changes by itself."""
    desk = front_desk()
    return render_template("kiosk/greeting.html", greeting=desk.store.read(screen.greeting, desk))


@kiosk.post("/help")
@limited(burst=20, every_s=1.0)
def call_officer() -> ResponseReturnValue:
    """Tell the officers, and go on with the page where the visitor is."""
    front_desk().help_calls.call("kiosk")
    page = request.args.get("back", "")
    return redirect(f"{page if page.startswith(_SCREENS) else url_for('kiosk.home')}?help=called", 303)


# ------------------------------------------------------------------------------------- the number


@kiosk.post("/ticket")
@limited(burst=20, every_s=1.0)
def take_ticket() -> ResponseReturnValue:
    """Give a number. The page's request id, or an impatient finger, sent twice gives one."""
    desk, form = front_desk(), request.form
    page = form.get("request_id") or secrets.token_urlsafe(16)
    wanted = Request(
        id=f"kiosk-{page[:64]}",
        service=form.get("service", ""),
        source="kiosk",
        priority="priority" in form,
        language=context.language(),
    )
    double_press_s = desk.config.queue.double_press.total_seconds()
    visit = desk.store.write(tickets.issue_at_screen, desk.office, wanted, double_press_s=double_press_s)
    return _to("kiosk.ticket", visit)


@kiosk.get("/ticket/<token>")
def ticket(token: str) -> ResponseReturnValue:
    """The visitor's number, until they take their paper."""
    return render_template("kiosk/ticket.html", given=_given(token))


@kiosk.get("/ticket/<token>/now")
def ticket_now(token: str) -> ResponseReturnValue:
    """The part of it that changes by itself: the place in the line, and the paper."""
    return render_template("kiosk/given.html", given=_given(token))


def _given(token: str) -> screen.Given:
    desk = front_desk()
    return desk.store.read(screen.given, desk, token)


# ---------------------------------------------------------------------------- guest book and rating


@kiosk.get("/guest-book")
def guest_book() -> ResponseReturnValue:
    """The numbers that have no guest book yet; tokens of others never stand on this page."""
    desk = front_desk()
    if not desk.office.steps.guest_book:
        abort(404)
    waiting = desk.store.read(screen.without_guest_book, desk)
    return render_template("kiosk/guest_book.html", waiting=waiting, refused=_was_refused())


@kiosk.post("/guest-book")
@limited(burst=20, every_s=1.0)
def choose_number() -> ResponseReturnValue:
    """A visitor has touched their number."""
    desk = front_desk()
    try:
        visit = desk.store.read(screen.choose, desk, request.form.get("number", ""))
    except NotNow as error:
        return redirect(url_for("kiosk.guest_book", said=error.code), 303)
    return _to("visitor_kiosk.notice", visit)


@kiosk.post("/invited/<label>")
@limited(burst=20, every_s=1.0)
def take_up(label: str) -> ResponseReturnValue:
    """A visitor does what an officer has asked them to do here."""
    desk = front_desk()
    try:
        invited = desk.store.read(screen.take_up, desk, label)
    except NotNow as error:
        return redirect(url_for("kiosk.home", said=error.code), 303)
    return _to(_PAGE_OF[invited.to], invited.visit)


@kiosk.get("/for/<any(photocopy, consultation, softcopy):to>")
def whose(to: str) -> ResponseReturnValue:
    """The numbers of who is here: whose form is it?"""
    desk = front_desk()
    _demand_offered(to)
    found = desk.store.read(screen.served)
    return render_template("kiosk/choose_number.html", to=to, found=found, refused=_was_refused())


@kiosk.post("/for/<any(photocopy, consultation, softcopy):to>")
@limited(burst=20, every_s=1.0)
def choose_form(to: str) -> ResponseReturnValue:
    """A visitor has touched their number."""
    desk, number = front_desk(), request.form.get("number", "")
    _demand_offered(to)
    visit = next((one for one in desk.store.read(screen.served) if one.label == number), None)
    if visit is None:
        return redirect(url_for("kiosk.whose", to=to, said=NotNow.code), 303)
    if to == "photocopy":
        return redirect(url_for("visitor_kiosk.photocopy", token=visit.token), 303)
    words = request.args.get("words", "")[:200] or None  # what a search has not found
    return redirect(url_for("visitor_kiosk.inquiry", token=visit.token, kind=to, words=words), 303)


def _demand_offered(to: str) -> None:
    office = front_desk().office
    if not (office.steps.photocopy if to == "photocopy" else to in inquiries.kinds(office)):
        abort(404)


def _to(endpoint: str, visit: Visit) -> ResponseReturnValue:
    if visit.token is None:  # its day is over
        raise NoSuchVisit
    return redirect(url_for(endpoint, token=visit.token), 303)


def _was_refused() -> bool:
    return request.args.get("said") == NotNow.code


# ----------------------------------------------------------------------------- the office's promise


@kiosk.get("/standard")
def standard() -> ResponseReturnValue:
    """The sections of the published service standard."""
    return render_template("kiosk/standard.html", sections=SECTIONS)


@kiosk.get("/standard/<section>")
def standard_section(section: str) -> ResponseReturnValue:
    """One section, word for word."""
    if section not in SECTIONS:
        abort(404)
    place = SECTIONS.index(section) + 1
    return render_template(
        "kiosk/standard_section.html",
        section=section,
        place=place,
        sections=SECTIONS,
        paragraphs=getattr(front_desk().office.standard, section),
        following=SECTIONS[place] if place < len(SECTIONS) else None,
    )


@kiosk.get("/complaints")
def complaints() -> ResponseReturnValue:
    """The office's channels for suggestions and complaints, exactly as published."""
    return render_template("kiosk/complaints.html", full_address=full_address)


def full_address(published: str) -> str:
    """What a phone can open: a link that was published without its scheme gets one; nothing else changes."""
    return published if "://" in published else f"https://{published}"
