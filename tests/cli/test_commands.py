"""The short commands, and docs/commands.md, which has to name them all."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from appliance import __version__, staff
from appliance.__main__ import main
from appliance.commands import loading
from appliance.store import FILE
from tests.cli.conftest import Program, append, await_that
from tests.conftest import PASSWORD

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"

WRONG = """\
[site]
office = "1373"
data = "{data}"

[pannel]
listen = "127.0.0.1:8080"

[printer]
driver = "escpos-netwrok"
host = "127.0.0.1"

[[lockers.locker]]
name = "1"
pin = 99
"""

Command = Callable[..., Result]

MEASURED_S = 45.0


# ------------------------------------------------------------------------------------------ config


def test_all_mistakes_are_told_at_once_with_line_and_suggestion(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.toml"
    path.write_text(WRONG.format(data=tmp_path / "data"))

    result = command("config", "check", "--config", path)

    first, second, third = result.stderr.splitlines()
    assert first.startswith(f"{path}:5: pannel: ")
    assert first.endswith('(did you mean "panel"?)')
    assert second.startswith(f"{path}:9: printer.driver: ")
    assert "escpos-network" in second
    assert third.startswith(f"{path}:14: lockers.locker[1].pin: ")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == [path]


def test_a_service_that_the_office_lacks_is_a_mistake_too(command: Command, config: Path) -> None:
    append(config, '[[buttons.button]]\nservice = "X"\npin = 17\n')

    result = command("config", "check", "--config", config)

    assert f"{config}:17: buttons.button[1].service: " in result.stderr
    assert result.exit_code == 2


def test_a_right_file_is_in_order(command: Command, config: Path, data: Path) -> None:
    result = command("config", "check", "--config", config)

    assert (result.exit_code, result.output) == (0, f"{config}: in order\n")
    assert not data.exists()


@pytest.mark.parametrize(
    "words", [["run"], ["check"], ["config", "check"], ["config", "show"], ["locks", "off"]]
)
def test_a_file_that_is_not_there_is_told(command: Command, tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "nowhere.toml"

    result = command(*words, "--config", path)

    assert (result.exit_code, result.output) == (2, f"{path}: there is no such file\n")


def test_what_is_shown_is_the_configuration_in_force(command: Command, config: Path) -> None:
    whole = tomllib.loads(command("config", "show", "--config", config).stdout)
    changed = tomllib.loads(command("config", "show", "--changed", "--config", config).stdout)

    assert whole["kiosk"]["ticket_timeout"] == "45s"
    assert "kiosk" not in changed
    assert changed == tomllib.loads(config.read_text())


def test_a_starter_file_is_written_but_never_over_another(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.toml"

    first = command("config", "init", path)
    path.write_text(path.read_text() + "# mine\n")
    second = command("config", "init", path)

    assert (first.exit_code, first.output) == (0, f"wrote {path}\n")
    assert (second.exit_code, second.output) == (1, f"frontdesk: {path}: File exists\n")
    assert path.read_text().endswith("# mine\n")
    assert command("config", "check", "--config", path).exit_code == 0


# ------------------------------------------------------------------------------------------ staff


def test_an_account_that_was_added_can_log_in(command: Command, config: Path, data: Path) -> None:
    result = command(
        "staff",
        "add",
        "--config",
        config,
        "--role",
        "administrator",
        "--password",
        PASSWORD,
        "Budi",
        "Budi S.",
    )

    assert (result.exit_code, result.output) == (0, "added budi (administrator)\n")
    with contextlib.closing(sqlite3.connect(data / FILE)) as db:
        db.row_factory = sqlite3.Row
        member = staff.prove(staff.account(db, "budi"), PASSWORD)
    assert (member.name, member.is_administrator) == ("Budi S.", True)


def test_entries_that_do_not_fit_are_told_at_once_and_store_nothing(
    command: Command, config: Path, data: Path
) -> None:
    result = command("staff", "add", "--config", config, "--password", "short", "b", "Budi Santoso")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Login name: 2 to 40 lower-case letters, digits, dots, or hyphens.",
        "Password: at least 10 characters.",
    ]
    assert not data.exists()


def test_a_login_name_is_given_once(command: Command, config: Path) -> None:
    words = ("staff", "add", "--config", config, "--password", PASSWORD, "budi", "Budi Santoso")
    command(*words)

    result = command(*words)

    assert (result.exit_code, result.stderr) == (1, "This login name is taken.\n")


def test_while_the_front_desk_runs_accounts_are_made_on_its_page(
    command: Command, start: Callable[..., Program], config: Path, port: int
) -> None:
    running = start("run", "--config", config)
    running.await_page(port, "/healthz")

    result = command("staff", "add", "--config", config, "--password", PASSWORD, "budi", "Budi Santoso")

    assert result.exit_code == 75
    assert f"in use by process {running.pid}; use the page for accounts instead" in result.stderr


# ------------------------------------------------------------------------------------------ bench


def _json(measure: Program) -> dict[str, Any]:
    """What a measure printed."""
    found: dict[str, Any] = json.loads(measure.answer)
    return found


def test_the_measure_of_tickets_is_json(start: Callable[..., Program]) -> None:
    measure = start("bench", "tickets", "--presses", "5", "--old-visits", "400", "--seconds", "1")

    assert measure.wait(MEASURED_S) == 0
    found = _json(measure)
    assert set(found["press_to_first_byte_ms"]) == {"p50", "p95", "p99", "max"}
    assert set(found) == _documented("bench tickets")
    assert (found["presses"], found["old_visits"], found["clients"]) == (5, 400, 8)
    assert found["duplicate_numbers"] == 0
    assert found["bytes_per_ticket"] > 0
    await_that(lambda: not measure.processes, measure)


def test_the_measure_of_a_start_is_json(start: Callable[..., Program]) -> None:
    measure = start("bench", "start", "--idle-seconds", "1")

    assert measure.wait(MEASURED_S) == 0
    found = _json(measure)
    assert set(found) == _documented("bench start")
    assert found["exit_code"] == 0
    await_that(lambda: not measure.processes, measure)


def test_the_measure_of_reports_is_json(command: Command) -> None:
    found = json.loads(command("bench", "reports", "--visits", "1200", "--days", "60").output)

    assert set(found) == _documented("bench reports")
    assert found["quarter_visits"] == found["visits"] == 1200


def test_the_measure_of_copies_reports_every_documented_key(command: Command) -> None:
    found = json.loads(command("bench", "copies", "--visits", "800").stdout)

    assert set(found) == _documented("bench copies")
    assert found["damaged_start_s"] < 10
    assert found["copy_bytes"] > 100_000


@pytest.mark.parametrize(
    "words",
    [
        ["tickets", "--presses", "0"],
        ["reports", "--visits", "0"],
        ["tickets", "--seconds", "0"],
        ["tickets", "--old-visits", "-1"],
        ["start", "--idle-seconds", "0"],
    ],
)
def test_a_measure_of_nothing_is_refused(command: Command, words: list[str]) -> None:
    result = command("bench", *words)

    assert result.exit_code == 2
    assert "is not in the range" in result.stderr


# ------------------------------------------------------------------------------------------ the document


def _leaves(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{path}{name} ")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield path + name, command


COMMANDS = dict(_leaves(main))


def _sections() -> dict[str, str]:
    """What the document says of each command."""
    parts = re.split(r"^## `frontdesk (.+)`$", DOCUMENT.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _documented(name: str) -> set[str]:
    """The keys of a measure's JSON, from its table."""
    return set(re.findall(r"^\| `(\w+)` \|", _sections()[name], re.MULTILINE))


def test_every_command_is_documented_and_no_other_is() -> None:
    assert set(_sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_a_command_is_documented_and_no_other_is(name: str) -> None:
    section = _sections()[name]
    parameters = COMMANDS[name].params
    options = {
        word
        for one in parameters
        if isinstance(one, click.Option)
        for word in one.opts
        if word.startswith("--")
    }
    arguments = {one.human_readable_name for one in parameters if isinstance(one, click.Argument)}

    assert set(re.findall(r"--[a-z][a-z-]+", section)) == options
    assert arguments == set(re.findall(r"`([A-Z]+)`", section))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    assert COMMANDS[name].help
    assert all(
        one.help for one in COMMANDS[name].params if isinstance(one, click.Option) and one.prompt is None
    )


def test_every_exit_code_is_documented() -> None:
    codes = {value for name, value in vars(loading).items() if name.startswith("EXIT_")}

    assert {
        int(code) for code in re.findall(r"^\| (\d+) \|", DOCUMENT.read_text(), re.MULTILINE)
    } == codes | {0}


def test_the_release_is_told(command: Command) -> None:
    assert __version__ in command("--version").output
