"""`make deb`: the release as a Debian package, so that apt brings what it needs and takes all away again.

    /usr/share/pst-frontdesk/release/   the release, as in its file
    /usr/bin/frontdesk                  leads to the current release

Of all architectures, since nothing in it is compiled by us: the wheels are data, from which pip takes those
of the machine when the package is installed, and the environment is made there, for the Python that is there
(docs/decisions/0035). It is written without compression: wheels are compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from installer.release import PRODUCT, PROJECT, fill, moment_of, version_of

_RELEASE = Path("usr/share") / PRODUCT / "release"
_DOCUMENTS = Path("usr/share/doc") / PRODUCT
_SCRIPTS = ("postinst", "prerm", "postrm")

_CONTROL = """\
Package: {product}
Version: {version}
Architecture: all
Maintainer: {maintainer}
Installed-Size: {kib}
Depends: {depends}
Recommends: {recommends}
Suggests: cage, chromium, seatd, wlr-randr, xwayland
Section: misc
Priority: optional
Description: front desk of an Indonesian public library service
 Queue tickets, guest book, lockers, scanner station and rating for the
 library service (Pelayanan Statistik Terpadu) of a statistics office, on a
 Raspberry Pi. After the installation, "frontdesk setup" asks for the office,
 its devices and the first administrator.
"""


def depends(text: str) -> tuple[str, str]:
    """The fields Depends and Recommends, from the text of depends.txt."""
    rows = [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    needed = [re.sub(r"\(([<>=]+)", r" (\1 ", row) for row in rows if not row.endswith("?")]
    return ", ".join(needed), ", ".join(row.rstrip("?") for row in rows if row.endswith("?"))


def dress(root: Path, project: Path, version: str, maintainer: str, moment: int) -> None:
    """Put around a release in `root` what makes a Debian package of it."""
    link = root / "usr/bin/frontdesk"
    link.parent.mkdir(parents=True)
    link.symlink_to("/opt/frontdesk/current/bin/frontdesk")
    documents = root / _DOCUMENTS
    documents.mkdir(parents=True)
    shutil.copy2(project / "LICENSE", documents / "copyright")
    changes = (project / "CHANGELOG.md").read_bytes()
    (documents / "changelog.gz").write_bytes(gzip.compress(changes, mtime=moment))
    control = root / "DEBIAN"
    control.mkdir()
    for script in _SCRIPTS:
        shutil.copy2(project / "installer/debian" / script, control / script)
        (control / script).chmod(0o755)
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files]  # noqa: S324 - what dpkg compares; it protects nothing
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")
    needed, wanted = depends((project / "installer/depends.txt").read_text(encoding="utf-8"))
    text = _CONTROL.format(
        product=PRODUCT,
        version=version,
        maintainer=maintainer,
        kib=sum(path.stat().st_size for path in files) // 1024,
        depends=needed,
        recommends=wanted,
    )
    (control / "control").write_text(text, encoding="utf-8")


def pack(root: Path, file: Path, moment: int) -> None:
    """Make the package of a dressed folder."""
    root.chmod(0o755)
    command: list[str | Path] = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, file]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(moment)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


@click.command()
@click.option(
    "--machine",
    "machines",
    multiple=True,
    default=["aarch64", "x86_64"],
    show_default=True,
    help="As uname -m.",
)
@click.option("--version", help="Instead of the one in pyproject.toml.")
@click.option("--key", type=click.Path(path_type=Path, exists=True), help="SSH key whose updates it trusts.")
@click.option(
    "--maintainer", default="PST Front Desk <root@localhost>", show_default=True, help="For the package."
)
@click.option(
    "--target", type=click.Path(path_type=Path), default=PROJECT / "dist", help="Folder of the result."
)
def main(
    machines: tuple[str, ...], version: str | None, key: Path | None, maintainer: str, target: Path
) -> None:
    """Make a Debian package of this checkout."""
    version = version or version_of(PROJECT)
    moment = moment_of(PROJECT)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        folder = root / _RELEASE
        folder.mkdir(parents=True)
        fill(folder, version, machines, key)
        dress(root, PROJECT, version, maintainer, moment)
        file = target / f"{PRODUCT}.deb"
        pack(root, file, moment)
    click.echo(f"{file} ({file.stat().st_size // 2**20} MiB)")


if __name__ == "__main__":
    main()
