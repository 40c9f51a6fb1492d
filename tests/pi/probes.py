"""The steps that the script shows by itself: a function each, by the step's id."""

from __future__ import annotations

import json
import platform
import re
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.pi.cards import probe_cards
from tests.pi.machine import Machine

READY_S: Final = 60.0
HOUR_S: Final = 3600.0
SECTOR: Final = 512
MIB: Final = 2**20

_HOLD_A_LINE: Final = """
import sys, time, lgpio
chip = lgpio.gpiochip_open(int(sys.argv[1]))
lgpio.gpio_claim_output(chip, int(sys.argv[2]), 1)
print("high", flush=True)
time.sleep(60)
"""
_LOAD_ALL: Final = (
    "import ctypes; ctypes.CFUNCTYPE(int)(lambda: 0)(); import cv2, numpy, sane, lgpio, smartcard"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe saw."""

    passed: bool
    saw: str


def _model(machine: Machine) -> Outcome:
    system = re.search(
        r'PRETTY_NAME="([^"]*)"', (machine.root / "etc/os-release").read_text(encoding="utf-8")
    )
    memory = re.search(r"MemTotal:\s+(\d+)", (machine.root / "proc/meminfo").read_text())
    saw = (
        f"{machine.model}, {int(memory[1]) // 1024 if memory else '?'} MiB, {system[1] if system else '?'},"
        f" {platform.release()} {platform.machine()}"
    )
    return Outcome(bool(re.search(r"Raspberry Pi (4|5|Compute Module 4)", machine.model)), saw)


def _power(machine: Machine) -> Outcome:
    said = machine.run("vcgencmd", "get_throttled").stdout.strip()
    warm = machine.run("vcgencmd", "measure_temp").stdout.strip()
    return Outcome(said == "throttled=0x0", f"{said}, {warm}")


def _gpiochip(machine: Machine) -> Outcome:
    said = machine.run("gpiodetect").stdout.strip()
    return Outcome(bool(re.search(r"\[pinctrl-(rp1|bcm2711)\]", said)), said.replace("\n", "; "))


def _line_after_kill(machine: Machine) -> Outcome:
    chips = machine.run("gpiodetect").stdout
    chip = re.search(r"gpiochip(\d+) \[pinctrl-(?:rp1|bcm2711)\]", chips)
    if chip is None:
        return Outcome(False, f"the header's chip was not found: {chips.strip()}")
    command = [sys.executable, "-c", _HOLD_A_LINE, chip[1], str(machine.pin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        said = holder.stdout.readline().strip() if holder.stdout else ""
        during = _level(machine)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    give_up = time.monotonic() + 1.0
    while (after := _level(machine)) == "hi" and time.monotonic() < give_up:
        time.sleep(0.05)
    saw = f"GPIO{machine.pin}: {during} while it was held ({said}), {after} after SIGKILL"
    return Outcome((during, after) == ("hi", "lo"), saw)


def _level(machine: Machine) -> str:
    """What `pinctrl` reads at the pin, without claiming it: hi or lo."""
    said = machine.run("pinctrl", "get", str(machine.pin)).stdout
    found = re.search(r"\| (hi|lo)", said)
    return found[1] if found else said.strip() or "?"


def _check(machine: Machine) -> Outcome:
    done = machine.run(machine.frontdesk, "check", "--json", "--config", str(machine.config))
    if done.returncode not in (0, 1):
        return Outcome(False, f"ended with {done.returncode}: {done.stderr.strip()}")
    rows = json.loads(done.stdout)
    codes = [one["code"] for row in rows for one in row["said"]]
    machine.facts["printer"] = ",".join(codes)
    saw = "; ".join(f"{row['device']}: {row['problem'] or 'well'} ({row['answer']})" for row in rows)
    return Outcome(done.returncode == 0, saw)


def _confirm(machine: Machine) -> Outcome:
    if "printer" not in machine.facts:
        _check(machine)
    codes = machine.facts.get("printer", "").split(",")
    known = [code for code in codes if code in ("confirms", "confirms_not")]
    return Outcome(known == ["confirms"], known[0] if known else "nobody could ask the printer")


def _mdwe(machine: Machine) -> Outcome:
    done = machine.run(
        "systemd-run", "--wait", "--pipe", "--quiet", "--property=MemoryDenyWriteExecute=yes",
        sys.executable, "-c", _LOAD_ALL,
    )  # fmt: skip
    return Outcome(done.returncode == 0, f"ended with {done.returncode}. {done.stderr.strip()[-400:]}")


def _ports(machine: Machine) -> Outcome:
    rows = [line.split() for line in machine.run("ss", "-ltnH").stdout.splitlines()]
    open_ones = sorted({row[3] for row in rows if len(row) > 3 and not _is_allowed(machine, row[3])})
    return Outcome(not open_ones, ", ".join(open_ones) or "loopback only")


def _is_allowed(machine: Machine, address: str) -> bool:
    host, _, port = address.rpartition(":")
    own = tomllib.loads(machine.config.read_text(encoding="utf-8")).get("panel", {}).get("listen", "")
    return host.startswith(("127.", "[::1]")) or port == "22" or own.rpartition(":")[2] == port


def _kill_to_ready(machine: Machine) -> Outcome:
    machine.run("systemctl", "kill", "-s", "KILL", "frontdesk.service")
    began = time.monotonic()
    listen = tomllib.loads(machine.config.read_text(encoding="utf-8")).get("panel", {}).get("listen")
    url = f"http://{(listen or '127.0.0.1:8080').replace('0.0.0.0', '127.0.0.1')}/healthz"
    while time.monotonic() - began < READY_S:
        try:
            with urllib.request.urlopen(url, timeout=2) as page:
                if page.status == 200:
                    seconds = time.monotonic() - began
                    return Outcome(seconds <= 10, f"{seconds:.1f} s")
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return Outcome(False, f"not ready after {READY_S:.0f} s")


def _watchdog(machine: Machine) -> Outcome:
    said = machine.run("systemctl", "show", "-p", "RuntimeWatchdogUSec", "--value").stdout.strip()
    seconds = re.fullmatch(r"(\d+)s", said)
    there = (machine.root / "dev/watchdog0").exists()
    armed = seconds is not None and 1 <= int(seconds[1]) <= 15
    return Outcome(
        there and armed, f"RuntimeWatchdogUSec={said}, /dev/watchdog0 {'is' if there else 'not'} there"
    )


def _idle_writes(machine: Machine) -> Outcome:
    before = _sectors_written(machine)
    time.sleep(HOUR_S)
    written = (_sectors_written(machine) - before) * SECTOR
    return Outcome(written <= MIB, f"{written / MIB:.2f} MiB in an hour")


def _sectors_written(machine: Machine) -> int:
    """Of all whole disks together (the tenth column of /proc/diskstats)."""
    rows = [line.split() for line in (machine.root / "proc/diskstats").read_text().splitlines()]
    return sum(int(row[9]) for row in rows if re.fullmatch(r"mmcblk\d+|sd[a-z]|nvme\d+n\d+", row[2]))


def _cards(machine: Machine) -> Outcome:
    passed, saw = probe_cards(machine)
    return Outcome(passed, saw)


PROBES: Final[dict[str, Callable[[Machine], Outcome]]] = {
    "model": _model,
    "power": _power,
    "gpiochip": _gpiochip,
    "line-after-kill": _line_after_kill,
    "check": _check,
    "confirm": _confirm,
    "cards": _cards,
    "mdwe": _mdwe,
    "ports": _ports,
    "kill-to-ready": _kill_to_ready,
    "watchdog": _watchdog,
    "idle-writes": _idle_writes,
}
