"""What an idle front desk writes to its card: a machine of its own, which nobody has hurt or asked."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boot.guest import UP_WITHIN_S, Guest, booted, make_data
from tests.boot.image import image
from tests.boot.test_boot import tell

HERE = Path(__file__).parent
IDLE_S = float(os.environ.get("FRONTDESK_IDLE_S", "600"))
SETTLED_S = 90.0  # after the start: what that has written is on the card
CONFIG = """\
[site]
office = "1373"
[printer]
driver = "escpos-usb"
vendor = "04b8"
product = "0e15"
timeout = "10s"
"""
# The printer; and what Debian does once a day, not once an hour.
PREPARE = """
sh /data/test/gadget.sh
systemd-run --quiet --unit=paper python3 /data/test/paper.py /run/paper
systemctl start systemd-tmpfiles-clean.service
systemctl stop systemd-tmpfiles-clean.timer
"""

pytestmark = [pytest.mark.boot, pytest.mark.timeout(2400)]


@pytest.fixture
def guest(tmp_path: Path) -> Iterator[Guest]:
    files = {name: (HERE / name).read_text(encoding="utf-8") for name in ("gadget.sh", "paper.py")}
    make_data(tmp_path / "data.img", tmp_path / "made", files | {"frontdesk.toml": CONFIG})
    with booted(image(), tmp_path / "run", tmp_path / "data.img") as guest:
        guest.healthy()
        guest.shell(PREPARE)
        give_up = time.monotonic() + UP_WITHIN_S
        while json.loads(guest.healthy().said)["devices"]["printer"]["state"] != "ready":
            assert time.monotonic() < give_up
            time.sleep(1)
        guest.shell("journalctl --sync; sync")
        time.sleep(SETTLED_S)
        yield guest


def test_an_idle_front_desk_spares_the_card(guest: Guest) -> None:
    """All that comes to the data partition: database, log, and what the file system adds."""
    before, lines = guest.disk.counts.written, journal(guest)
    time.sleep(IDLE_S)
    written = (guest.disk.counts.written - before) * 3600 / IDLE_S / 2**20
    tell(f"written in an idle hour: {written:.2f} MiB, from {IDLE_S:.0f} s")
    assert written <= 1.0, "\n".join(journal(guest)[len(lines) :])


def journal(guest: Guest) -> list[str]:
    return guest.run("journalctl", "-b", "--no-pager").splitlines()
