"""The standard read aloud at the kiosk: a touch begins, another one stops it.

The loudspeaker is that of the waiting room, so calls go first, and an impatient finger gains nothing.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from appliance import board, promise
from appliance.front_desk import FrontDesk
from web.parts import front_desk
from web.protection import limited

aloud = Blueprint("aloud", __name__, url_prefix="/read")


@aloud.post("/<section>")
@limited(burst=4, every_s=3.0)
def read(section: str) -> ResponseReturnValue:
    """Read a section aloud, or stop where it is being read; then the section's page again."""
    desk = front_desk()
    if section not in promise.SECTIONS or not can_read(desk):
        abort(404)
    if is_read(desk, section):
        desk.announcements.stop()
    else:
        heading = desk.wording.text(f"standard.{section}", "id")
        said = promise.pieces((heading, *promise.paragraphs(desk.office, section)))
        desk.announcements.read(_key(section), said, "id")
    return redirect(url_for("kiosk.standard_section", section=section), 303)


@aloud.get("/<section>")
def button(section: str) -> ResponseReturnValue:
    """The button by itself: it changes when the reading ends."""
    if section not in promise.SECTIONS:
        abort(404)
    return render_template("kiosk/read_aloud.html", section=section, **state(front_desk(), section))


def state(desk: FrontDesk, section: str) -> dict[str, object]:
    """What the button must know."""
    return {"can_read": can_read(desk), "is_read": is_read(desk, section)}


def can_read(desk: FrontDesk) -> bool:
    """Whether there is a voice that speaks Indonesian, in which every standard is published."""
    return board.is_spoken(desk) and desk.config.voice is not None and "id" in desk.config.voice.languages


def is_read(desk: FrontDesk, section: str) -> bool:
    """Whether this section is being read."""
    return desk.announcements.reading == _key(section)


def idle_s(desk: FrontDesk, section: str) -> int:
    """After how many seconds without a touch the page goes: nobody is asked while they listen."""
    usual = desk.config.kiosk.form_timeout.total_seconds()
    if not is_read(desk, section):
        return int(usual)
    return int(usual + promise.reading_s(promise.paragraphs(desk.office, section)))


def _key(section: str) -> str:
    return f"standard-{section}"
