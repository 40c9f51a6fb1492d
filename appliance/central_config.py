"""The configuration of the way to the central server.

Secrets never stand in it: a token or password is read from a file that it names, or that the service manager
hands over as a credential.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from appliance.addresses import is_loopback
from appliance.durations import Duration, between
from appliance.toml_model import Table

CREDENTIAL = "central-token"  # its name in $CREDENTIALS_DIRECTORY

Text = Annotated[str, Field(min_length=1)]


def _file(value: object) -> Path:
    if isinstance(value, str) and value:
        return Path(value)
    if isinstance(value, Path):
        return value
    raise ValueError("must be the path of a file, in quotation marks")


def _checked(value: str, safe: str, plain: str) -> str:
    """An address that begins with `safe`; with `plain` only on this machine itself."""
    if not re.fullmatch(rf"(?:{safe}|{plain})://[^\s/?#@]+(?:/[^\s?#]*)?", value):
        raise ValueError(f'must begin with "{safe}://", and hold no name, password or "?"')
    parts = urlsplit(value)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("has a port that is none") from None
    if not host or port == 0:
        raise ValueError("names no host, or a port that is none")
    if parts.scheme == plain and not is_loopback(host):
        raise ValueError(f'would send visits unprotected: it must begin with "{safe}://"')
    return value.rstrip("/")


def _url(value: str) -> str:
    return _checked(value, "https", "http")


def _broker(value: str) -> str:
    if urlsplit(_checked(value, "mqtts", "mqtt")).path:
        raise ValueError('must end with the port, as "mqtts://broker.example:8883"')
    return value.rstrip("/")


FilePath = Annotated[Path, BeforeValidator(_file)]


class Central(Table):
    """The central server that visits are sent to."""

    road: Literal["https", "mqtt"] = Field(
        "https", description="How: `https` to the server itself, or `mqtt` to a broker."
    )
    url: Annotated[str, AfterValidator(_url)] | None = Field(
        None,
        validate_default=True,
        description="For `https`: the server's address, without `/v1/events`.",
        examples=["https://central.example"],
    )
    broker: Annotated[str, AfterValidator(_broker)] | None = Field(
        None,
        validate_default=True,
        description="For `mqtt`: the broker's address.",
        examples=["mqtts://broker.example:8883"],
    )
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)] = Field(
        "pst",
        description="For `mqtt`: the beginning of the topic; it goes on as in `pst/1373/events`.",
    )
    user: Text | None = Field(
        None,
        description="For `mqtt`: the name for the broker; the password is the token.",
        examples=["pst-1373"],
    )
    token: FilePath | None = Field(
        None,
        description="File that holds the token (for `mqtt` the password) and nothing else. Without it, the "
        f"credential `{CREDENTIAL}` of the service manager, where there is one.",
        examples=["/etc/frontdesk/central-token"],
    )
    ca: FilePath | None = Field(
        None,
        description="File with the certificate authority that alone is trusted; else those of the system.",
        examples=["/etc/frontdesk/central-ca.pem"],
    )
    certificate: FilePath | None = Field(
        None,
        description="File with this front desk's own certificate, where the server asks for one.",
        examples=["/etc/frontdesk/central-client.pem"],
    )
    key: FilePath | None = Field(
        None,
        validate_default=True,
        description="File with the key of `certificate`.",
        examples=["/etc/frontdesk/central-client.key"],
    )
    timeout: Annotated[Duration, between("1s", "10m")] = Field(
        timedelta(seconds=60), description="Longest time for one batch, from the first byte to the last."
    )

    @field_validator("url", "broker")
    @classmethod
    def _needed_for_its_road(cls, value: str | None, info: ValidationInfo) -> str | None:
        road = {"url": "https", "broker": "mqtt"}[str(info.field_name)]
        if value is None and info.data.get("road", "https") == road:
            raise ValueError(f'is needed for road = "{road}"')
        return value

    @field_validator("key")
    @classmethod
    def _goes_with_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("certificate") is None):
            raise ValueError("and certificate are needed together")
        return value
