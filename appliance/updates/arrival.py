"""From a release file on a stick to a release beside the others: taken in, checked, unpacked, installed.

Nothing that runs is touched: going over to it is another matter (releases.py). All that is wrong with a file
is found here, and leaves nothing behind.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.errors import ReleaseError
from appliance.files import make_folder_durably, sync_file
from appliance.updates import parcel, signature

log = logging.getLogger(__name__)

INCOMING = "incoming"  # below the folder of the releases, while one is taken in

# The file, the same unpacked, and installed: seen with one of 118 MiB.
_TIMES_ITS_SIZE = 5
_LEAVE_FREE = 256 * 2**20
_INSTALLS_WITHIN_S = 1800.0  # on a slow card, with Debian packages to fetch


def install(file: Path, root: Path, trusted: Path, current: str | None, *, allow_older: bool) -> str:
    """Lay the release in `file` beside the others below `root`; gives its version.

    Its signature lies beside it, with ".sig" at its end. Raises ReleaseError, with nothing left behind.
    """
    try:
        with _taken_in(file, root) as own:
            signer = signature.check(own, own.with_name(f"{own.name}.sig"), trusted)
            log.info("signed by %s", signer)
            found = parcel.look(own)
            _refuse_unless_newer(found.version, current, allow_older=allow_older)
            parcel.unpack(own, own.parent)
            folder = own.parent / found.top
            parcel.compare(folder)
            log.info("release %s is whole; installing it", found.version)
            shutil.rmtree(
                root / "releases" / found.version, ignore_errors=True
            )  # of a trial that was not kept
            _stage(folder, root)
    except OSError as error:
        raise ReleaseError(str(error)) from error
    return found.version


@contextmanager
def _taken_in(file: Path, root: Path) -> Iterator[Path]:
    """A copy of the file and its signature that nobody can change between the check and the unpacking."""
    if not file.is_file():
        raise ReleaseError(f"there is no file {file}")
    size = file.stat().st_size
    needed, free = _TIMES_ITS_SIZE * size + _LEAVE_FREE, shutil.disk_usage(root).free
    if needed > free:
        raise ReleaseError(
            f"there is no room: {needed >> 20} MiB are needed in {root}, and {free >> 20} are free"
        )
    incoming = root / INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    make_folder_durably(incoming)
    try:
        own = incoming / "release.tar"
        shutil.copyfile(file, own)
        beside = file.with_name(f"{file.name}.sig")
        if not beside.is_file():
            raise ReleaseError(f"there is no signature {beside}; it comes with the file, and both are needed")
        shutil.copyfile(beside, own.with_name(f"{own.name}.sig"))
        sync_file(own)
        yield own
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _refuse_unless_newer(version: str, current: str | None, *, allow_older: bool) -> None:
    if current is None:
        return
    if version == current:
        raise ReleaseError(f"release {version} is the current one")
    if parcel.order(version) < parcel.order(current) and not allow_older:
        raise ReleaseError(
            f"release {version} is older than {current}, the current one; --allow-older takes it"
        )


def set_up_units(root: Path) -> None:
    """Let the current release enable and start the units that the one before did not have."""
    _run_installer(root / "current", root, "--units")


def _stage(folder: Path, root: Path) -> None:
    """By the installer of the new release itself: it knows best what it needs."""
    _run_installer(folder, root, "--stage")


def _run_installer(folder: Path, root: Path, action: str) -> None:
    command: list[str | Path] = ["sh", folder / "install.sh", action]
    environment = os.environ | {"FRONTDESK_ROOT": str(root)}
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, timeout=_INSTALLS_WITHIN_S
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError("the release was not installed in time") from error
    if done.returncode:
        raise ReleaseError(f"the release could not be installed: {done.stderr.strip()}")
