"""A centre over each kind of database, and what a front desk would send to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.central.intake import WITH_IDENTITY, Intake
from tests.central.postgres import Cluster, cluster

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server for the whole run: it takes seconds to start."""
    with cluster() as made:
        yield made


@pytest.fixture(params=KINDS)
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives addresses of empty databases, of each kind in turn."""
    if request.param == "sqlite":
        numbers = iter(range(10_000))
        return lambda: f"sqlite:///{tmp_path}/central-{next(numbers)}.db"
    made: Cluster = request.getfixturevalue("postgres")
    return made.fresh


@pytest.fixture
def open_archive() -> Iterator[Callable[[str], Archive]]:
    """Opens archives that know the offices 1373 and 1377; closes them at the end."""
    opened: list[Archive] = []

    def begin(url: str) -> Archive:
        archive = Archive(open_database(url))
        opened.append(archive)
        with archive.db.writing() as session:
            offices.add(session, "1373", "Kota Sawahlunto")
            offices.add(session, "1377", "Kota Pariaman")
        return archive

    yield begin
    for archive in opened:
        archive.close()


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    """The address of an empty database."""
    return fresh_url()


@pytest.fixture
def archive(url: str, open_archive: Callable[[str], Archive]) -> Archive:
    """An archive that knows two offices."""
    return open_archive(url)


@pytest.fixture
def intake(archive: Archive) -> Intake:
    """Takes in batches, identity too."""
    return Intake(archive, WITH_IDENTITY)
