"""`frontdesk tls`: the certificate of the pages on the office's network, and the site's own authority."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from appliance.commands.loading import EXIT_CONFIG, EXIT_NO, complain, config_option, load
from appliance.config import Config
from appliance.lan.settings import Lan, host_names


@click.group("tls")
def tls_group() -> None:
    """The certificate for the office's network."""


@tls_group.command("make")
@config_option
@click.option("--new", is_flag=True, help="Replace the authority that is there; it must be trusted anew.")
def make(path: Path, new: bool) -> None:
    """Make an authority of the site's own, and the first certificate. As root."""
    from appliance.lan import authority

    config, office = load(path)
    lan = _lan(config)
    if authority.Authority.beside(lan).certificate.exists() and not new:
        words = "the site has an authority already: `frontdesk tls renew` makes a new certificate of it"
        sys.exit(complain(f"{words}; --new replaces it", EXIT_NO))
    names = host_names(lan, config.panel.public_url)
    _tried(lambda: authority.make(lan, names, office.name, datetime.now(UTC)))
    _tell(lan)


@tls_group.command("renew")
@config_option
@click.option("--if-due", is_flag=True, help="Only in the last 90 days; nothing where there is no need.")
def renew(path: Path, if_due: bool) -> None:
    """Make a new certificate of the site's own authority. As root; then restart frontdesk-lan."""
    from appliance.lan import authority

    config, _ = load(path)
    if if_due and (config.lan is None or not authority.Authority.beside(config.lan).is_there):
        return  # the network is off, or the office gave a certificate of its own
    lan, now = _lan(config), datetime.now(UTC)
    names = host_names(lan, config.panel.public_url)
    if if_due and not authority.is_due(lan, names, now):
        return
    _tried(lambda: authority.renew(lan, names, now))
    _tell(lan)


@tls_group.command("show")
@config_option
def show(path: Path) -> None:
    """Say for whom the certificate is, how long, and the fingerprint to compare."""
    config, _ = load(path)
    _tell(_lan(config))


def _lan(config: Config) -> Lan:
    if config.lan is None:
        sys.exit(complain("the configuration has no table [lan] (docs/lan.md)", EXIT_CONFIG))
    return config.lan


def _tried(act: Callable[[], None]) -> None:
    from appliance.lan import authority

    try:
        act()
    except authority.NotMade as error:
        sys.exit(complain(str(error), EXIT_NO))
    except OSError as error:
        sys.exit(complain(f"{error.filename}: {error.strerror}", EXIT_NO))


def _tell(lan: Lan) -> None:
    from appliance.lan import authority, certificate

    try:
        found = certificate.read(lan.certificate)
        click.echo(f"{lan.certificate}: for {', '.join(sorted(found.names))}, until {found.ends:%Y-%m-%d}")
        own = authority.Authority.beside(lan).certificate
        if own.exists():
            trusted = certificate.read(own)
            click.echo(f"{own}: to be trusted by officers' computers, until {trusted.ends:%Y-%m-%d}")
            click.echo(f"SHA-256 {trusted.fingerprint}")
    except certificate.Unreadable as error:
        sys.exit(complain(str(error), EXIT_NO))
