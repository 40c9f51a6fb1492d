"""A certificate and its key, looked at: do they fit, for whom are they, how long do they last.

Nothing of a key is ever in what is said here.
"""

from __future__ import annotations

import ipaddress
import ssl
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from appliance.lan.settings import Lan
from appliance.toml_model import Finding

WARN_BEFORE: Final = timedelta(days=60)  # a technician comes to an office every other month
_CERTIFICATE, _KEY = ("lan", "certificate"), ("lan", "key")
_MAKE = "`sudo frontdesk tls make` makes one"

State = Literal["good", "early", "soon", "expired"]


class Unreadable(Exception):
    """No certificate can be read there; the text says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of itself."""

    names: frozenset[str]  # host names in small letters, and addresses
    issuer: str
    begins: datetime  # UTC
    ends: datetime  # UTC
    fingerprint: str  # SHA-256, hexadecimal, in pairs

    def state(self, now: datetime) -> State:
        """How it stands at this moment."""
        if now < self.begins:
            return "early"
        if now >= self.ends:
            return "expired"
        return "soon" if self.ends - now < WARN_BEFORE else "good"

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative after that."""
        return (self.ends - now).days

    def holds(self, name: str) -> bool:
        """Whether it is for this name or address."""
        parent = f"*.{name.partition('.')[2]}"
        return name in self.names or (not _is_address(name) and parent in self.names)


def read(path: Path) -> Certificate:
    """The first certificate of a PEM file. Raises Unreadable."""
    try:
        return of(x509.load_pem_x509_certificate(path.read_bytes()))
    except FileNotFoundError:
        raise Unreadable(f"{path} is not there: {_MAKE}") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error.strerror})") from error
    except ValueError:
        raise Unreadable(f"{path} holds no certificate (PEM)") from None


def of(certificate: x509.Certificate) -> Certificate:
    """What is of interest in it here."""
    return Certificate(
        names=frozenset(_names(certificate)),
        issuer=certificate.issuer.rfc4514_string(),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's side of TLS 1.2 and 1.3, with forward secrecy. Raises OSError (ssl.SSLError is one)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2; those of 1.3 are all good
    made.options |= ssl.OP_NO_RENEGOTIATION
    made.set_alpn_protocols(["http/1.1"])
    # Without the callback OpenSSL would ask for the password of a key on the terminal, and wait.
    made.load_cert_chain(certificate, key, password=lambda: b"")
    return made


def findings(lan: Lan, names: Iterable[str], now: datetime) -> Iterator[Finding]:
    """What is wrong with the files, for `frontdesk config check`."""
    try:
        found = read(lan.certificate)
    except Unreadable as error:
        yield Finding(_CERTIFICATE, str(error))
        return
    if trouble := key_trouble(lan):
        yield Finding(_KEY, trouble)
    yield from _standing(found, now)
    for name in names:
        if not found.holds(name):
            yield Finding(_CERTIFICATE, f"is not for {name}: have it made anew for all names, or change them")


def key_trouble(lan: Lan) -> str | None:
    """Why the key is of no use or too open, in words; None when all is well."""
    try:
        mode = lan.key.stat().st_mode
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            return f"{lan.key} is open to others: chmod 640 {lan.key}"
        context(lan.certificate, lan.key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"{lan.key} is not the key of {lan.certificate}"
        return f"{lan.key} holds no key without a password (PEM), or one too weak"
    except OSError as error:
        return f"{lan.key} cannot be read by this account ({error.strerror}); try it with sudo"
    return None


def _standing(found: Certificate, now: datetime) -> Iterator[Finding]:
    state = found.state(now)
    if state == "expired":
        yield Finding(_CERTIFICATE, f"has expired on {found.ends:%Y-%m-%d}: {_MAKE} (docs/lan.md)")
    elif state == "early":
        when = f"{found.begins:%Y-%m-%d}"
        yield Finding(
            _CERTIFICATE, f"is valid only from {when} on, and here it is {now:%Y-%m-%d}: is the date right?"
        )


def _names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in held.get_values_for_type(x509.DNSName))
    yield from (str(address) for address in held.get_values_for_type(x509.IPAddress))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
