"""`frontdesk lan`: the process that ends the TLS for the office's network."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from appliance.commands.loading import EXIT_CONFIG, EXIT_IN_USE, complain, config_option, load

if TYPE_CHECKING:
    from appliance.lan.terminator import Terminator


@click.command()
@config_option
def lan(path: Path) -> None:
    """Serve the pages over TLS to the office's network, as [lan] says; a service of its own.

    Without the table [lan] it ends at once, and nothing listens.
    """
    from appliance.lan import certificate, terminator

    config, _ = load(path)
    settings = config.lan
    if settings is None:
        click.echo("no table [lan]: nothing is shown to the network", err=True)
        return
    try:
        found = certificate.read(settings.certificate)
    except certificate.Unreadable as error:
        sys.exit(complain(str(error), EXIT_CONFIG))
    if trouble := certificate.key_trouble(settings):
        sys.exit(complain(trouble, EXIT_CONFIG))
    if (state := found.state(datetime.now(UTC))) != "good":
        # Shown all the same: the clock here may be wrong, and each browser judges by its own.
        click.echo(f"the certificate ends on {found.ends:%Y-%m-%d} ({state}); docs/lan.md", err=True)
    try:
        listener = terminator.listening(settings.host, settings.port)
    except OSError as error:
        sys.exit(complain(f"{settings.listen}: {error.strerror or error}", EXIT_IN_USE))
    click.echo(f"https://{settings.listen}", err=True)
    context = certificate.context(settings.certificate, settings.key)
    with listener, suppress(asyncio.CancelledError):
        asyncio.run(_until_told(terminator.Terminator(context, settings.socket), listener))


async def _until_told(server: Terminator, listener: socket.socket) -> None:
    task = asyncio.ensure_future(server.run(listener))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task
