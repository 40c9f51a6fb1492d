"""The scanner station's screen: one address that shows what there is to do now, and a tap for each step.

The same rule as for the kiosk says from where it may be opened. Nothing here waits for a device: a tap tells
the station, and what comes of it is shown when it is there. Pictures of pages are served to this screen only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import scans, visits
from appliance.errors import NoSuchVisit, StationAway
from appliance.scanning.album import Album
from appliance.scanning.policy import BOOK_CLASSES
from appliance.scanning.station import Look, Station
from appliance.scans import Scan
from appliance.visits import Visit
from web import context
from web.parts import front_desk
from web.protection import from_kiosk, limited

scanner = Blueprint("scanner", __name__, url_prefix="/scanner")
scanner.before_request(from_kiosk)

ERASED_WITHIN_S = 3.0
_LOOK_EVERY_S = 0.05
_MB = 1_000_000
_MOVES = {"earlier": -1, "later": 1}


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the screen."""

    state: str  # "off", "welcome", "notice", "scanning", "binding" or "done"
    scan: Scan | None
    look: Look | None
    ends_in_s: int = 0
    warns: bool = False  # the session ends soon, unless somebody says that they are there
    link_left_s: int = 0
    link_url: str | None = None


# ---------------------------------------------------------------------------------------- looking


@scanner.get("")
def screen() -> ResponseReturnValue:
    """The screen, whatever stands on it now."""
    return _screen()


@scanner.get("/start")
def start() -> ResponseReturnValue:
    """Forget the last visitor's language and text size."""
    gone = request.args.get("gone")
    return context.forget_choices(redirect(url_for("scanner.screen", gone=gone), 303))


@scanner.get("/now")
def now() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("scanner/now.html", **_view())


@scanner.get("/live.jpg")
def live() -> ResponseReturnValue:
    """What the camera saw last; nothing (204) while it sees nothing."""
    try:
        return Response(_station().live_picture(), mimetype="image/jpeg")
    except StationAway:
        return Response(status=204)


@scanner.get("/page/<key>")
def page(key: str) -> ResponseReturnValue:
    """One page, large, and all that can be done with it."""
    shown = _shown()
    leaves = shown.look.leaves if shown.look else ()
    found = [place for place, leaf in enumerate(leaves) if leaf.key == key]
    if shown.state != "scanning" or not found:
        return redirect(url_for("scanner.screen"), 303)
    return render_template(
        "scanner/page.html", leaf=leaves[found[0]], place=found[0] + 1, poor_words=_poor_words
    )


@scanner.get("/picture/<key>.jpg")
def picture(key: str) -> ResponseReturnValue:
    """A page as a picture; `small` is its thumbnail."""
    scan = _current()
    folder = _station().folder_of(scan)
    try:
        path = folder.small(key) if "small" in request.args else folder.picture(key)
    except KeyError:
        abort(404)
    return _file(path)


def _file(path: Path) -> ResponseReturnValue:
    try:
        return Response(path.read_bytes(), mimetype="image/jpeg")
    except OSError:  # it has just been erased
        abort(404)


# ---------------------------------------------------------------------------------------- beginning


@scanner.post("/begin")
@limited(burst=20, every_s=1.0)
def begin() -> ResponseReturnValue:
    """A visitor has touched their number, or begins without one."""
    number = request.form.get("number", "")
    visit = None
    if number:
        visit = next((one for one in _numbers() if one.label == number), None)
        if visit is None:
            raise NoSuchVisit
    front_desk().store.write(
        scans.begin,
        front_desk().office,
        visit_id=visit.id if visit else None,
        opened_by="touch",
        language=context.language(),
    )
    return _back()


@scanner.post("/ticket")
@limited(burst=20, every_s=1.0)
def ticket() -> ResponseReturnValue:
    """Look for a ticket on the glass."""
    _station().read_ticket_on_glass()
    return _back()


@scanner.post("/accept")
def accept() -> ResponseReturnValue:
    """The visitor says what they scan, and that they will comply."""
    book = next((one for one in BOOK_CLASSES if one == request.form.get("book")), None)
    if book is None:
        abort(404)
    front_desk().store.write(scans.accept, front_desk().office, _current().id, book)
    return _back()


# ---------------------------------------------------------------------------------------- scanning


@scanner.post("/take")
@limited(burst=30, every_s=0.5)
def take() -> ResponseReturnValue:
    """Take a page, or one of them again."""
    form = request.form
    scan = _current()
    _station().take(front_desk().office, scan, glass="glass" in form, instead=form.get("instead") or None)
    front_desk().store.write(scans.touch, scan.id)
    return _back()


@scanner.post("/stop")
def stop() -> ResponseReturnValue:
    """Stop the glass."""
    _station().stop_scanning()
    return _back()


@scanner.post("/delete")
def delete() -> ResponseReturnValue:
    """Take a page out."""
    return _change(lambda album, key: album.delete(key))


@scanner.post("/turn")
def turn() -> ResponseReturnValue:
    """Turn a page by a quarter."""
    return _change(lambda album, key: album.turn(key), stay=True)


@scanner.post("/move")
def move() -> ResponseReturnValue:
    """Let a page change its place."""
    by = _MOVES.get(request.form.get("way", ""))
    if by is None:
        abort(404)
    return _change(lambda album, key: album.move(key, by), stay=True)


@scanner.post("/undo")
def undo() -> ResponseReturnValue:
    """Take the last step back."""
    return _change(lambda album, _key: album.undo())


@scanner.post("/stay")
def stay() -> ResponseReturnValue:
    """Somebody is still there."""
    front_desk().store.write(scans.touch, _current().id)
    return _back()


@scanner.post("/finish")
def finish() -> ResponseReturnValue:
    """No more pages: make the PDF."""
    desk, scan = front_desk(), _current()
    made = desk.clock.now().wall.astimezone(desk.office.zone)
    line = desk.wording.text(
        "scanner.done.source_line", "id", office=desk.office.name, date=context.long_date(made.date())
    )
    _station().bind(scan.language, made.isoformat(timespec="seconds"), line)
    front_desk().store.write(scans.touch, scan.id)
    return _back()


@scanner.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Away with everything."""
    return _erase("cancelled")


# ---------------------------------------------------------------------------------------- the finished PDF


@scanner.post("/on")
def go_on() -> ResponseReturnValue:
    """Scan on."""
    front_desk().store.write(scans.reopen, _current().id)
    _station().unbind()
    return _back()


@scanner.post("/link")
@limited(burst=5, every_s=5.0)
def link() -> ResponseReturnValue:
    """A new download link; the old one is over."""
    _station().show_link(front_desk().store.write(scans.make_link, _current().id))
    return _back()


@scanner.post("/usb")
def usb() -> ResponseReturnValue:
    """Copy the PDF to the stick that is in."""
    if not front_desk().config.delivery.usb:
        abort(404)
    _station().order("usb", _done())
    return _back()


@scanner.post("/email")
@limited(burst=5, every_s=10.0)
def email() -> ResponseReturnValue:
    """Send the PDF; the address goes no further than into the message."""
    if front_desk().config.delivery.email_host is None:
        abort(404)
    _station().order("email", _done(), request.form.get("address", "").strip())
    return _back()


@scanner.post("/leave")
def leave() -> ResponseReturnValue:
    """The visitor goes; the download runs on for as long as the page has said."""
    front_desk().store.write(scans.leave, _current().id)
    return redirect(url_for("scanner.start"), 303)


@scanner.post("/erase")
def erase() -> ResponseReturnValue:
    """Nothing is to be left, now."""
    return _erase("visitor")


# ---------------------------------------------------------------------------------------- within


def _screen() -> ResponseReturnValue:
    return render_template("scanner/screen.html", **_view())


def _view() -> dict[str, object]:
    shown = _shown()
    numbers = _numbers() if shown.state == "welcome" else []
    return {
        "shown": shown,
        "numbers": numbers,
        "mb": _in_mb,
        "erased_by": erased_by(shown),
        "poor_word": _poor_word,
        "gone": request.args.get("gone"),
    }


def _poor_word(code: str) -> str:
    """What is poor about a page; of a photo that is no page, what it is instead."""
    known = (f"scanner.poor.{code}", f"error.{code}.title", "scanner.poor.unreadable")
    return context.text(next(key for key in known if key in front_desk().wording))


def _poor_words(codes: tuple[str, ...]) -> str:
    return ", ".join(_poor_word(code) for code in codes)


def _in_mb(size: int) -> str:
    """As Indonesian writes it: 1,4."""
    text = f"{size / _MB:.1f}"
    return text.replace(".", ",") if context.language() == "id" else text


def _shown() -> Shown:
    desk = front_desk()
    station = desk.station
    if station is None:
        return Shown("off", None, None)
    scan, look, moment = desk.store.read(scans.at_station), station.look(), desk.clock.now()
    if scan is None:
        return Shown("welcome", None, look)
    ends_in_s = int(scan.ends_in_s(moment, desk.scan_limits))
    if scan.state == "open":
        warn_s = desk.config.scanner.warn.total_seconds() if desk.config.scanner else 0
        state = "notice" if scan.book is None else "binding" if look.book.state == "binding" else "scanning"
        return Shown(state, scan, look, ends_in_s, warns=ends_in_s <= warn_s)
    token, left_s = station.link, int(scan.link_left_s(moment, desk.scan_limits))
    url = f"{desk.config.panel.url}/d/{token}" if token and left_s > 0 else None
    return Shown("done", scan, look, ends_in_s, link_left_s=left_s, link_url=url)


def _numbers() -> list[Visit]:
    """Who may begin: everybody who is in the house and has not gone."""
    return front_desk().store.read(visits.open_ones)[-40:]


def _station() -> Station:
    station = front_desk().station
    if station is None:
        abort(404)
    return station


def _current() -> Scan:
    """The session that has the station. It may have ended while a finger was on its way: 404 leads back."""
    scan = front_desk().store.read(scans.at_station)
    if scan is None:
        abort(404)
    return scan


def _done() -> Scan:
    scan = _current()
    if scan.state != "finished":
        abort(404)
    return scan


def _change(act: Callable[[Album, str], None], *, stay: bool = False) -> ResponseReturnValue:
    key, scan = request.form.get("key", ""), _current()
    if scan.state != "open":
        abort(404)
    _station().change(lambda album: act(album, key))
    front_desk().store.write(scans.touch, scan.id)
    if stay and "large" in request.form:
        return redirect(url_for("scanner.page", key=key), 303)
    return _back()


def _erase(why: scans.Why) -> ResponseReturnValue:
    """Erase, and say so only once it is true."""
    scan = _current()
    folder = _station().folder_of(scan).path
    front_desk().store.write(scans.erase, scan.id, why)
    give_up = time.monotonic() + ERASED_WITHIN_S
    while folder.exists() and time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY_S)
    return redirect(url_for("scanner.start", gone="yet" if folder.exists() else "now"), 303)


def _back() -> ResponseReturnValue:
    return redirect(url_for("scanner.screen"), 303)


def erased_by(shown: Shown) -> str:
    """The time of day by which a session is erased."""
    return context.clock_time(front_desk().clock.now().wall + timedelta(seconds=shown.ends_in_s))
