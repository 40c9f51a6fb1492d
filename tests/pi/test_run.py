"""The script that goes through the list, on a machine that is made up: its files and its programs."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers.card_reader import PcscReader
from drivers.simulated.printer import VirtualPrinter
from drivers.simulated.tray import CardTray
from tests.pi.cards import twice_each
from tests.pi.machine import Machine
from tests.pi.probes import PROBES
from tests.pi.report import Report
from tests.pi.run import Wishes, main, walk
from tests.pi.steps import Step, load

STEPS = {step.id: step for step in load()}
PI = "Raspberry Pi 4 Model B Rev 1.5"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a program on PATH: a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, script: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return put


@pytest.fixture
def pi(tmp_path: Path) -> Machine:
    """The files of a Raspberry Pi."""
    root = tmp_path / "root"
    files = {
        "proc/device-tree/model": f"{PI}\0",
        "proc/sys/kernel/random/boot_id": "first\n",
        "proc/meminfo": "MemTotal:        3884564 kB\n",
        "proc/diskstats": "179 0 mmcblk0 1 0 8 0 5 0 4096 0 0\n179 1 mmcblk0p1 1 0 8 0 5 0 4096 0 0\n",
        "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
        "dev/watchdog0": "",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    config = tmp_path / "frontdesk.toml"
    config.write_text('[site]\noffice = "1373"\n[panel]\nlisten = "127.0.0.1:8080"\n')
    return Machine(root=root, config=config)


def started_again(pi: Machine) -> None:
    (pi.root / "proc/sys/kernel/random/boot_id").write_text("second\n")


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report(tmp_path / "report", tuple(STEPS.values()), PI)


def verdicts(report: Report) -> dict[str, str]:
    rows = json.loads(report.json.read_text())["steps"]
    return {row["step"]: row["verdict"] for row in rows}


# ------------------------------------------------------------------------------------- the list


def test_every_probe_has_a_step_and_every_step_a_probe_or_a_person() -> None:
    assert set(PROBES) == {step.id for step in STEPS.values() if step.how == "probe"}
    assert all(step.what and step.passed for step in STEPS.values())


@pytest.mark.skipif(Machine().model != "", reason="says what a machine says that is no Pi")
def test_elsewhere_each_step_that_needs_a_pi_is_refused_with_the_reason(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--report", str(tmp_path), "--unattended"])

    rows = json.loads((tmp_path / "report.json").read_text())["steps"]
    refused = [row for row in rows if row["verdict"] == "refused"]
    assert len(refused) == sum("pi" in step.needs for step in STEPS.values())
    assert {row["saw"] for row in refused} == {"this machine is no Raspberry Pi (no device tree)"}
    assert "| Which machine this is |" in (tmp_path / "report.md").read_text()
    assert result.exit_code == 0


def test_a_step_that_is_not_there_is_refused() -> None:
    assert CliRunner().invoke(main, ["--only", "nonsense"]).exit_code == 2


# ------------------------------------------------------------------------------------- the probes


PROBED: dict[str, tuple[dict[str, str], bool, str]] = {
    "model": ({}, True, "bookworm"),
    "power": (
        {"vcgencmd": "[ $1 = get_throttled ] && echo throttled=0x0 || echo temp=51.1\\'C"},
        True,
        "temp=51",
    ),
    "gpiochip": ({"gpiodetect": "echo 'gpiochip0 [pinctrl-bcm2711] (58 lines)'"}, True, "bcm2711"),
    "watchdog": ({"systemctl": "echo 15s"}, True, "15s"),
    "ports": ({"ss": "echo 'LISTEN 0 5 127.0.0.1:8080 0.0.0.0:*'"}, True, "loopback only"),
    "mdwe": ({"systemd-run": "exit 0"}, True, "ended with 0"),
}
FAILING: dict[str, tuple[dict[str, str], bool, str]] = {
    "power": ({"vcgencmd": "echo throttled=0x50005"}, False, "0x50005"),
    "gpiochip": ({"gpiodetect": "echo 'gpiochip0 [gpio-mockup] (8 lines)'"}, False, "mockup"),
    "line-after-kill": ({"gpiodetect": "true"}, False, "chip was not found"),
    "watchdog": ({"systemctl": "echo infinity"}, False, "infinity"),
    "ports": ({"ss": "echo 'LISTEN 0 5 0.0.0.0:9100 0.0.0.0:*'"}, False, "0.0.0.0:9100"),
    "mdwe": ({"systemd-run": "echo killed >&2; exit 1"}, False, "killed"),
    "check": ({"frontdesk": "echo broken >&2; exit 75"}, False, "broken"),
}


@pytest.mark.parametrize(
    ("step", "case"), [*PROBED.items(), *FAILING.items()], ids=[*PROBED, *(f"{one} fails" for one in FAILING)]
)
def test_a_probe_says_what_it_saw(
    pi: Machine, program: Callable[[str, str], None], step: str, case: tuple[dict[str, str], bool, str]
) -> None:
    programs, passed, saw = case
    for name, script in programs.items():
        program(name, script)
    outcome = PROBES[step](pi)
    assert outcome.passed is passed, outcome.saw
    assert saw in outcome.saw


def test_what_is_written_in_an_hour_is_counted_once_for_each_disk(
    pi: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = pi.root / "proc/diskstats"

    def an_hour(_seconds: float) -> None:
        stats.write_text(stats.read_text().replace("4096", str(4096 + 3 * 2048)))

    monkeypatch.setattr(time, "sleep", an_hour)
    outcome = PROBES["idle-writes"](pi)
    assert (outcome.passed, outcome.saw) == (False, "3.00 MiB in an hour")


def test_a_program_that_is_missing_is_a_failure_in_words(
    pi: Machine, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    walk(pi, report, [STEPS["power"]], Wishes())
    assert verdicts(report) == {"power": "failed"}
    assert "could not be shown" in report.markdown.read_text()


def test_the_printer_is_asked_by_the_real_check(
    pi: Machine, program: Callable[[str, str], None], tmp_path: Path
) -> None:
    import sys

    program("frontdesk", f'exec {sys.executable} -m appliance "$@"')
    with VirtualPrinter() as printer:
        pi.config.write_text(
            f'[site]\noffice = "1373"\ndata = "{tmp_path / "data"}"\n[printer]\ndriver = "escpos-network"\n'
            f'host = "127.0.0.1"\nport = {printer.port}\n'
        )
        assert PROBES["check"](pi).passed
        assert PROBES["confirm"](pi).saw == "confirms"


# ------------------------------------------------------------------------------------- cards


def test_cards_are_compared_and_never_shown() -> None:
    told: list[str] = []
    with closing(CardTray()) as tray:
        tray.start()
        assert tray.reader_pattern is not None, tray.missing
        reader = PcscReader(pattern=tray.reader_pattern)
        reader.connect()
        kinds = iter(("ktp", "ktp", "passport", "passport", "student", "ktp"))

        def tell(words: str) -> None:
            told.append(words)
            if "lay it" in words:
                tray.lay(next(kinds))
                threading.Timer(1.5, tray.lift).start()

        passed, saw = twice_each(reader, 3, tell, patience_s=10)
        reader.close()
    assert not passed
    assert saw == "1 same, 7 bytes, 1 random, 1 changed; 3: changed"
    assert len(told) == 12


# ------------------------------------------------------------------------------------- going through it


def answer(pi: Machine, report: Report, steps: list[Step], typed: str) -> Result:
    import click

    @click.command()
    def go() -> None:
        walk(pi, report, steps, Wishes())

    return CliRunner().invoke(go, input=typed)


def test_a_person_says_what_happened_and_is_not_asked_again(pi: Machine, report: Report) -> None:
    first = answer(pi, report, [STEPS["kiosk-keys"]], "y\nheld against all\n")
    again = answer(pi, Report(report.json.parent, tuple(STEPS.values()), PI), [STEPS["kiosk-keys"]], "")

    assert "Ctrl+Alt+F2" in first.output
    assert verdicts(report) == {"kiosk-keys": "passed"}
    assert "held against all" in report.markdown.read_text()
    assert again.output == "[passed] No key leads out of the kiosk\n"


def test_a_restart_is_gone_on_with_after_it(
    pi: Machine, report: Report, program: Callable[[str, str], None]
) -> None:
    program("systemctl", "echo loaded")
    steps = [STEPS["power-cut"], STEPS["kiosk-keys"]]
    begun = answer(pi, report, steps, "")
    assert verdicts(report) == {"power-cut": "begun"}
    assert "run this script again" in begun.output

    not_restarted = answer(pi, report, steps, "")
    assert "was not restarted" in not_restarted.output

    started_again(pi)
    answer(pi, Report(report.json.parent, tuple(STEPS.values()), PI), steps, "n\n012 twice\ny\n\n")
    assert verdicts(report) == {"power-cut": "failed", "kiosk-keys": "passed"}


@pytest.mark.parametrize(
    ("need", "uid", "reason"),
    [("root", 1000, "it needs root"), ("service", 0, "frontdesk.service is not installed")],
)
def test_what_a_step_lacks_is_said(
    pi: Machine,
    program: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    need: str,
    uid: int,
    reason: str,
) -> None:
    program("systemctl", "echo not-found")
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    step = Step("one", "One", "look", "do", "passed", needs=(need,))  # type: ignore[arg-type]
    assert reason in pi.lacks(step)
