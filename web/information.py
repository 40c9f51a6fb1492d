"""What the office has published, on any phone and at the desk: the whole standard, channels, hours.

Open to everybody, as the paper on the office's wall is.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from appliance import promise
from web import hours
from web.access import for_staff
from web.parts import front_desk
from web.protection import limited

information = Blueprint("information", __name__)


@information.get("/info")
@limited(burst=60, every_s=0.2)
def phone() -> ResponseReturnValue:
    """For a phone."""
    return _page("information/phone.html")


@information.get("/desk/info")
@for_staff
def desk() -> ResponseReturnValue:
    """For an officer, who is asked about it."""
    return _page("information/desk.html")


def _page(template: str) -> str:
    office = front_desk().office
    return render_template(
        template,
        sections=[(name, promise.paragraphs(office, name)) for name in promise.SECTIONS],
        channels=promise.channels(office),
        hours=hours.seen(),
    )
