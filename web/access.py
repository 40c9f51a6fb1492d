"""Who is logged in. The cookie holds a random token; everything else is in the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, cast

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from appliance import sessions
from appliance.errors import Forbidden, SessionOver, StoreError
from appliance.sessions import Session
from web.parts import front_desk

P = ParamSpec("P")

COOKIE = "desk"


def install(app: Flask) -> None:
    """Nothing to hang into the application: views ask by themselves."""


def session() -> Session | None:
    """The live session of this request, looked up once."""
    if "session" not in g:
        g.session = _look_up()
    return cast(Session | None, g.session)


def me() -> Session:
    """The session of a view that is for staff only."""
    found = session()
    if found is None:
        raise SessionOver
    return found


def for_staff(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Decorates a view: officers and administrators only; others are led to the log-in page."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if session() is None:
            return _to_log_in()
        return view(*args, **kwargs)

    return guarded


def for_administrators(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Decorates a view: administrators only."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        found = session()
        if found is None:
            return _to_log_in()
        if not found.member.is_administrator:
            raise Forbidden
        return view(*args, **kwargs)

    return guarded


def remember(response: BaseResponse, token: str) -> BaseResponse:
    """Put the session's cookie on an answer."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def forget(response: BaseResponse) -> BaseResponse:
    """Take the session's cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def _look_up() -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    desk = front_desk()
    now = desk.clock.now()
    try:
        found = desk.store.read(sessions.session_of, token, now, desk.limits)
    except SessionOver:
        return None
    if _is_a_click() and sessions.needs_touch(found, now):
        # With a full disk the pages must still say so; the store has logged it.
        with suppress(StoreError):
            desk.store.write(sessions.touch, found)
    return found


def _is_a_click() -> bool:
    """A page that keeps itself fresh is no sign of somebody being there."""
    quiet = request.path.endswith("/events") or request.path.startswith("/api/")
    return request.headers.get("X-Live") is None and not quiet


def _to_log_in() -> BaseResponse:
    if request.headers.get("X-Live"):
        return Response(status=401)
    return redirect(url_for("entrance.log_in"), 303)
