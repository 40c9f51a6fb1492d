"""Installed, run, updated, taken back, removed and erased on Bookworm and on Trixie (`make test-install`)."""

from __future__ import annotations

import http.client
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import ask_for_ticket, health
from tests.install.conftest import BAD, FIRST, NEXT, Workshop
from tests.install.debian import Machine

pytestmark = pytest.mark.install

UP_WITHIN_S = 60.0
PROVE_S = 15  # of the minute that there is in an office

Stick = Callable[..., str]

WHERE = """
import cv2, gpiozero, numpy, pydantic, sane, smartcard.scard
for module in cv2, gpiozero, numpy, pydantic, sane, smartcard.scard:
    print(module.__name__, "/opt/frontdesk/" in module.__file__)
"""


def inodes(machine: Machine) -> dict[Path, int]:
    """Every file of ours, and whether it was written anew."""
    folders = ("/opt/frontdesk", "/etc/frontdesk", "/etc/systemd", "/usr/lib/systemd", "/var/lib/frontdesk")
    return {path: path.lstat().st_ino for folder in folders for path in machine.path(folder).rglob("*")}


def start(machine: Machine, port: int) -> None:
    """The front desk runs as its own account."""
    machine.start("runuser", "-u", "frontdesk", "--", "frontdesk", "run")
    await_well(machine, port)


def await_well(machine: Machine, port: int) -> None:
    end = time.monotonic() + UP_WITHIN_S * machine.patience
    while health(port).get("status") != "ok":
        assert time.monotonic() < end, machine.path("/srv/said").read_text()
        time.sleep(0.1)


def stop(machine: Machine) -> None:
    """Whatever runs as the account of the front desk is told to end, and has ended."""
    end = time.monotonic() + UP_WITHIN_S * machine.patience
    while running := machine.run("find", "/proc", "-maxdepth", "1", "-user", "frontdesk", "-name", "[0-9]*"):
        assert time.monotonic() < end
        machine.try_run("sh", "-c", 'kill "$@"', "sh", *(Path(path).name for path in running.split()))
        time.sleep(0.5)


def upgrade(machine: Machine, file: str) -> subprocess.CompletedProcess[str]:
    return machine.try_run(
        "frontdesk", "upgrade", file, "--plain", "--gate-seconds", str(PROVE_S * machine.patience)
    )


def current(machine: Machine) -> str:
    return machine.path("/opt/frontdesk/current").readlink().name


def test_from_a_release_file_to_nothing_left(
    machine: Machine, workshop: Workshop, stick: Stick, configured: Callable[[], None], port: int
) -> None:
    machine.run("apt-get", "-qq", "update")
    machine.run("tar", "-C", "/srv", "-xf", stick(workshop.file(FIRST)))
    installer = f"/srv/pst-frontdesk-{FIRST}/install.sh"

    machine.run(installer)
    first = inodes(machine)
    said = machine.run(installer)

    assert "installing" not in said, said
    assert inodes(machine) == first, "the second time changes nothing"
    assert machine.run("frontdesk", "--version") == f"frontdesk, version {FIRST}\n"
    assert where_modules_come_from(machine) == {
        "cv2": True,
        "gpiozero": True,
        "numpy": True,
        "pydantic": True,
        "sane": False,
        "smartcard.scard": False,
    }
    configured()
    assert machine.run("frontdesk", "config", "check") == "/etc/frontdesk/frontdesk.toml: in order\n"
    start(machine, port)
    assert ask_for_ticket(port) == "P001"

    next_file = stick(workshop.file(NEXT), workshop.file(NEXT).with_name(f"{workshop.file(NEXT).name}.sig"))
    done = upgrade(machine, next_file)
    assert done.returncode == 0, done.stdout
    assert current(machine) == NEXT
    assert ask_for_ticket(port) == "P002"

    bad_file = stick(workshop.file(BAD), workshop.file(BAD).with_name(f"{workshop.file(BAD).name}.sig"))
    done = upgrade(machine, bad_file)
    assert done.returncode == 1
    assert f"release {BAD} is not kept: it did not answer; back on {NEXT} with its data" in done.stdout
    assert current(machine) == NEXT
    await_well(machine, port)
    assert ask_for_ticket(port) == "P003"

    stop(machine)
    machine.run("/opt/frontdesk/current/install.sh", "--uninstall")
    assert not machine.path("/opt/frontdesk").exists()
    assert not machine.path("/usr/local/bin/frontdesk").is_symlink()
    assert machine.path("/var/lib/frontdesk/frontdesk.db").exists()
    assert machine.path("/etc/frontdesk/frontdesk.toml").exists()

    machine.run(installer)
    start(machine, port)
    assert ask_for_ticket(port) == "P004"
    stop(machine)
    machine.run(installer, "--uninstall", "--purge")
    for folder in ("/opt/frontdesk", "/var/lib/frontdesk", "/etc/frontdesk"):
        assert not machine.path(folder).exists()


def where_modules_come_from(machine: Machine) -> dict[str, bool]:
    said = machine.run("sh", "-c", 'cd /srv && exec /opt/frontdesk/current/bin/python -c "$0"', WHERE)
    return {name: own == "True" for name, own in (line.split() for line in said.splitlines())}


def test_the_debian_package_from_apt_to_purge(
    machine: Machine, workshop: Workshop, stick: Stick, configured: Callable[[], None], port: int
) -> None:
    machine.run("apt-get", "-qq", "update")
    apt = ("apt-get", "-qq", "-y", "--no-install-recommends", "--allow-downgrades")

    machine.run(*apt, "install", stick(workshop.deb(FIRST)))
    configured()
    assert machine.run("frontdesk", "config", "check") == "/etc/frontdesk/frontdesk.toml: in order\n"
    start(machine, port)
    assert ask_for_ticket(port) == "P001"
    stop(machine)

    machine.run(*apt, "install", stick(workshop.deb(NEXT)))
    assert machine.run("frontdesk", "--version") == f"frontdesk, version {NEXT}\n"
    assert machine.run("dpkg", "--verify", "pst-frontdesk") == ""
    start(machine, port)
    assert ask_for_ticket(port) == "P002"
    stop(machine)

    machine.run(*apt, "remove", "pst-frontdesk")
    assert not machine.path("/opt/frontdesk").exists()
    assert not machine.path("/usr/bin/frontdesk").is_symlink()
    assert machine.path("/var/lib/frontdesk/frontdesk.db").exists()
    assert machine.path("/etc/frontdesk/frontdesk.toml").exists()

    machine.run(*apt, "purge", "pst-frontdesk")
    for folder in ("/opt/frontdesk", "/var/lib/frontdesk", "/etc/frontdesk"):
        assert not machine.path(folder).exists()


def test_a_release_that_was_damaged_on_its_way_changes_nothing(
    machine: Machine, workshop: Workshop, stick: Stick
) -> None:
    machine.run("tar", "-C", "/srv", "-xf", stick(workshop.file(FIRST)))
    folder = machine.path(f"/srv/pst-frontdesk-{FIRST}")
    with (folder / "requirements.txt").open("a") as file:
        file.write("# more\n")

    done = machine.try_run(folder.relative_to(machine.root).as_posix().join(("/", "/install.sh")))

    assert done.returncode == 1
    assert "this release is damaged" in done.stdout
    assert not machine.path("/opt/frontdesk").exists()


def test_every_device_is_ready_on_debian_s_own_libraries(
    machine: Machine, workshop: Workshop, stick: Stick, port: int
) -> None:
    """Debian's pyscard and python-sane are older than those that are tested elsewhere: a card is read, a page
    can be scanned, and the rest of the simulated front desk is there too."""
    machine.run("apt-get", "-qq", "update")
    machine.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", "vsmartcard-vpcd")
    machine.run("tar", "-C", "/srv", "-xf", stick(workshop.file(FIRST)))
    machine.run(f"/srv/pst-frontdesk-{FIRST}/install.sh")
    machine.start("frontdesk", "simulate", "--listen", f"127.0.0.1:{port}")
    await_well(machine, port)

    wanted = {"buttons", "printer", "card_reader", "lockers", "voice", "scanner"}
    end = time.monotonic() + UP_WITHIN_S * machine.patience
    while (up := devices_that_are_up(port)) != wanted:
        assert time.monotonic() < end, (up, machine.path("/srv/said").read_text())
        time.sleep(0.2)


def devices_that_are_up(port: int) -> set[str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
    return set(re.findall(r'^frontdesk_device_up\{device="(\w+)"\} 1\.0$', text, re.MULTILINE))
