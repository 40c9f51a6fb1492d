"""`frontdesk check` and `locks off`: each device looked at, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from appliance import checks
from drivers.base import Paper
from drivers.simulated.printer import VirtualPrinter
from tests.cli.conftest import Program, append

Command = Callable[..., Result]

BUTTONS = '[[buttons.button]]\nservice = "P"\npin = 17\n'
LOCKERS = '[[lockers.locker]]\nname = "1"\npin = 5\ncontact_pin = 6\n'

without_gpio = pytest.mark.skipif(
    any(Path("/dev").glob("gpiochip*")), reason="says what a machine without GPIO says"
)


def test_a_printer_that_is_well_is_found(command: Command, config: Path, data: Path) -> None:
    result = command("check", "--config", config)

    assert result.output.startswith("Printer tiket: baik, paper ok (")
    assert result.exit_code == 0
    assert not data.exists()


def test_low_paper_is_told_and_can_wait(command: Command, config: Path, printer: VirtualPrinter) -> None:
    printer.faults.paper = Paper.LOW

    result = command("check", "--config", config)

    assert result.output.splitlines() == [
        "Printer tiket: Kertas hampir habis",
        "    Siapkan gulungan kertas baru.",
    ]
    assert result.exit_code == 0


def test_no_paper_is_told_with_what_to_do(command: Command, config: Path, printer: VirtualPrinter) -> None:
    printer.faults.paper = Paper.OUT

    result = command("check", "--config", config)

    assert result.output.splitlines() == [
        "Printer tiket: Kertas habis",
        "    Pasang gulungan kertas baru. Tiket yang menunggu tercetak sendiri.",
    ]
    assert result.exit_code == 1


def test_a_printer_that_is_not_reached_is_told_with_what_to_do(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    printer.close()

    result = command("check", "--config", config)

    title, advice = result.output.splitlines()
    assert title.startswith("Printer tiket: Alat tidak ditemukan (")
    assert advice == "    Periksa kabel dan daya alat ini."
    assert result.exit_code == 1


def test_programs_get_json(command: Command, config: Path, printer: VirtualPrinter) -> None:
    well = command("check", "--json", "--config", config)
    printer.faults.paper = Paper.OUT
    empty = command("check", "--json", "--config", config)

    (seen,) = json.loads(well.stdout)
    assert set(seen) == {"device", "found", "answer", "problem", "detail", "seconds"}
    assert (seen["device"], seen["found"], seen["answer"], seen["problem"]) == (
        "printer",
        True,
        "paper ok",
        None,
    )
    assert well.exit_code == 0
    (seen,) = json.loads(empty.stdout)
    assert (seen["found"], seen["problem"]) == (True, "paper_out")
    assert empty.exit_code == 1


@without_gpio
def test_without_gpio_buttons_and_lockers_are_told_and_the_printer_is_still_looked_at(
    command: Command, config: Path
) -> None:
    append(config, BUTTONS + LOCKERS)

    result = command("check", "--config", config)

    lines = result.output.splitlines()
    assert lines[0].startswith("Tombol antrean: Alat tidak ditemukan (")
    assert lines[1] == "    Periksa kabel dan daya alat ini."
    assert lines[2].startswith("Printer tiket: baik")
    assert lines[3].startswith("Loker: Alat tidak ditemukan (")
    assert lines[4] == "    Periksa kabel dan daya alat ini."
    assert result.exit_code == 1


def test_a_configuration_without_devices_is_told(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    path.write_text(f'[site]\noffice = "1373"\ndata = "{tmp_path / "data"}"\n')

    result = command("check", "--config", path)

    assert result.output == "Tidak ada alat dalam konfigurasi.\n"
    assert result.exit_code == 0


def test_a_wrong_configuration_is_no_reason_to_look(command: Command, config: Path) -> None:
    append(config, BUTTONS.replace("17", "99"))

    result = command("check", "--config", config)

    assert result.exit_code == 2
    assert "buttons.button[1].pin" in result.stderr
    assert "Printer" not in result.output


def test_while_the_front_desk_runs_its_devices_are_left_alone(
    command: Command, start: Callable[..., Program], config: Path, port: int, printer: VirtualPrinter
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")

    refused = command("check", "--config", config)

    assert refused.exit_code == 75
    assert f"process {program.pid}" in refused.stderr
    assert f"http://127.0.0.1:{port}/healthz" in refused.stderr
    assert "Printer" not in refused.output
    program.kill()
    assert command("check", "--config", config).exit_code == 0


def test_looking_who_uses_the_data_makes_nothing(tmp_path: Path) -> None:
    assert checks.process_using(tmp_path / "data") is None
    assert list(tmp_path.iterdir()) == []


def test_without_lockers_there_is_nothing_to_switch_off(command: Command, config: Path) -> None:
    result = command("locks", "off", "--config", config)

    assert (result.exit_code, result.output) == (0, "")


@without_gpio
def test_locks_that_cannot_be_reached_are_told_in_words(command: Command, config: Path) -> None:
    append(config, LOCKERS)

    result = command("locks", "off", "--config", config)

    assert result.exit_code == 1
    assert result.stderr.startswith("frontdesk: lockers: ")
    assert "Check the cable and the power" in result.stderr
