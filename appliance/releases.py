"""Another release of the program, and the way back when it does not prove itself.

    ROOT/releases/VERSION/bin/frontdesk     each release whole, with its own libraries
    ROOT/current -> releases/VERSION        the one that runs
    ROOT/releases/VERSION/system/           its files for the system (system_files.py)
    ROOT/switch.json                        a switch that is not settled
    ROOT/switch.lock                        held by whoever switches
    ROOT/placed                             which files for the system are at their places

A switch stops the front desk, copies its data, leads `current` to the new release, starts it and asks
`/healthz`. Only a release that is well and stays so is kept. One that crashes or is not well is stopped, the
data of before are put back, and the old release is started again: by itself. What a cut of the power leaves
unsettled, `settle` takes back at the next start.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ReleaseError
from appliance.files import link_durably, make_folder_durably, sync_folder, write_durably
from appliance.keeping import room
from appliance.keeping.ballast import FILE as BALLAST_FILE
from appliance.services import Service
from appliance.store import FILE as DATABASE
from appliance.system_files import SystemFiles

log = logging.getLogger(__name__)

COPY = "before-update"  # in the data folder, while a switch is not settled
KEYS = "keys"

_LOOK_EVERY_S = 0.5
_ANSWERS_WITHIN_S = 5.0
_CHECK_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Gate:
    """What a release has to prove: well within `within_s`, and so for `steady_s` without a break."""

    host: str
    port: int
    within_s: float = 60.0
    steady_s: float = 20.0

    def reasons(self) -> frozenset[str] | None:
        """Why no numbers are given, as /healthz says it: none when all is well; None without an answer."""
        try:
            with closing(
                http.client.HTTPConnection(self.host, self.port, timeout=_ANSWERS_WITHIN_S)
            ) as client:
                client.request("GET", "/healthz")
                return frozenset(json.loads(client.getresponse().read())["reasons"])
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return None

    def verdict(self, tolerated: frozenset[str]) -> str | None:
        """Wait for the proof; None when it is given, else what was missing. `tolerated` was so before."""
        end, well_since, last = time.monotonic() + self.within_s, None, "it did not answer"
        while (now := time.monotonic()) < end:
            seen = self.reasons()
            if seen is not None and seen <= tolerated:
                well_since = now if well_since is None else well_since
                if now - well_since >= self.steady_s:
                    return None
                last = f"it was well for {now - well_since:.0f} s only"
            else:
                well_since = None
                last = "it did not answer" if seen is None else f"it was not well: {', '.join(sorted(seen))}"
            time.sleep(_LOOK_EVERY_S)
        return last


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a switch: which release runs now, and if it is the old one, why."""

    version: str
    accepted: bool
    reason: str | None
    seconds: float


class Releases:
    """The releases under one root, and the data that they share."""

    def __init__(
        self,
        root: Path,
        data: Path,
        config: Path,
        service: Service,
        gate: Gate,
        files: SystemFiles | None = None,
    ) -> None:
        self._root = root
        self._data = data
        self._config = config
        self._service = service
        self._gate = gate
        self._marker = root / "switch.json"
        self._files = files or system_files(root)

    # ---------------------------------------------------------------------- what there is

    def all(self) -> list[str]:
        """Every release that is here, by name."""
        return sorted(path.parent.parent.name for path in self._root.glob("releases/*/bin/frontdesk"))

    @property
    def current(self) -> str | None:
        """The release that `current` leads to."""
        try:
            return (self._root / "current").readlink().name
        except OSError:
            return None

    @property
    def unsettled(self) -> tuple[str, str] | None:
        """From which release to which a switch was begun and never ended."""
        try:
            kept = json.loads(self._marker.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return kept["from"], kept["to"]

    # ---------------------------------------------------------------------- switching

    def switch(self, version: str) -> Outcome:
        """Go over to another release, or back by itself when that one does not prove itself.

        Raises ReleaseError, with nothing stopped, for a release that cannot be tried at all. Told to end in
        the midst of it, it goes back first.
        """
        with _at_work(self._root):
            return self._switch(version)

    def _switch(self, version: str) -> Outcome:
        before = self._way_back()
        self._refuse_unless_ready(before, version)
        began = time.monotonic()
        tolerated = self._gate.reasons() or frozenset()
        self._service.stop()
        try:
            self._copy()
            write_durably(self._marker, json.dumps({"from": before, "to": version}).encode(), mode=0o644)
            reason = self._try(version, tolerated)
        except (OSError, sqlite3.Error, ReleaseError) as error:
            reason = str(error)
        except (SystemExit, KeyboardInterrupt):
            log.error("release %s is not kept: told to end before it had proved itself", version)
            self._start_again(before)
            raise
        if reason is None:
            self._keep()
            return Outcome(version, True, None, time.monotonic() - began)
        log.error("release %s is not kept: %s", version, reason)
        self._go_back(before)
        return Outcome(before, False, reason, time.monotonic() - began)

    def settle(self) -> str | None:
        """Take back a switch that a cut of the power interrupted; gives the release that is current again.

        For the service manager, before the front desk is started: nothing is running, nothing is started.
        Raises ReleaseError, with nothing changed, while a switch is at work: then it is that one's start.
        """
        if self.unsettled is None:
            return None
        with _at_work(self._root):
            begun = self.unsettled
            if begun is None:
                return None
            self._restore(begun[0])
            return begun[0]

    def prune(self, *keep: str | None) -> list[str]:
        """Remove every release but the current one and those to be kept; gives the names of those removed."""
        gone = [version for version in self.all() if version not in (self.current, *keep)]
        for version in gone:
            shutil.rmtree(self._root / "releases" / version)
        return gone

    def _way_back(self) -> str:
        before = self.current
        if before is None:
            raise ReleaseError(f"{self._root / 'current'} leads to no release: there would be no way back")
        return before

    def _refuse_unless_ready(self, before: str, version: str) -> None:
        if self.unsettled is not None:
            raise ReleaseError("a switch was interrupted; settle it first")
        if version == before:
            raise ReleaseError(f"release {version} is the current one")
        if version not in self.all():
            raise ReleaseError(f"there is no release {version} in {self._root / 'releases'}")
        if not room.look(self._data, ballast=(self._data / BALLAST_FILE).exists()).allows("backups"):
            raise ReleaseError("there is no room on the disk for a copy of the data")
        self._ask(version, "--version")
        self._ask(version, "config", "check", "--config", str(self._config))

    def _ask(self, version: str, *arguments: str) -> None:
        """Ask a release something while the other still works; it has to be able to answer at all."""
        program = self._root / "releases" / version / "bin" / "frontdesk"
        try:
            done = subprocess.run(
                [program, *arguments], check=False, capture_output=True, text=True, timeout=_CHECK_WITHIN_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReleaseError(f"release {version} cannot be run: {error}") from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ReleaseError(f"release {version} says no to {' '.join(arguments)}: {said}")

    def _try(self, version: str, tolerated: frozenset[str]) -> str | None:
        self._files.place(self._root / "releases" / version / "system")
        link_durably(self._root / "current", f"releases/{version}")
        self._service.start()
        return self._gate.verdict(tolerated)

    def _keep(self) -> None:
        """The new release stays. The copy goes: names that are erased later must not stay in it."""
        self._marker.unlink()
        sync_folder(self._root)
        shutil.rmtree(self._data / COPY, ignore_errors=True)

    def _go_back(self, before: str) -> None:
        self._start_again(before)
        if (still := self._gate.verdict(frozenset())) is not None:
            log.error("release %s runs again, and is not well either: %s", before, still)

    def _start_again(self, before: str) -> None:
        self._service.stop()
        self._restore(before)
        self._service.start()

    def _restore(self, before: str) -> None:
        if self.unsettled is not None:  # else the copy is not whole, and nothing has touched the data yet
            self._put_back()
        self._files.place(self._root / "releases" / before / "system")
        link_durably(self._root / "current", f"releases/{before}")
        self._marker.unlink(missing_ok=True)
        sync_folder(self._root)
        shutil.rmtree(self._data / COPY, ignore_errors=True)

    # ---------------------------------------------------------------------- the data

    def _copy(self) -> None:
        """The database and the card keys as the old release left them, whole and on the disk."""
        copy = self._data / COPY
        shutil.rmtree(copy, ignore_errors=True)
        make_folder_durably(copy)
        if (self._data / DATABASE).exists():
            copy_database(self._data / DATABASE, copy / DATABASE)
        if (self._data / KEYS).is_dir():
            make_folder_durably(copy / KEYS)
            for key in (self._data / KEYS).iterdir():
                write_durably(copy / KEYS / key.name, key.read_bytes())
        sync_folder(copy)
        self._hand_over()

    def _put_back(self) -> None:
        """Can be done again after a cut in the midst of it: what is still in the copy is not back yet."""
        copy = self._data / COPY
        if (copy / DATABASE).exists():
            # First the new release's log: beside the old database it would spoil it.
            for beside in ("-wal", "-shm"):
                (self._data / f"{DATABASE}{beside}").unlink(missing_ok=True)
            sync_folder(self._data)
            (copy / DATABASE).replace(self._data / DATABASE)
            sync_folder(self._data)
        for key in (copy / KEYS).glob("*"):
            make_folder_durably(self._data / KEYS)
            write_durably(self._data / KEYS / key.name, key.read_bytes())
        self._hand_over()

    def _hand_over(self) -> None:
        """What root has made in the data folder belongs to whom the folder belongs to."""
        owner = self._data.stat()
        if os.geteuid() == 0:
            for path in (self._data, *self._data.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid)


def system_files(root: Path) -> SystemFiles:
    """The files for the system that the releases under this root bring."""
    return SystemFiles(root / "placed")


@contextmanager
def _at_work(root: Path) -> Iterator[None]:
    """Only one process at a time switches or settles; its end, however it comes, gives the lock back."""
    with (root / "switch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReleaseError("a switch is at work") from None
        yield


def copy_database(source: Path, target: Path) -> None:
    """A whole copy of a database that nobody has open, its log included; on the disk when it returns."""
    with closing(sqlite3.connect(source)) as db, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous = FULL")
        db.backup(copy)
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise ReleaseError(f"the copy of the data is not sound: {verdict}")
    sync_folder(target.parent)
