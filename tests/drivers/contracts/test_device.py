"""Every driver keeps the contract of devices on every bench."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from tests.drivers.contracts.benches import BENCHES
from tests.drivers.contracts.device import ALWAYS, AT_A_CABLE, Bench, Clause

Maker = TypeVar("Maker")


def each_clause(benches: Mapping[str, tuple[Maker, tuple[Clause, ...]]]) -> pytest.MarkDecorator:
    """A test of one bench, by its name, and one clause: for each that is to be kept there."""
    kept = [(name, clause) for name, (_, clauses) in benches.items() for clause in clauses]
    ids = [f"{name}: {clause.__name__}" for name, clause in kept]
    return pytest.mark.parametrize(("bench", "clause"), kept, indirect=["bench"], ids=ids)


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    make, _ = BENCHES[request.param]
    with make(tmp_path) as bench:
        yield bench


@each_clause(BENCHES)
def test_a_driver_keeps_the_contract(bench: Bench, clause: Clause) -> None:
    clause(bench)


@pytest.mark.parametrize("clause", ALWAYS, ids=lambda clause: clause.__name__)
def test_the_flatbed_keeps_it_in_a_process_of_its_own(clause: Clause, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.drivers.contracts.benches", clause.__name__, str(tmp_path)],
        env={**os.environ, "SANE_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Pretender:
    """A device that is never there, and never says so."""

    name = ""

    def connect(self) -> None:
        """Open nothing."""

    def close(self) -> None:
        raise OSError("it cannot be closed")


def nothing() -> None:
    """Neither plugs nor unplugs."""


def in_vain() -> None:
    raise OSError("an error of no tree")


@pytest.mark.parametrize("clause", AT_A_CABLE, ids=lambda clause: clause.__name__)
def test_each_clause_can_be_broken(clause: Clause) -> None:
    with pytest.raises((AssertionError, OSError)):
        clause(Bench(Pretender(), in_vain, nothing, nothing))
