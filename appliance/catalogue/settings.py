"""The digital library: `[catalogue]` of the configuration, `[digital_library]` of the office's profile."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from appliance.durations import Duration, between
from appliance.toml_model import Table

CREDENTIAL = "webapi-key"  # its name in $CREDENTIALS_DIRECTORY

Text = Annotated[str, Field(min_length=1)]


def _file(value: object) -> Path:
    if isinstance(value, str | Path) and str(value):
        return Path(value)
    raise ValueError("must be the path of a file, in quotation marks")


class Catalogue(Table):
    """The copy of the publication catalogue of the BPS WebAPI."""

    key: Annotated[Path, BeforeValidator(_file)] | None = Field(
        None,
        description="File that holds the API key and nothing else. Without it, the credential "
        "`webapi-key` of the service manager; without both the library shows links only.",
        examples=["/etc/frontdesk/credentials/webapi-key"],
    )
    url: Text = Field("https://webapi.bps.go.id/v1/api", description="Address of the API.")
    hour: Annotated[int, Field(ge=0, le=23)] = Field(
        1, description="Local hour of the night from which the copy is made anew."
    )
    pause: Annotated[Duration, between("0s", "1m")] = Field(
        timedelta(seconds=1), description="Between two requests; the API asks for restraint."
    )
    timeout: Annotated[Duration, between("1s", "2m")] = Field(
        timedelta(seconds=20), description="Longest time for one answer of the API, from first to last byte."
    )
    file_mb: Annotated[int, Field(ge=1, le=500)] = Field(
        50, description="Larger publications are not fetched to be read here."
    )
    cache_mb: Annotated[int, Field(ge=10, le=20_000)] = Field(
        500, description="Room for publications that are kept to be read here."
    )
    keep: Annotated[Duration, between("1h", "2160h")] = Field(
        timedelta(days=30), description="A publication that nobody has opened for this long is erased here."
    )

    def read_key(self) -> str | None:
        """The API key, or None where there is none. Raises OSError for a file that cannot be read."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        credential = Path(folder) / CREDENTIAL if folder else None
        path = self.key or (credential if credential and credential.exists() else None)
        return path.read_text(encoding="ascii", errors="replace").strip() or None if path else None


class Domain(Table):
    """One domain of BPS whose publications are in the copy, and the site of its public pages."""

    id: Annotated[str, Field(pattern=r"^\d{4}$")]
    name: Text
    site: Text  # without its scheme: sawahluntokota.bps.go.id


class DigitalLibrary(Table):
    """The table [digital_library] of a profile; without it there is no digital library."""

    domains: Annotated[tuple[Domain, ...], Field(min_length=1)]  # the office's own first
    register_url: Text  # where an account of the online library is made
    online_url: Text  # of the online library itself

    @field_validator("domains")
    @classmethod
    def _differ(cls, domains: tuple[Domain, ...]) -> tuple[Domain, ...]:
        if len({domain.id for domain in domains}) < len(domains):
            raise ValueError("a domain is named twice")
        return domains

    def site_of(self, domain: str) -> str:
        """The site of a domain; that of the first one where the profile has it no more."""
        return next((one.site for one in self.domains if one.id == domain), self.domains[0].site)
