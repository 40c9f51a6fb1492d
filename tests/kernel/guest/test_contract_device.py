"""The contract of every device, on what the kernel itself shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.contracts.device import Bench, Clause
from tests.drivers.contracts.test_device import each_clause
from tests.kernel.guest.benches import DEVICES
from tests.kernel.guest.lines import SimulatedLines

pytestmark = pytest.mark.kernel


@pytest.fixture
def bench(request: pytest.FixtureRequest, lines: SimulatedLines) -> Iterator[Bench]:
    make, _ = DEVICES[request.param]
    with make(lines) as bench:
        yield bench


@each_clause(DEVICES)
def test_a_driver_keeps_the_contract(bench: Bench, clause: Clause) -> None:
    clause(bench)
