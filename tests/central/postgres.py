"""A PostgreSQL cluster of our own, from Debian's packages: on a unix socket, and gone with the test run."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

PACKAGES = Path("/usr/lib/postgresql")
START_S = 60


class Cluster:
    """One server, with a fresh schema for whoever asks."""

    def __init__(self, folder: Path, account: str) -> None:
        self.folder = folder
        self._account = account
        self._schemas = count(1)

    def start(self) -> None:
        """Make it reachable."""
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=40"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "-t", START_S, "start")

    def stop(self, how: str = "fast") -> None:
        """Let it end in order, or with "immediate" as a pulled plug would."""
        self._run("pg_ctl", "-D", self._data, "-m", how, "-w", "-t", START_S, "stop")

    def fresh(self) -> str:
        """The URL of an empty schema."""
        name = f"schema_{next(self._schemas)}"
        with psycopg.connect(self.url) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url}&options={quote(f'-csearch_path={name}')}"

    @property
    def url(self) -> str:
        """The URL of the whole database."""
        return f"postgresql://frontdesk@/postgres?host={quote(str(self.folder), safe='')}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def create(self) -> None:
        """Make its files."""
        self._run("initdb", "-D", self._data, "-U", "frontdesk", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *arguments: object) -> None:
        found = sorted(PACKAGES.glob(f"*/bin/{program}"))
        assert found, f"there is no {program}: apt-get install postgresql"
        subprocess.run(
            [str(found[-1]), *map(str, arguments)],
            check=True,
            cwd="/",
            user=self._account,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that runs; it refuses to run as root, so then it is Debian's account `postgres`."""
    account = "postgres" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="fd-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        os.chown(folder, pwd.getpwnam(account).pw_uid, -1)
        made = Cluster(folder, account)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder)
