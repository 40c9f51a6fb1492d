"""The machine that the steps are shown on: what it is, and how it is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.pi.steps import Need, Step

COMMAND_S: Final = 120.0


@dataclass(frozen=True)
class Machine:
    """A machine. `root` is where its files begin; programs are those of PATH.

    `pin` is a free GPIO (BCM) for the step that kills a program; `config` the front desk's file.
    """

    root: Path = Path("/")
    pin: int = 26
    config: Path = Path("/etc/frontdesk/frontdesk.toml")
    frontdesk: str = "frontdesk"
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """As the firmware names it; empty where there is none."""
        path = self.root / "proc/device-tree/model"
        try:
            return path.read_text(errors="replace").strip("\0\n ")
        except OSError:
            return ""

    @property
    def boot_id(self) -> str:
        """Another at each start."""
        return (self.root / "proc/sys/kernel/random/boot_id").read_text().strip()

    def run(self, *command: str, timeout_s: float = COMMAND_S) -> subprocess.CompletedProcess[str]:
        """Run a program to its end. Raises OSError where it is not there, TimeoutExpired when it hangs."""
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s)

    def lacks(self, step: Step) -> str:
        """Why a step cannot be shown here; empty where it can."""
        reasons = {need: self._lack(need) for need in step.needs}
        return next((why for why in reasons.values() if why), "")

    def _lack(self, need: Need) -> str:
        if need == "pi":
            here = self.model or "no device tree"
            return "" if "Raspberry Pi" in here else f"this machine is no Raspberry Pi ({here})"
        if need == "root":
            return "" if os.geteuid() == 0 else "it needs root: run it with sudo"
        if shutil.which("systemctl") is None:
            return "there is no systemd here"
        shown = self.run("systemctl", "show", "-p", "LoadState", "--value", "frontdesk.service")
        loaded = shown.stdout.strip() == "loaded"
        return "" if loaded else "the unit frontdesk.service is not installed"
