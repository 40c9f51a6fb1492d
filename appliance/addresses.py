"""Addresses to listen on, as they stand in a configuration: `127.0.0.1:8080`, `[::1]:8080`."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator


def checked(value: str) -> str:
    """The address itself; raises ValueError where it is none."""
    match = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:\[\]]+):(\d{1,5})", value)
    if match is None or not 0 < int(match[2]) < 65536:
        raise ValueError('must be an address and a port, as "127.0.0.1:8080"')
    return value


Address = Annotated[str, AfterValidator(checked)]


def host_of(address: str) -> str:
    """The host, without the brackets of IPv6."""
    return address.rpartition(":")[0].strip("[]")


def port_of(address: str) -> int:
    """The port."""
    return int(address.rpartition(":")[2])


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
