"""The JSON API: what the board shows, for a room display of another make too. `openapi.json` describes it.

What stands on the board anyway is open to everybody. Numbers are given to the kiosk's networks only, since
each one costs paper; how a ticket stands is told to who holds its token. No answer knows a name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, Response, current_app, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from appliance import board as waiting_room
from appliance import lockers, orders
from appliance.errors import (
    ApplianceError,
    ClockImplausible,
    Forbidden,
    KeyReused,
    NoSuchService,
    NoSuchVisit,
    Refused,
    StoreError,
)
from web import access, api_answers
from web.parts import front_desk
from web.protection import is_from_kiosk, limited

P = ParamSpec("P")

api = Blueprint("api", __name__, url_prefix="/api/v1")

MOST_CALLS = 500
_DOCUMENT = "openapi.json"  # beside this file

# The first that fits.
_STATUS: tuple[tuple[type[ApplianceError], int], ...] = (
    (NoSuchVisit, 404),
    (NoSuchService, 422),
    (KeyReused, 422),
    (ClockImplausible, 503),
    (StoreError, 503),
    (Forbidden, 403),
    (Refused, 409),
)


def for_everybody(view: Callable[P, object]) -> Callable[P, Response]:
    """Decorates a view whose answer hangs in the waiting room anyway: any page may read it."""

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return shown


@api.get("/openapi.json")
@for_everybody
def document() -> ResponseReturnValue:
    """The description of this API."""
    with current_app.open_resource(_DOCUMENT) as file:
        return Response(file.read(), mimetype="application/json")


@api.get("/board")
@limited(burst=60, every_s=0.1)
@for_everybody
def board() -> ResponseReturnValue:
    """What the waiting room's display shows."""
    desk = front_desk()
    return jsonify(api_answers.board(waiting_room.snapshot(desk), desk.office))


@api.get("/calls")
@limited(burst=60, every_s=0.1)
@for_everybody
def calls() -> ResponseReturnValue:
    """The calls of today, newest first."""
    desk = front_desk()
    limit = request.args.get("limit", MOST_CALLS, type=int)
    if not 1 <= limit <= MOST_CALLS:
        return _error("invalid", f"limit: must be 1 to {MOST_CALLS}", 422)
    found = desk.store.read(waiting_room.calls, desk.office, limit)
    return jsonify(calls=[api_answers.call(one, desk.office) for one in found])


@api.get("/services")
@limited(burst=60, every_s=0.1)
@for_everybody
def services() -> ResponseReturnValue:
    """The services, and how many wait for each."""
    desk = front_desk()
    waiting = desk.store.read(waiting_room.waiting)
    offered = [
        api_answers.service(service, desk.office, waiting.get(service.key, 0))
        for service in desk.office.services
    ]
    return jsonify(services=offered)


@api.post("/tickets")
@limited(burst=20, every_s=1.0)
def order_ticket() -> ResponseReturnValue:
    """Give a number. The same key again gives the same one."""
    if not is_from_kiosk():
        raise Forbidden("numbers are given to the kiosk's networks only")
    key = request.headers.get("Idempotency-Key", "")
    if not orders.is_key(key):
        return _error("idempotency_key", "Idempotency-Key: needs 1 to 200 visible characters", 400)
    try:
        order = orders.Order.model_validate(request.get_json())
    except ValidationError as error:
        return _error("invalid", _in_words(error), 422)
    desk = front_desk()
    given = desk.store.write(orders.place, desk.office, desk.hours, order, key)
    response = make_response(_ticket(desk.store.read(orders.standing, given.visit)))
    response.status_code = 200 if given.before else 201
    response.headers["Location"] = url_for("api.ticket", token=given.visit.token)
    return response


@api.get("/tickets/<token>")
@limited(burst=60, every_s=0.5)
def ticket(token: str) -> ResponseReturnValue:
    """How a ticket stands."""
    return _ticket(front_desk().store.read(orders.standing_of_token, token))


@api.get("/lockers")
@limited(burst=60, every_s=0.1)
def show_lockers() -> ResponseReturnValue:
    """Which lockers are free and which doors are open; for staff and the kiosk's networks."""
    if not is_from_kiosk() and access.session() is None:
        raise Forbidden("lockers are shown to staff and to the kiosk's networks only")
    desk = front_desk()
    states = desk.store.read(lockers.states, desk.lockers)
    return jsonify(lockers=[api_answers.locker(name, state, desk.doors) for name, state in states.items()])


@api.errorhandler(ApplianceError)
def _failed(error: ApplianceError) -> ResponseReturnValue:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:  # none that a view of this file can run into: a mistake, for the log
        raise error
    return _error(error.code, str(error), status)


def _ticket(standing: orders.Standing) -> Response:
    desk = front_desk()
    visit_url = f"{desk.config.panel.url}/v/{standing.visit.token}"
    return jsonify(api_answers.ticket(standing, desk.office, visit_url))


def _in_words(error: ValidationError) -> str:
    """Each field that does not fit, and why."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in found)


def _error(code: str, detail: str, status: int) -> tuple[Response, int]:
    return jsonify(error=code, detail=detail), status
