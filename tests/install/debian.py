"""A whole Debian in a folder, made by debootstrap and entered by chroot, to install on.

It lives in namespaces of its own: whatever becomes of a test, its mounts and processes end with it, and the
machine below sees none of them. The network is that machine's. systemd is there and does not run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.install import processors

_MADE_WITHIN_S = 3600
_RUNS_WITHIN_S = 3600
_TRANSLATED = 8  # programs for another processor are so much slower, at the worst

# What Raspberry Pi OS Lite has too. No Python: to bring that is the installer's work.
_BASE = ("ca-certificates", "dbus", "systemd", "systemd-sysv", "udev")

_ENTER = """\
set -e
cd {root}
mount -t proc proc proc
mount -t tmpfs tmpfs dev
for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${{node%:*}}" c 1 "${{node#*:}}"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
echo entered
while :; do sleep 1; done  # and take the exit codes of orphans, as the first process must
"""


def cache() -> Path:
    """Where Debian systems and their packages are kept from one run to the next."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pst-frontdesk" / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def mirror() -> str:
    """Where this machine's apt takes Debian from, or what FRONTDESK_DEBIAN_MIRROR says."""
    if given := os.environ.get("FRONTDESK_DEBIAN_MIRROR"):
        return given
    system = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
        if line
    )
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        release, component, uri = line.split()
        if (release, component) == (system["VERSION_CODENAME"], "main"):
            return uri
    raise LookupError("apt names no mirror of Debian here; set FRONTDESK_DEBIAN_MIRROR")


def base(suite: str, machine: str) -> Path:
    """A fresh system of this suite for this processor, packed; made once."""
    packed = cache() / f"{suite}-{machine}.tar"
    if not packed.exists():
        making = cache() / f"{suite}-{machine}.making"
        shutil.rmtree(making, ignore_errors=True)
        command: list[str | Path] = [
            "debootstrap",
            "--variant=minbase",
            f"--arch={processors.DEBIAN_S_NAME[machine]}",
            f"--include={','.join(_BASE)}",
            suite,
            making,
            mirror(),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=_MADE_WITHIN_S)
        half = packed.with_suffix(".half")
        subprocess.run(["tar", "-C", making, "--numeric-owner", "-cf", half, "."], check=True)
        half.rename(packed)
        shutil.rmtree(making)
    return packed


class Machine:
    """A Debian that was just set up. Commands run in it as root.

    `patience`: how many times longer than usual things may take in it.
    """

    def __init__(self, root: Path, inside: int, patience: int) -> None:
        self.root = root
        self.patience = patience
        self._inside = str(inside)
        self._started: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str | Path) -> list[str | Path]:
        """What runs these words in it."""
        clean = (
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL=C.UTF-8",
        )
        return ["nsenter", "-t", self._inside, "-m", "-p", "chroot", self.root, *clean, *words]

    def try_run(self, *words: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, however it ends."""
        return subprocess.run(
            self.command(*words),
            check=False,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_RUNS_WITHIN_S,
        )

    def run(self, *words: str | Path, given: str = "") -> str:
        """Run a command that has to end well; gives all that it said."""
        done = self.try_run(*words, given=given)
        assert done.returncode == 0, f"{shlex.join(map(str, words))}:\n{done.stdout}"
        return done.stdout

    def start(self, *words: str | Path) -> None:
        """Start a command that stays; it ends at the latest with the machine."""
        with (self.root / "srv/said").open("ab") as said:
            command = self.command(*words)
            self._started.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            )

    def reap(self) -> None:
        """The machine has ended, and so has what was started in it."""
        for process in self._started:
            process.wait()

    def path(self, path: str) -> Path:
        """Where a path of this Debian is on the machine below."""
        return self.root / path.lstrip("/")


@contextmanager
def debian(suite: str, folder: Path, machine: str = processors.OWN) -> Iterator[Machine]:
    """A fresh Debian of this suite in `folder`, which is removed at the end.

    It may be for another processor than this one, which has been provided.
    """
    root = folder / suite
    root.mkdir()
    try:
        subprocess.run(["tar", "-C", root, "--numeric-owner", "-xpf", base(suite, machine)], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        packages, own = cache() / f"{suite}-{machine}-packages", root / "var/cache/apt/archives"
        packages.mkdir(exist_ok=True)
        _lend(packages, own)
        with _entered(root) as inside:
            made = Machine(root, inside, 1 if machine == processors.OWN else _TRANSLATED)
            yield made
        made.reap()
        _lend(own, packages)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _lend(packages: Path, to: Path) -> None:
    """Let another folder have these Debian packages too; others may be at it at the same time."""
    to.mkdir(parents=True, exist_ok=True)
    for package in packages.glob("*.deb"):
        if not (to / package.name).exists():
            half = to / f"{package.name}.{os.getpid()}"
            shutil.copy(package, half)
            half.rename(to / package.name)


@contextmanager
def _entered(root: Path) -> Iterator[int]:
    script = _ENTER.format(root=shlex.quote(str(root)))
    unshare = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
    with subprocess.Popen([*unshare, "sh", "-c", script], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "entered\n"
            (first,) = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            yield int(first)
        finally:
            holder.kill()  # the first process of the namespace ends with it, and all others with that one
