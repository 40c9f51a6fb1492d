"""Which offices there are, and by what they and the viewers of the pages are known.

A token is 256 random bits, printed once; kept is its SHA-256, which leads nowhere. A certificate is known by
the SHA-256 of its DER form, as `openssl x509 -fingerprint -sha256` shows it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from appliance.central.archive import UnknownOffice
from appliance.central.databases import Session

Credential = Literal["token", "certificate", "viewer"]

_DOMAIN = re.compile(r"[0-9]{4}")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


class BadCertificate(ValueError):
    """The text holds no certificate."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office that may send."""

    domain: str
    name: str
    heard: datetime | None  # when its last batch was stored
    credentials: int  # tokens and certificates that are good


def is_domain(code: str) -> bool:
    """Whether this is the code of an office: four digits."""
    return _DOMAIN.fullmatch(code) is not None


def add(session: Session, domain: str, name: str) -> None:
    """Know an office; one that is known is called `name` from now on, if that says anything."""
    session.run(
        "INSERT INTO office (domain_code, name, added) VALUES (?, ?, ?) ON CONFLICT (domain_code)"
        " DO UPDATE SET name = CASE WHEN excluded.name = '' THEN office.name ELSE excluded.name END",
        domain,
        name,
        _now(),
    )


def give_token(session: Session, domain: str) -> str:
    """A new token of an office that was added. Older ones stay good, so that a device can be changed over."""
    token = secrets.token_urlsafe(32)
    _keep(session, fingerprint(token), "token", domain)
    return token


def give_viewer(session: Session, name: str) -> str:
    """A new password for somebody who looks at the pages; their older one is no longer good."""
    revoke(session, name, ("viewer",))
    password = secrets.token_urlsafe(16)
    _keep(session, fingerprint(f"{name}:{password}"), "viewer", name)
    return password


def take_certificate(session: Session, domain: str, certificate_hash: str) -> None:
    """Know an office that was added by its client certificate."""
    _keep(session, certificate_hash, "certificate", domain)


def revoke(session: Session, holder: str, kinds: tuple[Credential, ...] = ("token", "certificate")) -> int:
    """Let all credentials of a holder be good no longer; gives how many there were."""
    places = ", ".join("?" for _ in kinds)
    gone = session.run(
        f"UPDATE credential SET revoked = ? WHERE holder = ? AND kind IN ({places}) AND revoked IS NULL"
        " RETURNING hash",
        _now(),
        holder,
        *kinds,
    )
    return len(gone)


def holder_of(session: Session, kind: Credential, credential_hash: str) -> tuple[str, bool] | None:
    """Whose credential this is, and whether it is good; None when nobody's."""
    found = session.run(
        "SELECT holder, revoked FROM credential WHERE hash = ? AND kind = ?", credential_hash, kind
    )
    return (found[0][0], found[0][1] is None) if found else None


def everyone(session: Session) -> list[Office]:
    """All offices, by their codes."""
    rows = session.run(
        "SELECT domain_code, name, heard, (SELECT count(*) FROM credential WHERE holder = domain_code"
        " AND kind <> 'viewer' AND revoked IS NULL) FROM office ORDER BY domain_code"
    )
    return [
        Office(domain, name, datetime.fromisoformat(heard) if heard else None, credentials)
        for domain, name, heard, credentials in rows
    ]


def fingerprint(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def certificate_fingerprint(pem: str) -> str:
    """What is kept of a certificate. Raises BadCertificate."""
    match = _PEM.search(pem)
    if match is None:
        raise BadCertificate("no certificate in PEM form")
    try:
        der = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error as error:
        raise BadCertificate(str(error)) from error
    return hashlib.sha256(der).hexdigest()


def _keep(session: Session, credential_hash: str, kind: Credential, holder: str) -> None:
    if kind != "viewer" and not session.run("SELECT 1 FROM office WHERE domain_code = ?", holder):
        raise UnknownOffice(holder)
    session.run(
        "INSERT INTO credential (hash, kind, holder, made) VALUES (?, ?, ?, ?) ON CONFLICT (hash)"
        " DO UPDATE SET holder = excluded.holder, made = excluded.made, revoked = NULL",
        credential_hash,
        kind,
        holder,
        _now(),
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
