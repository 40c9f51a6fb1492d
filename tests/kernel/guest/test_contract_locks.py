"""The contract of locks, word for word, on the kernel's own lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.banks import Bench
from tests.drivers.contracts.test_locks import *  # noqa: F403 - its tests, and only its bench is another one
from tests.kernel.guest.benches import locks
from tests.kernel.guest.lines import SimulatedLines

pytestmark = pytest.mark.kernel


@pytest.fixture  # type: ignore[no-redef]  # the suite's own is on simulated wires
def bench(lines: SimulatedLines) -> Iterator[Bench]:
    with locks(lines) as bench:
        bench.driver.connect()
        yield bench
        bench.driver.close()
