"""`frontdesk upgrade`: from a signed release file to a release that has proved itself."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from appliance.commands.loading import EXIT_NO, complain, config_option
from appliance.commands.release import releases_at, root_option, service_options, tell
from appliance.errors import ReleaseError
from appliance.updates import arrival

TRUSTED = "allowed_signers"  # beside the configuration


@click.command("upgrade")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@root_option
@config_option
@service_options
@click.option("--allow-older", is_flag=True, help="Also a release that is older than the current one.")
def upgrade(
    file: Path, root: Path, path: Path, unit: str | None, gate_seconds: float, allow_older: bool
) -> None:
    """Check whose release FILE is, install it, and go over to it; by itself back when it is not well."""
    # A line to a far machine that breaks must not leave it between two releases.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    releases = releases_at(root, path, unit=unit, gate_seconds=gate_seconds)
    before = releases.current
    try:
        version = arrival.install(file, root, path.parent / TRUSTED, before, allow_older=allow_older)
        outcome = releases.switch(version)
    except ReleaseError as error:
        sys.exit(complain(f"nothing was changed: {error}", EXIT_NO))
    finally:
        # The one of before stays for `frontdesk release switch`; what was not kept goes, others are too old.
        releases.prune(before)
    tell(outcome, version)
    if unit is not None:
        _set_up_units(root)


def _set_up_units(root: Path) -> None:
    try:
        arrival.set_up_units(root)
    except ReleaseError as error:
        sys.exit(complain(f"the release runs, but not all of its units: {error}", EXIT_NO))
