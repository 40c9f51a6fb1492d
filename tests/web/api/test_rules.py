"""What the API promises: one number for one wish, and nothing told to whom it is not for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import lockers, sessions, tickets, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.staff import Member
from appliance.visits import Request
from drivers.base import Door
from tests.conftest import logged_in
from tests.web.api.conftest import PHONE, Issue, Scene, order
from web import create_app

# ------------------------------------------------------------------------------ asking for a number


def test_a_ticket_is_answered_with_its_number_its_link_and_its_paper(
    client: FlaskClient, desk: FrontDesk, issue: Issue
) -> None:
    issue()

    response = order(client, body={"service": "library", "priority": False, "language": "en"})

    ticket = response.json
    assert ticket is not None
    assert (ticket["number"], ticket["state"], ticket["people_ahead"]) == ("P002", "waiting", 1)
    assert (ticket["service"], ticket["paper"]) == ("library", "queued")
    assert ticket["visit_url"] == f"http://127.0.0.1:8080/v/{ticket['token']}"
    assert response.headers["Location"] == f"/api/v1/tickets/{ticket['token']}"
    visit = desk.store.read(visits.of_token, ticket["token"])
    assert visit.language == "en"


def test_without_a_language_the_visitor_has_the_offices_first(client: FlaskClient, desk: FrontDesk) -> None:
    ticket = order(client).json

    assert ticket is not None
    assert desk.store.read(visits.of_token, ticket["token"]).language == "id"


def test_the_same_key_again_gives_the_same_ticket(client: FlaskClient, desk: FrontDesk) -> None:
    first, second = order(client), order(client)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert order(client, "k2").json["number"] == "P002"  # type: ignore[index]


def test_the_same_key_from_many_clients_at_once_gives_one_ticket(app: Flask) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: order(app.test_client()), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.json["number"] for answer in answers} == {"P001"}  # type: ignore[index]


def test_the_same_key_with_another_wish_gives_nothing(client: FlaskClient) -> None:
    order(client)

    response = order(client, body={"service": "library", "priority": True})

    assert response.status_code == 422
    assert response.json is not None
    assert response.json["error"] == "key_reused"
    assert client.get("/api/v1/board").json["waiting"] == 1  # type: ignore[index]


def test_the_same_key_still_gives_its_ticket_after_a_transfer(
    client: FlaskClient, desk: FrontDesk, officer: Member
) -> None:
    first = order(client).json
    assert first is not None
    visit = desk.store.read(visits.of_token, first["token"])
    desk.store.write(tickets.transfer, desk.office, visit.id, service="consultation", staff=officer.id)

    again = order(client)

    assert again.status_code == 200
    assert again.json is not None
    assert (again.json["number"], again.json["service"]) == ("P001", "consultation")


def test_a_key_begins_anew_with_the_service_day(client: FlaskClient, clock: ManualClock) -> None:
    first = order(client).json
    clock.advance(24 * 3600)

    response = order(client)

    assert response.status_code == 201
    assert first is not None
    assert response.json is not None
    assert response.json["token"] != first["token"]


@pytest.mark.parametrize("key", ["", "two words", "kunci-ç", "k" * 201])
def test_a_key_that_does_not_fit_is_refused(client: FlaskClient, key: str) -> None:
    response = order(client, key)

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"] == "idempotency_key"


@pytest.mark.parametrize("key", ["k", "k" * 200, '"quoted"', "a~!"])
def test_a_key_of_visible_characters_is_taken(client: FlaskClient, key: str) -> None:
    assert order(client, key).status_code == 201


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "service"),
        ({"service": 3}, "service"),
        ({"service": "library", "priority": "yes"}, "priority"),
        ({"service": "library", "language": "nl"}, "language"),
        ({"service": "library", "name": "Rina"}, "name"),
        (["library"], "body"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_field(
    client: FlaskClient, body: object, named: str
) -> None:
    response = order(client, body=body)

    assert response.status_code == 422
    assert response.json is not None
    assert response.json["error"] == "invalid"
    assert response.json["detail"].startswith(f"{named}: ")
    assert "Rina" not in response.text


def test_a_body_that_is_no_json_is_refused(client: FlaskClient) -> None:
    response = client.post(
        "/api/v1/tickets",
        data="{",
        content_type="application/json",
        headers={"Idempotency-Key": "k1"},
    )

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"] == "http_400"


def test_an_office_without_tickets_gives_none(build: Callable[[str], FrontDesk]) -> None:
    pariaman = build("1377")
    client = create_app(pariaman).test_client()

    response = order(client)

    assert response.status_code == 409
    assert response.json is not None
    assert response.json["error"] == "service_closed"
    services = client.get("/api/v1/services").json
    assert services is not None
    assert not any(service["gives_tickets"] for service in services["services"])


def test_a_clock_that_was_never_set_gives_no_numbers(client: FlaskClient, clock: ManualClock) -> None:
    clock.step(-40 * 365 * 86400)

    response = order(client)

    assert response.status_code == 503
    assert response.json is not None
    assert response.json["error"] == "clock_implausible"


def test_another_sites_page_may_not_order(client: FlaskClient) -> None:
    response = client.post(
        "/api/v1/tickets",
        json={"service": "library"},
        headers={"Idempotency-Key": "k1", "Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert response.json is not None
    assert response.json["error"] == "http_403"


# ---------------------------------------------------------------------------------- what is told


def test_a_ticket_that_was_called_names_its_desk(scene: Scene) -> None:
    ticket = scene.client.get(f"/api/v1/tickets/{scene.called().token}").json

    assert ticket is not None
    assert (ticket["state"], ticket["people_ahead"]) == ("called", None)
    assert ticket["place"]["name"] == {"id": "Meja Layanan 1", "en": "Desk 1"}


def test_a_visit_without_a_number_is_no_ticket(scene: Scene) -> None:
    visit = scene.desk.store.write(
        visits.walk_in,
        scene.desk.office,
        Request("w1", "library", "desk"),
        place="frontline",
        staff=scene.officer.id,
    )

    assert scene.client.get(f"/api/v1/tickets/{visit.token}").status_code == 404


def test_calls_are_told_newest_first_each_repetition_too(scene: Scene) -> None:
    first = scene.called()
    scene.clock.advance(61)
    scene.desk.store.write(tickets.recall, first.id, staff=scene.officer.id)

    calls = scene.client.get("/api/v1/calls").json

    assert calls is not None
    assert [(call["number"], call["kind"], call["at"]) for call in calls["calls"]] == [
        ("P001", "recall", "2026-11-23T09:01:01.000+07:00"),
        ("P001", "call", "2026-11-23T09:00:00.000+07:00"),
    ]


def test_services_say_how_many_wait_for_each(client: FlaskClient, issue: Issue) -> None:
    issue()
    issue()
    issue("consultation")

    answer = client.get("/api/v1/services").json

    assert answer is not None
    waiting = {service["key"]: service["waiting"] for service in answer["services"]}
    assert waiting == {"library": 2, "consultation": 1, "other": 0}


def test_lockers_tell_their_state_and_their_door(scene: Scene) -> None:
    scene.desk.store.write(
        lockers.take_in, scene.issue().id, Wanted("1", None), pockets=12, staff=scene.officer.id
    )
    scene.desk.doors.say("1", Door.OPEN)

    answer = scene.client.get("/api/v1/lockers").json

    assert answer is not None
    assert answer["lockers"] == [
        {"name": "1", "state": "taken", "door": "open"},
        {"name": "2", "state": "free", "door": "unknown"},
        {"name": "3", "state": "free", "door": "unknown"},
    ]


def test_staff_see_the_lockers_from_their_own_machine(app: Flask, scene: Scene) -> None:
    staff_client = logged_in(app, scene.desk, scene.officer)

    assert staff_client.get("/api/v1/lockers", environ_base=PHONE).status_code == 200


def test_a_program_that_asks_for_the_lockers_keeps_nobody_logged_in(app: Flask, scene: Scene) -> None:
    staff_client = logged_in(app, scene.desk, scene.officer)
    for _ in range(32):
        scene.clock.advance(61)
        staff_client.get("/api/v1/lockers", environ_base=PHONE)

    assert staff_client.get("/api/v1/lockers", environ_base=PHONE).status_code == 403
    assert scene.desk.store.read(sessions.over, scene.clock.now(), scene.desk.limits)


@pytest.mark.parametrize("path", ["board", "calls", "services", "openapi.json"])
def test_what_hangs_in_the_waiting_room_may_be_read_from_everywhere(client: FlaskClient, path: str) -> None:
    response = client.get(f"/api/v1/{path}", environ_base=PHONE, headers={"Origin": "http://signage"})

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["lockers", "tickets/none"])
def test_other_sites_pages_may_not_read_the_rest(client: FlaskClient, path: str) -> None:
    response = client.get(f"/api/v1/{path}", headers={"Origin": "http://signage"})

    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_an_unknown_address_is_answered_as_json_too(client: FlaskClient) -> None:
    response = client.get("/api/v1/visitors")

    assert response.status_code == 404
    assert response.json is not None
    assert response.json.keys() == {"error", "detail"}
