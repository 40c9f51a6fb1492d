"""`frontdesk relay`: what the central server is still to get."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from appliance import outbox
from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk, assemble


@click.group("relay")
def relay_group() -> None:
    """What the central server is still to get."""


@relay_group.command("status")
@config_option
def relay_status(path: Path) -> None:
    """How much waits, since when, and what was rejected; also while the front desk runs. Prints JSON."""
    desk = _desk(path)
    try:
        backlog = desk.store.read(outbox.backlog)
        parked = desk.store.read(outbox.parked)
        device = desk.store.read(outbox.device)
    except StoreError as error:
        sys.exit(complain(f"{desk.store.path}: {error}", EXIT_NO))
    finally:
        desk.store.close()
    seen = {
        "on": desk.config.central is not None,
        "device": device,
        "waiting": backlog.waiting,
        "oldest": backlog.oldest and backlog.oldest.wall.isoformat(timespec="seconds"),
        "last_stored": backlog.last_stored and backlog.last_stored.wall.isoformat(timespec="seconds"),
        "parked": backlog.parked,
        "parked_events": [
            {"id": f"{one.record_id}.{one.revision}", "reason": one.reason, "detail": one.detail}
            for one in parked
        ],
    }
    click.echo(json.dumps(seen, indent=2))


@relay_group.command("retry")
@config_option
def relay_retry(path: Path) -> None:
    """Let everything that was rejected be tried again, while the front desk is not running."""
    desk = _desk(path)
    try:
        desk.store.open()
    except StoreError as error:
        sys.exit(complain(f"{error}; use the page for the central server instead", EXIT_IN_USE))
    try:
        count = desk.store.write(outbox.retry, staff=None)
    except StoreError as error:
        sys.exit(complain(str(error), EXIT_NO))
    finally:
        desk.store.close()
    click.echo(f"to be sent again: {count}")


def _desk(path: Path) -> FrontDesk:
    config, office = load(path)
    return assemble(office, config, SystemClock(), config.site.data)
