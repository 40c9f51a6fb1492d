"""`frontdesk bench fleet`: the real client of several offices against the real receiver, as processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from appliance.benchmarks.fleet import compare
from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from tests.cli.conftest import Program, await_that
from tests.cli.test_commands import MEASURED_S, _documented


def test_the_measure_of_a_fleet_is_json_and_every_visit_is_there_once(start: Callable[..., Program]) -> None:
    measure = start("bench", "fleet", "--offices", "5", "--visits", "3")

    assert measure.wait(MEASURED_S) == 0, measure.output
    found = json.loads(measure.answer)
    assert set(found) == _documented("bench fleet")
    assert (found["offices"], found["visits_each"], found["events"]) == (5, 3, 15)
    assert (found["duplicates"], found["lost"], found["unacknowledged"]) == (0, 0, 0)
    assert found["events_per_second"] > 0
    assert found["longest_wait_s"] >= found["median_wait_s"] > 0
    await_that(lambda: not measure.processes, measure)


def test_what_is_missing_and_what_is_too_much_is_counted() -> None:
    a, b, c = ("1000", "a"), ("1000", "b"), ("1001", "a")
    assert compare([a, b, c], [c, a, b]) == (0, 0)
    assert compare([a, b, c], [a, b]) == (0, 1)
    assert compare([a, b], [a, b, b]) == (1, 0)
    assert compare([a, b], [a, c]) == (1, 1)


def test_a_database_that_an_office_has_sent_to_is_not_measured_with(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/central.db"
    archive = Archive(open_database(url))
    with archive.db.writing() as session:
        offices.add(session, "1373", "Kota Sawahlunto")
    archive.close()

    result = command("bench", "fleet", "--database", url)

    assert result.exit_code == 1
    assert "give an empty one" in result.stderr


@pytest.mark.parametrize("words", [["--offices", "0"], ["--visits", "0"], ["--seconds", "0"]])
def test_a_fleet_of_nobody_is_refused(command: Callable[..., Result], words: list[str]) -> None:
    result = command("bench", "fleet", *words)
    assert result.exit_code == 2
    assert "is not in the range" in result.stderr


def test_an_address_that_is_none_is_told(command: Callable[..., Result]) -> None:
    result = command("bench", "fleet", "--database", "central.db")
    assert result.exit_code == 2
