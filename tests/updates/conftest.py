"""A machine that trusts one maker of releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.updates.parcels import Maker


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "maker")


@pytest.fixture
def trusted(maker: Maker, tmp_path: Path) -> Path:
    return maker.trusted(tmp_path / "etc")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the releases; release 1.9 is the current one."""
    root = tmp_path / "opt"
    (root / "releases/1.9/bin").mkdir(parents=True)
    (root / "current").symlink_to("releases/1.9")
    return root
