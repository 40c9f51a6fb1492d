"""`frontdesk release`: another release of the program, and the way back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appliance.commands.loading import EXIT_NO, complain, config_option, load
from appliance.errors import ReleaseError
from appliance.releases import Gate, Outcome, Releases, system_files
from appliance.services import PlainService, Service, SystemdService

DEFAULT_ROOT = Path("/opt/frontdesk")

root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_ROOT,
    show_default=True,
    help="The folder of `releases` and `current`.",
)


def service_options(command: Callable[..., None]) -> Callable[..., None]:
    """How the front desk is stopped and started (`unit`, None for a plain process), and `gate_seconds`."""

    @click.option("--unit", default="frontdesk.service", show_default=True, help="The unit of systemd.")
    @click.option("--plain", is_flag=True, help="Without systemd: stop and start the process itself.")
    @click.option(
        "--gate-seconds",
        type=click.FloatRange(3, 600),
        default=60.0,
        show_default=True,
        help="Time in which the release has to prove itself.",
    )
    @wraps(command)
    def with_service(*, unit: str, plain: bool, **others: Any) -> None:
        command(unit=None if plain else unit, **others)

    return with_service


@click.group("release")
def release_group() -> None:
    """Releases of the program: which there are, and going over to another."""


@release_group.command("list")
@root_option
@config_option
def release_list(root: Path, path: Path) -> None:
    """Name every release that is here; a star marks the current one."""
    releases = releases_at(root, path)
    for version in releases.all():
        click.echo(f"{'*' if version == releases.current else ' '} {version}")


@release_group.command("switch")
@click.argument("version")
@root_option
@config_option
@service_options
def release_switch(version: str, root: Path, path: Path, unit: str | None, gate_seconds: float) -> None:
    """Go over to VERSION; by itself back when it is not well within the time."""
    releases = releases_at(root, path, unit=unit, gate_seconds=gate_seconds)
    try:
        outcome = releases.switch(version)
    except ReleaseError as error:
        sys.exit(complain(f"nothing was changed: {error}", EXIT_NO))
    tell(outcome, version)


@release_group.command("settle")
@root_option
@config_option
def release_settle(root: Path, path: Path) -> None:
    """Take back a switch that was interrupted; to be run before the front desk is started."""
    try:
        version = releases_at(root, path).settle()
    except ReleaseError as error:
        click.echo(f"nothing was changed: {error}")
        return
    click.echo("nothing to settle" if version is None else f"back on release {version}, with its data")


@release_group.command("place")
@root_option
def release_place(root: Path) -> None:
    """Bring the current release's files for the system to their places; for install.sh."""
    system_files(root).place(root / "current" / "system")


@release_group.command("displace")
@root_option
def release_displace(root: Path) -> None:
    """Take the files for the system away; for install.sh --uninstall."""
    system_files(root).displace()


def tell(outcome: Outcome, wanted: str) -> None:
    """Say what became of a switch; ends with 1 when the release is not kept."""
    if not outcome.accepted:
        words = f"release {wanted} is not kept: {outcome.reason}; back on {outcome.version} with its data"
        sys.exit(complain(f"{words}, after {outcome.seconds:.0f} s", EXIT_NO))
    click.echo(f"release {outcome.version} runs, and is well after {outcome.seconds:.0f} s")


def releases_at(root: Path, path: Path, *, unit: str | None = None, gate_seconds: float = 60.0) -> Releases:
    """The releases below `root`; without a unit the front desk is a plain process."""
    config, _ = load(path)
    data = config.site.data
    program = root / "current" / "bin" / "frontdesk"
    service: Service = (
        SystemdService(unit) if unit else PlainService(program, path, data, root / "frontdesk.log")
    )
    gate = Gate(config.panel.host, config.panel.port, gate_seconds, gate_seconds / 3)
    return Releases(root, data, path, service, gate)
