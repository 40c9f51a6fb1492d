"""`config check` against what is plugged in: said before anything moves."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from appliance import plugged
from appliance.config import parse
from drivers.base import Paper
from drivers.printer_usb import UsbWire
from drivers.simulated.printer import VirtualPrinter
from drivers.simulated.tray import CardTray
from tests.cli.conftest import append
from tests.drivers.printers import LARGE
from tests.drivers.usb_bus import PRODUCT, VENDOR, UsbFace, UsbPrinterBus

Command = Callable[..., Result]

PRINTER = UsbFace(serial="A1", maker="EPSON", name="TM-T20III")
TWIN = UsbFace(serial="A2", maker="EPSON", name="TM-T20III")
SCANNER_GUN = UsbFace(0x05E0, 0x1200, "", "Symbol", "DS2208", kind=3)


@pytest.mark.parametrize(
    ("others", "which", "key", "told"),
    [
        ((TWIN,), {"vendor": VENDOR, "product": PRODUCT}, "vendor", "fits several USB devices"),
        ((TWIN,), {"match": "TM-T20"}, "match", "fits several USB devices: .*A1; .*A2"),
        ((SCANNER_GUN,), {"match": "Symbol"}, "match", "that is no printer: 05e0:1200 Symbol DS2208"),
    ],
)
def test_a_usb_device_that_cannot_be_meant_is_told(
    others: tuple[UsbFace, ...], which: dict[str, int | str], key: str, told: str
) -> None:
    bus = UsbPrinterBus(LARGE, PRINTER, *others)
    (finding,) = plugged.usb_findings(UsbWire(**which, backend=bus))  # type: ignore[arg-type]
    assert finding.path == ("printer", key)
    assert re.search(told, finding.message)
    assert bus.limits_ms == set()  # nobody has talked to it


@pytest.mark.parametrize("which", [{"serial": "A1"}, {"match": "Zjiang"}])
def test_the_one_that_is_meant_and_one_that_is_away_are_no_mistakes(which: dict[str, str]) -> None:
    bus = UsbPrinterBus(LARGE, PRINTER, TWIN)
    assert list(plugged.usb_findings(UsbWire(**which, backend=bus))) == []  # type: ignore[arg-type]


def test_a_reader_pattern_that_matches_two_is_told_with_its_line(command: Command, config: Path) -> None:
    with closing(CardTray()) as tray:
        tray.start()
        assert tray.reader_pattern is not None, tray.missing
        append(config, '\n[card_reader]\nreader = "Simulated card reader"\n')
        two = command("config", "check", "--config", config)
        file_only = command("config", "check", "--file-only", "--config", config)
        config.write_text(config.read_text().replace('"Simulated card reader"', '"ACR1252.*PICC"'))
        none = command("config", "check", "--config", config)

    assert two.exit_code == 2
    assert re.search(
        r"frontdesk.toml:\d+: card_reader.reader: matches several readers: .*00 00; .*00 01", two.stderr
    )
    assert file_only.exit_code == 0
    assert none.exit_code == 2
    assert "matches none of the readers there: Simulated card reader 00 00" in none.stderr


def test_a_camera_pattern_that_fits_two_is_told() -> None:
    text = '[site]\noffice = "1373"\n[scanner]\n[camera]\naddress = "/dev/[nz]*[lo]"\n'
    (finding,) = plugged.seen(parse(text))
    assert finding.path == ("camera", "address")
    assert "/dev/null; /dev/zero" in finding.message


def test_asking_a_printer_prints_nothing_and_its_paper_is_no_mistake(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    printer.faults.paper = Paper.OUT
    empty = command("config", "check", "--devices", "--config", config)
    printer.new_roll()
    well = command("config", "check", "--devices", "--config", config)

    assert (empty.exit_code, well.exit_code) == (0, 0)
    assert printer.tickets == ()


def test_a_printer_without_a_voice_is_no_printer(
    command: Command, config: Path, printer: VirtualPrinter
) -> None:
    printer.faults.mute = True  # so looks any other device that takes bytes: a lock board, a scanner
    result = command("config", "check", "--devices", "--config", config)

    assert result.exit_code == 2
    assert "printer: something is there, but does not answer as a ticket printer" in result.stderr


def test_an_address_where_nobody_listens_is_told_only_when_asked_for(command: Command, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    config.write_text(re.sub(r"(host = .*\nport = )\d+", rf"\g<1>{port}", config.read_text()))

    assert command("config", "check", "--config", config).exit_code == 0
    asked = command("config", "check", "--devices", "--config", config)
    assert asked.exit_code == 2
    assert "Connection refused" in asked.stderr
