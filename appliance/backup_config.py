"""The configuration of the copies that leave the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyrage
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from appliance.toml_model import Table


def _folder(value: object) -> Path:
    if isinstance(value, str | Path) and str(value).startswith("/"):
        return Path(value)
    raise ValueError('must be the path of a folder, from the root, as "/media/backup"')


class Backup(Table):
    """Copies of the database that leave the machine, encrypted."""

    recipient: str | None = Field(
        None,
        description="Public key of `frontdesk backup key`. The key that opens the copies must not be on this "
        "machine.",
        examples=["age1gvepkf9788vyk5h0gr4cuvv92yygxpl2rfz08xq0sq3lmkzw5vss9w7mdx"],
    )
    copy_to: Annotated[Path, BeforeValidator(_folder)] | None = Field(
        None,
        validate_default=True,
        description="Folder of a USB drive or a share to which each copy is carried, encrypted. It must be "
        "there already: a drive that is not mounted is reported, not written beside.",
        examples=["/media/backup"],
    )

    @field_validator("recipient")
    @classmethod
    def _is_key(cls, key: str | None) -> str | None:
        if key is not None:
            try:
                pyrage.x25519.Recipient.from_str(key)
            except pyrage.RecipientError:
                raise ValueError('must be a public key of `frontdesk backup key`, "age1..."') from None
        return key

    @field_validator("copy_to")
    @classmethod
    def _only_encrypted(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        if folder is not None and info.data.get("recipient", "") is None:
            raise ValueError("needs `recipient`: no copy leaves the machine unencrypted")
        return folder
