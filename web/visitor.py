"""The visitor's pages: the visit as it stands, the guest book, the rating.

The ticket's token is the key: whoever holds the paper may see what is here, so nothing is here that was
entered, and no name. On the kiosk (`/kiosk/v/<token>`) the same views serve the visitor who stands there.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from appliance import guestbook, ratings, scans, surveys, tickets, visits
from appliance.errors import LinkOver
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from web import guest_book, lending, rating, survey
from web.audience import KIOSK, PHONE, here, page
from web.context import language, prefer
from web.download import FILE_NAME, MB, hand_over
from web.parts import front_desk
from web.protection import from_kiosk, limited

visitor = Blueprint(PHONE, __name__, url_prefix="/v/<token>")
visitor_kiosk = Blueprint(KIOSK, __name__, url_prefix="/kiosk/v/<token>")
visitor_kiosk.before_request(from_kiosk)

_POLL_S = 5
_RELOAD_S = 20  # for a browser without scripts

_SHARED = (
    ("/guest-book", "GET", guest_book.notice),
    ("/guest-book", "POST", guest_book.begin),
    ("/guest-book/local", "GET", guest_book.local_notice),
    ("/guest-book/national", "GET", guest_book.national),
    ("/guest-book/done", "GET", guest_book.done),
    ("/guest-book/<key>/<int:screen>", "GET", guest_book.screen),
    ("/guest-book/<key>/<int:screen>", "POST", guest_book.take_screen),
    ("/guest-book/<key>/cancel", "POST", guest_book.cancel),
    ("/rating", "GET", rating.rate),
    ("/rating", "POST", rating.give),
    ("/rating/why", "GET", rating.why),
    ("/rating/why", "POST", rating.explain),
    ("/rating/skip", "POST", rating.skip),
    ("/rating/thanks", "GET", rating.thanks),
    ("/photocopy", "GET", lending.photocopy),
    ("/photocopy", "POST", lending.ask_photocopy),
    ("/photocopy/<int:number>", "GET", lending.photocopy_done),
    ("/request/<kind>", "GET", lending.inquiry),
    ("/request/<kind>", "POST", lending.ask_inquiry),
    ("/request/<kind>/done", "GET", lending.inquiry_done),
    ("/survey/<key>/<int:number>", "GET", survey.question),
    ("/survey/<key>/<int:number>", "POST", survey.answer),
    ("/survey/<key>/leave", "POST", survey.leave),
)

for _blueprint in (visitor, visitor_kiosk):
    for _rule, _method, _view in _SHARED:
        _blueprint.add_url_rule(_rule, view_func=_view, methods=[_method])
    _blueprint.add_url_rule("/survey", "begin_survey", survey.begin, methods=["POST"])  # `begin` is taken


@dataclass(frozen=True, slots=True)
class Standing:
    """A visit as its visitor sees it. `ahead` is None when it does not wait (any more)."""

    visit: Visit
    ahead: int | None
    state: str  # a text under "visit."
    place: str  # where to go, in words; empty when it is nowhere
    guest_book: guestbook.Standing
    rating_offered: bool
    survey_offered: bool
    scanned: Scanned | None
    lending: lending.Lending


@dataclass(frozen=True, slots=True)
class Scanned:
    """A finished PDF that waits to be taken along."""

    pages: int
    mb: str
    minutes: int  # until it is erased


@visitor.get("")
@limited(burst=60, every_s=0.2)
def visit(token: str) -> ResponseReturnValue:
    """The visit page: the number, the place in the queue, the next thing to do."""
    standing = _standing(token)
    return page("visit", token, standing=standing, poll_seconds=_POLL_S, refresh_seconds=_RELOAD_S)


@visitor.get("/now")
@limited(burst=200, every_s=0.05)
def now(token: str) -> ResponseReturnValue:
    """The part of the visit page that changes."""
    return render_template("visitor/now.html", standing=_standing(token), token=token, here=here)


@visitor.get(f"/{FILE_NAME}")
@limited(burst=10, every_s=5.0)
def scan(token: str) -> ResponseReturnValue:
    """What was scanned in this visit, as long as it is kept."""
    desk = front_desk()
    found = desk.store.read(visits.of_token, token)
    ready = desk.store.read(scans.ready_of, found.id, desk.clock.now(), desk.scan_limits)
    if ready is None:
        raise LinkOver
    return hand_over(ready)


def _standing(token: str) -> Standing:
    return front_desk().store.read(_look, front_desk(), token)


def _look(db: sqlite3.Connection, desk: FrontDesk, token: str) -> Standing:
    """One look at the database. Raises NoSuchVisit."""
    office, found = desk.office, visits.of_token(db, token)
    prefer(found.language)
    return Standing(
        visit=found,
        ahead=tickets.people_ahead(db, found),
        state=_state(found),
        place=office.place(found.place).name.text(language()) if found.place else "",
        guest_book=guestbook.standing(office, found),
        rating_offered=ratings.offered(office, found),
        survey_offered=surveys.offered(office, found),
        scanned=_scanned(db, desk, found),
        lending=lending.look(db, desk, found),
    )


def _scanned(db: sqlite3.Connection, desk: FrontDesk, visit: Visit) -> Scanned | None:
    now, limits = desk.clock.now(), desk.scan_limits
    ready = scans.ready_of(db, visit.id, now, limits)
    if ready is None:
        return None
    return Scanned(ready.pages, f"{ready.bytes / MB:.1f}", max(1, round(ready.ends_in_s(now, limits) / 60)))


def _state(found: Visit) -> str:
    """The text that says how it stands."""
    if not found.is_open:
        return found.state if found.state in ("no_show", "cancelled") else "over"
    if found.ticket_state in ("waiting", "called", "held"):
        return found.ticket_state
    if found.state == "in_service":
        return "serving"
    return "reading" if found.state == "reading" else "at_the_desk"
