"""What the timers start: nets below what the front desk does itself at night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from appliance.keeping import backup
from tests.cli.conftest import Program, await_that
from tests.faults.processes import health

Command = Callable[..., Result]
Start = Callable[..., Program]


def made(data: Path) -> list[backup.Copy]:
    return backup.copies(data / backup.FOLDER)


def test_the_morning_makes_a_copy_where_the_night_made_none(
    start: Start, command: Command, config: Path, data: Path, port: int
) -> None:
    program = start("run", "--config", config)
    await_that(lambda: health(port).get("status") == "ok", program)

    done = command("backup", "--unless-today", "--config", config)
    assert done.exit_code == 0, done.output
    assert [copy.manifest.kind for copy in made(data)] == ["nightly"]

    again = command("backup", "--unless-today", "--config", config)
    assert again.exit_code == 0
    assert "has its copy" in again.stdout
    assert len(made(data)) == 1


def test_a_copy_that_somebody_asked_for_does_not_stand_for_the_nights(
    start: Start, command: Command, config: Path, data: Path, port: int
) -> None:
    program = start("run", "--config", config)
    await_that(lambda: health(port).get("status") == "ok", program)
    assert command("backup", "--config", config).exit_code == 0
    assert command("backup", "--unless-today", "--config", config).exit_code == 0
    assert made(data)[0].manifest.kind == "nightly"


def test_erasing_leaves_a_front_desk_that_runs_alone_and_says_so_by_its_code(
    start: Start, command: Command, config: Path, port: int
) -> None:
    program = start("run", "--config", config)
    await_that(lambda: health(port).get("status") == "ok", program)
    assert command("retention", "--config", config).exit_code == 75
