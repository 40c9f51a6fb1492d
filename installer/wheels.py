"""The wheels of a release: every Python package that the front desk needs, for each machine that it is for.

They are carried along, because the machine that installs them is as a rule behind a slow line or none. What
has no wheel comes from Debian (depends.txt).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# The versions of the C library that wheels are made for; Bookworm has 2.36.
_MANYLINUX = ("2_34", "2_28", "2_27", "2_26", "2_17", "2_5")
_DOWNLOADS_WITHIN_S = 1800

FROM_DEBIAN = frozenset({"pyscard", "python-sane"})
# Debian has it since Trixie, and its makers no wheel for that Python.
ONLY_BEFORE = {"lgpio": (3, 12)}


@dataclass(frozen=True, slots=True)
class Platform:
    """A processor, as `uname -m` says it, and a Python."""

    machine: str
    python: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.machine}-cp{self.python[0]}{self.python[1]}"


PYTHONS = ((3, 11), (3, 13))  # of Bookworm and of Trixie


def pinned(constraints: str) -> dict[str, str]:
    """Name and version of what the front desk itself needs, from the text of constraints.txt."""
    own, _, _ = constraints.partition("# Its tests")
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", own, re.MULTILINE))


def needed(pins: dict[str, str], platform: Platform) -> dict[str, str]:
    """What of it a machine takes from wheels."""
    return {
        name: version
        for name, version in pins.items()
        if name.lower() not in FROM_DEBIAN and platform.python < ONLY_BEFORE.get(name.lower(), (99, 0))
    }


def download(pins: dict[str, str], platform: Platform, folder: Path) -> None:
    """Fetch the wheels for one platform with pip, from wherever this machine's pip takes packages."""
    command = [*_pip("download"), "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    for level in _MANYLINUX:
        command += ["--platform", f"manylinux_{level}_{platform.machine}"]
    command += ["--platform", f"manylinux2014_{platform.machine}"]
    command += ["--python-version", ".".join(map(str, platform.python)), "--implementation", "cp"]
    wanted = [f"{name}=={version}" for name, version in needed(pins, platform).items()]
    subprocess.run([*command, *wanted], check=True, timeout=_DOWNLOADS_WITHIN_S)


def build(source: Path, folder: Path) -> None:
    """Make the front desk's own wheel from a copy of its source."""
    command = [*_pip("wheel"), "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, timeout=_DOWNLOADS_WITHIN_S)


def requirements(folder: Path) -> str:
    """A requirements file that names exactly these wheels, each with its SHA-256."""
    hashes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        hashes[name.lower().replace("_", "-"), version].append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    lines = []
    for (name, version), digests in hashes.items():
        before = ONLY_BEFORE.get(name)
        marker = f' ; python_version < "{before[0]}.{before[1]}"' if before else ""
        lines.append(f"{name}=={version}{marker}" + "".join(f" --hash=sha256:{digest}" for digest in digests))
    return "\n".join(lines) + "\n"


def _pip(command: str) -> list[str]:
    return [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", command]
