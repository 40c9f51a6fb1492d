"""`frontdesk backup`, `frontdesk restore` and `frontdesk retention`: what is kept, put back, erased."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import click

from appliance import checks
from appliance.clock import Moment, SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.config import Config
from appliance.errors import ApplianceError, StoreError
from appliance.front_desk import FrontDesk, assemble
from appliance.keeping import backup, restoring, retention, sealing
from appliance.keeping.high_water import HighWater
from appliance.keeping.restoring import Restored
from appliance.keeping.retention import Due
from appliance.office import Office
from appliance.schema import migrations
from appliance.store import FILE


@contextmanager
def _complaining() -> Iterator[None]:
    """Whatever goes wrong is said in words, and ends with 1."""
    try:
        yield
    except (ApplianceError, OSError, sqlite3.Error) as error:
        sys.exit(complain(str(error), EXIT_NO))


# ------------------------------------------------------------------------------------- backup


@click.group("backup", invoke_without_command=True)
@config_option
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    help="Another folder, with [backup] recipient encrypted.",
)
@click.option(
    "--unless-today", is_flag=True, help="Only if today has no nightly copy yet; for a timer, as its net."
)
@click.pass_context
def backup_group(context: click.Context, path: Path, target: Path | None, unless_today: bool) -> None:
    """Make a copy of the database now, also while the front desk runs."""
    if context.invoked_subcommand is not None:
        return
    config, office = load(path)
    with _complaining():
        now = SystemClock().now()
        folder, source = config.site.data / backup.FOLDER, config.site.data / FILE
        day = now.local_date(office.zone)
        if unless_today and backup.has_nightly(folder, day):
            click.echo(f"{day} has its copy")
            return
        copy = backup.make(source, folder, now, day=day, kind="nightly" if unless_today else "asked")
        backup.prune(folder)
        click.echo(f"{copy.path}  {_size(copy.manifest.bytes)}, {copy.manifest.rows.get('visit', 0)} visits")
        goal = target or config.backup.copy_to
        if goal is not None:
            click.echo(_carry(copy, goal, config.backup.recipient))


def _carry(copy: backup.Copy, goal: Path, recipient: str | None) -> Path:
    if recipient is None:
        raise StoreError(
            "no copy leaves the machine unencrypted: set [backup] recipient (frontdesk backup key)"
        )
    return sealing.carry(copy, goal, recipient)


@backup_group.command("list")
@config_option
def backup_list(path: Path) -> None:
    """Read every copy whole, and say how it is."""
    config, _ = load(path)
    good = True
    for copy in backup.copies(config.site.data / backup.FOLDER):
        about = copy.manifest
        problem = about.bad or backup.verify(copy)
        good = good and not problem
        facts = (
            f"{about.kind:8} step {about.schema}  {about.rows.get('visit', 0)} visits  {_size(about.bytes)}"
        )
        click.echo(f"{copy.path}  {about.made}  {facts}  {problem or 'good'}")
    sys.exit(0 if good else EXIT_NO)


@backup_group.command("key")
def backup_key() -> None:
    """Make the pair of keys for copies that leave the machine; nothing is written here."""
    public, secret = sealing.new_key()
    click.echo(f'# Into the configuration of the front desk:\n[backup]\nrecipient = "{public}"')
    click.echo(
        "\n# Into a file on paper or on a USB stick in the safe, never on this machine:\n"
        f"# PST Front Desk, opens the copies of {public}\n{secret}",
    )
    click.echo("Whoever loses the secret key cannot open the copies; whoever finds it can.", err=True)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


# ------------------------------------------------------------------------------------- restore


@click.command()
@config_option
@click.option("--identity", type=click.Path(path_type=Path, dir_okay=False), help="File with the secret key.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(path: Path, identity: Path | None, file: Path) -> None:
    """Put a copy in the place of the database, while the front desk does not run."""
    config, office = load(path)
    desk = assemble(office, config, SystemClock(), config.site.data)
    _refuse_while_running(config)
    try:
        with _complaining():
            done = desk.store.put_back(partial(_restore, config.site.data, file, identity))
    finally:
        desk.store.close()
    _tell(done, file, config.site.data)


def _restore(folder: Path, file: Path, identity: Path | None, now: Moment, high: HighWater) -> Restored:
    return restoring.restore(folder, file, identity, now, high)


def _tell(done: Restored, file: Path, folder: Path) -> None:
    made = f", made {done.made}" if done.made else ""
    click.echo(f"{file.name}{made} is the database now")
    if done.schema < len(migrations()):
        click.echo(f"it was of step {done.schema}, and is of step {len(migrations())} now")
    if done.aside:
        click.echo(f"the database that was there is in {folder / done.aside}")
    if done.erased_again:
        click.echo(f"erased again, as it had been since: {done.erased_again}")
    click.echo("numbers go on above the highest ever given; the pages ask to compare the lockers")


def _refuse_while_running(config: Config) -> None:
    with _complaining():
        pid = checks.process_using(config.site.data)
    if pid:
        sys.exit(complain(f"the front desk is running (process {pid}): stop it first", EXIT_IN_USE))


# ------------------------------------------------------------------------------------- retention


@click.command("retention")
@config_option
@click.option(
    "--dry-run", is_flag=True, help="Only show what would be erased, also while the front desk runs."
)
def retention_command(path: Path, dry_run: bool) -> None:
    """Erase what has been kept long enough, as the front desk does at night."""
    config, office = load(path)
    if dry_run:
        with _complaining():
            _show_due(office, config.site.data / FILE)
        return
    _refuse_while_running(config)
    desk = assemble(office, config, SystemClock(), config.site.data)
    with _complaining():
        _erase(desk)


def _show_due(office: Office, file: Path) -> None:
    now = SystemClock().now()
    with closing(backup.reading(file)) as db:
        doubt = retention.doubt(db, office, now)
        found = retention.due(db, office, now)
    if doubt is not None:
        click.echo(f"nothing can be erased: {doubt}")
    _print(office, found)


def _erase(desk: FrontDesk) -> None:
    desk.store.open()
    try:
        doubt = desk.store.read(retention.doubt, desk.office, desk.store.now())
        if doubt is not None:
            raise StoreError(f"nothing can be erased: {doubt}")
        _print(desk.office, retention.run(desk.store, desk.office))
        desk.store.checkpoint()
    finally:
        desk.store.close()


def _print(office: Office, found: list[Due]) -> None:
    for one in found:
        kept = str(one.kind.period(office))
        click.echo(f"{one.kind.key:14} kept {kept:10} before {one.before}  {one.count}")
