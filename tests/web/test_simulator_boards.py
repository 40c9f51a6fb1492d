"""The simulator's page of a front desk whose lockers hang on a lock board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance.front_desk import FrontDesk
from drivers.serial_locks import BoardLock
from drivers.simulated.house import House
from drivers.simulated.lock_board import FAULTS, UNPLUGGED
from web import create_app


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "house", lock_boards="kr-cu48") as house:
        house.wire({}, {}, {"1": BoardLock(1, 1)})
        yield house


@pytest.fixture
def app(desk: FrontDesk, house: House) -> Flask:
    app = create_app(desk, house)
    app.testing = True
    return app


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_fault_of_the_line_has_words_and_can_be_switched(
    client: FlaskClient, house: House, language: str
) -> None:
    client.set_cookie("lang", language)
    for name in (*FAULTS, UNPLUGGED):
        form = {"device": "lock_board", "name": name, "on": "1"}
        assert client.post("/simulator/fault", data=form).status_code == 303
        assert house.faults["lock_board"][name]
    page = client.get("/simulator/").get_data(as_text=True)
    assert "simulator.lock_board" not in page, "a text is missing"
    assert page.count('value="lock_board"') == len(FAULTS) + 1
