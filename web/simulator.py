"""The simulator: one page with all the hardware of a front desk, to be used and broken by hand.

For developers and technicians, and the first thing that a newcomer sees. It is there only where the hardware
is simulated. What it does, it does to the hardware; what follows from that is the appliance's own doing.
"""

from __future__ import annotations

import io
import re
import sqlite3
import time
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from appliance import days, office_hours, staff, visits
from appliance.health import Report
from web.context import text
from web.hardware import BookStation, Simulated, Ticket
from web.parts import front_desk
from web.protection import from_kiosk
from web.simulator_centre import Received, look

if TYPE_CHECKING:
    from web.central.beside import Centre

__all__ = ["Simulated", "simulator"]

simulator = Blueprint("simulator", __name__, url_prefix="/simulator")
simulator.before_request(from_kiosk)

_PAPERS_SHOWN = 6
_SOUNDS_SHOWN = 2
_POLL_S = 1  # the hardware rings no bell
_DEVICES = ("buttons", "printer", "card_reader", "lockers", "voice", "scanner")
_WITH_PAGE = ("waiting", "called", "held", "serving", "done")  # states of a ticket whose code leads somewhere
_NUMBER = re.compile(r"\b[A-Z]\d{3}\b")


@dataclass(frozen=True, slots=True)
class Seen:
    """How the appliance sees a device: a word, and which colour and shape go with it."""

    word: str
    state: str


# ---------------------------------------------------------------------------------------- looking


@simulator.get("/")
def page() -> str:
    """The whole page."""
    return _page()


@simulator.get("/room")
def room() -> str:
    """The part of it that changes."""
    return render_template("simulator/room.html", **_room())


@simulator.get("/tickets/<int:number>.png")
def ticket(number: int) -> ResponseReturnValue:
    """The picture of a ticket, drawn from the bytes that were sent for it."""
    try:
        return Response(_house().picture(number), mimetype="image/png")
    except KeyError:
        abort(404)


@simulator.get("/sounds/<int:number>.wav")
def sound(number: int) -> ResponseReturnValue:
    """What the loudspeaker was given."""
    try:
        wav = _house().speaker.wav(number)
    except KeyError:
        abort(404)
    return send_file(io.BytesIO(wav), mimetype="audio/wav")  # answers ranges, so that one can wind it back


@simulator.get("/book.jpg")
def book() -> ResponseReturnValue:
    """What the camera over the book sees."""
    try:
        return Response(_station().picture(), mimetype="image/jpeg")
    except OSError:  # its plug is pulled
        abort(404)


def _page(problem: str | None = None) -> str:
    return render_template("simulator/page.html", poll_seconds=_POLL_S, problem=problem, **_room())


def _room() -> Mapping[str, object]:
    house, desk = _house(), front_desk()
    papers, now = house.tickets[:_PAPERS_SHOWN], desk.clock.now().wall
    pages = desk.store.read(_visit_pages) if papers else {}
    received = _received()
    return {
        "house": house,
        "papers": [(paper, _code_on(paper, pages)) for paper in papers],
        "sounds": [(one, now - timedelta(seconds=one.age_s)) for one in house.speaker.sounds[:_SOUNDS_SHOWN]],
        "services": {service.letter: service.name for service in desk.office.services},
        "book_now": int(time.monotonic()),  # in the picture's address: a new one each second
        "received": received,
        "seen": {device: _seen(desk.health.of(device)) for device in _DEVICES}
        | ({"central": _way(received)} if received else {}),
        "is_new": not desk.store.read(staff.any_member),
        "hours_unsure": desk.store.read(office_hours.is_doubtful, desk.clock.now(), desk.office),
    }


def _seen(report: Report | None) -> Seen:
    if report is None:
        return Seen(text("device.state.off"), "off")
    if report.problem is not None:
        return Seen(text(f"device.{report.problem}.title"), "bad" if report.needs_somebody else "wait")
    state = {"ready": "good", "lost": "bad"}.get(report.state, "wait")
    return Seen(text(f"device.state.{report.state}"), state)


def _received() -> Received | None:
    """Both ends of the way to the centre; None where there is no centre."""
    centre = cast("Centre | None", current_app.extensions["centre"])
    return look(centre, front_desk()) if centre else None


def _way(received: Received) -> Seen:
    if received.trouble is not None:
        return Seen(text(f"error.{received.trouble}.title"), "bad")
    if received.waiting:
        return Seen(text("simulator.central.sending"), "wait")
    return Seen(text("device.state.ready"), "good")


def _visit_pages(db: sqlite3.Connection) -> dict[str, str]:
    """The tokens of today's visits, by the numbers on their tickets."""
    day = days.current(db)
    found = visits.with_ticket(db, day.id, _WITH_PAGE) if day else []
    return {visit.label: visit.token for visit in found if visit.token}


def _code_on(paper: Ticket, pages: Mapping[str, str]) -> str | None:
    """The visit that a phone would find in this paper's QR code; None where there is none, or half of one.

    By the number beside it, because a code that was sent as a picture cannot be read back.
    """
    if not paper.is_complete:
        return None
    numbers = _NUMBER.findall(" ".join(paper.lines))
    return next((pages[number] for number in numbers if number in pages), None)


# ---------------------------------------------------------------------------------------- doing


@simulator.post("/press")
def press() -> ResponseReturnValue:
    """Press a push button."""
    _house().press(_chosen("letter", _house().letters))
    return _back()


@simulator.post("/hours")
def enforce_hours() -> ResponseReturnValue:
    """Have the office's hours enforced, or not: a newcomer tries the button at night too."""
    front_desk().hours.enforce(_is_on())
    return _back()


@simulator.post("/roll")
def put_roll() -> ResponseReturnValue:
    """Change the roll of paper."""
    _house().put_roll(_chosen("roll", _house().rolls))
    return _back()


@simulator.post("/tear-off")
def tear_off() -> ResponseReturnValue:
    """Take away what came out of the printer."""
    _house().tear_off()
    return _back()


@simulator.post("/tap")
def tap() -> ResponseReturnValue:
    """Hold a card to the reader for a moment, or, with `stay`, leave it there."""
    cards = _house().cards
    kind = _chosen("card", cards.kinds)
    if not cards.is_ready:
        return _page(problem="simulator.no_reader"), 409
    if request.form.get("stay"):
        cards.lay(kind)
    else:
        cards.tap(kind)
    return _back()


@simulator.post("/lift")
def lift() -> ResponseReturnValue:
    """Take the card off."""
    _house().cards.lift()
    return _back()


@simulator.post("/door")
def door() -> ResponseReturnValue:
    """Close a door, or open it by its key."""
    name = _chosen("locker", [locker.name for locker in _house().doors])
    if _is_on():
        _house().open_door(name)
    else:
        _house().close_door(name)
    return _back()


@simulator.post("/turn")
def turn_page() -> ResponseReturnValue:
    """Turn a page of the book: onwards, or back."""
    _station().turn(1 if _chosen("way", ("on", "back")) == "on" else -1)
    return _back()


@simulator.post("/ticket")
def lay_ticket() -> ResponseReturnValue:
    """Lay the newest ticket on the book, or take it away."""
    if not _is_on():
        _station().lay_ticket(None)
        return _back()
    pages = front_desk().store.read(_visit_pages)
    codes = [code for paper in _house().tickets if (code := _code_on(paper, pages))]
    if not codes:
        return _page(problem="simulator.station.no_ticket"), 409
    _station().lay_ticket(f"{front_desk().config.panel.url}/v/{codes[0]}")
    return _back()


@simulator.post("/fault")
def fault() -> ResponseReturnValue:
    """Switch a fault of a device on or off."""
    faults = _house().faults
    device = _chosen("device", faults)
    _house().set_fault(device, _chosen("name", faults[device]), _is_on())
    return _back()


def _house() -> Simulated:
    return cast(Simulated, current_app.extensions["simulated"])


def _station() -> BookStation:
    station = _house().station
    if station is None:
        abort(404)
    return station


def _chosen(field: str, choices: Container[str]) -> str:
    """What a form says, if it is one of `choices`."""
    value = request.form.get(field, "")
    if value not in choices:
        abort(404)
    return value


def _is_on() -> bool:
    return _chosen("on", ("0", "1")) == "1"


def _back() -> ResponseReturnValue:
    return redirect(url_for("simulator.page"), 303)
