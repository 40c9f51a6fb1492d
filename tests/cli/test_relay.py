"""`frontdesk relay`: what the central server is still to get, and letting rejected events be tried again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result as Ended

from appliance import config as configuration
from appliance import outbox, visits
from appliance.central.contract import Result, Status
from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.store import Transaction
from appliance.visits import Request
from tests.cli.conftest import Program, await_that
from tests.cli.test_commands import MEASURED_S, _documented

Command = Callable[..., Ended]


@pytest.fixture
def rejected(config: Path) -> FrontDesk:
    """A front desk with a visit that the server has rejected for good; not running."""
    settings = configuration.load(config)
    desk = assemble(load_office("1373"), settings, SystemClock(), settings.site.data)
    desk.store.open()

    def act(tx: Transaction) -> None:
        visit = visits.walk_in(
            tx,
            desk.office,
            Request("one", "library", "desk"),
            place="frontline",
            staff=None,  # type: ignore[arg-type]
        )
        visits.give_up(tx, visit.id, outcome="cancelled", staff=None)  # type: ignore[arg-type]

    desk.store.write(act)
    for _ in range(outbox.MOST_TRIES):
        batch = desk.store.read(outbox.due)
        results = {one.id: Result(one.id, Status.REJECTED, "schema", "sex: enum") for one in batch}
        desk.store.write(outbox.settle, batch, results)
    desk.store.close()
    return desk


def test_what_waits_and_what_was_rejected_is_said(
    command: Command, config: Path, rejected: FrontDesk
) -> None:
    result = command("relay", "status", "--config", config)
    seen = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (seen["on"], seen["waiting"], seen["parked"], seen["last_stored"]) == (False, 0, 1, None)
    (event,) = seen["parked_events"]
    assert (event["reason"], event["detail"]) == ("schema", "sex: enum")
    assert event["id"].endswith(".1")


def test_what_was_rejected_is_tried_again(command: Command, config: Path, rejected: FrontDesk) -> None:
    result = command("relay", "retry", "--config", config)
    assert (result.exit_code, result.stdout) == (0, "to be sent again: 1\n")
    seen = json.loads(command("relay", "status", "--config", config).stdout)
    assert (seen["waiting"], seen["parked"]) == (1, 0)


def test_while_the_front_desk_runs_it_is_asked_and_left_alone(
    command: Command, config: Path, rejected: FrontDesk
) -> None:
    running = assemble(rejected.office, rejected.config, SystemClock(), rejected.folder)
    running.store.open()
    try:
        assert command("relay", "status", "--config", config).exit_code == 0
        refused = command("relay", "retry", "--config", config)
        assert refused.exit_code == EXIT_IN_USE
        assert "use the page for the central server" in refused.stderr
    finally:
        running.store.close()


def test_without_a_database_there_is_nothing_to_say(command: Command, config: Path) -> None:
    result = command("relay", "status", "--config", config)
    assert result.exit_code == EXIT_NO
    assert "frontdesk.db" in result.stderr


def test_the_measure_of_catching_up_is_json(start: Callable[..., Program]) -> None:
    measure = start("bench", "relay", "--events", "200", "--waiting", "300")

    assert measure.wait(MEASURED_S) == 0, measure.output
    found = json.loads(measure.answer)
    assert set(found) == _documented("bench relay")
    assert (found["events"], found["waiting_behind"], found["lost"]) == (200, 300, 0)
    assert found["events_per_second"] > 0
    assert 500 < found["database_bytes_per_visit"] < 10_000
    await_that(lambda: not measure.processes, measure)
