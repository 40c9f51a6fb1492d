"""`frontdesk check`: how each device is."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from appliance import assembly, checks
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.config import Config
from appliance.wording import load_wording


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(path: Path, as_json: bool) -> None:
    """Look at each device: is it there, what does it answer, what to do if not."""
    config, office = load(path)
    _refuse_while_running(config)
    results = [checks.look(one) for one in assembly.checkups(config)]
    wording, language = load_wording(office.queue_word), office.languages[0]
    click.echo(checks.as_json(results) if as_json else checks.as_text(results, wording, language))
    sys.exit(0 if all(result.is_well for result in results) else EXIT_NO)


def _refuse_while_running(config: Config) -> None:
    """Two programs must not talk to one printer; and the front desk that runs knows how its devices are."""
    try:
        pid = checks.process_using(config.site.data)
    except OSError as error:
        sys.exit(complain(f"{config.site.data}: {error.strerror}", EXIT_NO))
    if pid:
        words = f"the front desk is running (process {pid}) and has the devices"
        hint = f"http://{config.panel.listen}/healthz says how they are"
        sys.exit(complain(f"{words}; {hint}", EXIT_IN_USE))
