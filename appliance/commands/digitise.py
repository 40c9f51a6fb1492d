"""`frontdesk digitise`: pictures of pages become a PDF, by the pipeline of the scanner station."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from appliance.commands.loading import EXIT_NO, complain
from appliance.scanning import digitising
from appliance.scanning.digitising import Order, Outcome
from appliance.wording import Language, Wording, load_wording

MODES = ("auto", "bilevel", "grey", "colour", "mixed")
LAYOUTS = ("auto", "single", "spread")
LANGUAGE: Final[Language] = "en"  # of what this command says


@click.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF."
)
@click.option(
    "--mode", type=click.Choice(MODES), default="auto", show_default=True, help="How pages are kept."
)
@click.option("--layout", type=click.Choice(LAYOUTS), default="auto", show_default=True, help="What is seen.")
@click.option("--dpi", type=click.FloatRange(50, 1200), help="Of a flatbed; without it they are photographs.")
@click.option("--ocr", is_flag=True, help="Add searchable text.")
@click.option("--lang", default="ind+eng", show_default=True, help="Languages of that text.")
@click.option("--title", default="", help="Of the document.")
@click.option("--source-line", default="", help="Stands on the first page.")
@click.option("--drop-blank", is_flag=True, help="Leave out pages on which nothing is printed.")
@click.option(
    "--debug", type=click.Path(path_type=Path, file_okay=False), help="Folder for pictures of each step."
)
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes at a time.")
def digitise(  # noqa: PLR0913 (one parameter an option)
    pictures: tuple[Path, ...],
    output: Path,
    mode: str,
    layout: str,
    dpi: float | None,
    ocr: bool,
    lang: str,
    title: str,
    source_line: str,
    drop_blank: bool,
    debug: Path | None,
    jobs: int,
) -> None:
    """Make a PDF of pictures of pages, or of the pictures in a folder."""
    logging.getLogger("pikepdf").setLevel(logging.WARNING)
    found = digitising.pictures_of(pictures)
    if not found:
        sys.exit(complain("no pictures in this folder", EXIT_NO))
    languages = tuple(lang.split("+")) if ocr else ()
    _look_for(languages)
    order = Order(mode, layout, languages, dpi, debug)
    with ExitStack() as stack:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            if debug is not None:
                debug.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=".digitise-", dir=output.parent))
            outcomes = _developed(found, order, Path(folder), jobs)
            _bind(outcomes, output, (title, source_line, drop_blank))
        except OSError as error:
            sys.exit(complain(f"{error.filename or output}: {error.strerror}", EXIT_NO))
    sys.exit(_report(outcomes, ocr))


def _look_for(languages: Sequence[str]) -> None:
    if not languages:
        return
    from appliance.pages import ocr as reading

    missing = sorted(set(languages) - reading.languages())
    if missing:
        words = f"searchable text needs Tesseract with {', '.join(missing)}; install it, or leave out --ocr"
        sys.exit(complain(words, EXIT_NO))


def _developed(found: list[Path], order: Order, folder: Path, jobs: int) -> list[Outcome]:
    outcomes = digitising.develop_all(found, order, folder, min(jobs, len(found)))
    bar = click.progressbar(outcomes, length=len(found), label="pages", file=sys.stderr)
    with bar as shown:
        return sorted(shown, key=lambda one: one.number)


def _bind(outcomes: list[Outcome], output: Path, what: tuple[str, str, bool]) -> None:
    from appliance.pages import pdf

    title, source_line, drop_blank = what
    parts = [
        page.part
        for outcome in outcomes
        for page in outcome.pages
        if not (drop_blank and "blank" in page.defects)
    ]
    if parts:
        made = datetime.now().astimezone()
        pdf.finish(parts, output, pdf.Details(made, title=title, source_line=source_line))


def _report(outcomes: list[Outcome], ocr: bool) -> int:
    """Say what is to be said of each picture; gives the exit code."""
    wording = load_wording()
    pages = [page for outcome in outcomes for page in outcome.pages]
    for outcome in outcomes:
        for words in _words(outcome, wording, ocr):
            click.echo(f"{outcome.picture}: {words}", err=True)
    kinds = {kind: sum(page.kind == kind for page in pages) for kind in MODES[1:]}
    summary = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    click.echo(f"{len(pages)} pages ({summary or 'none'})")
    return EXIT_NO if any(outcome.error for outcome in outcomes) else 0


def _words(outcome: Outcome, wording: Wording, ocr: bool) -> list[str]:
    if outcome.error:
        title = wording.text(f"error.{outcome.error}.title", LANGUAGE)
        detail = f" ({outcome.detail})" if outcome.detail else ""
        return [f"{title}{detail}. {wording.text(f'error.{outcome.error}.do', LANGUAGE)}"]
    said = [wording.text(f"photo_note.{note}", LANGUAGE) for note in outcome.notes]
    for number, page in enumerate(outcome.pages, 1):
        where = f"page {number}: " if len(outcome.pages) > 1 else ""
        said += [where + wording.text(f"defect.{defect}", LANGUAGE) for defect in page.defects]
        if ocr and not page.has_text and "blank" not in page.defects:
            said.append(where + wording.text("error.text_unread.title", LANGUAGE))
    return said
