"""`frontdesk check` and `locks off`: each device looked at, and what to do about it."""

from __future__ import annotations

import fcntl
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from appliance import checks
from appliance.store import LOCK_FILE
from drivers.base import Paper
from drivers.simulated.printer import VirtualPrinter
from tests.cli.conftest import Program, append, await_that, get

Command = Callable[..., Result]

BUTTONS = '[[buttons.button]]\nservice = "P"\npin = 17\n'
LOCKERS = '[[lockers.locker]]\nname = "1"\npin = 5\ncontact_pin = 6\n'

without_gpio = pytest.mark.skipif(
    any(Path("/dev").glob("gpiochip*")), reason="says what a machine without GPIO says"
)


def test_a_printer_that_is_well_is_found(command: Command, config: Path, data: Path) -> None:
    result = command("check", "--config", config)

    lines = result.output.splitlines()
    assert lines[0] == "Periksa alat: BPS Kota Sawahlunto (1373)"
    assert re.fullmatch(r"\[ ok \] Printer tiket: baik \(0,\d+ dtk\)", lines[2])
    assert lines[3] == "       PST VIRTUAL. Kertas ada. Melapor bila tiket sudah keluar."
    assert lines[-1] == "Semua alat baik."
    assert result.exit_code == 0
    assert not data.exists()


def test_it_speaks_english_where_asked(command: Command, config: Path) -> None:
    result = command("check", "--lang", "en", "--config", config)

    assert "Device check: BPS Kota Sawahlunto (1373)" in result.output
    assert re.search(r"Ticket printer: well \(0\.\d+ s\)", result.output)
    assert "PST VIRTUAL. There is paper. Says when a ticket is out." in result.output


def test_low_paper_is_told_and_can_wait(command: Command, config: Path, printer: VirtualPrinter) -> None:
    printer.faults.paper = Paper.LOW

    result = command("check", "--config", config)

    assert "[ !  ] Printer tiket: Kertas hampir habis (" in result.output
    assert "       Lakukan: Siapkan gulungan kertas baru." in result.output
    assert result.exit_code == 0


def test_no_paper_is_told_with_what_to_do(command: Command, config: Path, printer: VirtualPrinter) -> None:
    printer.faults.paper = Paper.OUT

    result = command("check", "--config", config)

    assert "[ !! ] Printer tiket: Kertas habis (" in result.output
    assert "Lakukan: Pasang gulungan kertas baru. Tiket yang menunggu tercetak" in result.output
    assert result.output.splitlines()[-1] == "1 dari 1 perlu ditangani."
    assert result.exit_code == 1


def test_a_printer_that_is_not_reached_is_told_with_what_to_do(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    printer.close()

    result = command("check", "--config", config)

    assert "[ !! ] Printer tiket: Alat tidak ditemukan (" in result.output
    assert "Keterangan: [Errno 111] Connection refused" in result.output
    assert "Lakukan: Periksa kabel dan daya printer." in result.output
    assert result.exit_code == 1


def test_a_printers_address_that_holds_no_printer_is_told(command: Command, config: Path) -> None:
    """Something listens there and takes all bytes, but it is no printer: another device of the office."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        there = other.getsockname()[1]
        text = re.sub(r"(host = .*\nport = )\d+", rf"\g<1>{there}", config.read_text())
        config.write_text(text)
        result = command("check", "--lang", "en", "--config", config)

    assert "Ticket printer: Device does not answer (" in result.output
    assert "another device is at that address" in " ".join(result.output.split())
    assert result.exit_code == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_line_is_wider_than_a_terminal(
    command: Command, config: Path, printer: VirtualPrinter, language: str
) -> None:
    append(config, BUTTONS + LOCKERS)
    printer.faults.mute = True

    result = command("check", "--lang", language, "--config", config)

    assert max(map(len, result.output.splitlines())) <= 80


def test_programs_get_json(command: Command, config: Path, printer: VirtualPrinter) -> None:
    well = command("check", "--json", "--config", config)
    printer.faults.paper = Paper.OUT
    empty = command("check", "--json", "--config", config)

    (seen,) = json.loads(well.stdout)
    assert seen.pop("seconds") < 3
    assert seen == {
        "device": "printer",
        "act": None,
        "found": True,
        "well": True,
        "said": [{"code": "named", "name": "PST VIRTUAL"}, {"code": "paper.ok"}, {"code": "confirms"}],
        "answer": "PST VIRTUAL. Kertas ada. Melapor bila tiket sudah keluar.",
        "problem": None,
        "detail": "",
        "do": "",
    }
    assert well.exit_code == 0
    (seen,) = json.loads(empty.stdout)
    assert (seen["found"], seen["well"], seen["problem"]) == (True, False, "paper_out")
    assert empty.exit_code == 1


def test_nothing_is_printed_unless_it_is_asked_for(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    command("check", "--config", config)
    before = len(printer.tickets)

    result = command("check", "--print", "--config", config)

    assert "Printer tiket, tiket uji: baik (" in result.output
    assert "Printer melapor: tiket uji sudah keluar." in result.output
    assert result.stderr == "Tiket uji dicetak.\n"
    assert before == 0
    (ticket,) = printer.tickets
    assert ticket.is_complete
    assert "CETAK PERCOBAAN" in ticket.lines


def test_a_printer_that_is_away_is_not_asked_to_print(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    printer.close()

    result = command("check", "--json", "--print", "--config", config)

    assert [(one["act"], one["found"]) for one in json.loads(result.stdout)] == [(None, False)]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("option", "device"),
    [(("--pulse", "1"), "lockers"), (("--card",), "card_reader"), (("--frame", "x.jpg"), "camera")],
)
def test_a_device_that_is_not_configured_cannot_do_anything(
    command: Command, config: Path, option: tuple[str, ...], device: str
) -> None:
    result = command("check", "--json", *option, "--config", config)

    last = json.loads(result.stdout)[-1]
    assert (last["device"], last["problem"]) == (device, "not_configured")
    assert result.exit_code == 1


@without_gpio
def test_without_gpio_buttons_and_lockers_are_told_and_the_printer_is_still_looked_at(
    command: Command, config: Path
) -> None:
    append(config, BUTTONS + LOCKERS)

    result = command("check", "--config", config)

    titles = [line for line in result.output.splitlines() if line.startswith("[")]
    assert titles[0].startswith("[ !! ] Tombol antrean: Alat tidak ditemukan (")
    assert titles[1].startswith("[ ok ] Printer tiket: baik (")
    assert titles[2].startswith("[ !! ] Loker: Alat tidak ditemukan (")
    assert result.output.splitlines()[-1] == "2 dari 3 perlu ditangani."
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


def test_a_front_desk_that_runs_asks_its_devices_itself(
    command: Command, start: Callable[..., Program], config: Path, port: int, printer: VirtualPrinter
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    await_that(lambda: '"printer":{"problem":null,"state":"ready"}' in get(port, "/healthz")[1], program)

    told = command("check", "--json", "--config", config)
    in_words = command("check", "--config", config)
    printer.faults.paper = Paper.OUT
    empty = command("check", "--config", config)

    (seen,) = [one for one in json.loads(told.stdout) if one["device"] == "printer"]
    assert seen["answer"] == "PST VIRTUAL. Kertas ada. Melapor bila tiket sudah keluar."
    assert (told.exit_code, empty.exit_code) == (0, 1)
    assert "Aplikasi sedang berjalan dan memegang alat-alatnya" in in_words.output
    assert "Kertas habis" in empty.output


def test_a_front_desk_that_runs_keeps_its_devices_to_itself(
    command: Command, start: Callable[..., Program], config: Path, port: int, printer: VirtualPrinter
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    waiting = len(printer.tickets)

    refused = command("check", "--print", "--config", config)

    assert refused.exit_code == 75
    assert f"process {program.pid}" in refused.stderr
    assert f"http://127.0.0.1:{port}/admin/check" in refused.stderr
    assert "systemctl stop frontdesk" in refused.stderr
    assert refused.stdout == ""
    program.kill()
    assert command("check", "--config", config).exit_code == 0
    assert len(printer.tickets) - waiting <= 1  # the first-start code, and no test ticket


def test_a_front_desk_that_serves_no_pages_is_told_as_such(
    command: Command, config: Path, data: Path
) -> None:
    data.mkdir()
    with (data / LOCK_FILE).open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = command("check", "--config", config)

    assert result.exit_code == 75
    assert "process 4711" in result.stderr
    assert "does not say how they are" in result.stderr


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
