"""`frontdesk central`: the other end, a receiver that keeps what the contract promises (docs/central.md)."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from appliance.central import intake, offices
from appliance.central.archive import Archive
from appliance.central.databases import DEFAULT_URL, open_database
from appliance.central.offices import BadCertificate
from appliance.commands.loading import EXIT_CONFIG, EXIT_IN_USE, EXIT_NO, complain, complain_and_exit
from appliance.errors import ConfigError, StoreError

database_option = click.option(
    "--database",
    "url",
    default=DEFAULT_URL,
    show_default=True,
    envvar="FRONTDESK_CENTRAL_DATABASE",
    help="sqlite:///FILE or postgresql://USER@HOST/NAME.",
)


@click.group("central")
def central_group() -> None:
    """The central server: a receiver of visits."""


@central_group.command("serve")
@database_option
@click.option(
    "--listen", default="127.0.0.1:9090", show_default=True, help="Address and port, on this machine only."
)
@click.option("--identity", is_flag=True, help="Take the identity of guests too, where an office sends it.")
@click.option(
    "--client-certificates",
    is_flag=True,
    help="Offices may show a certificate, which the proxy hands on in X-Client-Certificate.",
)
def central_serve(url: str, listen: str, identity: bool, client_certificates: bool) -> None:
    """Receive visits, and show how many came, until told to stop."""
    host, port = _loopback(listen)
    from web.central import create_receiver  # here, so that the other commands start without the pages
    from web.central.serving import serve

    with _archive(url) as archive:
        accepts = intake.WITH_IDENTITY if identity else intake.USUAL
        app = create_receiver(intake.Intake(archive, accepts), certificates=client_certificates)
        click.echo(f"http://{listen}", err=True)
        try:
            serve(app, host, port)
        except OSError as error:
            sys.exit(complain(f"{listen}: {error.strerror or error}", EXIT_IN_USE))


@central_group.command("token")
@database_option
@click.argument("domain")
@click.option("--name", default="", help="Of the office, for the pages: 'BPS Kota Sawahlunto'.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Know the office by this client certificate (PEM) instead of a token.",
)
def central_token(url: str, domain: str, name: str, certificate: Path | None) -> None:
    """Let the office DOMAIN send. Prints a new token, which is shown only now."""
    if not offices.is_domain(domain):
        sys.exit(complain(f"{domain!r} is no domain code: four digits, as 1373", EXIT_CONFIG))
    shown = _certificate(certificate) if certificate else None
    with _archive(url) as archive, archive.db.writing() as session:
        offices.add(session, domain, name)
        if shown is None:
            click.echo(offices.give_token(session, domain))
        else:
            offices.take_certificate(session, domain, shown)
            click.echo(f"{domain} is known by {shown}", err=True)


@central_group.command("revoke")
@database_option
@click.argument("domain")
def central_revoke(url: str, domain: str) -> None:
    """Let all tokens and certificates of the office DOMAIN be good no longer."""
    with _archive(url) as archive, archive.db.writing() as session:
        gone = offices.revoke(session, domain)
    click.echo(f"revoked: {gone}", err=True)
    sys.exit(0 if gone else EXIT_NO)


@central_group.command("viewer")
@database_option
@click.argument("name")
def central_viewer(url: str, name: str) -> None:
    """Let NAME look at the pages. Prints a new password, which is shown only now."""
    if not name.isprintable() or ":" in name or not name.strip():
        sys.exit(complain("a name has no colon in it", EXIT_CONFIG))
    with _archive(url) as archive, archive.db.writing() as session:
        click.echo(offices.give_viewer(session, name))


@contextmanager
def _archive(url: str) -> Iterator[Archive]:
    """The archive at this address; complains and ends where it cannot be had."""
    try:
        archive = _opened(url)
        try:
            yield archive
        finally:
            archive.close()
    except StoreError as error:
        sys.exit(complain(f"{error.code}: {error}", EXIT_NO))


def _opened(url: str) -> Archive:
    try:
        return Archive(open_database(url))
    except ConfigError as error:
        complain_and_exit(error)


def _loopback(listen: str) -> tuple[str, int]:
    """The address to listen on: of this machine only, since what comes over a network must come by TLS."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not port.isdigit() or int(port) > 65535 or not host:
        sys.exit(complain(f"{listen}: must be an address and a port, as 127.0.0.1:9090", EXIT_CONFIG))
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        words = "listen on loopback, and let a proxy on this machine do TLS (docs/central.md)"
        sys.exit(complain(f"{listen}: {words}", EXIT_CONFIG))
    return host, int(port)


def _certificate(path: Path) -> str:
    try:
        return offices.certificate_fingerprint(path.read_text(encoding="ascii"))
    except (OSError, UnicodeError, BadCertificate) as error:
        sys.exit(complain(f"{path}: {error}", EXIT_NO))
