"""The documents for people with a screwdriver say what the product does."""

from __future__ import annotations

import html
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from appliance.config import load
from appliance.device_config import PINS
from tests.drawings.card import CARD, print_card
from tests.drawings.sheets import HEADER, SHEETS, USES

HARDWARE = CARD.parent
WIRING = (HARDWARE / "wiring.md").read_text(encoding="utf-8")
LIGHTS = (HARDWARE / "lights.md").read_text(encoding="utf-8")
TEXTS = Path(__file__).parents[2] / "appliance" / "texts"


@pytest.mark.parametrize("name", SHEETS)
def test_a_drawing_is_what_its_data_say(name: str) -> None:
    drawn = SHEETS[name]()
    ElementTree.fromstring(drawn)
    assert (HARDWARE / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run: make pictures"
    assert f"({name}.svg)" in WIRING + (HARDWARE / "README.md").read_text(encoding="utf-8")


def test_the_header_has_every_line_once() -> None:
    assert sorted(line for line in HEADER if isinstance(line, int)) == list(PINS)
    assert (HEADER.count("3.3 V"), HEADER.count("5 V"), HEADER.count("GND")) == (2, 2, 8)


def test_table_drawing_and_example_of_the_wiring_agree(tmp_path: Path) -> None:
    table = {
        int(line): int(pin)
        for line, pin in re.findall(r"^\| (\d+) \| (\d+) \| (?:button|locker) ", WIRING, re.MULTILINE)
    }
    assert table == {line: HEADER.index(line) + 1 for line in table}
    assert set(table) | {2, 3} == set(USES)
    example = _example(WIRING)
    assert sorted(_pins(tomllib.loads(example))) == sorted(table)
    config = tmp_path / "frontdesk.toml"
    config.write_text(f'[site]\noffice = "1373"\ndata = "{tmp_path}"\n{example}', encoding="utf-8")
    load(config)  # raises with every mistake


def _example(document: str) -> str:
    found = re.search(r"```toml\n(.*?)```", document, re.DOTALL)
    assert found
    return found[1]


def _pins(table: dict[str, Any]) -> Iterator[int]:
    for row in (*table["buttons"]["button"], *table["lockers"]["locker"]):
        yield from (value for key, value in row.items() if key.endswith("pin"))


def test_locks_stand_where_the_raspberry_pi_pulls_down() -> None:
    locks = [line for line, (use, _) in USES.items() if use.endswith("lock")]
    contacts = [line for line, (use, _) in USES.items() if "door contact" in use]
    assert locks and min(locks) > 8
    assert contacts and max(contacts) <= 8


def test_every_message_about_a_device_is_in_the_list() -> None:
    with (TEXTS / "device.toml").open("rb") as file:
        device = tomllib.load(file)["device"]
    rows = [text for text in device.values() if "title" in text]
    assert rows
    for text in rows:
        assert f"| {text['title']['id']} | {text['title']['en']} | {text['do']['en']} |" in LIGHTS


def test_the_card_quotes_what_stands_on_the_screen() -> None:
    quoted = [html.unescape(text) for text in re.findall(r"<q>(.*?)</q>", CARD.read_text(encoding="utf-8"))]
    shown = {
        text for file in TEXTS.glob("*.toml") for text in _indonesian(tomllib.loads(file.read_text("utf-8")))
    }
    assert len(quoted) > 15
    assert set(quoted) <= shown


def _indonesian(texts: dict[str, Any]) -> Iterator[str]:
    for key, value in texts.items():
        if key == "id":
            yield value
        elif isinstance(value, dict):
            yield from _indonesian(value)


def test_the_card_is_one_page(tmp_path: Path) -> None:
    pdf = tmp_path / "card.pdf"
    print_card(pdf)
    facts = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    assert re.search(r"^Pages: +1$", facts, re.MULTILINE)
    assert re.search(r"^Page size: .*A4", facts, re.MULTILINE)
