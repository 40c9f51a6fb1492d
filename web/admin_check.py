"""The administrator's page "Periksa alat": what each device answers, and what it does on request.

The page touches no device: it leaves a wish, and the thread that owns the device carries it out.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import lock_tests, printing, scans
from appliance.cards import Tap
from appliance.check_report import Voice, advice_for, seconds_of, words_of
from appliance.errors import NotNow, StationAway
from appliance.examination import Result
from appliance.front_desk import FrontDesk
from appliance.health import Report
from appliance.lockers import Unlock
from appliance.printing import Job
from web import access
from web.context import language
from web.desk_status import DeviceLine, device_line
from web.parts import front_desk

check = Blueprint("check", __name__, url_prefix="/check")


@dataclass(frozen=True, slots=True)
class Row:
    """One device: how its thread finds it, and what it answered when it was asked."""

    device: str
    line: DeviceLine
    detail: str
    asking: bool
    said: str
    advice: str
    took: str  # how long the answer took; empty while there is none


@dataclass(frozen=True, slots=True)
class Acts:
    """What came of the acts on request, newest of each kind."""

    paper: Job | None
    lockers: list[str]
    unlock: Unlock | None
    station_taken: bool

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The lockers as a list to choose from."""
        return [(name, name) for name in self.lockers]


@check.get("")
@access.for_administrators
def overview() -> ResponseReturnValue:
    """All devices."""
    return _page()


@check.get("/now")
@access.for_administrators
def now() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("admin/check_now.html", **_seen(front_desk()))


@check.post("/ask")
@access.for_administrators
def ask() -> ResponseReturnValue:
    """Have every device asked by its thread."""
    desk = front_desk()
    desk.examination.ask([report.device for report in desk.health.all() if report.state == "ready"])
    return redirect(url_for(".overview"), 303)


@check.post("/print")
@access.for_administrators
def print_ticket() -> ResponseReturnValue:
    """Ask for a test ticket; the printer takes it when it can."""
    front_desk().store.write(printing.ask_test, staff=access.me().member.id)
    return redirect(url_for(".overview"), 303)


@check.post("/pulse")
@access.for_administrators
def pulse() -> ResponseReturnValue:
    """Open one empty locker."""
    desk = front_desk()
    try:
        desk.store.write(
            lock_tests.ask,
            request.form.get("locker", ""),
            desk.lockers,
            staff=access.me().member.id,
            expires_s=desk.unlock_expires_s,
        )
    except NotNow:
        return _page(problem="device.occupied"), 409
    return redirect(url_for(".overview"), 303)


@check.post("/card")
@access.for_administrators
def card() -> ResponseReturnValue:
    """Wait for a card, and show what it can be used for."""
    desk = front_desk()
    desk.examination.begin("card", desk.clock.now())
    return redirect(url_for(".overview"), 303)


@check.post("/frame")
@access.for_administrators
def take_frame() -> ResponseReturnValue:
    """Have the camera send one picture."""
    desk = front_desk()
    with suppress(StationAway):  # the page says how the camera is
        if desk.station is not None:
            desk.station.show()
            desk.examination.begin("frame", desk.clock.now())
    return redirect(url_for(".overview", _anchor="device-scanner"), 303)


@check.get("/frame.jpg")
@access.for_administrators
def frame() -> ResponseReturnValue:
    """What the camera sees, as long as no visitor's book lies under it."""
    desk = front_desk()
    if desk.station is None or desk.store.read(scans.at_station) is not None:
        abort(404)
    try:
        return Response(desk.station.live_picture(), mimetype="image/jpeg")
    except StationAway:
        abort(404)


def _page(problem: str | None = None) -> str:
    return render_template("admin/check.html", problem=problem, **_seen(front_desk()))


def _seen(desk: FrontDesk) -> dict[str, object]:
    voice = Voice(desk.wording, language())
    return {
        "rows": [_row(desk, report, voice) for report in desk.health.all()],
        "acts": desk.store.read(_acts, desk),
        "waits_for_card": desk.examination.since("card", desk.clock.now()) is not None,
        "frame": _frame_number(desk),
        "tap": _tap_said(desk),
    }


def _row(desk: FrontDesk, report: Report, voice: Voice) -> Row:
    problem = report.problem or ("lost" if report.state == "lost" else None)
    answered = desk.examination.result(report.device) if report.state == "ready" else None
    result = answered or Result(report.device, False)
    return Row(
        device=report.device,
        line=device_line(report, desk.lockers),
        detail=report.detail or result.detail,
        asking=desk.examination.wants(report.device),
        said=words_of(result, voice),
        advice=advice_for(replace(result, problem=problem or result.problem), voice),
        took=seconds_of(result, voice) if answered else "",
    )


def _acts(db: sqlite3.Connection, desk: FrontDesk) -> Acts:
    return Acts(
        paper=printing.newest(db, "test"),
        lockers=lock_tests.can_be_tried(db, desk.lockers),
        unlock=lock_tests.newest(db),
        station_taken=scans.at_station(db) is not None,
    )


# What a tap means here, by its kind.
_TAPS = {
    "known": "check.card_known",
    "new": "check.card_sure",
    "again": "check.card_again",
    "random": "check.card_random",
    "no_uid": "check.said.card.without_number",
    "unreadable": "check.card_unreadable",
}


def _tap_said(desk: FrontDesk) -> str | None:
    """The text of the card that was laid down since somebody asked."""
    now = desk.clock.now()
    since, tap = desk.examination.since("card", now), desk.last_tap.get(now)
    return _TAPS[tap.kind] if since and tap and _is_after(tap, since.mono_ns) else None


def _frame_number(desk: FrontDesk) -> int | None:
    """The number of the picture that somebody asked for a moment ago, once it is there."""
    if desk.station is None or desk.examination.since("frame", desk.clock.now()) is None:
        return None
    with suppress(StationAway):
        desk.station.live_picture()
        return desk.station.look().live
    return None


def _is_after(tap: Tap, mono_ns: int) -> bool:
    return tap.at.mono_ns >= mono_ns
