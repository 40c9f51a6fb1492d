"""`frontdesk config`: the configuration file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from appliance import checks, config_text, plugged, toml_model
from appliance.commands.loading import (
    DEFAULT_CONFIG,
    EXIT_IN_USE,
    EXIT_NO,
    complain,
    complain_and_exit,
    config_option,
    load,
)
from appliance.errors import ConfigError


@click.group("config")
def config_group() -> None:
    """The configuration file."""


@config_group.command("check")
@config_option
@click.option("--file-only", is_flag=True, help="Do not look at what is plugged in.")
@click.option("--devices", is_flag=True, help="Also ask printer, camera and flatbed; nothing moves.")
def config_check(path: Path, file_only: bool, devices: bool) -> None:
    """Say everything that is wrong, with the file and with what is plugged in; nothing moves."""
    config, _ = load(path)
    findings = [] if file_only else list(plugged.seen(config))
    if devices and not findings:
        if checks.process_using(config.site.data):
            sys.exit(complain("the front desk is running and has the devices: frontdesk check", EXIT_IN_USE))
        findings = list(plugged.asked(config))
    if findings:
        problems = toml_model.located(findings, path.read_text(encoding="utf-8"), str(path))
        complain_and_exit(ConfigError(problems))
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
