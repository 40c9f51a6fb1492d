"""Copies that leave the machine: encrypted (age, X25519) for a key that is kept elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pyrage

from appliance.errors import CopyFailed, CopyRefused
from appliance.files import sync_folder, write_durably
from appliance.keeping import backup
from appliance.keeping.backup import Copy

SUFFIX = ".age"
_HEADER = b"age-encryption.org/"


def new_key() -> tuple[str, str]:
    """A new pair: the public key for the configuration, and the secret one for the safe."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def carry(copy: Copy, folder: Path, recipient: str) -> Path:
    """Write a copy, encrypted, into a folder that is there, with its manifest. Raises CopyFailed."""
    if not folder.is_dir():
        raise CopyFailed(f"{folder} is not there: is the drive mounted?")
    path = folder / f"{copy.path.name}{SUFFIX}"
    unfinished = path.with_name(f"{path.name}.new")
    try:
        pyrage.encrypt_file(str(copy.path), str(unfinished), [pyrage.x25519.Recipient.from_str(recipient)])
        handle = os.open(unfinished, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        unfinished.replace(path)
        sync_folder(folder)
        write_durably(backup.manifest_of(path), backup.manifest_of(copy.path).read_bytes(), mode=0o640)
    except (OSError, pyrage.RecipientError, pyrage.EncryptError) as error:
        raise CopyFailed(f"{path}: {error}") from error
    return path


def is_carried(copy: Copy, folder: Path) -> bool:
    """Whether this copy is in that folder, with its manifest."""
    path = folder / f"{copy.path.name}{SUFFIX}"
    return path.is_file() and backup.manifest_of(path).is_file()


def prune(folder: Path) -> int:
    """Remove the carried copies that are not kept, by the same rule as on the machine; gives how many."""
    gone = backup.surplus(backup.copies(folder))
    for copy in gone:
        backup.remove(copy)
    return len(gone)


def is_sealed(path: Path) -> bool:
    """Whether this file is encrypted. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def unseal(path: Path, target: Path, identity: Path) -> None:
    """Decrypt a copy with the key in a file. Raises CopyRefused with the reason."""
    try:
        lines = identity.read_text(encoding="utf-8").split()
        keys = [pyrage.x25519.Identity.from_str(one) for one in lines if one.startswith("AGE-SECRET-KEY-")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CopyRefused(f"{identity}: {error}") from error
    if not keys:
        raise CopyRefused(f"{identity} holds no key of `frontdesk backup key`")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        pyrage.decrypt_file(str(path), str(target), keys)
    except (OSError, pyrage.DecryptError) as error:
        raise CopyRefused(f"{path.name} cannot be opened: wrong key, or damaged ({error})") from error
