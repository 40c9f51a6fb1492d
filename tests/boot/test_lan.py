"""The pages over TLS on a booted Debian: the shipped unit with its account and its sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.boot.guest import UP_WITHIN_S, Guest, booted, make_data
from tests.boot.image import image

UNIT = "frontdesk-lan.service"
CONFIG = """\
[site]
office = "1373"
[panel]
public_url = "https://127.0.0.1:8443"
[lan]
listen = "127.0.0.1:8443"
"""
ASK = """
import ssl, urllib.request
trusting = ssl.create_default_context(cafile="/etc/frontdesk/tls/ca.pem")
print(urllib.request.urlopen("https://127.0.0.1:8443/healthz", context=trusting, timeout=30).status)
"""

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    folder = tmp_path_factory.mktemp("lan")
    make_data(folder / "data.img", folder / "made", {"frontdesk.toml": CONFIG})
    with booted(image(), folder / "run", folder / "data.img") as guest:
        guest.healthy()
        yield guest


def test_after_tls_make_and_a_restart_the_pages_are_there_and_the_keys_are_closed(guest: Guest) -> None:
    said = guest.run("frontdesk", "tls", "make")
    assert "SHA-256" in said
    guest.run("systemctl", "restart", "frontdesk.service", within_s=UP_WITHIN_S)
    guest.healthy()
    give_up = time.monotonic() + UP_WITHIN_S
    while (asked := guest.try_run("python3", "-c", ASK)).said.strip() != "200":
        assert time.monotonic() < give_up, asked.said
        time.sleep(1)
    assert guest.show(UNIT, "ActiveState") == {"ActiveState": "active"}
    keys = guest.run("stat", "-c", "%n %U:%G %a", "/etc/frontdesk/tls/lan.key", "/etc/frontdesk/tls/ca.key")
    assert keys.splitlines() == [
        "/etc/frontdesk/tls/lan.key root:frontdesk-lan 640",
        "/etc/frontdesk/tls/ca.key root:root 600",
    ]
