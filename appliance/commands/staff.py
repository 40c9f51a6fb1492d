"""`frontdesk staff`: accounts of officers and administrators."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import click

from appliance import staff
from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.errors import Invalid, Message, StoreError
from appliance.front_desk import assemble
from appliance.wording import Wording


@click.group("staff")
def staff_group() -> None:
    """Accounts of officers and administrators."""


@staff_group.command("add")
@config_option
@click.option(
    "--role", type=click.Choice(staff.ROLES), default="officer", show_default=True, help="What they may do."
)
@click.argument("login")
@click.argument("name")
@click.password_option()
def staff_add(path: Path, role: str, login: str, name: str, password: str) -> None:
    """Make an account, while the front desk is not running."""
    config, office = load(path)
    desk = assemble(office, config, SystemClock(), config.site.data)
    wrong = staff.wrong_entries(login=login, name=name, role=role) | staff.wrong_password(password)
    if wrong:  # all at once, and before a data folder is made
        _complain_of_fields(wrong, desk.wording)
    try:
        desk.store.open()
    except StoreError as error:
        sys.exit(complain(f"{error}; use the page for accounts instead", EXIT_IN_USE))
    try:
        hashed = staff.hash_password(password)
        member = desk.store.write(staff.add, login=login, name=name, role=role, password_hash=hashed)
    except Invalid as error:
        _complain_of_fields(error.fields, desk.wording)
    except StoreError as error:
        sys.exit(complain(str(error), EXIT_NO))
    finally:
        desk.store.close()
    click.echo(f"added {member.login} ({member.role})")


def _complain_of_fields(fields: Mapping[str, Message], wording: Wording) -> NoReturn:
    for message in fields.values():
        click.echo(wording.say(message, "en"), err=True)
    sys.exit(EXIT_NO)
