"""Whose file it is: signatures as `ssh-keygen -Y sign` makes them, checked by ssh-keygen itself.

Whom this machine trusts stands in a file of its own, one key a line (ssh-keygen(1), ALLOWED SIGNERS):

    release namespaces="pst-frontdesk-release" ssh-ed25519 AAAA...
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from appliance.errors import ReleaseError

NAMESPACE = "pst-frontdesk-release"  # a signature that was made for something else is none for a release

_WITHIN_S = 120.0  # a Pi reads a hundred megabytes from a slow stick


def check(file: Path, signature: Path, trusted: Path) -> str:
    """Give the name, as `trusted` has it, of who signed the file; raises ReleaseError for everything else."""
    if not signature.is_file():
        raise ReleaseError(f"there is no signature {signature}; it comes with the file, and both are needed")
    if not trusted.is_file():
        raise ReleaseError(f"this machine trusts nobody: there is no {trusted}")
    found = _ssh_keygen("find-principals", signature, trusted)
    if found.returncode:
        raise ReleaseError(f"{signature.name} is of a key that {trusted} does not name, or is no signature")
    signer = found.stdout.decode(errors="replace").splitlines()[0]
    with file.open("rb") as content:
        verified = _ssh_keygen(
            "verify", signature, trusted, "-n", NAMESPACE, "-I", signer, content=content.fileno()
        )
    if verified.returncode:
        raise ReleaseError(
            f"{file.name} is not what {signer} signed: it was changed, or is damaged; copy it again"
        )
    return signer


def _ssh_keygen(
    act: str, signature: Path, trusted: Path, *more: str, content: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[bytes]:
    command: list[str | Path] = ["ssh-keygen", "-Y", act, "-s", signature, "-f", trusted, *more]
    try:
        return subprocess.run(command, check=False, stdin=content, capture_output=True, timeout=_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseError(f"the signature cannot be checked: {error}") from error
