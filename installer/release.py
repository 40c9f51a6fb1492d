"""`make release`: everything that a machine needs to install this version, in one file with a signature.

pst-frontdesk-VERSION.tar
    pst-frontdesk-VERSION/install.sh        puts it onto a machine
                         release.toml       product and version
                         platforms          for which machines its wheels are
                         wheels/            the program, and every Python package that it needs
                         requirements.txt   the same by name, with their SHA-256
                         depends.txt        Debian's part
                         system/            files for the system: units, rules; the same paths as below /
                         allowed_signers    whose updates this release will trust
                         SHA256SUMS         of all of these
pst-frontdesk-VERSION.tar.sig               by `ssh-keygen -Y sign`
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import click

from installer import wheels
from installer.wheels import PYTHONS, Platform

PRODUCT = "pst-frontdesk"
NAMESPACE = (
    "pst-frontdesk-release"  # what a signature is for; appliance/updates/signature.py asks for the same
)
PROJECT = Path(__file__).parents[1]

_VERSION_LINE = 'version = "{}"\n'


def version_of(project: Path) -> str:
    """The version that pyproject.toml names."""
    return str(tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def copy_source(project: Path, target: Path, version: str) -> None:
    """Only what is kept by git, so that nothing of an earlier build or of a trial comes along."""
    listed = subprocess.run(
        ["git", "-C", project, "ls-files", "-z"], check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (project / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, target / name)
    settings = target / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace(_VERSION_LINE.format(version_of(project)), _VERSION_LINE.format(version), 1),
        encoding="utf-8",
    )


def lay_out(project: Path, folder: Path, version: str, platforms: list[Platform]) -> None:
    """Put the content of a release into an empty folder."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        copy_source(project, source, version)
        lay_out_files(source, folder, version, platforms)
        _collect_wheels(source, folder, platforms)
    (folder / "requirements.txt").write_text(wheels.requirements(folder / "wheels"), encoding="utf-8")


def lay_out_files(source: Path, folder: Path, version: str, platforms: list[Platform]) -> None:
    """All of a release but its wheels."""
    shutil.copy2(source / "install.sh", folder / "install.sh")
    shutil.copy2(source / "LICENSE", folder / "LICENSE")
    shutil.copy2(source / "installer/depends.txt", folder / "depends.txt")
    if (source / "systemd/root").is_dir():
        shutil.copytree(source / "systemd/root", folder / "system")
    settle = folder / "system/opt/frontdesk/settle"
    settle.parent.mkdir(parents=True)
    shutil.copy2(source / "installer/settle", settle)
    (folder / "release.toml").write_text(f'product = "{PRODUCT}"\nversion = "{version}"\n', encoding="utf-8")
    (folder / "platforms").write_text("".join(f"{platform}\n" for platform in platforms), encoding="utf-8")


def _collect_wheels(source: Path, folder: Path, platforms: list[Platform]) -> None:
    (folder / "wheels").mkdir()
    pins = wheels.pinned((source / "constraints.txt").read_text(encoding="utf-8"))
    for platform in platforms:
        wheels.download(pins, platform, folder / "wheels")
    wheels.build(source, folder / "wheels")


def trust(folder: Path, public_key: Path) -> None:
    """Let the release bring the key whose updates it will trust."""
    kind, key = public_key.read_text(encoding="utf-8").split()[:2]
    (folder / "allowed_signers").write_text(
        f'release namespaces="{NAMESPACE}" {kind} {key}\n', encoding="utf-8"
    )


def sum_up(folder: Path) -> None:
    """Write SHA256SUMS of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack(folder: Path, file: Path, moment: int) -> None:
    """One archive of the folder; the same folder gives the same bytes."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = moment
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in (folder, *sorted(folder.rglob("*"))):
            archive.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=plain)


def sign(file: Path, key: Path) -> Path:
    """Sign a file with a private SSH key (or the public one of a key that the agent holds)."""
    signature = file.with_name(f"{file.name}.sig")
    signature.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, file], check=True)
    return signature


def moment_of(project: Path) -> int:
    """The time of the last commit, or what SOURCE_DATE_EPOCH says: the same source gives the same file."""
    if (given := os.environ.get("SOURCE_DATE_EPOCH")) is not None:
        return int(given)
    command: list[str | Path] = ["git", "-C", project, "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def public_of(key: Path) -> Path:
    """The public half beside a private key."""
    return key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")


def fill(folder: Path, version: str, machines: Sequence[str], key: Path | None) -> None:
    """Lay this checkout out as a release for these machines (as `uname -m`), which trusts `key`'s updates."""
    platforms = [Platform(machine, python) for machine in machines for python in PYTHONS]
    lay_out(PROJECT, folder, version, platforms)
    if key is not None:
        trust(folder, public_of(key))
    sum_up(folder)


@click.command()
@click.option(
    "--machine", "machines", multiple=True, default=["aarch64"], show_default=True, help="As uname -m."
)
@click.option("--version", help="Instead of the one in pyproject.toml.")
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True), help="SSH key that signs it and that it trusts."
)
@click.option(
    "--target", type=click.Path(path_type=Path), default=PROJECT / "dist", help="Folder of the result."
)
def main(machines: tuple[str, ...], version: str | None, key: Path | None, target: Path) -> None:
    """Make a release file of this checkout."""
    version = version or version_of(PROJECT)
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"{PRODUCT}-{version}.tar"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / f"{PRODUCT}-{version}"
        folder.mkdir()
        fill(folder, version, machines, key)
        pack(folder, file, moment_of(PROJECT))
    click.echo(f"{file} ({file.stat().st_size // 2**20} MiB)")
    if key is None:
        click.echo(
            "not signed: `frontdesk upgrade` will not take it. Sign it with make release KEY=...", err=True
        )
    else:
        click.echo(sign(file, key))


if __name__ == "__main__":
    main()
