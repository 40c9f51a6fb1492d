"""The receiver is killed, its database is killed: nothing acknowledged is missing, nothing is there twice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.intake import Intake
from tests.central.postgres import Cluster, cluster
from tests.central.senders import BATCH, Sender, sending
from web.central import create_receiver
from web.central.serving import serving

SOON_S = 30.0
SENDERS = 4


class Process:
    """`frontdesk central serve`, which can be killed and begins again at the same address."""

    def __init__(self, url: str, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self._url = url
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "appliance", "central", "serve"]
        command += ["--listen", f"127.0.0.1:{self.port}"]
        environment = os.environ | {"FRONTDESK_CENTRAL_DATABASE": self._url}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, env=environment)

    def kill(self) -> None:
        """As a pulled plug, as far as the program goes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def process(url: str, tmp_path: Path) -> Iterator[Process]:
    made = Process(url, tmp_path / "log")
    yield made
    made.kill()


def acknowledged(senders: list[Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in senders)


def await_more(senders: list[Sender], number: int) -> None:
    """Wait until so many more events are acknowledged."""
    enough, end = acknowledged(senders) + number, time.monotonic() + SOON_S
    while acknowledged(senders) < enough:
        assert time.monotonic() < end, "nothing is acknowledged"
        time.sleep(0.01)


def assert_all_there(archive: Archive, senders: list[Sender]) -> None:
    """What was acknowledged is there; more may be, whose reply was lost; by its key nothing can be twice."""
    with archive.db.reading() as session:
        rows = session.run("SELECT record_id, revision FROM visit")
    there = {f"{record}.{revision}" for record, revision in rows}
    told = [one for sender in senders for one in sender.acknowledged]
    assert len(told) == len(set(told))
    assert set(told) - there == set()
    assert len(rows) <= len(told) + SENDERS * BATCH, "at most the batches that were on their way"


def kill_often(process: Process, archive: Archive, kills: int) -> None:
    with archive.db.writing() as session:
        token = offices.give_token(session, "1373")
    process.start()
    with sending(process.port, token, SENDERS) as senders:
        for number in range(1, kills + 1):
            await_more(senders, 2 * SENDERS * BATCH + 7 * (number % 5))
            process.kill()
            process.start()
        await_more(senders, SENDERS * BATCH)
    assert sum(sender.lost_replies for sender in senders) >= kills
    assert_all_there(archive, senders)


def test_a_receiver_that_is_killed_between_batches_loses_nothing(process: Process, archive: Archive) -> None:
    kill_often(process, archive, 1)


@pytest.mark.fault
@pytest.mark.timeout(600)
def test_a_receiver_that_is_killed_again_and_again_loses_nothing(process: Process, archive: Archive) -> None:
    kill_often(process, archive, 20)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server that may be broken, as the one of the whole run may not."""
    with cluster() as made:
        yield made


@pytest.mark.fault
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_database_server_that_is_started_anew_in_the_middle_loses_nothing(
    own_cluster: Cluster, open_archive: Callable[[str], Archive], how: str
) -> None:
    archive = open_archive(own_cluster.fresh())
    with archive.db.writing() as session:
        token = offices.give_token(session, "1373")
    with serving(create_receiver(Intake(archive))) as port, sending(port, token, SENDERS) as senders:
        for _ in range(4):
            await_more(senders, 4 * SENDERS * BATCH)
            own_cluster.stop(how)
            own_cluster.start()
        await_more(senders, SENDERS * BATCH)
    assert_all_there(archive, senders)


def test_connections_that_the_server_has_closed_are_made_anew(
    postgres: Cluster, open_archive: Callable[[str], Archive]
) -> None:
    archive = open_archive(postgres.fresh())
    with archive.db.reading() as one, archive.db.reading() as other:
        assert one.run("SELECT pg_backend_pid()") != other.run("SELECT pg_backend_pid()")
    with psycopg.connect(postgres.url) as administrator:
        ended = administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'frontdesk-central'"
        ).fetchall()
    assert len(ended) >= 2
    with archive.db.reading() as session:
        assert session.run("SELECT 2") == [(2,)]
