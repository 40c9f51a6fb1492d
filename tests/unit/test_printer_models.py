"""The table of printers: against python-escpos' own descriptions, and under what a configuration says."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest

from appliance import assembly
from appliance.config import parse
from appliance.errors import ConfigError
from appliance.printer_models import GENERIC, MODELS, Model, PrinterModel

SITE = '[site]\noffice = "1373"\n'
NETWORK = f'{SITE}[printer]\ndriver = "escpos-network"\nhost = "192.0.2.1"\n'
USB = f'{SITE}[printer]\ndriver = "escpos-usb"\n'
DESCRIBED = {name: model for name, model in MODELS.items() if model.escpos}


def profiles() -> dict[str, Any]:
    text = resources.files("escpos").joinpath("capabilities.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["profiles"]
    return found


@pytest.mark.parametrize(("name", "model"), DESCRIBED.items(), ids=DESCRIBED)
def test_the_table_says_what_the_library_says(name: str, model: PrinterModel) -> None:
    profile = profiles()[str(model.escpos)]
    features = profile["features"]
    assert model.dots == profile["media"]["width"]["pixels"]
    assert model.columns == profile["fonts"]["0"]["columns"]
    assert model.cutter == features["paperPartCut"]
    assert features["qrCode"] or model.native_qr is not True
    assert features["bitImageRaster"]
    assert profile["codePages"]["0"] == "CP437"


def test_every_row_can_be_named() -> None:
    assert get_args(Model) == tuple(MODELS)
    assert {MODELS[GENERIC[paper]].paper for paper in GENERIC} == set(GENERIC)


def abilities(text: str) -> PrinterModel:
    settings = parse(text).printer
    assert settings is not None
    return settings.abilities


def test_without_a_model_the_paper_decides() -> None:
    assert abilities(NETWORK) == MODELS["generic-80mm"]
    assert abilities(f'{NETWORK}paper = "58mm"\n') == MODELS["generic-58mm"]


def test_what_the_file_says_goes_before_the_model() -> None:
    said = abilities(f'{NETWORK}model = "epson-tm-t20"\nconfirm = false\ncutter = false\n')
    assert (said.confirm, said.cutter, said.native_qr, said.columns) == (False, False, True, 48)


def test_a_narrow_roll_in_a_wide_printer_has_narrow_lines() -> None:
    assert abilities(f'{NETWORK}model = "epson-tm-t20"\npaper = "58mm"\n').columns == 32


def test_the_driver_gets_what_the_model_can() -> None:
    settings = parse(f'{NETWORK}model = "bixolon-srp-350"\n').printer
    assert settings is not None
    driver = assembly.printer(settings)
    assert (driver.columns, driver.native_qr, driver.confirm) == (42, True, "auto")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{NETWORK}model = "epson-t20"\n', 'did you mean "epson-tm-t20"?'),
        (f'{NETWORK}confirm = "perhaps"\n', 'printer.confirm: must be true, false or "auto"'),
        (USB, "printer: does not say which USB device it is"),
        (f'{USB}vendor = "04b8"\n', "printer: vendor and product belong together"),
        (f'{USB}match = "("\n', "printer.match: is not a regular expression"),
    ],
)
def test_a_printer_that_cannot_be_meant_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert [told in str(problem) for problem in refused.value.problems] == [True]


def test_the_document_shows_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    table = text.partition("| Model |")[2].partition("\n\n")[0]
    shown = {line for line in table.splitlines() if line.startswith("| `")}
    assert shown == {shown_row(name, model) for name, model in MODELS.items()}


def shown_row(name: str, model: PrinterModel) -> str:
    confirm = "auto" if model.confirm == "auto" else "yes" if model.confirm else "no"
    cells = (
        f"`{name}`",
        model.paper,
        str(model.dots),
        str(model.columns),
        "yes" if model.cutter else "no",
        "yes" if model.native_qr else "as a picture",
        confirm,
        "yes" if model.answers_status else "need not",
    )
    return f"| {' | '.join(cells)} |"
