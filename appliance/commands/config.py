"""`frontdesk config`: the configuration file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from appliance import config_text
from appliance.commands.loading import DEFAULT_CONFIG, EXIT_NO, complain, config_option, load


@click.group("config")
def config_group() -> None:
    """The configuration file."""


@config_group.command("check")
@config_option
def config_check(path: Path) -> None:
    """Say everything that is wrong, and start nothing."""
    load(path)
    click.echo(f"{path}: in order")


@config_group.command("show")
@config_option
@click.option("--changed", is_flag=True, help="Only what differs from the defaults.")
def config_show(path: Path, changed: bool) -> None:
    """Print the configuration as it is in force."""
    config, _ = load(path)
    click.echo(config_text.show(config, only_changed=changed), nl=False)


@config_group.command("init")
@click.argument("target", type=click.Path(path_type=Path), default=DEFAULT_CONFIG)
def config_init(target: Path) -> None:
    """Write a commented starter file; never over one that is there."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(config_text.example())
    except OSError as error:
        sys.exit(complain(f"{target}: {error.strerror}", EXIT_NO))
    click.echo(f"wrote {target}")
