"""The contract of cameras, word for word, on the kernel's own V4L2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.contracts.test_camera import *  # noqa: F403 - its tests, and only its bench is another one
from tests.drivers.contracts.test_camera import Bench
from tests.kernel.guest.benches import HEIGHT, WIDTH, camera

pytestmark = pytest.mark.kernel


@pytest.fixture  # type: ignore[no-redef]  # the suite's own are files and a stream
def bench() -> Iterator[Bench]:
    with camera() as driver:
        driver.connect()
        yield Bench(driver, WIDTH, HEIGHT)
