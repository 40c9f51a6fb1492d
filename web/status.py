"""For machines that watch this one: whether it is well, and its numbers."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from flask import Blueprint, Response, abort, current_app, jsonify
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from appliance import __version__, check_remote, checks, outbox, readiness
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk
from appliance.readiness import Readiness
from web.metrics import registry_of
from web.parts import front_desk
from web.protection import is_from_here, is_from_kiosk, limited

status = Blueprint("status", __name__)

_REGISTRY = "metrics"


@status.record
def _register(state: BlueprintSetupState) -> None:
    """Each application has its own numbers."""
    state.app.extensions[_REGISTRY] = registry_of(state.app.extensions["front_desk"])


@status.get("/healthz")
@limited(burst=30, every_s=0.5)
def healthz() -> ResponseReturnValue:
    """200 while numbers can be given, else 503 with the reasons; details only to this machine itself."""
    seen = readiness.look(front_desk())
    answer = _for_everybody(seen) | _central(front_desk())
    if is_from_here():
        answer |= _for_the_technician(seen)
    return jsonify(answer), 200 if seen.ready else 503


@status.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The numbers, in Prometheus' text format."""
    if not (is_from_here() or is_from_kiosk()):
        abort(404)
    registry = cast(CollectorRegistry, current_app.extensions[_REGISTRY])
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@status.get(check_remote.PATH)
@limited(burst=5, every_s=2.0)
def check() -> ResponseReturnValue:
    """For `frontdesk check`, on this machine only: every device is asked how it is. Nothing moves."""
    if not is_from_here():
        abort(404)
    return jsonify([check_remote.row(result) for result in checks.look_at_running(front_desk())])


def _for_everybody(seen: Readiness) -> dict[str, object]:
    return {
        "status": "ok" if seen.ready else "unavailable",
        "reasons": [reason.code for reason in seen.reasons],
        "devices": {
            report.device: {"state": report.state.value, "problem": report.problem} for report in seen.devices
        },
        "store": seen.store,
        "service_day": seen.service_day.isoformat() if seen.service_day else None,
        "clock": seen.clock.value,
        "disk": {"problem": seen.room.problem, "allowed": seen.room.allowed} if seen.room else None,
    }


def _central(desk: FrontDesk) -> dict[str, object]:
    """How it stands with the central server, where there is one; never a reason for not being ready."""
    if desk.config.central is None:
        return {}
    trouble = desk.relay.trouble
    told: dict[str, object] = {"trouble": trouble.code if trouble else None}
    if is_from_here():
        with suppress(StoreError):  # it is among the reasons
            backlog = desk.store.read(outbox.backlog)
            told |= {"waiting": backlog.waiting, "parked": backlog.parked}
        told["detail"] = trouble.detail if trouble else ""
    return {"central": told}


def _for_the_technician(seen: Readiness) -> dict[str, object]:
    return {
        "version": __version__,
        "disk_free_bytes": seen.room.free if seen.room else None,
        "details": {
            **{reason.code: reason.detail for reason in seen.reasons},
            **{report.device: report.detail for report in seen.devices if report.detail},
        },
    }
