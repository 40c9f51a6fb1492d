"""The administrator's page about the central server, and what machines are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from appliance import outbox, tickets, visits
from appliance.central.contract import Result, Status
from appliance.central_config import Central
from appliance.central_errors import CentralUnreachable
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Visit
from tests.conftest import logged_in
from web import create_app

Issue = Callable[..., Visit]
PHONE = {"REMOTE_ADDR": "192.168.1.20"}


def with_central(desk: FrontDesk, **more: Any) -> FrontDesk:
    """The same front desk with a central server."""
    settings = Central(**({"url": "https://central.example"} | more))
    return replace(desk, config=desk.config.model_copy(update={"central": settings}))


def page_of(desk: FrontDesk, member: Member) -> str:
    client = logged_in(create_app(desk), desk, member)
    page = client.get("/admin/central")
    assert page.status_code == 200
    assert client.get("/admin/central/now").status_code == 200
    return page.text


@pytest.fixture
def over(desk: FrontDesk, issue: Issue, administrator: Member) -> Visit:
    """A visit that is over."""
    visit = issue()
    desk.store.write(tickets.call, visit.id, place="frontline", staff=administrator.id)
    desk.store.write(visits.give_up, visit.id, outcome="no_show", staff=administrator.id)
    return visit


def reject(desk: FrontDesk) -> None:
    """The server rejects all that is due, for good."""
    for _ in range(outbox.MOST_TRIES):
        batch = desk.store.read(outbox.due)
        results = {one.id: Result(one.id, Status.REJECTED, "schema", "sex: enum") for one in batch}
        desk.store.write(outbox.settle, batch, results)


def test_without_a_section_the_page_says_that_everything_is_kept(
    desk: FrontDesk, administrator: Member, over: Visit
) -> None:
    page = page_of(desk, administrator)
    assert "Pengiriman belum diaktifkan" in page
    assert desk.store.read(outbox.device) in page


def test_what_waits_and_where_it_goes_is_shown(desk: FrontDesk, administrator: Member, over: Visit) -> None:
    page = page_of(with_central(desk), administrator)
    assert "https://central.example" in page
    assert "<dt>Menunggu dikirim</dt><dd>1</dd>" in page
    assert "Belum pernah" in page
    mqtt = page_of(with_central(desk, road="mqtt", broker="mqtts://broker.example:8883"), administrator)
    assert "mqtts://broker.example:8883" in mqtt


def test_an_outage_is_told_with_its_reason_and_what_to_do(
    desk: FrontDesk, administrator: Member, over: Visit
) -> None:
    desk.relay.failed(CentralUnreachable("hung up"), desk.clock.now())
    page = page_of(with_central(desk), administrator)
    assert "Server pusat tidak terjangkau" in page
    assert "Periksa kabel jaringan" in page
    assert "central_unreachable: hung up" in page
    assert "1 kali dicoba" in page


def test_when_everything_is_there_the_page_says_since_when(
    desk: FrontDesk, administrator: Member, over: Visit
) -> None:
    batch = desk.store.read(outbox.due)
    desk.store.write(outbox.settle, batch, {one.id: Result(one.id, Status.STORED) for one in batch})
    page = page_of(with_central(desk), administrator)
    assert "Semua terkirim" in page
    assert "23 November 2026, 09.00" in page


def test_what_was_rejected_is_named_and_can_be_sent_again(
    desk: FrontDesk, administrator: Member, administrator_client: FlaskClient, over: Visit
) -> None:
    event = desk.store.read(outbox.due)[0].id
    reject(desk)
    page = page_of(with_central(desk), administrator)
    assert event in page and "sex: enum" in page

    response = administrator_client.post("/admin/central/retry")
    assert (response.status_code, response.location) == (303, "/admin/central?said=retried")
    assert "Akan dikirim ulang." in administrator_client.get(response.location).text
    assert [one.id for one in desk.store.read(outbox.due)] == [event]
    assert administrator_client.post("/admin/central/retry").location == "/admin/central?said=none"


def test_only_administrators_see_it(officer_client: FlaskClient, client: FlaskClient) -> None:
    for one in (officer_client, client):
        assert one.get("/admin/central").status_code in (303, 302, 403)
        assert one.post("/admin/central/retry").status_code in (303, 302, 403)


# ------------------------------------------------------------------------------------------ machines


def test_a_central_server_that_is_away_is_no_reason_for_not_being_ready(desk: FrontDesk, over: Visit) -> None:
    desk.relay.failed(CentralUnreachable("hung up"), desk.clock.now())
    client = create_app(with_central(desk)).test_client()
    here = client.get("/healthz")
    assert here.status_code == 200
    assert here.json and here.json["central"] == {
        "trouble": "central_unreachable",
        "waiting": 1,
        "parked": 0,
        "detail": "hung up",
    }
    there = client.get("/healthz", environ_base=PHONE)
    assert there.json and there.json["central"] == {"trouble": "central_unreachable"}


def samples(desk: FrontDesk) -> dict[str, float]:
    text = create_app(desk).test_client().get("/metrics").text
    return {
        sample.name + str(sample.labels.get("reason", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("frontdesk_central")
    }


def test_the_numbers_say_what_waits_and_how_long(desk: FrontDesk, over: Visit, clock: ManualClock) -> None:
    clock.advance(90)
    assert samples(desk) == {
        "frontdesk_central_on": 0,
        "frontdesk_central_waiting": 1,
        "frontdesk_central_oldest_seconds": 90,
        "frontdesk_central_parked": 0,
    }
    reject(desk)
    desk.relay.failed(CentralUnreachable(), clock.now())
    seen = samples(with_central(desk))
    assert (seen["frontdesk_central_on"], seen["frontdesk_central_parked"]) == (1, 1)
    assert seen["frontdesk_central_troublecentral_unreachable"] == 1
    desk.store.write(outbox.retry, staff=None)
    batch = desk.store.read(outbox.due)
    desk.store.write(outbox.settle, batch, {one.id: Result(one.id, Status.DUPLICATE) for one in batch})
    assert samples(desk)["frontdesk_central_last_stored_seconds"] == int(clock.now().wall.timestamp())
