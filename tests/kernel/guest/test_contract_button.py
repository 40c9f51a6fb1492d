"""The contract of push buttons, word for word, on the kernel's own lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.contracts.test_button import *  # noqa: F403 - its tests, and only its bench is another one
from tests.drivers.finger import Bench
from tests.kernel.guest.benches import buttons
from tests.kernel.guest.lines import SimulatedLines

pytestmark = pytest.mark.kernel


@pytest.fixture(params=[False, True], ids=["to ground", "to 3.3 V"])  # type: ignore[no-redef]
def bench(request: pytest.FixtureRequest, lines: SimulatedLines) -> Iterator[Bench]:
    with buttons(lines, to_high=request.param) as bench:
        yield bench
