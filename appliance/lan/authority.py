"""The site's own certificate authority, and the certificate that it makes for the pages.

An office without internet gets a certificate from nobody, so it makes its own. An officer's computer is told
once to trust the authority; it can speak for the names of this front desk alone (name constraints), so that
whoever steals it gains nothing beyond them. The certificate itself is made anew before it runs out.
"""

from __future__ import annotations

import grp
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.clock import EARLIEST
from appliance.files import make_folder_durably, write_durably
from appliance.lan import certificate
from appliance.lan.settings import Lan

GROUP: Final = "frontdesk-lan"  # whose process ends the TLS, and so must read the key
RENEW_BEFORE: Final = timedelta(days=90)
_AUTHORITY_LASTS: Final = timedelta(days=3650)
_LASTS: Final = timedelta(days=820)  # Apple's devices take 825 at most, from any authority
_SLACK: Final = timedelta(days=1)  # for computers whose clocks are behind

Key = ec.EllipticCurvePrivateKey


class NotMade(Exception):
    """No certificate can be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's two files."""

    certificate: Path
    key: Path

    @classmethod
    def beside(cls, lan: Lan) -> Authority:
        """That of these settings: in the folder of their certificate."""
        return cls(lan.certificate.with_name("ca.pem"), lan.certificate.with_name("ca.key"))

    @property
    def is_there(self) -> bool:
        """Whether this site has an authority of its own."""
        return self.certificate.exists() and self.key.exists()


def make(lan: Lan, names: Sequence[str], site: str, now: datetime) -> None:
    """A new authority for these names, and its first certificate; what was there before is replaced.

    `site` is the office's name. Raises NotMade and OSError.
    """
    _believe(now)
    if not names:
        raise NotMade("no name to make it for: set public_url in [panel]")
    make_folder_durably(lan.certificate.parent, mode=0o755)
    authority = Authority.beside(lan)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject(f"PST {site}"[:64])
    made = (
        _builder(name, name, key, now, _AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_name(one) for one in _permitted(names)], None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(authority.key, key)
    _write(authority.certificate, made)
    renew(lan, names, now)


def is_due(lan: Lan, names: Sequence[str], now: datetime) -> bool:
    """Whether the certificate of the site's own authority should be made anew."""
    try:
        found = certificate.read(lan.certificate)
    except certificate.Unreadable:
        return True
    return found.ends - now < RENEW_BEFORE or not all(map(found.holds, names)) or not lan.key.exists()


def renew(lan: Lan, names: Sequence[str], now: datetime) -> None:
    """A new certificate of the authority that is there. Raises NotMade and OSError."""
    _believe(now)
    authority = Authority.beside(lan)
    ca, ca_key = _loaded(authority)
    outside = [name for name in names if not _may_speak_for(ca, name)]
    if outside:
        words = "the site's authority may not speak for"
        raise NotMade(
            f"{words} {', '.join(outside)}: `sudo frontdesk tls make --new`, and have it trusted anew"
        )
    ends_s = min(_LASTS, ca.not_valid_after_utc - now)
    if ends_s <= timedelta():
        raise NotMade("the site's authority has expired: `sudo frontdesk tls make --new`")
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([_name(name) for name in names])
    made = (
        _builder(_subject("PST Front Desk"), ca.subject, key, now, ends_s)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    _write_key(lan.key, key, group=GROUP)
    _write(lan.certificate, made)


# ------------------------------------------------------------------------------------------- parts


def _believe(now: datetime) -> None:
    """A clock that was never set would make a certificate for another time."""
    if now < datetime.combine(EARLIEST, time(), UTC):
        raise NotMade(f"this machine's date ({now:%Y-%m-%d}) cannot be right: set it first")


def _loaded(authority: Authority) -> tuple[x509.Certificate, Key]:
    try:
        ca = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        key = load_pem_private_key(authority.key.read_bytes(), None)
    except FileNotFoundError:
        raise NotMade("there is no authority of this site: `sudo frontdesk tls make`") from None
    except (ValueError, TypeError):
        raise NotMade(
            f"{authority.certificate} or its key is damaged: `sudo frontdesk tls make --new`"
        ) from None
    if not isinstance(key, Key) or key.public_key() != ca.public_key():
        raise NotMade(f"{authority.key} is not the key of {authority.certificate}")
    return ca, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.GeneralName:
    """A name of a certificate: an address, a network of addresses, or a host's name."""
    try:
        return x509.IPAddress(ipaddress.ip_network(name) if "/" in name else ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _permitted(names: Sequence[str]) -> list[str]:
    """The names as constraints write them, with something of each kind: a kind without any is not bound."""
    addresses = [_network(name) for name in names if isinstance(_name(name), x509.IPAddress)]
    hosts = [name for name in names if isinstance(_name(name), x509.DNSName)]
    # For a kind that is not used, one that leads nowhere (RFC 5737, RFC 2606).
    return [*(hosts or ["none.invalid"]), *(addresses or ["192.0.2.0/32"])]


def _network(address: str) -> str:
    return str(ipaddress.ip_network(address))


def _may_speak_for(ca: x509.Certificate, name: str) -> bool:
    try:
        bounds = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return True
    if isinstance(_name(name), x509.DNSName):
        hosts = [one.value for one in bounds if isinstance(one, x509.DNSName)]
        return any(name == host or name.endswith(f".{host}") for host in hosts)
    return any(str(one.value) == _network(name) for one in bounds if isinstance(one, x509.IPAddress))


def _write(path: Path, made: x509.Certificate) -> None:
    write_durably(path, made.public_bytes(Encoding.PEM), mode=0o644)


def _write_key(path: Path, key: Key, group: str | None = None) -> None:
    """Put a key down for the account that calls, and for `group` where this machine has it."""
    write_durably(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    number = _number(group) if group else None
    if number is not None and os.geteuid() == 0:
        os.chown(path, -1, number)
        path.chmod(0o640)


def _number(group: str) -> int | None:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None
