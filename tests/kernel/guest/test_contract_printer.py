"""The contract of ticket printers, word for word, on the kernel's own USB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.contracts.test_printer import *  # noqa: F403 - its tests, and only its bench is another one
from tests.drivers.printers import Bench
from tests.kernel.guest.benches import printer

pytestmark = pytest.mark.kernel


@pytest.fixture  # type: ignore[no-redef]  # the suite's own is on simulated wires
def bench() -> Iterator[Bench]:
    with printer() as bench:
        bench.driver.connect()
        yield bench
        bench.driver.close()
        assert bench.printer.complaints == []
