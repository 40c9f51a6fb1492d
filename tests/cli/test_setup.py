"""`frontdesk setup`: from what is plugged in and answered to a front desk that starts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance import config, first_config, staff, usb_names
from appliance.__main__ import main
from appliance.clock import SystemClock
from appliance.commands.loading import load
from appliance.front_desk import assemble
from appliance.locker_config import BoardLockers, GpioLockers

PASSWORD = "kunci pagi yang panjang"

Run = Callable[..., Result]


def plug_in(
    system: Path, place: str, interface_class: str, ids: tuple[str, str], words: dict[str, str]
) -> None:
    """A device on USB as sysfs shows it."""
    device = system / "sys/bus/usb/devices" / place
    (device / f"{place}:1.0").mkdir(parents=True)
    (device / f"{place}:1.0" / "bInterfaceClass").write_text(f"{interface_class}\n")
    (device / "idVendor").write_text(f"{ids[0]}\n")
    (device / "idProduct").write_text(f"{ids[1]}\n")
    for name, word in words.items():
        (device / name).write_text(f"{word}\n")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """What is plugged in: a hub, a printer, a card reader, a camera."""
    system = tmp_path / "system"
    plug_in(system, "1-1", "09", ("1d6b", "0002"), {"manufacturer": "Linux", "product": "Hub"})
    plug_in(system, "1-1.2", "07", ("04b8", "0e15"), {"manufacturer": "EPSON", "product": "TM-T20II"})
    words = {"manufacturer": "ACS", "product": "ACR1252 Dual Reader"}
    plug_in(system, "1-1.3", "0b", ("072f", "223b"), words)
    (system / "dev/v4l/by-id").mkdir(parents=True)
    for index in (0, 1):
        (system / f"dev/v4l/by-id/usb-HP_Scan-video-index{index}").touch()
    return system


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    return tmp_path / "etc" / "frontdesk.toml"


@pytest.fixture
def run(tmp_path: Path, system: Path, path: Path) -> Run:
    def run(*lines: str, language: str = "id") -> Result:
        options = {"config": path, "data": tmp_path / "data", "system": system, "language": language}
        words = [f"--{name}={value}" for name, value in options.items()]
        return CliRunner().invoke(main, ["setup", *words], input="".join(f"{line}\n" for line in lines))

    return run


def test_everything_that_is_plugged_in_is_proposed_and_a_good_configuration_written(
    run: Run, path: Path, tmp_path: Path
) -> None:
    printer, reader, camera, flatbed, voice = ("", "80mm"), "", "", "", ""
    buttons = ("17", "27", "")  # P, K; none for the rest
    lockers = ("2", "5 6", "13")
    said = run(
        *("1373", *printer, reader, camera, flatbed, voice, *buttons, *lockers, ""),
        *("siti", "Siti Rahma", PASSWORD, PASSWORD),
    )

    assert said.exit_code == 0, said.output
    assert tomllib.loads(path.read_text()) == {
        "site": {"office": "1373", "data": str(tmp_path / "data")},
        "printer": {"driver": "escpos-usb", "vendor": "04b8", "product": "0e15", "paper": "80mm"},
        "card_reader": {"reader": r"ACR1252\ Dual\ Reader"},
        "voice": {"driver": "espeak"},
        "buttons": {"button": [{"service": "P", "pin": 17}, {"service": "K", "pin": 27}]},
        "lockers": {"locker": [{"name": "1", "pin": 5, "contact_pin": 6}, {"name": "2", "pin": 13}]},
        "scanner": {"auto": True},
        "camera": {"address": "/dev/v4l/by-id/usb-HP_Scan-video-index0"},
    }
    assert path.stat().st_mode & 0o777 == 0o640
    assert PASSWORD not in said.output
    config, office = load(path)
    desk = assemble(office, config, SystemClock(), config.site.data)
    desk.store.open()
    try:
        (member,) = desk.store.read(staff.members)
    finally:
        desk.store.close()
    assert (member.login, member.role) == ("siti", "administrator")


def test_with_nothing_plugged_in_and_only_enter_pressed_it_runs_too(
    run: Run, system: Path, path: Path, tmp_path: Path
) -> None:
    for place in ("1-1.2", "1-1.3"):
        (system / "sys/bus/usb/devices" / place / "idVendor").unlink()  # pulled out just now
    for camera in (system / "dev/v4l/by-id").iterdir():
        camera.unlink()

    said = run("1377", "", "", "n", "", "", "", "", language="en")

    assert said.exit_code == 0, said.output
    assert "No card reader is plugged in." in said.output
    assert tomllib.loads(path.read_text()) == {"site": {"office": "1377", "data": str(tmp_path / "data")}}
    code = staff.first_start_code(tmp_path / "data")
    assert f"type the code {code[:4]} {code[4:]}" in said.output
    assert "sudo systemctl start frontdesk" in said.output


def test_what_cannot_be_is_asked_again_and_what_is_refused_is_another_s_turn(
    run: Run, system: Path, path: Path
) -> None:
    """An unknown office, no reader, a printer on the network, a pin that is none, a short password."""
    said = run(
        *("Padang", "1373", "n", "192.0.2.9", "58mm", "n", "n", "Canon LiDE (300)", "n"),
        *("99", "17", "", "", "1", "5 6 7", "", "5", "y"),
        *("Siti Rahma!", "siti", "", "Siti", "kurang", "kurang", PASSWORD, PASSWORD),
    )

    assert said.exit_code == 0, said.output
    written = tomllib.loads(path.read_text())
    assert written["printer"] == {"driver": "escpos-network", "host": "192.0.2.9", "paper": "58mm"}
    assert written["flatbed"] == {"device": r"Canon\ LiDE\ \(300\)"}
    assert written["buttons"] == {"button": [{"service": "P", "pin": 17}]}
    assert written["lockers"] == {"locker": [{"name": "1", "pin": 5}]}
    assert "card_reader" not in written
    assert said.output.count("Nomor GPIO antara 0 dan 27") == 2
    load(path)


def test_a_pin_that_is_given_twice_is_said_and_nothing_written(run: Run, path: Path) -> None:
    said = run("1373", "", "80mm", "", "", "", "", "17", "17", "", "0")

    assert said.exit_code == 2
    assert "pin 17 is used twice" in said.output
    assert not path.exists()


def test_nothing_is_written_without_a_yes(run: Run, path: Path, tmp_path: Path) -> None:
    assert run("1373", "", "80mm", "", "", "", "", "", "", "", "0", "n").exit_code == 1
    assert not path.exists()
    assert not (tmp_path / "data").exists()


def test_a_configuration_that_is_there_is_not_touched(run: Run, path: Path) -> None:
    path.write_text("# by hand\n")

    said = run("1373")

    assert said.exit_code == 1
    assert f"{path} sudah ada" in said.output
    assert path.read_text() == "# by hand\n"


def test_a_reader_with_a_contactless_half_is_chosen_by_it(system: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    words = {"manufacturer": "ACS", "product": "ACR122U PICC Interface"}
    plug_in(other, "1-1", "0b", ("072f", "2200"), words)
    plug_in(other, "1-2", "07", ("0483", "5743"), {})
    reader, printer = usb_names.usb_devices(other)
    assert first_config.reader(reader) == {"reader": "PICC"}
    words["product"] = "ACR1252 Dual Reader"
    plug_in(other, "1-3", "0b", ("072f", "223b"), words)
    (other / "sys/bus/usb/devices/1-3/1-3:1.0/interface").write_text("ACR1252 Dual Reader PICC\n")
    assert first_config.reader(usb_names.usb_devices(other)[2]) == {"reader": "PICC"}
    assert printer.name == "0483:5743"
    assert usb_names.cameras(other) == []


def test_a_machine_with_the_units_lets_them_start_the_scanning_process(tmp_path: Path) -> None:
    assert usb_names.scan_socket(tmp_path) is None
    unit = tmp_path / "usr/lib/systemd/system/frontdesk-scan.socket"
    unit.parent.mkdir(parents=True)
    unit.touch()
    answers = first_config.Answers("1373", "/var/lib/frontdesk", flatbed="Canon")
    answers.scan_socket = usb_names.scan_socket(tmp_path)
    scanner = config.parse(first_config.compose(answers)).scanner
    assert scanner is not None
    assert scanner.socket == Path("/run/frontdesk-scan.sock")


def test_lockers_on_lock_boards_are_asked_for_where_a_serial_adapter_is_plugged_in(
    run: Run, system: Path, path: Path
) -> None:
    (system / "dev/serial/by-id").mkdir(parents=True)
    (system / "dev/serial/by-id/usb-FTDI-port0").touch()

    boards = ("y", "winnsen", "0", "3", "18")  # a Winnsen board has no address 0: asked again
    said = run("1373", "", "80mm", "", "", "", "", "", "", "", *boards, "", "", language="en")

    assert said.exit_code == 0, said.output
    lockers = load(path)[0].lockers
    assert isinstance(lockers, BoardLockers)
    assert (lockers.board, lockers.path) == ("winnsen", "/dev/serial/by-id/usb-FTDI-port0")
    assert [(row.name, row.address, row.lock) for row in lockers.locker][14:] == [
        ("15", 3, 15),
        ("16", 3, 16),
        ("17", 4, 1),
        ("18", 4, 2),
    ]


def test_an_adapter_of_something_else_leaves_the_lockers_on_pins(run: Run, system: Path, path: Path) -> None:
    (system / "dev/serial/by-id").mkdir(parents=True)
    (system / "dev/serial/by-id/usb-FTDI-port0").touch()

    said = run("1373", "", "80mm", "", "", "", "", "", "", "", "", "1", "5 6", "", "", language="en")

    assert said.exit_code == 0, said.output
    assert isinstance(load(path)[0].lockers, GpioLockers)
