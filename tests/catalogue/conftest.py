"""What the tests of the digital library share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalogue.client import WebApi
from appliance.catalogue.shelf import Shelf
from tests.catalogue.odd_api import KEY, OddApi, odd_api


@pytest.fixture
def api() -> Iterator[OddApi]:
    """The other end of the line."""
    with odd_api() as running:
        yield running


@pytest.fixture
def client(api: OddApi) -> WebApi:
    """The real client, without its pause."""
    return WebApi(api.url, KEY, pause_s=0, timeout_s=2)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf."""
    return Shelf(tmp_path / "catalogue")
