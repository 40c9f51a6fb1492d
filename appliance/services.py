"""Whoever starts and stops the front desk: systemd on a Raspberry Pi, nobody but us on a laptop."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path
from typing import Protocol, TypedDict

from appliance.checks import process_using
from appliance.errors import ReleaseError

_STOPS_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05

# What a release may have brought, and how systemd is told of it before the unit needs it.
_TAKEN_IN = (
    (Path("/usr/lib/sysusers.d/frontdesk.conf"), ("systemd-sysusers", "frontdesk.conf")),
    (Path("/usr/lib/tmpfiles.d/frontdesk.conf"), ("systemd-tmpfiles", "--create", "frontdesk.conf")),
)


class Service(Protocol):
    """The front desk as something that can be stopped and started."""

    def stop(self) -> None:
        """End it, whatever state it is in; nothing of it runs any more. Raises ReleaseError."""

    def start(self) -> None:
        """Begin to start the current release; whether it comes up is seen elsewhere. Raises ReleaseError."""


class SystemdService:
    """A unit of systemd."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def stop(self) -> None:
        """End the unit."""
        self._control("stop", self._unit)

    def start(self) -> None:
        """Start the unit as its release has it; does not wait for it, since it may never come up."""
        for brought, command in _TAKEN_IN:
            if brought.exists():
                _run(*command)
        self._control("daemon-reload")
        self._control("reset-failed", self._unit)
        self._control("start", "--no-block", self._unit)

    @staticmethod
    def _control(*words: str) -> None:
        _run("systemctl", *words)


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=3 * _STOPS_WITHIN_S)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or error
        raise ReleaseError(f"{' '.join(command)}: {said}") from error


class PlainService:
    """A process in the background, without a service manager: for a laptop, and for trying a switch."""

    def __init__(self, program: Path, config: Path, data: Path, output: Path) -> None:
        self._program = program
        self._config = config
        self._data = data
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End whatever has the data folder, and what was started here."""
        pid = process_using(self._data) if self._data.is_dir() else None
        if pid and pid.isdigit():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self._await_end()

    def _await_end(self) -> None:
        end = time.monotonic() + _STOPS_WITHIN_S
        while self._is_there():
            if time.monotonic() > end:
                raise ReleaseError(f"the front desk did not stop within {_STOPS_WITHIN_S:.0f} s")
            time.sleep(_LOOK_EVERY_S)

    def _is_there(self) -> bool:
        ours = self._process is not None and self._process.poll() is None
        return ours or (self._data.is_dir() and process_using(self._data) is not None)

    def start(self) -> None:
        """Run the program in a session of its own: it outlives the command that started it.

        As whom the data belong to: what root made there, the front desk could not write.
        """
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, "run", "--config", self._config],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **_owner(self._data),
            )


class _Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _owner(data: Path) -> _Account:
    if os.geteuid() != 0 or not data.is_dir():
        return {}
    owner = data.stat()
    try:
        groups = os.getgrouplist(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    except KeyError:  # an account that is gone
        groups = [owner.st_gid]
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": groups}
