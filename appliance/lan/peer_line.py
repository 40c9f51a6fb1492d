"""The line by which whatever ends the TLS says who is at the other end: the PROXY protocol, version 1.

It is believed on the Unix socket alone, which only that process may open, and it comes before the first byte
of the visitor: nothing that a visitor sends can be taken for it. Source of the form: haproxy's
`doc/proxy-protocol.txt`, section 2.1.
"""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

LONGEST: Final = 107  # bytes, its end included
END: Final = b"\r\n"


class Peer(NamedTuple):
    """Who is at the other end."""

    address: str
    port: int


def written(peer: Peer, here: Peer) -> bytes:
    """The line for a connection from `peer` to `here`; both are of one family."""
    family = f"TCP{ipaddress.ip_address(peer.address).version}"
    return f"PROXY {family} {peer.address} {here.address} {peer.port} {here.port}\r\n".encode("ascii")


def read(line: bytes) -> Peer | None:
    """Who is at the other end, by a line without its end; None for anything else."""
    try:
        opening, family, source, target, port, target_port = line.decode("ascii").split(" ")
        addresses = [ipaddress.ip_address(source), ipaddress.ip_address(target)]
        ports = [_port(port), _port(target_port)]
    except ValueError:
        return None
    fits = opening == "PROXY" and all(family == f"TCP{address.version}" for address in addresses)
    return Peer(str(addresses[0]), ports[0]) if fits else None


def _port(digits: str) -> int:
    number = int(digits) if digits.isascii() and digits.isdigit() else -1
    if not 0 <= number < 65536:
        raise ValueError("is no port")
    return number
