"""The administrator's page "Uji loker" (walk test): lockers are tried one by one, and the result is kept.

Each step is a form and a page, so that it works on a telephone in front of the lockers, without scripts.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import locker_config, walk_test
from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.walk_test import Bank
from web import access
from web.parts import front_desk

walk = Blueprint("walk", __name__, url_prefix="/walk")


@walk.get("")
@access.for_administrators
def overview() -> ResponseReturnValue:
    """All lockers, and what came of each."""
    return _page()


@walk.get("/now")
@access.for_administrators
def now() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("admin/walk_now.html", **_seen(front_desk()))


@walk.post("/<locker>/open")
@access.for_administrators
def open_locker(locker: str) -> ResponseReturnValue:
    """Open one locker."""
    desk = front_desk()
    try:
        desk.store.write(
            walk_test.open_locker,
            _bank(desk, locker),
            locker,
            request.form.get("last", type=int, default=-1),
            staff=access.me().member.id,
            expires_s=desk.unlock_expires_s,
        )
    except NotNow as error:
        return _page(error.state), 409
    return _back(locker)


@walk.post("/<locker>/judge")
@access.for_administrators
def judge(locker: str) -> ResponseReturnValue:
    """Keep what somebody saw."""
    desk, form = front_desk(), request.form
    try:
        desk.store.write(
            walk_test.judge,
            _bank(desk, locker),
            locker,
            form.get("last", type=int, default=-1),
            form.get("result", ""),
            staff=access.me().member.id,
        )
    except NotNow as error:
        return _page(error.state), 409
    return _back(locker)


def _back(locker: str) -> ResponseReturnValue:
    return redirect(url_for(".overview", _anchor=f"walk-{locker}"), 303)


def _bank(desk: FrontDesk, locker: str | None = None) -> Bank:
    """The lockers of the configuration; 404 where `locker` is none of them."""
    bank = Bank(locker_config.wiring_of(desk.config.lockers), desk.doors.of)
    if locker is not None and locker not in bank.wiring:
        abort(404)
    return bank


def _page(problem: str | None = None) -> str:
    return render_template("admin/walk.html", problem=problem, **_seen(front_desk()))


def _seen(desk: FrontDesk) -> dict[str, object]:
    now = desk.clock.now()
    return {"walk": desk.store.read(walk_test.look, _bank(desk), now), "printed": now}
