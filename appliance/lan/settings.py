"""The configuration of the pages on the office's own network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from appliance.addresses import Address, host_of, is_loopback, port_of
from appliance.central_config import FilePath
from appliance.toml_model import Finding, Table

TLS_FOLDER = Path("/etc/frontdesk/tls")
NEXT_STEP = "keep 127.0.0.1 here, and add the table [lan], which serves them over TLS (docs/lan.md)"


def _name(value: str) -> str:
    if not value or len(value) > 253 or set(value) & set("/:@[]*, "):
        raise ValueError('must be a name or an IPv4 address and nothing else, as "pst.local"')
    return value.lower()


def own_machine_only(listen: str) -> str:
    """For `[panel] listen`: refuses an address that would show the pages to a network without TLS."""
    if not is_loopback(host_of(listen)):
        raise ValueError(f"would send log-ins and visits over the network unprotected: {NEXT_STEP}")
    return listen


class Lan(Table):
    """The pages over TLS for officers' computers and visitors' phones; without this table, for nobody."""

    listen: Address = Field(
        "0.0.0.0:8443",
        description="Address and port of the pages over TLS; a port of 1024 or more.",
    )
    names: tuple[Annotated[str, AfterValidator(_name)], ...] = Field(
        (),
        description="Under which names and addresses the pages are opened too, besides that in "
        "`public_url` of [panel]; the certificate must hold all of them.",
        examples=[("192.168.1.10",)],
    )
    certificate: FilePath = Field(
        TLS_FOLDER / "lan.pem",
        description="File with the certificate, and those between it and its authority after it. "
        "`frontdesk tls make` makes the one at this place.",
    )
    key: FilePath = Field(
        TLS_FOLDER / "lan.key",
        description="File with the certificate's key, without a password, that others may not read.",
    )
    socket: FilePath = Field(
        Path("/run/frontdesk-lan/pages.sock"),
        description="Where the process that ends the TLS meets the front desk: a Unix socket.",
    )

    @property
    def host(self) -> str:
        """The address that is listened on, without the brackets of IPv6."""
        return host_of(self.listen)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return port_of(self.listen)


def host_names(lan: Lan | None, public_url: str | None) -> list[str]:
    """Under which names the pages are opened, that of the public address first."""
    public = urlsplit(public_url or "").hostname
    return list(dict.fromkeys([*([public] if public else []), *(lan.names if lan else ())]))


def findings(lan: Lan | None, public_url: str | None) -> Iterator[Finding]:
    """What does not fit between the tables [lan] and [panel]."""
    if lan is None:
        return
    if public_url is None:
        yield Finding(("lan",), "needs public_url in [panel]: under which address the pages are opened")
    elif not public_url.startswith("https://"):
        yield Finding(("panel", "public_url"), 'must begin with "https://", since [lan] speaks TLS only')
