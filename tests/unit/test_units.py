"""What stands below systemd/root: units that systemd has nothing against, sandboxes, and no secret.

That they work is shown by `make test-boot`; here, that nobody loosens or breaks them by mistake.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from appliance.__main__ import main
from appliance.catalogue.settings import CREDENTIAL as CATALOGUE
from appliance.central_config import CREDENTIAL as CENTRAL
from appliance.commands.loading import DEFAULT_CONFIG, EXIT_CONFIG, EXIT_IN_USE
from appliance.config import Config
from appliance.scanning.process import ENVIRONMENT
from appliance.scanning.station import SCANS
from appliance.store import FILE

PROJECT = Path(__file__).parents[2]
MIRROR = PROJECT / "systemd" / "root"
UNITS = MIRROR / "usr/lib/systemd/system"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/opt/frontdesk/current/bin/frontdesk"
DATA = Config.model_fields["site"].annotation.model_fields["data"].default  # type: ignore[union-attr]

# What `systemd-analyze security` may say at most; it counts from 0, safe, to 10.
EXPOSURE = {
    "frontdesk.service": 2.0,
    "frontdesk-scan@.service": 1.0,
    "frontdesk-lan.service": 1.5,
    "frontdesk-kiosk.service": 3.0,
    "frontdesk-backup.service": 1.0,
    "frontdesk-retention.service": 1.0,
}


def name_of(path: Path) -> str:
    return path.name


def keys(unit: Path) -> dict[str, list[str]]:
    """Each key of a unit with its values, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in unit.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[key].append(value)
    return found


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


# ---------------------------------------------------------------------------------------- systemd's own words


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The files in their places below a folder, with programs where the units look for them."""
    root = tmp_path / "installed"
    shutil.copytree(MIRROR, root)
    for program in ("opt/frontdesk/settle", PROGRAM[1:], f"{PROGRAM[1:-9]}python"):
        path = root / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return root


def verified(root: Path) -> str:
    names = [path.name.replace("@.", "@1.") for path in sorted((root / UNITS.relative_to(MIRROR)).iterdir())]
    # It ends with 0 for a warning too.
    done = analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root}", *names)
    return done.stdout + done.stderr


def test_systemd_has_nothing_against_the_units(installed: Path) -> None:
    assert verified(installed) == ""


@pytest.mark.parametrize(
    "spoilt", ["WatchdogSec=soon", "ProtectSytem=strict", "ExecStartPre=/opt/frontdesk/none", "Type=notifies"]
)
def test_systemd_would_have_said_so(installed: Path, spoilt: str) -> None:
    unit = installed / UNITS.relative_to(MIRROR) / "frontdesk.service"
    unit.write_text(unit.read_text().replace("[Service]\n", f"[Service]\n{spoilt}\n"))
    assert spoilt.partition("=")[0 if "Protect" in spoilt else 2] in verified(installed)


@pytest.mark.parametrize("unit", SERVICES, ids=name_of)
def test_no_service_can_do_more_than_it_must(unit: Path) -> None:
    limit = round(EXPOSURE[unit.name] * 10)
    done = analyze("security", "--offline=true", f"--threshold={limit}", unit)
    assert done.returncode == 0, done.stdout
    found = re.search(r"exposure level for \S+: (\d+\.\d)", done.stdout)
    assert found is not None
    assert float(found[1]) <= EXPOSURE[unit.name]


def test_a_service_that_is_let_do_more_is_seen(tmp_path: Path) -> None:
    unit = tmp_path / "frontdesk.service"
    unit.write_text(
        (UNITS / unit.name).read_text().replace("ProtectSystem=strict\n", "").replace("~@priv", "@priv")
    )
    assert analyze("security", "--offline=true", "--threshold=20", unit).returncode != 0


@pytest.mark.parametrize("timer", sorted(UNITS.glob("*.timer")), ids=name_of)
def test_every_timer_has_a_time_of_the_offices_and_something_to_start(timer: Path) -> None:
    (moment,) = keys(timer)["OnCalendar"]
    assert analyze("calendar", moment).returncode == 0
    assert moment.endswith(" Asia/Jakarta"), "the machine's own zone may be any"
    assert timer.with_suffix(".service").exists()


# ---------------------------------------------------------------------------- the units and the program


def commands(unit: Path) -> list[str]:
    found = keys(unit)
    lines = [line for key in ("ExecStartPre", "ExecStart", "ExecStopPost") for line in found[key]]
    return [line.lstrip("+-") for line in lines]


@pytest.mark.parametrize("unit", SERVICES, ids=name_of)
def test_what_a_unit_calls_is_there(unit: Path) -> None:
    for line in commands(unit):
        program, *arguments = line.split()
        if program == PROGRAM:
            assert_understood(arguments)
        elif program.endswith("/python"):
            assert program == f"{PROGRAM.removesuffix('frontdesk')}python"
            assert (PROJECT / f"{arguments[-1].replace('.', '/')}.py").exists()
        else:
            assert program == "/opt/frontdesk/settle" or (MIRROR / program[1:]).exists()


def assert_understood(arguments: list[str]) -> None:
    """The command line knows each word and each option; with --help nothing is done."""
    group: click.Command = main
    for word in arguments:
        if word.startswith("-"):
            assert word in {name for option in group.params for name in option.opts}
        else:
            assert isinstance(group, click.Group)
            assert word in group.commands
            group = group.commands[word]
    assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0


def test_the_units_look_where_the_program_does() -> None:
    unit, scan = keys(UNITS / "frontdesk.service"), keys(UNITS / "frontdesk-scan@.service")
    assert unit["ConditionPathExists"] == [str(DEFAULT_CONFIG)]
    assert f"/var/lib/{unit['StateDirectory'][0]}" == str(DATA)
    assert scan["BindPaths"] == [f"{DATA}/{SCANS}"]
    assert f"{DATA}/{FILE}" in keys(UNITS / "frontdesk-backup.service")["ConditionPathExists"]
    assert "LG_WD=%t/frontdesk" in unit["Environment"][0], "lgpio's FIFO"
    assert unit["WorkingDirectory"] == ["%t/frontdesk"]


def test_only_a_configuration_that_is_wrong_is_no_reason_to_start_again() -> None:
    unit = keys(UNITS / "frontdesk.service")
    assert unit["Restart"] == ["always"]
    assert unit["RestartPreventExitStatus"] == [str(EXIT_CONFIG)]
    assert keys(UNITS / "frontdesk-retention.service")["SuccessExitStatus"] == [str(EXIT_IN_USE)]


def test_a_hang_is_ended_within_the_time_that_is_promised() -> None:
    unit = keys(UNITS / "frontdesk.service")
    assert (unit["Type"], unit["WatchdogSec"]) == (["notify"], ["30s"])
    # A process that is stopped hears of no other signal; systemd would wait for TimeoutStopSec.
    assert unit["WatchdogSignal"] == ["SIGKILL"]


def test_the_scanning_process_has_the_same_surroundings_either_way() -> None:
    given = dict(
        pair.split("=", 1)
        for line in keys(UNITS / "frontdesk-scan@.service")["Environment"]
        for pair in line.split()
    )
    assert ENVIRONMENT.items() <= given.items()
    assert given["TMPDIR"].startswith("%t/"), "in memory, and gone with the process"


def test_the_scanning_process_has_no_network_and_sees_nothing_of_the_data_but_pages() -> None:
    unit = keys(UNITS / "frontdesk-scan@.service")
    assert unit["PrivateNetwork"] == ["yes"]
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit["TemporaryFileSystem"] == ["/var/lib:ro"]
    assert unit["User"] != keys(UNITS / "frontdesk.service")["User"]
    assert "MemoryMax" in unit


# ---------------------------------------------------------------------------------------- secrets and doors


@pytest.mark.parametrize("path", sorted(p for p in MIRROR.rglob("*") if p.is_file()), ids=name_of)
def test_no_secret_stands_in_a_file_that_everybody_can_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"(?i)^(SetCredential|Environment)=.*(token|password|secret|key)\S*[=:]", text, re.MULTILINE
    )
    assert path.stat().st_mode & 0o777 == (0o755 if text.startswith("#!") else 0o644)


def test_secrets_are_handed_over_and_a_missing_one_is_no_reason_not_to_start() -> None:
    tmpfiles = (MIRROR / "usr/lib/tmpfiles.d/frontdesk.conf").read_text(encoding="utf-8")
    loaded = keys(UNITS / "frontdesk.service")["LoadCredential"]
    assert {CENTRAL, CATALOGUE} <= {line.partition(":")[0] for line in loaded}
    for line in loaded:
        name, _, source = line.partition(":")
        # By its name alone, systemd looks in /etc/credstore and goes on where there is none.
        assert source == f"frontdesk.{name}"
        assert re.search(
            rf"^L\s+/etc/credstore/{source}\s.*\s/etc/frontdesk/credentials/{name}$", tmpfiles, re.MULTILINE
        )


def test_nobody_but_this_machine_reaches_the_pages_unless_the_configuration_says_so() -> None:
    assert Config.model_validate({"site": {"office": "1373"}}).panel.host == "127.0.0.1"
    sockets = [line for unit in UNITS.glob("*.socket") for line in keys(unit)["ListenStream"]]
    assert sockets == ["%t/frontdesk-scan.sock"], "a Unix socket, that no network leads to"


def test_the_screen_shows_the_visitors_pages_and_no_others() -> None:
    policy = json.loads((MIRROR / "etc/chromium/policies/managed/frontdesk.json").read_text(encoding="utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    listen = Config.model_validate({"site": {"office": "1373"}}).panel.listen
    assert policy["URLAllowlist"] == [f"http://{listen}/kiosk", f"http://{listen}/scanner"]
    assert f" http://{listen}/kiosk/" in commands(UNITS / "frontdesk-kiosk.service")[0]
    unit = keys(UNITS / "frontdesk-kiosk.service")
    assert (unit["IPAddressDeny"], unit["IPAddressAllow"]) == (["any"], ["localhost"])


@pytest.mark.parametrize("turn", ["left", "45", "-90", "90 90"])
def test_a_screen_is_turned_by_quarters_and_anything_else_is_said(turn: str) -> None:
    done = subprocess.run(
        [MIRROR / "usr/lib/frontdesk/screen", "http://127.0.0.1:8080/kiosk/"],
        check=False,
        capture_output=True,
        text=True,
        env={"FRONTDESK_SCREEN_TURN": turn, "RUNTIME_DIRECTORY": "/nowhere"},
    )
    assert done.returncode == 78
    assert f'"{turn}"; it has to be 0, 90, 180 or 270' in done.stderr
    assert keys(UNITS / "frontdesk-kiosk.service")["RestartPreventExitStatus"] == ["78"]


# ---------------------------------------------------------------------------- accounts and presets


def test_every_account_and_group_of_a_unit_is_made() -> None:
    made = (MIRROR / "usr/lib/sysusers.d/frontdesk.conf").read_text(encoding="utf-8")
    accounts = set(re.findall(r"^u\s+(\S+)", made, re.MULTILINE))
    used = {name for unit in UNITS.iterdir() for key in ("User", "SocketUser") for name in keys(unit)[key]}
    assert used == accounts


def test_every_unit_that_can_be_enabled_has_a_preset() -> None:
    text = (MIRROR / "usr/lib/systemd/system-preset/80-frontdesk.preset").read_text(encoding="utf-8")
    named = {line.split()[1]: line.split()[0] for line in text.splitlines() if not line.startswith("#")}
    assert set(named) == {unit.name for unit in UNITS.iterdir() if "WantedBy" in keys(unit)}
    assert [name for name, what in named.items() if what == "disable"] == ["frontdesk-kiosk.service"]


def test_every_file_is_told_of_in_the_document() -> None:
    document = (PROJECT / "systemd" / "README.md").read_text(encoding="utf-8")
    for path in MIRROR.rglob("*"):
        if path.is_file():
            assert f"`{path.relative_to(MIRROR)}`" in document
