"""What a release file holds: looked at before anything is written, and compared with its own sums after.

A signature says whose the file is; this says that it can be unpacked without harm, and came out whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from appliance.errors import ReleaseError

PRODUCT = "pst-frontdesk"
SUMS = "SHA256SUMS"
DESCRIPTION = "release.toml"

_PLAIN = re.compile(r"\d+(\.\d+)*")
_MOST_MEMBERS = 10_000
_MOST_WORDS = 65_536  # bytes of a description
_DAMAGED = (tarfile.TarError, EOFError, UnicodeError, ValueError)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A release file: its version, the one folder in it, and how many bytes that will take."""

    version: str
    top: str
    size: int


def order(version: str) -> tuple[int, ...]:
    """A version such as 1.10.2, as something that can be compared. Raises ReleaseError for any other text."""
    if not _PLAIN.fullmatch(version):
        raise ReleaseError(f"{version!r} is not a version")
    return tuple(map(int, version.split(".")))


def look(file: Path) -> Parcel:
    """Read through a release file, and write nothing. Raises ReleaseError when it is not to be unpacked."""
    with _opened(file) as archive:
        members = list(_members(archive))
        tops = {PurePosixPath(member.name).parts[0] for member in members}
        if len(tops) != 1:
            raise ReleaseError(f"{file.name} is not a release: it holds {len(tops)} folders, not one")
        (top,) = tops
        description = _description(archive, f"{top}/{DESCRIPTION}", file.name)
    if description.get("product") != PRODUCT:
        raise ReleaseError(f"{file.name} is of another product: {description.get('product')!r}")
    version = str(description.get("version"))
    order(version)
    return Parcel(version, top, sum(member.size for member in members))


def unpack(file: Path, folder: Path) -> None:
    """Unpack a file that was looked at into a folder, whole and on the disk. Raises ReleaseError, OSError."""
    with _opened(file) as archive:
        for member in _members(archive):
            place = folder / member.name
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            if content is None:  # it is a regular file: _members gives no others
                raise ReleaseError(f"{member.name} cannot be read")
            with place.open("xb") as target:
                while block := content.read(1 << 20):
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            place.chmod(0o755 if member.mode & 0o100 else 0o644)


def compare(folder: Path) -> None:
    """Raises ReleaseError unless the folder holds exactly what its list of sums names."""
    if not (folder / SUMS).is_file():
        raise ReleaseError(f"the release holds no {SUMS}")
    named = {}
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        named[name] = digest
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {SUMS}
    if there != set(named):
        odd = ", ".join(sorted(there ^ set(named))[:3])
        raise ReleaseError(f"the release does not hold what its list names: {odd}")
    for name, digest in named.items():
        with (folder / name).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                raise ReleaseError(f"{name} came out damaged; copy the file again")


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as archive:
            yield archive
    except _DAMAGED as error:
        raise ReleaseError(f"{file.name} is not a release, or only a part of one: {error}") from error


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for count, member in enumerate(archive):
        path = PurePosixPath(member.name)
        if count > _MOST_MEMBERS:
            raise ReleaseError("the file holds more than a release does")
        if (
            path.is_absolute()
            or ".." in path.parts
            or not path.parts
            or not (member.isreg() or member.isdir())
        ):
            raise ReleaseError(f"the file holds {member.name!r}, which has no place in a release")
        yield member


def _description(archive: tarfile.TarFile, name: str, file: str) -> dict[str, object]:
    try:
        content = archive.extractfile(name)
    except KeyError:
        content = None
    if content is None:
        raise ReleaseError(f"{file} is not a release: it holds no {DESCRIPTION}")
    return tomllib.loads(content.read(_MOST_WORDS).decode("utf-8"))
