"""Certificates of every kind, made by openssl on the spot: an authority, servers good and bad, a client."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
[ca]
default_ca = it
[it]
dir = {folder}
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = copy
[anything]
commonName = supplied
[req]
distinguished_name = nobody
[nobody]
"""

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
PAST, BEGUN, FUTURE = "20200101000000Z", "20210101000000Z", "20990101000000Z"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        self._config = folder / "openssl.cnf"
        self._config.write_text(_CONFIG.format(folder=folder))
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl(
            *(
                "req",
                "-x509",
                "-config",
                self._config,
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
            ),
            *("-nodes", "-days", "3650", "-subj", "/CN=Test authority"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def issue(
        self, name: str, *, names: str = "IP:127.0.0.1", first: str = BEGUN, last: str = FUTURE
    ) -> Pair:
        """A certificate for these names and this time."""
        made = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        _openssl(
            *("req", "-new", "-config", self._config, *_NEW_KEY),
            *("-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}"),
            *("-keyout", made.key, "-out", request),
        )
        _openssl(
            *("ca", "-batch", "-config", self._config, "-cert", self.certificate, "-keyfile", self._key),
            *("-startdate", first, "-enddate", last, "-notext", "-in", request, "-out", made.certificate),
        )
        return made


def serving(pair: Pair, clients_of: Path | None = None) -> ssl.SSLContext:
    """What a server needs; with an authority it asks its clients for a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if clients_of is not None:
        context.load_verify_locations(clients_of)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
