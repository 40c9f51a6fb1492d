"""A library at work: a disk whose front desk has visitors (living.py), and the server they are sent to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.boot.guest import make_data
from tests.central.certificates import Authority
from tests.central.receiver import Receiver, receiver

HERE = Path(__file__).parent

# Seconds of an emulated machine that no front desk needs.
SPARE = " ".join(
    f"systemd.mask={unit}"
    for unit in (
        "udisks2.service",
        "systemd-logind.service",
        "getty@tty1.service",
        "serial-getty@ttyS0.service",
    )
)


@dataclass(frozen=True)
class Library:
    """What stays the same from boot to boot."""

    data: Path
    centre: Receiver


@contextmanager
def library(folder: Path) -> Iterator[Library]:
    """A fresh disk, and a receiver with TLS on the machine below, which the guest knows as 10.0.2.2."""
    authority = Authority(folder / "authority")
    pair = authority.issue("centre", names="IP:10.0.2.2")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    data = folder / "data.img"
    with receiver(context) as centre:
        files = {
            "living.py": (HERE / "living.py").read_text(encoding="utf-8"),
            "ca.pem": authority.certificate.read_text(encoding="utf-8"),
            "token": "of-the-test",
            "central-url": f"https://10.0.2.2:{centre.server_port}",
        }
        make_data(data, folder / "made", files)
        yield Library(data, centre)
