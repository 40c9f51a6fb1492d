"""The front desks on which the kiosk is tried, beside the usual one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import config
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from drivers.base import DeviceState

PRINTER = """
[site]
office = "1373"

[printer]
driver = "escpos-network"
host = "127.0.0.1"
"""


@pytest.fixture
def pariaman(build: Callable[[str], FrontDesk]) -> FrontDesk:
    """The front desk of an office whose visits begin without a ticket."""
    return build("1377")


@pytest.fixture
def printing_desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk with a ticket printer that is well."""
    desk = assemble(load_office("1373"), config.parse(PRINTER), clock, tmp_path / "printing")
    desk.store.open()
    desk.health.report("printer", DeviceState.READY)
    yield desk
    desk.store.close()


@pytest.fixture
def damaged_desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk whose database cannot be used: a folder stands in its place."""
    folder = tmp_path / "damaged"
    (folder / "frontdesk.db").mkdir(parents=True)
    desk = assemble(load_office("1373"), config.parse(PRINTER), clock, folder)
    desk.store.open()
    yield desk
    desk.store.close()
