"""`frontdesk report`: a report as a file, from the database as it is, also while the front desk runs."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import cast

import click

from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_NO, complain, config_option, load
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk, assemble
from appliance.reports import figures, files, periods
from appliance.reports.cover import cover
from appliance.reports.figures import Report
from appliance.reports.files import FORMATS, Format
from appliance.reports.periods import Kind, NoSuchPeriod, Period
from appliance.reports.published import Form, obstacle

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("report")
@config_option
@click.option("--day", help="One day: 2026-11-23.")
@click.option("--month", help="2026-11.")
@click.option("--quarter", help="2026-Q4.")
@click.option("--year", help="2026.")
@click.option("--from", "first", type=_DAY, help="The first day of any stretch.")
@click.option("--to", "last", type=_DAY, help="Its last day; without it, today.")
@click.option(
    "--format", "format", type=click.Choice(FORMATS), default="xlsx", show_default=True, help="Kind of file."
)
@click.option("--internal", is_flag=True, help="Complete figures, for the office itself only.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; without it, one named after the report, here.",
)
def report(
    path: Path, format: str, internal: bool, output: Path | None, **wanted: str | datetime | None
) -> None:
    """Write a report to a file, for publication unless it is said to be internal."""
    config, office = load(path)
    desk = assemble(office, config, SystemClock(), config.site.data)
    today = desk.clock.now().local_date(office.zone)
    period = _period(wanted, today)
    form: Form = "internal" if internal else "publication"
    found = _count(desk, period, today)
    if form == "publication" and (why := obstacle(office, found)):
        sys.exit(complain(f"{_words(desk, why)} (--internal)", EXIT_NO))
    kind = cast(Format, format)
    target = output or Path(files.file_name(cover(found, office, desk.wording, form), kind))
    try:
        target.write_bytes(files.write(found, office, desk.wording, form, kind))
    except OSError as error:
        sys.exit(complain(f"{target}: {error.strerror}", EXIT_NO))
    click.echo(str(target))


def _period(wanted: dict[str, str | datetime | None], today: date) -> Period:
    """What the options ask for; ends with 2 for none, two, or one that no calendar has."""
    first, last = wanted.pop("first"), wanted.pop("last")
    named = [(kind, name) for kind, name in wanted.items() if name is not None]
    if len(named) + (first is not None) != 1:
        raise click.UsageError("Name one period: --day, --month, --quarter, --year, or --from.")
    try:
        if isinstance(first, datetime):
            return periods.between(first.date(), last.date() if isinstance(last, datetime) else today)
        (kind, name) = named[0]
        return _named(cast(Kind, kind), str(name))
    except NoSuchPeriod as error:
        raise click.UsageError(f"{error} is no such period.") from None


def _named(kind: Kind, name: str) -> Period:
    period = periods.parse(name)
    if period.kind != kind:
        raise NoSuchPeriod(name)
    return period


def _count(desk: FrontDesk, period: Period, today: date) -> Report:
    try:
        return desk.store.read(figures.count, desk.office, period, today)
    except StoreError as error:
        sys.exit(complain(f"{desk.store.path}: {error}", EXIT_NO))
    finally:
        desk.store.close()


def _words(desk: FrontDesk, why: str) -> str:
    language, wording = desk.office.languages[0], desk.wording
    kind = wording.text(f"report.kind_lower.{desk.office.reports.publish}", language)
    return wording.text(f"report.obstacle.{why}", language, kind=kind)
