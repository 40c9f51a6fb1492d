"""Goes through the list, step by step, and writes what came of it: `python -m tests.pi`.

It can be stopped at any time, by Ctrl-C or by the power, and goes on where it was. A step that cannot be
shown on this machine is refused with the reason, so that a report never says more than was seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.pi.machine import Machine
from tests.pi.probes import PROBES
from tests.pi.report import Entry, Report, Verdict
from tests.pi.steps import Step, load

_ANSWERS: dict[str, Verdict] = {"y": "passed", "n": "failed", "s": "skipped"}


@click.command()
@click.option(
    "--report", "folder", type=click.Path(path_type=Path), default=Path("pi-report"), show_default=True
)
@click.option("--config", type=click.Path(path_type=Path), default=Machine.config, show_default=True)
@click.option("--frontdesk", default="frontdesk", show_default=True, help="The program.")
@click.option("--pin", type=click.IntRange(0, 27), default=26, show_default=True, help="A free GPIO (BCM).")
@click.option("--only", multiple=True, metavar="ID", help="These steps, done before or not.")
@click.option("--long", "with_long", is_flag=True, help="Those that take an hour too.")
@click.option("--unattended", is_flag=True, help="Only what needs no person.")
@click.option("--list", "only_list", is_flag=True, help="Name the steps, and do nothing.")
def main(folder: Path, only_list: bool, only: tuple[str, ...], **wished: object) -> None:
    """Show what only a real Raspberry Pi can show; the report is in the folder of --report."""
    steps = load()
    if unknown := set(only) - {step.id for step in steps}:
        raise click.UsageError(f"no such step: {', '.join(sorted(unknown))}")
    if only_list:
        for step in steps:
            click.echo(f"{step.id:18} {step.how:8} {step.title}")
        return
    machine = Machine(pin=wished["pin"], config=wished["config"], frontdesk=str(wished["frontdesk"]))  # type: ignore[arg-type]
    report = Report(folder, steps, machine.model or "no Raspberry Pi")
    chosen = [step for step in steps if not only or step.id in only]
    walk(machine, report, chosen, Wishes(bool(wished["with_long"]), bool(wished["unattended"]), bool(only)))
    click.echo(f"\nThe report is in {report.markdown} and {report.json}.")
    sys.exit(1 if report.failed() else 0)


class Wishes:
    """How to go through the list."""

    def __init__(self, with_long: bool = False, unattended: bool = False, again: bool = False) -> None:
        self.with_long = with_long
        self.unattended = unattended
        self.again = again


def walk(machine: Machine, report: Report, steps: Iterable[Step], wishes: Wishes) -> None:
    """Do every step that is not done yet, and note it at once."""
    for step in steps:
        before = report.of(step)
        if before is not None and before.is_done and not wishes.again:
            click.echo(f"[{before.verdict}] {step.title}")
            continue
        entry = _do(machine, step, before, wishes)
        report.put(entry)
        click.echo(f"[{entry.verdict}] {step.title}: {entry.saw}")
        if entry.verdict == "begun":
            return  # the machine goes down now


def _do(machine: Machine, step: Step, before: Entry | None, wishes: Wishes) -> Entry:
    if why := machine.lacks(step):
        return _entry(step, "refused", why)
    if step.hour and not wishes.with_long:
        return _entry(step, "left out", "it takes an hour: --long")
    if step.how == "probe":
        return _probe(machine, step)
    if wishes.unattended:
        return _entry(step, "left out", "it needs a person")
    return _restart(machine, step, before) if step.how == "restart" else _look(step)


def _probe(machine: Machine, step: Step) -> Entry:
    click.echo(f"\n{step.title}\n  {step.what}")
    try:
        outcome = PROBES[step.id](machine)
    except (OSError, subprocess.SubprocessError, json.JSONDecodeError) as error:
        return _entry(step, "failed", f"could not be shown: {error}")
    return _entry(step, "passed" if outcome.passed else "failed", outcome.saw)


def _look(step: Step) -> Entry:
    click.echo(f"\n{step.title}\n  Do: {step.what}\n  Passed: {step.passed}")
    answer = click.prompt(
        "  Passed? y(es), n(o), s(kip)", type=click.Choice(list(_ANSWERS)), show_choices=False
    )
    saw = click.prompt("  What did you see?", default="", show_default=False)
    return _entry(step, _ANSWERS[answer], saw)


def _restart(machine: Machine, step: Step, before: Entry | None) -> Entry:
    """Begin it, and leave; or, after another start of the machine, hear what came of it."""
    if before is not None and before.verdict == "begun":
        if before.boot_id != machine.boot_id:
            return _look(step)
        click.echo("  The machine was not restarted since this was begun.")
    click.echo(f"\n{step.title}\n  Do: {step.what}\n  Passed: {step.passed}\n  Then run this script again.")
    return Entry(step.id, "begun", "to be gone on with after a restart", _now(), machine.boot_id)


def _entry(step: Step, verdict: Verdict, saw: str) -> Entry:
    return Entry(step.id, verdict, saw, _now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
