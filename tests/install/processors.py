"""Programs for another processor than this machine's own: they run here all the same, translated by QEMU.

Debian's qemu-user-static does that, by the kernel's binfmt_misc: it stays installed, and known to the kernel.
"""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Final

DEBIAN_S_NAME: Final = {"aarch64": "arm64", "x86_64": "amd64"}
OWN: Final = platform.machine()
_KNOWN = Path("/proc/sys/fs/binfmt_misc")
_PACKAGES = ("qemu-user-static", "binfmt-support")


class NotHere(Exception):
    """Programs for that processor cannot run on this machine; says why."""


def provide(machine: str) -> None:
    """See to it that programs for this processor (as `uname -m` says it) run. As root. Raises NotHere."""
    if machine == OWN or (_KNOWN / f"qemu-{machine}").exists():
        return
    if "binfmt_misc" not in Path("/proc/filesystems").read_text(encoding="utf-8"):
        raise NotHere("this kernel has no binfmt_misc")
    _do("apt-get", "-qq", "-y", "install", "--no-install-recommends", *_PACKAGES)
    if not (_KNOWN / "register").exists():
        _do("mount", "-t", "binfmt_misc", "binfmt_misc", str(_KNOWN))
    _do("update-binfmts", "--enable", f"qemu-{machine}")


def _do(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"{' '.join(words)}: {done.stderr.strip()}")
