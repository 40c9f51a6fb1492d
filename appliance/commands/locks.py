"""`frontdesk locks`: the locks of the lockers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from appliance import assembly
from appliance.commands.loading import EXIT_NO, complain, config_option, load
from appliance.locker_config import BoardLockers
from drivers.base import DriverError


@click.group("locks")
def locks_group() -> None:
    """The locks of the lockers."""


@locks_group.command("off")
@config_option
def locks_off(path: Path) -> None:
    """Switch every lock off: for the service manager, after the front desk has ended however it did."""
    config, _ = load(path)
    if isinstance(config.lockers, BoardLockers):
        click.echo("the lock boards end their pulses themselves: nothing to switch off")
        return
    bank = assembly.locks(config, None)
    if bank is None:
        return
    try:
        bank.connect()  # opens each line switched off
        bank.all_off()
    except DriverError as error:
        sys.exit(complain(f"{error}: {error.hint}", EXIT_NO))
    finally:
        bank.close()
