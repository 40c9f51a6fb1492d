"""These tests run in the machine of tests/kernel/machine.py, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.kernel.guest.lines import SimulatedLines, simulated_lines

collect_ignore_glob = [] if "FRONTDESK_KERNEL_GUEST" in os.environ else ["test_*.py"]


@pytest.fixture(scope="session")
def chip() -> Iterator[SimulatedLines]:
    """The chip, for all tests: lgpio and gpiozero keep theirs open as long as the process runs."""
    with simulated_lines() as lines:
        yield lines


@pytest.fixture
def lines(chip: SimulatedLines) -> SimulatedLines:
    """The chip, with nothing traced yet."""
    chip.clear()
    return chip
