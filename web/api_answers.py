"""The appliance's values as the JSON API says them. What is not written here does not leave the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from appliance.board import Board, Shown
from appliance.clock import Moment
from appliance.doors import Doors
from appliance.lockers import State
from appliance.office import Bilingual, Office, Place, Service
from appliance.orders import Standing

Json = Mapping[str, object]


def board(seen: Board, office: Office) -> Json:
    """The waiting room's display."""
    return {
        "at": local(seen.at, office.zone),
        "office": {
            "id": office.id,
            "name": office.name,
            "timezone": office.timezone,
            "zone_label": office.zone_label,
        },
        "now": call(seen.now, office) if seen.now else None,
        "recent": [call(one, office) for one in seen.recent],
        "waiting": seen.waiting,
        "voice": seen.voice,
    }


def call(shown: Shown, office: Office) -> Json:
    """One call: a number and its desk."""
    return {
        "number": shown.number,
        "service": shown.service,
        "place": place(shown.place),
        "kind": shown.kind,
        "at": local(shown.at, office.zone),
        "state": shown.state,
    }


def service(one: Service, office: Office, waiting: int) -> Json:
    """A service, and how many wait for it."""
    return {
        "key": one.key,
        "letter": one.letter,
        "name": words(one.name),
        "description": words(one.description),
        "gives_tickets": one in office.ticket_services,
        "waiting": waiting,
    }


def ticket(standing: Standing, office: Office, visit_url: str) -> Json:
    """A number, for who holds its token."""
    visit = standing.visit
    key = visit.place if visit.ticket_state in ("called", "serving") else None
    desk = next((one for one in office.places if one.key == key), None)
    return {
        "number": visit.number,
        "service": visit.service,
        "priority": visit.priority,
        "state": visit.ticket_state,
        "people_ahead": standing.people_ahead,
        "place": place(desk),
        "issued_at": local(visit.arrived, office.zone),
        "paper": standing.paper,
        "token": visit.token,
        "visit_url": visit_url,
    }


def locker(name: str, state: State, doors: Doors) -> Json:
    """A locker; never whose."""
    return {"name": name, "state": state, "door": doors.of(name).value}


def place(desk: Place | None) -> Json | None:
    """A desk."""
    return {"key": desk.key, "name": words(desk.name)} if desk else None


def words(text: Bilingual) -> Json:
    """A text of the office in both languages."""
    return {"id": text.id, "en": text.en}


def local(moment: Moment, zone: ZoneInfo) -> str:
    """A time of the office's zone, with its distance from UTC: 2026-11-23T09:14:05.120+07:00."""
    wall: datetime = moment.wall.astimezone(zone)
    return wall.isoformat(timespec="milliseconds")
