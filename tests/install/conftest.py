"""What is installed: releases of this checkout, built once, and a key that signs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.simulated.printer import VirtualPrinter
from installer import deb, release, wheels
from installer.wheels import PYTHONS, Platform
from tests.cli.conftest import CONFIG, port, printer
from tests.install import processors
from tests.install.debian import Machine, debian
from tests.install.processors import OWN

__all__ = ["port", "printer"]

A_PI_S = "aarch64"
MACHINES = [(suite, processor) for processor in sorted({OWN, A_PI_S}) for suite in ("bookworm", "trixie")]
FIRST, NEXT, BAD = "1.0", "1.1", "1.2"


@dataclass(frozen=True)
class Workshop:
    """Where releases are made for the tests of one run."""

    folder: Path
    key: Path

    def content(self, version: str) -> Path:
        return self.folder / f"{release.PRODUCT}-{version}"

    def file(self, version: str) -> Path:
        return self.folder / f"{release.PRODUCT}-{version}.tar"

    def deb(self, version: str) -> Path:
        return self.folder / f"{release.PRODUCT}-{version}.deb"


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Three releases: one, the next, and one that answers `--version` and does not run."""
    assert os.geteuid() == 0, "a Debian in a folder is entered as root"
    workshop = Workshop(tmp_path_factory.mktemp("workshop"), tmp_path_factory.mktemp("key") / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", workshop.key], check=True)
    platforms = [Platform(machine, python) for machine in sorted({OWN, A_PI_S}) for python in PYTHONS]
    first = workshop.content(FIRST)
    first.mkdir()
    release.lay_out(release.PROJECT, first, FIRST, platforms)
    for version, change in ((NEXT, as_it_is), (BAD, break_run)):
        make_another(first, workshop.content(version), version, change)
    for version in (FIRST, NEXT, BAD):
        finish(workshop, version)
    return workshop


def as_it_is(source: Path) -> None:
    """The next release is this one."""


def break_run(source: Path) -> None:
    """It says its version and checks its configuration, and falls when it has to work."""
    program = source / "appliance/__main__.py"
    text = program.read_text()
    changed = re.sub(
        r'(    """Run the front desk with the devices.*"""\n)', r"\1    raise SystemExit(70)\n", text
    )
    assert changed != text
    program.write_text(changed)


def make_another(first: Path, folder: Path, version: str, change: Callable[[Path], None]) -> None:
    """A release with the wheels of another, and its own program."""
    shutil.copytree(first, folder, copy_function=os.link)
    for path in (folder / "wheels").glob("pst_frontdesk-*"):
        path.unlink()
    for name in ("release.toml", "requirements.txt"):
        (folder / name).unlink()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        release.copy_source(release.PROJECT, source, version)
        change(source)
        wheels.build(source, folder / "wheels")
    (folder / "release.toml").write_text(f'product = "{release.PRODUCT}"\nversion = "{version}"\n')
    (folder / "requirements.txt").write_text(wheels.requirements(folder / "wheels"))


def finish(workshop: Workshop, version: str) -> None:
    """Sum up, pack and sign; and the Debian package of the same."""
    folder = workshop.content(version)
    release.trust(folder, release.public_of(workshop.key))
    release.sum_up(folder)
    release.pack(folder, workshop.file(version), 0)
    release.sign(workshop.file(version), workshop.key)
    with tempfile.TemporaryDirectory(dir=workshop.folder) as scratch:
        root = Path(scratch) / "package"
        shutil.copytree(folder, root / "usr/share/pst-frontdesk/release", copy_function=os.link)
        deb.dress(root, release.PROJECT, version, "Tests <root@localhost>", 0)
        deb.pack(root, workshop.deb(version), 0)


@pytest.fixture(params=MACHINES, ids=" ".join)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    suite, processor = request.param
    try:
        processors.provide(processor)
    except processors.NotHere as error:
        pytest.skip(str(error))
    with debian(suite, tmp_path, processor) as machine:
        yield machine


@pytest.fixture
def stick(machine: Machine, workshop: Workshop) -> Callable[[Path], str]:
    """Bring files to the machine, hard links where that can be; gives where they are."""

    def bring(*files: Path) -> str:
        for file in files:
            shutil.copy(file, machine.path("/srv") / file.name)
        return f"/srv/{files[0].name}"

    return bring


@pytest.fixture
def configured(machine: Machine, port: int, printer: VirtualPrinter) -> Callable[[], None]:
    """Write a configuration onto the machine, with a printer of the machine below."""

    def write() -> None:
        text = CONFIG.format(data="/var/lib/frontdesk", port=port, printer_port=printer.port)
        machine.path("/etc/frontdesk/frontdesk.toml").write_text(text)

    return write
