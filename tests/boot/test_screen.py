"""The visitors' screen on a booted Debian: the shipped unit with cage and Chromium, on a screen of QEMU's.

Nothing stands in for anything: systemd starts the unit with its account, its session and its sandbox,
Chromium reads its policy, cage draws on the kernel's virtio-gpu, and the picture is taken where a screen
would show it. Its words are read by Tesseract. An emulated machine is slow: a page takes a minute or more.
One thing is not as on a Pi: cage draws without a graphics processor, since QEMU has none.
"""

from __future__ import annotations

import io
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.boot.guest import Guest, booted, make_data
from tests.boot.image import image
from tests.boot.test_boot import tell

UNIT = "frontdesk-kiosk.service"
SHOWN_WITHIN_S = 200.0
STARTS = 5
WITHOUT_GPU = "Environment=WLR_RENDERER=pixman"  # Mesa of Bookworm crashes on a screen without one
FLAGS = 'export CHROMIUM_FLAGS="$CHROMIUM_FLAGS --disable-gpu"\n'  # the same for Chromium, as Debian has it
CONFIG = '[site]\noffice = "1373"\n'
OFFICE = "Kota Sawahlunto"

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1500)]


class Screen:
    """What stands on QEMU's screen, asked for over its monitor (QMP)."""

    def __init__(self, monitor: Path, picture: Path) -> None:
        self._monitor = monitor
        self._picture = picture

    def picture(self) -> Image.Image:
        """The screen now."""
        self._do("screendump", filename=str(self._picture), format="png")
        return Image.open(io.BytesIO(self._picture.read_bytes()))

    def _do(self, command: str, **arguments: str) -> None:
        with closing(socket.socket(socket.AF_UNIX)) as line:
            line.connect(str(self._monitor))
            with line.makefile("rw", encoding="utf-8") as lines:
                for order in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                    lines.write(json.dumps(order) + "\n")
                    lines.flush()
                    while "return" not in (answer := json.loads(lines.readline())):
                        assert "error" not in answer, answer


def words(picture: Image.Image) -> str:
    """What can be read in a picture."""
    file = io.BytesIO()
    picture.convert("L").save(file, "png")
    done = subprocess.run(
        ["tesseract", "-", "-", "--psm", "11"], check=True, input=file.getvalue(), capture_output=True
    )
    return " ".join(done.stdout.decode().split())


def as_it_is(picture: Image.Image) -> Image.Image:
    return picture


def await_words(
    guest: Guest, screen: Screen, wanted: str, seen: Callable[[Image.Image], Image.Image] = as_it_is
) -> str:
    """Until these words stand on the screen; gives all of its words.

    QEMU's screen now and then refuses a picture ("Basic output test failed"), after which this cage draws no
    more: then the unit is started anew.
    """
    for _ in range(STARTS):
        give_up = time.monotonic() + SHOWN_WITHIN_S
        while time.monotonic() < give_up:
            if wanted in (found := words(seen(screen.picture()))):
                return found
            time.sleep(5)
        tell("nothing on the screen: started anew")
        guest.run("systemctl", "restart", UNIT)
    raise AssertionError(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screen")


@pytest.fixture(scope="module")
def guest(folder: Path) -> Iterator[Guest]:
    make_data(folder / "data.img", folder / "made", {"frontdesk.toml": CONFIG})
    more = ("-device", "virtio-gpu-pci,xres=1920,yres=1080", "-m", "2048")
    monitor = ("-qmp", f"unix:{folder / 'monitor'},server=on,wait=off")
    with booted(image(with_screen=True), folder / "run", folder / "data.img", (*more, *monitor)) as guest:
        guest.healthy()
        guest.run("tee", "/etc/chromium.d/without-gpu", given=FLAGS)
        yield guest


@pytest.fixture(scope="module")
def screen(folder: Path, guest: Guest) -> Screen:
    return Screen(folder / "monitor", folder / "screen.png")


def show(guest: Guest, *lines: str) -> None:
    """Start the unit, with what `systemctl edit` would write."""
    guest.run("systemctl", "stop", UNIT)
    guest.shell(f"mkdir -p /run/systemd/system/{UNIT}.d")
    guest.run(
        "tee",
        f"/run/systemd/system/{UNIT}.d/test.conf",
        given="\n".join(("[Service]", WITHOUT_GPU, *lines, "")),
    )
    guest.run("systemctl", "daemon-reload")
    guest.run("systemctl", "start", UNIT)


def assert_at_work(guest: Guest) -> None:
    assert guest.show(UNIT, "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}


def test_the_kiosk_is_on_the_screen_and_nothing_beside_it(guest: Guest, screen: Screen) -> None:
    began = time.monotonic()
    show(guest)
    await_words(guest, screen, OFFICE)
    tell(f"screen started to kiosk shown: {time.monotonic() - began:.0f} s (QEMU without KVM)")
    assert_at_work(guest)
    picture = screen.picture()
    assert picture.size == (1920, 1080)
    light = np.asarray(picture.convert("L"))
    assert min(light[[0, 0, -1, -1], [0, -1, 0, -1]]) > 128, "no corner is left black"
    accounts = guest.shell("ps -o user:32= -C chromium | sort -u").split()
    assert accounts == ["frontdesk-kiosk"]
    groups = guest.shell("for p in $(pgrep chromium); do cat /proc/$p/cgroup; done | sort -u")
    assert groups.strip() == f"0::/system.slice/{UNIT}", "the unit's limits are those of the browser"


def test_no_other_page_opens_on_it(guest: Guest, screen: Screen) -> None:
    show(guest, "ExecStart=", "ExecStart=/usr/lib/frontdesk/screen http://127.0.0.1:8080/desk/")
    found = await_words(guest, screen, "This page is blocked")
    assert OFFICE not in found


def test_a_screen_that_hangs_upright_is_turned(guest: Guest, screen: Screen) -> None:
    guest.run("tee", "/etc/frontdesk/screen", given="FRONTDESK_SCREEN_TURN=90\n")

    def upright(picture: Image.Image) -> Image.Image:
        return picture.transpose(Image.Transpose.ROTATE_270)  # clockwise by 90 degrees

    show(guest)
    await_words(guest, screen, OFFICE, upright)
    assert_at_work(guest)
