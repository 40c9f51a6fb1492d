"""A Debian with the package on it, booted: units, sandboxes, and what happens when something falls or hangs.

Times are those of an emulated machine (TCG), said to be so wherever they are told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.boot.guest import Guest, booted, make_data
from tests.boot.image import image

HERE = Path(__file__).parent
PYTHON = "/opt/frontdesk/current/bin/python"
SOCKET = "/run/frontdesk-scan.sock"

CONFIG = f"""\
[site]
office = "1373"

[queue]
only_within_hours = false # whenever this is run

[printer]
driver = "escpos-usb"
vendor = "04b8"
product = "0e15"
timeout = "10s"

[card_reader]
reader = "Virtual PCD 00 00"

[scanner]
socket = "{SOCKET}"

[flatbed]
device = "^test:0"
resolution = 75
sane_config = "/data/test/sane"

[camera]
address = "/dev/frontdesk/camera"
width = 640
height = 360
timeout = "30s"
"""

ORDER = """
import http.client, sys
client = http.client.HTTPConnection("127.0.0.1", 8080)
headers = {"Content-Type": "application/json", "Idempotency-Key": sys.argv[1]}
client.request("POST", "/api/v1/tickets", '{"service": "library"}', headers)
print(client.getresponse().read().decode())
"""

pytestmark = [pytest.mark.boot, pytest.mark.timeout(900)]


def tell(words: str) -> None:
    """A figure, for whoever reads the run."""
    print(f"  {words}", flush=True)  # noqa: T201


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """One machine for all tests of this file; each leaves it at work."""
    folder = tmp_path_factory.mktemp("machine")
    files = {
        name: (HERE / name).read_text(encoding="utf-8") for name in ("gadget.sh", "paper.py", "probe.py")
    }
    files |= {"frontdesk.toml": CONFIG, "sane/dll.conf": "test\n", "sane/test.conf": ""}
    make_data(folder / "data.img", folder / "made", files)
    with booted(image(), folder / "run", folder / "data.img") as guest:
        healthy = guest.healthy()
        tell(f"power to panel: {time.monotonic() - guest.powered_s:.1f} s (QEMU without KVM)")
        assert json.loads(healthy.said)["status"] == "ok"
        yield guest


def main_pid(guest: Guest) -> str:
    return guest.show("frontdesk.service", "MainPID")["MainPID"]


def await_other_pid(guest: Guest, before: str, within_s: float) -> float:
    """Until systemd has another main process, and it is ready; gives how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        seen = guest.show("frontdesk.service", "MainPID", "ActiveState")
        if seen["MainPID"] not in ("0", before) and seen["ActiveState"] == "active":
            guest.healthy()
            return time.monotonic() - began
    raise AssertionError(f"no other process within {within_s} s\n{guest.log()}")


# ---------------------------------------------------------------------------------------- up


def test_every_unit_is_up_and_nothing_has_failed(guest: Guest) -> None:
    assert guest.run("systemctl", "--failed", "--plain", "--no-legend").strip() == ""
    for unit in (
        "frontdesk.service",
        "frontdesk-scan.socket",
        "frontdesk-backup.timer",
        "frontdesk-retention.timer",
    ):
        assert guest.show(unit, "ActiveState", "UnitFileState") == {
            "ActiveState": "active",
            "UnitFileState": "enabled",
        }
    assert guest.show("frontdesk-kiosk.service", "UnitFileState")["UnitFileState"] == "disabled"
    assert guest.show("frontdesk.service", "NRestarts")["NRestarts"] == "0"


def test_nobody_outside_of_this_machine_finds_an_open_door(guest: Guest) -> None:
    """vpcd, Debian's virtual card, is of the test and stays out of it."""
    listening = guest.shell("ss -Hltnup | grep -v pcscd || true").splitlines()
    assert listening
    for line in listening:
        assert line.split()[4].startswith(("127.", "[::1]")), line


def test_the_settings_of_the_system_are_taken(guest: Guest) -> None:
    assert guest.run("systemctl", "show", "--property=RuntimeWatchdogUSec").strip().endswith("=14s")
    assert guest.run("sysctl", "-n", "kernel.sysrq").strip() == "0"
    assert "SystemMaxUse=64M" in guest.run("systemd-analyze", "cat-config", "systemd/journald.conf")
    done = guest.try_run("modprobe", "--dry-run", "--show-depends", "pn533_usb")
    assert "install /bin/false" in done.said
    assert (
        guest.run("stat", "-c", "%U:%G %a", "/var/lib/frontdesk/scans").strip()
        == "frontdesk:frontdesk-scan 2770"
    )


# ---------------------------------------------------------------------------------------- falling and hanging


def test_a_killed_front_desk_is_back(guest: Guest) -> None:
    before = main_pid(guest)
    guest.run("kill", "-KILL", before)
    tell(f"kill -9 to ready: {await_other_pid(guest, before, 120):.1f} s (QEMU without KVM)")


def test_one_that_hangs_is_ended_and_started_anew(guest: Guest) -> None:
    before = main_pid(guest)
    guest.run("kill", "-STOP", before)
    seconds = await_other_pid(guest, before, 180)
    tell(f"stopped in its tracks to ready: {seconds:.1f} s (WatchdogSec=30s, QEMU without KVM)")
    assert "Watchdog timeout" in guest.run("journalctl", "-b", "--no-pager", "-u", "frontdesk.service")
    assert guest.show("frontdesk.service", "Result")["Result"] == "success", "it is at work again"


def test_after_each_end_the_locks_were_switched_off(guest: Guest) -> None:
    """Also when it was killed: by a process of its own."""
    said = guest.run("systemctl", "show", "frontdesk.service", "--property=ExecStopPost")
    assert "frontdesk locks off" in said
    assert "status=0" in said


def scanning(guest: Guest, other_than: Sequence[str] = ()) -> list[str]:
    """The scanning process, once it is ready: whoever watches over it, and it."""
    give_up = time.monotonic() + 240
    while time.monotonic() < give_up:
        found = guest.shell("pgrep -f '[a]ppliance.scan_' || true").split()
        devices = json.loads(guest.healthy().said)["devices"]
        if found and not set(found) & set(other_than) and devices.get("scanner", {}).get("state") == "ready":
            return found
        time.sleep(0.5)
    raise AssertionError(f"nobody scans: {devices}")


def test_a_killed_scanning_process_is_another_one_soon(guest: Guest) -> None:
    front_desk = main_pid(guest)
    before = scanning(guest)
    accounts = guest.run("ps", "-o", "user:32=", "-p", ",".join(before)).split()
    assert set(accounts) == {"frontdesk-scan"}
    guest.run("kill", "-KILL", before[-1])
    began = time.monotonic()
    scanning(guest, before)
    tell(f"scanning process killed to ready: {time.monotonic() - began:.1f} s (QEMU without KVM)")
    assert main_pid(guest) == front_desk, "the front desk never noticed more than a lost scanner"


def test_the_front_desk_ends_a_scanning_process_that_it_may_not_kill(guest: Guest) -> None:
    before = scanning(guest)
    guest.run("kill", "-STOP", before[-1])
    guest.run("systemctl", "restart", "frontdesk.service")
    after = scanning(guest, before)
    assert not set(before) & set(after)
    units = guest.shell("systemctl list-units --plain --no-legend --state=active 'frontdesk-scan@*' | wc -l")
    assert units.strip() == "1"


# ---------------------------------------------------------------------------------------- sandboxes


def probed(guest: Guest, unit: str) -> dict[str, str]:
    """What is possible inside a unit's sandbox."""
    text = guest.run("cat", f"/usr/lib/systemd/system/{unit}")
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(
            ("Exec", "Type=", "WatchdogS", "Restart", "StandardInput", "StandardOutput", "NotifyAccess")
        )
    ]
    at = kept.index("[Service]") + 1
    kept[at:at] = [
        "Type=oneshot",
        f"ExecStart={PYTHON} /data/test/probe.py",
        "StandardOutput=file:/run/probed",
    ]
    body = "\n".join(kept).replace("%i", "probe")
    guest.shell(
        f"cat >/run/systemd/system/probe.service <<'END'\n{body}\nEND\n"
        "rm -f /run/probed\nsystemctl daemon-reload\nsystemctl start probe.service"
    )
    found: dict[str, str] = json.loads(guest.run("cat", "/run/probed"))
    return found


def test_the_sandboxes_let_each_device_work_and_nothing_else(guest: Guest) -> None:
    plug_in(guest)
    guest.shell("systemctl stop frontdesk.service")
    front_desk = probed(guest, "frontdesk.service")
    possible = {name for name, said in front_desk.items() if said == "possible"}
    assert possible == {"data", "pages", "database", "usb", "unix", "internet"}, front_desk
    scan = probed(guest, "frontdesk-scan@.service")
    possible = {name for name, said in scan.items() if said == "possible"}
    assert possible == {"pages", "camera", "unix"} | ({"usb"} & possible), scan
    guest.shell("systemctl start frontdesk.service")
    guest.healthy()


# ---------------------------------------------------------------------------------------- devices


def plug_in(guest: Guest) -> None:
    """A USB printer, a camera and a card reader, of the kernel's and of Debian's making. Once."""
    if guest.try_run("test", "-e", "/run/plugged-in").code == 0:
        return
    guest.shell(
        "sh /data/test/gadget.sh\n"
        "systemd-run --quiet --unit=paper python3 /data/test/paper.py /run/paper\n"
        "modprobe vivid n_devs=1 node_types=0x1\n"
        "udevadm settle\n"
        "systemctl restart pcscd.socket\n"
        "touch /run/plugged-in"
    )


def test_devices_have_names_that_stay(guest: Guest) -> None:
    plug_in(guest)
    names = set(guest.run("ls", "/dev/frontdesk").split())
    assert {"printer", "printer-04b8-0e15", "camera"} <= names
    assert guest.run("stat", "-L", "-c", "%G %a", "/dev/frontdesk/printer").strip() == "lp 660"


def test_the_check_finds_every_device(guest: Guest) -> None:
    """As the technician does it: the front desk is stopped, and each device is asked."""
    plug_in(guest)
    guest.shell("systemctl stop frontdesk.service")
    try:
        done = guest.try_run("sh", "-c", "frontdesk check --json 2>/dev/null", within_s=240)
        results = {one["device"]: one for one in json.loads(done.said)}
        assert {name: one["problem"] for name, one in results.items()} == dict.fromkeys(
            ("printer", "card_reader", "camera", "flatbed")
        ), done.said
        assert done.code == 0
    finally:
        guest.shell("systemctl start frontdesk.service")
        guest.healthy()


def order_ticket(guest: Guest, key: str) -> str:
    """Take a number as a program in the room would; gives it."""
    return str(json.loads(guest.run("python3", "-c", ORDER, key))["number"])


def test_a_ticket_comes_out_of_the_usb_printer_through_the_sandbox(guest: Guest) -> None:
    plug_in(guest)
    letters = order_ticket(guest, "usb").encode().hex()
    give_up = time.monotonic() + 120
    while letters not in guest.shell("od -An -v -tx1 /run/paper | tr -d ' \\n'"):
        assert time.monotonic() < give_up, guest.run(
            "journalctl", "-b", "--no-pager", "-u", "frontdesk", "-n", "30"
        )
        time.sleep(1)


# ---------------------------------------------------------------------------------------- secrets


def test_a_secret_is_handed_over_and_nowhere_to_be_read(guest: Guest) -> None:
    canary = "c4n4ry-of-the-test"
    guest.shell(
        f"printf %s {canary} >/etc/frontdesk/credentials/central-token && systemctl restart frontdesk.service"
    )
    guest.healthy()
    pid = main_pid(guest)
    assert guest.run("cat", "/run/credentials/frontdesk.service/central-token") == canary
    assert guest.run("stat", "-c", "%a", "/etc/frontdesk/credentials").strip() == "700"
    assert canary not in guest.shell(
        f"tr '\\0' '\\n' </proc/{pid}/environ; tr '\\0' ' ' </proc/{pid}/cmdline"
    )
    assert canary not in guest.run("journalctl", "-b", "--no-pager")
    assert canary not in guest.run("systemctl", "show", "frontdesk.service")
    for account in ("frontdesk-scan", "nobody"):
        done = guest.try_run(
            "runuser", "-u", account, "--", "cat", "/run/credentials/frontdesk.service/central-token"
        )
        assert done.code != 0


# ---------------------------------------------------------------------------------------- timers


def test_the_timers_work_is_done_and_leaves_the_front_desk_alone(guest: Guest) -> None:
    guest.shell("systemctl start frontdesk-backup.service frontdesk-retention.service", within_s=240)
    assert guest.shell("ls /var/lib/frontdesk/copies/*.db | wc -l").strip() != "0"
    assert guest.show("frontdesk-retention.service", "Result", "ExecMainStatus") == {
        "Result": "success",
        "ExecMainStatus": "75",
    }


# ---------------------------------------------------------------------------------------- wear


def log_lines(guest: Guest) -> list[str]:
    """All that the front desk has said since power-on; whole visits are in test_log.py."""
    said = guest.shell("journalctl --sync; journalctl -b --no-pager -o cat _SYSTEMD_UNIT=frontdesk.service")
    return said.splitlines()


def await_printer(guest: Guest, state: str) -> None:
    give_up = time.monotonic() + 120
    while (seen := json.loads(guest.healthy().said)["devices"]["printer"])["state"] != state:
        assert time.monotonic() < give_up, seen
        time.sleep(0.2)


def test_a_number_is_at_most_one_line_and_a_torn_out_printer_two(guest: Guest) -> None:
    plug_in(guest)
    await_printer(guest, "ready")
    gadget = "/sys/kernel/config/usb_gadget/printer/UDC"
    before = len(log_lines(guest))
    guest.shell(f"echo >{gadget}")
    await_printer(guest, "lost")
    for number in range(5):
        order_ticket(guest, f"log-{number}")
    guest.shell(f"ls /sys/class/udc >{gadget}")
    await_printer(guest, "ready")
    for number in range(5, 10):
        order_ticket(guest, f"log-{number}")
    new = log_lines(guest)[before:]
    about_it = [line for line in new if "printer" in line]
    tell(f"log lines for 10 numbers: {len(new) - len(about_it)}, for a printer torn out: {len(about_it)}")
    assert len(about_it) == 2, "\n".join(new)
    assert len(new) - len(about_it) <= 10, "\n".join(new)
