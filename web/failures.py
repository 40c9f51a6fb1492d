"""What people see when something is wrong: what happened, what to do, and a code for the technician.

Each audience sees it in the frame that it knows, with a way on; the kiosk goes back to its start by itself.
These pages need no database.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import (
    ApplianceError,
    Forbidden,
    Invalid,
    NoSuchPlace,
    NoSuchService,
    NoSuchVisit,
    Refused,
    SessionOver,
    StoreError,
    TooManyTries,
)
from web import context
from web.protection import is_from_kiosk

log = logging.getLogger(__name__)

Audience = Literal["kiosk", "phone", "board", "staff", "everybody"]

KIOSK_STAYS_S = 20  # how long the kiosk shows what went wrong with a visitor's request
KIOSK_LOOKS_EVERY_S = 5  # how soon it looks whether the appliance works again
BOARD_LOOKS_EVERY_S = 10

_LAYOUTS: Mapping[Audience, str] = MappingProxyType(
    {
        "kiosk": "layout/kiosk.html",
        "phone": "layout/phone.html",
        "board": "layout/board.html",
        "staff": "layout/staff.html",
        "everybody": "layout/staff.html",
    }
)
_STAFF_PATHS = ("/desk", "/admin", "/account", "/login", "/setup")

# What is said of a status that no error of ours explains.
_SAID = MappingProxyType(
    {
        403: "cross_site",
        404: "not_found",
        405: "not_found",  # most often a page that was sent by a form, and is asked for by its address
        413: "too_large",
        429: "too_many",
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong: the keys of its two texts, its code, and when to come back."""

    title: str
    do: str
    code: str
    status: int
    wait_s: int | None = None

    @property
    def is_ours(self) -> bool:
        """True when the appliance is to blame: asking for something else does not help."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def install(app: Flask) -> None:
    """Answer every error with a page of our own."""
    app.register_error_handler(SecurityError, _wrong_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SessionOver, _session_over)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(TooManyTries, _too_many_tries)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(Exception, _unexpected)


# ---------------------------------------------------------------------------------- the errors


def _wrong_host(_error: SecurityError) -> Response:
    """A browser that was led astray: it learns nothing, and no address of ours can be built for it."""
    return Response("unknown host\n", 400, mimetype="text/plain")


def _http(error: HTTPException) -> BaseResponse:
    status, wait_s = error.code or 500, None
    if error.response is not None:
        status = error.response.status_code
        retry_after = error.response.headers.get("Retry-After", "")
        wait_s = int(retry_after) if retry_after.isdigit() else None
    said = _SAID.get(status, "wrong")
    do = f"page.{said}_do" if wait_s is None else "page.wait_do"
    if said == "not_found" and audience() == "kiosk":
        do = "page.wrong_do"  # there, nobody can look at an address
    return answer(Failure(f"page.{said}", do, f"http_{status}", status, wait_s))


def _session_over(error: SessionOver) -> BaseResponse:
    if request.path.startswith("/api/") or request.headers.get("X-Live"):
        return answer(_failure(error, 401))
    return redirect(url_for("entrance.log_in"), 303)


def _forbidden(error: Forbidden) -> BaseResponse:
    return answer(_failure(error, 403))


def _too_many_tries(error: TooManyTries) -> BaseResponse:
    failure = _failure(error, 429)
    return answer(Failure(failure.title, "page.wait_do", failure.code, 429, math.ceil(error.wait_s)))


def _refused(error: Refused) -> BaseResponse:
    if isinstance(error, NoSuchVisit | NoSuchService | NoSuchPlace):
        return answer(_failure(error, 404))
    return answer(_failure(error, 422 if isinstance(error, Invalid) else 409))


def _store(error: StoreError) -> BaseResponse:
    """No number is given that is not stored: see the desk. Staff are told what it is."""
    g.session = None  # without the database nobody is known; and looking again would only fail again
    if audience() == "staff":
        return answer(_failure(error, 503))
    return answer(Failure("page.see_the_desk", "page.see_the_desk_do", error.code, 503))


def _unexpected(error: Exception) -> BaseResponse:
    log.exception("%s %s failed", request.method, request.path)
    g.session = None  # what failed may have been the look-up itself
    code = error.code if isinstance(error, ApplianceError) else ApplianceError.code
    do = "error.internal.do" if audience() == "staff" else "page.wrong_do"
    return answer(Failure("page.wrong", do, code, 500))


def _failure(error: ApplianceError, status: int) -> Failure:
    return Failure(f"error.{error.code}.title", f"error.{error.code}.do", error.code, status)


# ---------------------------------------------------------------------------------- the page


def answer(failure: Failure) -> BaseResponse:
    """The page of a failure, or for a program its code."""
    if request.path.startswith("/api/"):
        response = jsonify(error=failure.code, detail=HTTPStatus(failure.status).phrase)
    else:
        response = make_response(_page(failure))
    response.status_code = failure.status
    if failure.wait_s is not None:
        response.headers["Retry-After"] = str(failure.wait_s)
    if audience() == "board":  # nobody is there to touch it
        response.headers["Refresh"] = str(BOARD_LOOKS_EVERY_S)
    return response


def _page(failure: Failure) -> str:
    if "language" not in g:  # refused at the door, before anything was settled
        context.choose()
    who = audience()
    kiosk_stays_s = KIOSK_LOOKS_EVERY_S if failure.is_ours else KIOSK_STAYS_S
    return render_template(
        "failure.html",
        layout=_LAYOUTS[who],
        audience=who,
        failure=failure,
        way_on=_way_on(who, failure),
        events_url=None,  # nothing here changes: a stream would be wasted
        idle_url=_start(),
        idle_seconds=kiosk_stays_s,
        idle_warn_seconds=0,
        keyboard=False,
    )


def audience() -> Audience:
    """Who is looking, by the address."""
    path = request.path
    if path in ("/kiosk", "/scanner") or path.startswith(("/kiosk/", "/scanner/")):
        return "kiosk" if is_from_kiosk() else "everybody"
    if path.startswith(("/v/", "/d/")):
        return "phone"
    if path == "/board" or path.startswith("/board/"):
        return "board"
    if path.startswith(_STAFF_PATHS):
        return "staff"
    return "everybody"


def _way_on(who: Audience, failure: Failure) -> tuple[str, str] | None:
    """A text's key and an address, for the link that leads on."""
    if who == "phone":
        return _phone_way_on(failure)
    if who == "staff":
        if failure.is_ours and request.method == "GET":
            return "button.try_again", request.path
        return "page.to_the_desk", url_for("desk.overview")
    if who == "board":
        return "button.try_again", request.path
    return "button.home", _start() if who == "kiosk" else url_for("entrance.start")


def _start() -> str:
    """The first page of the screen that is touched: the scanner's, or the kiosk's."""
    return url_for("scanner.screen" if request.path.startswith("/scanner") else "kiosk.start")


def _phone_way_on(failure: Failure) -> tuple[str, str] | None:
    """Back to the ticket's own page; when that is not there any more, nothing of ours is for this visitor."""
    _, _, token, *_ = request.path.split("/")
    if failure.code == NoSuchVisit.code or not token or request.path.startswith("/d/"):
        return None
    return "page.to_your_ticket", f"/v/{token}"
