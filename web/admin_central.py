"""The way to the central server: how much waits, why, and what it has rejected."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import outbox
from web import access
from web.parts import front_desk

central = Blueprint("central", __name__, url_prefix="/central")

_SAID = {"retried": "central.retried", "none": "central.nothing_to_retry"}
_MOST_PARKED = 50


@central.get("")
@access.for_administrators
def standing() -> ResponseReturnValue:
    """How it stands."""
    return render_template(
        "admin/central.html", said=_SAID.get(request.args.get("said", "")), **_what_stands()
    )


@central.get("/now")
@access.for_administrators
def now() -> ResponseReturnValue:
    """The part of it that changes."""
    return render_template("admin/central_now.html", **_what_stands())


@central.post("/retry")
@access.for_administrators
def retry() -> ResponseReturnValue:
    """Let everything that was rejected be tried again."""
    count = front_desk().store.write(outbox.retry, staff=access.me().member.id)
    return redirect(url_for("admin.central.standing", said="retried" if count else "none"), 303)


def _what_stands() -> dict[str, object]:
    desk = front_desk()
    return {
        "settings": desk.config.central,
        "trouble": desk.relay.trouble,
        "backlog": desk.store.read(outbox.backlog),
        "parked": desk.store.read(outbox.parked, _MOST_PARKED),
        "device": desk.store.read(outbox.device),
    }
