"""The records that the central server gets, made of what is stored here. Pure.

What does not fit is left out (null), never guessed: an answer of an older list, a service that the profile no
longer has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from appliance.answers import ANSWERS
from appliance.central.contract import SCHEMAS, Kind
from appliance.clock import Moment
from appliance.office import Office, ServiceKind

Row = Mapping[str, Any]

FINAL_STATUS: Mapping[str, str] = {
    "checked_out": "completed",
    "no_show": "no_show",
    "cancelled": "cancelled",
    "closed_by_system": "closed_by_system",
}
_KINDS = get_args(ServiceKind)
_LIBRARY = ("printed_library", "digital_library")
# What a request that was not in the guest book says about the service that was asked for.
_OF_INQUIRY: Mapping[str, str] = {"consultation": "consultation", "softcopy": "digital_library"}


def visit_record(row: Row, office: Office, version: str) -> dict[str, Any]:
    """`pst-visit/1` of a visit that is over, without `record_id` and `revision`.

    `row` is the visit with its day and its coded answers, which are None where no guest book was kept.
    """
    target = office.sla.minutes * 60
    sla = row["sla_s"]
    return {
        "schema": SCHEMAS[Kind.VISIT],
        "domain_code": office.id,
        "service_date": row["date"],
        "timezone": office.timezone,
        "channel": "walk_in",
        "services": _services(row, office),
        "priority": bool(row["priority"]),
        "sex": _key("sex", row["sex"]),
        "age_band": _known_key("age_band", row["age_band"]),
        "education": _code("education", row["education"]),
        "occupation": _code("occupation", row["occupation"]),
        "institution_category": _code("institution_category", row["institution_category"]),
        "main_use": _code("main_use", row["main_use"]),
        "origin": _known_key("origin", row["origin"]),
        "arrival_hour": Moment.parse(row["arrived"]).wall.astimezone(office.zone).hour,
        "wait_seconds": row["wait_s"],
        "sla_seconds": sla,
        "sla_target_seconds": target,
        "sla_met": None if sla is None else sla <= target,
        "duration_seconds": row["duration_s"],
        "locker_used": bool(row["locker_used"]),
        "id_deposited": bool(row["id_deposited"]),
        "pages_scanned": row["pages_scanned"],
        "pages_photocopied": row["pages_photocopied"],
        "data_obtained": None,
        "final_status": FINAL_STATUS.get(row["state"]),
        "app_version": version,
    }


def rating_record(row: Row, office: Office) -> dict[str, Any]:
    """`pst-rating/1`, likewise."""
    return {
        "schema": SCHEMAS[Kind.RATING],
        "domain_code": office.id,
        "service_date": row["date"],
        "service": service_kind(row["service"], office),
        "score": row["score"],
        "element": row["element"],
    }


def guest_record(row: Row, office: Office) -> dict[str, Any]:
    """`pst-guest/1` of a guest who is known here, likewise."""
    return {
        "schema": SCHEMAS[Kind.GUEST],
        "domain_code": office.id,
        "erased": False,
        "visit_record_id": row["visit_record_id"],
        "service_date": row["date"],
        "name": row["name"],
        "email": row["email"],
        "phone": row["phone"],
        "institution": row["institution"] or None,
        "survey_contact": bool(row["contact"]),
        "notice_version": row["notice_version"],
    }


def erased_guest(office: Office) -> dict[str, Any]:
    """`pst-guest/1` of a guest who has been erased here, likewise."""
    return {"schema": SCHEMAS[Kind.GUEST], "domain_code": office.id, "erased": True}


def service_kind(key: str, office: Office) -> str:
    """The kind of one of the office's services; "other" where the profile has it no more."""
    return next((service.kind for service in office.services if service.key == key), "other")


def _services(row: Row, office: Office) -> list[str]:
    """What was wanted by the guest book, what was asked for later, and what the number says beyond it."""
    wanted = set((row["sub_services"] or "").split()) & set(_KINDS)
    kind = service_kind(row["service"], office)
    if not wanted or kind not in _LIBRARY:
        wanted.add(kind)
    wanted |= {_OF_INQUIRY[one] for one in (row["inquiries"] or "").split(",") if one in _OF_INQUIRY}
    if row["pages_photocopied"]:
        wanted.add("photocopy")
    return [kind for kind in _KINDS if kind in wanted]


def _key(name: str, code: int | None) -> str | None:
    return next((answer.key for answer in ANSWERS[name] if answer.code == code), None)


def _code(name: str, code: int | None) -> int | None:
    return next((answer.code for answer in ANSWERS[name] if answer.code == code), None)


def _known_key(name: str, key: str | None) -> str | None:
    return next((answer.key for answer in ANSWERS[name] if answer.key == key), None)
