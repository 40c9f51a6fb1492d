"""Release files for tests: made and signed by what makes the real ones, with a small installer inside."""

from __future__ import annotations

import subprocess
from pathlib import Path

from installer.release import PRODUCT, pack, sign, sum_up, trust

# Lays a program beside the others, as install.sh --stage does; how it behaves is the test's matter.
_INSTALLER = """\
#!/bin/sh
set -eu
[ "$1" = --stage ]
here=$(dirname "$0")
release=$FRONTDESK_ROOT/releases/{version}
mkdir -p "$release/bin"
cp "$here/program" "$release/bin/frontdesk"
cp -R "$here/system" "$release/system"
"""


class Maker:
    """Somebody who makes releases, with a key of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self.key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.key], check=True)

    def trusted(self, folder: Path) -> Path:
        """Let a machine trust this maker; gives the file that says so."""
        folder.mkdir(parents=True, exist_ok=True)
        trust(folder, self.key.with_suffix(".pub"))
        return folder / "allowed_signers"

    def lay_out(self, version: str, script: str = "exit 0", product: str = PRODUCT) -> Path:
        """The content of a release, before it is packed."""
        folder = self._folder / f"{PRODUCT}-{version}"
        (folder / "system").mkdir(parents=True)  # empty: it would be placed on the machine of the tests
        (folder / "install.sh").write_text(_INSTALLER.format(version=version))
        (folder / "program").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "program").chmod(0o755)
        (folder / "release.toml").write_text(f'product = "{product}"\nversion = "{version}"\n')
        sum_up(folder)
        return folder

    def pack(self, folder: Path) -> Path:
        """The release file of a folder, with its signature beside it."""
        file = self._folder / f"{folder.name}.tar"
        pack(folder, file, 0)
        self.sign(file)
        return file

    def sign(self, file: Path) -> None:
        """Sign a file, whatever it holds."""
        sign(file, self.key)

    def release(self, version: str, script: str = "exit 0") -> Path:
        """A release file that is in order."""
        return self.pack(self.lay_out(version, script))
