"""One visitor, two screens: their own phone, and the kiosk that everybody uses.

The same views serve both; only the layout differs, and where one goes when done.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from appliance import visits
from appliance.invitations import To
from appliance.visits import Visit
from web.context import prefer
from web.parts import front_desk

KIOSK = "visitor_kiosk"
PHONE = "visitor"

GOODBYE_S = 20  # how long the kiosk shows a page that only says thank you
QR_S = 60  # and one with a code, which takes a phone out of a pocket


def on_kiosk() -> bool:
    """Whether this request comes from the shared screen."""
    return request.blueprint == KIOSK


def here(page: str, token: str, **values: Any) -> str:
    """The address of one of the visitor's pages, on the screen where they are."""
    return url_for(f"{request.blueprint}.{page}", token=token, **values)


def way_out(token: str) -> str:
    """Where a visitor goes when done: the kiosk's first page, or their own visit page."""
    return url_for("kiosk.start") if on_kiosk() else url_for(f"{PHONE}.visit", token=token)


def visit_of(token: str) -> Visit:
    """The visit of this address; its pages speak the language that the ticket was taken in.

    Raises NoSuchVisit.
    """
    visit = front_desk().store.read(visits.of_token, token)
    prefer(visit.language)
    return visit


def take_back_invitation(visit: Visit, to: To) -> None:
    """The officer's invitation to the kiosk, if there is one to do just this, is met."""
    invitations = front_desk().invitations
    if any(one.visit_id == visit.id and one.to == to for one in invitations.open()):
        invitations.take_back(visit.id)


def page(template: str, token: str, *, goodbye: bool = False, **values: object) -> str:
    """A page of the visitor's, in their screen's layout; one of `goodbye` leaves the kiosk by itself."""
    frame = _kiosk(goodbye) if on_kiosk() else _phone(token)
    return render_template(f"visitor/{template}.html", token=token, here=here, **{**frame, **values})


def _kiosk(goodbye: bool) -> dict[str, object]:
    start = url_for("kiosk.start")
    return {
        "frame": "visitor/frame_kiosk.html",
        "kiosk": True,
        "out_url": start,
        "back_url": None,
        "keyboard": not goodbye,
        **({"idle_seconds": GOODBYE_S, "idle_warn_seconds": 0} if goodbye else {}),
    }


def _phone(token: str) -> dict[str, object]:
    return {
        "frame": "visitor/frame_phone.html",
        "kiosk": False,
        "out_url": url_for(f"{PHONE}.visit", token=token),
        "back_url": None,
    }
