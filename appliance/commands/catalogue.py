"""`frontdesk catalogue`: the copy of the publication catalogue, made and searched on the terminal."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import click

from appliance.assembly import web_api
from appliance.catalogue.errors import CatalogueBusy, CatalogueError
from appliance.catalogue.library import Library
from appliance.catalogue.sync import sync
from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.front_desk import assemble


@click.group("catalogue")
def catalogue_group() -> None:
    """The copy of the publication catalogue, which is searched without the internet."""


@catalogue_group.command("sync")
@config_option
def catalogue_sync(path: Path) -> None:
    """Make the copy anew, while the front desk is not running; one that broke goes on where it was."""
    library = _library(path)
    clock = SystemClock()
    try:
        api = web_api(library.settings)
        with library.shelf.writing() as writer:
            count = sync(
                writer,
                api,
                [domain.id for domain in library.profile.domains],
                lambda: clock.now().wall,
                lambda domain, page: click.echo(f"{domain}: page {page}", err=True),
            )
    except CatalogueBusy as busy:
        sys.exit(complain(busy.hint, EXIT_IN_USE))
    except CatalogueError as error:
        sys.exit(complain(f"{error.code}: {error}. {error.hint}", EXIT_NO))
    except (OSError, sqlite3.Error) as error:
        sys.exit(complain(f"{library.shelf.path}: {error}", EXIT_NO))
    click.echo(f"{count} publications")


@catalogue_group.command("search")
@config_option
@click.option("--domain", help="Of one domain only: 1373.")
@click.argument("words", nargs=-1)
def catalogue_search(path: Path, domain: str | None, words: tuple[str, ...]) -> None:
    """Search the copy, also while the front desk runs: a line each, the newest first."""
    library = _library(path)
    if library.standing().made is None:
        sys.exit(complain("there is no copy of the catalogue yet: frontdesk catalogue sync", EXIT_NO))
    found = library.search(" ".join(words), domain)
    if found.mended:
        click.echo(f"nothing for these words; shown is: {found.mended}", err=True)
    for one in found.publications:
        click.echo(f"{one.released or '':10}  {one.domain}  {one.title}  {library.public_url(one)}")
    if not found.publications:
        sys.exit(complain("nothing found", EXIT_NO))


def _library(path: Path) -> Library:
    config, office = load(path)
    library = assemble(office, config, SystemClock(), config.site.data).library
    if library is None:
        sys.exit(complain(f"office {office.id} has no digital library: [digital_library]", EXIT_NO))
    return library
