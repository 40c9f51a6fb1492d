"""What every command begins with: the configuration and its office, or words about what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from appliance import config as configuration
from appliance.config import Config
from appliance.errors import ConfigError
from appliance.office import Office, load_office

T = TypeVar("T")

DEFAULT_CONFIG = Path("/etc/frontdesk/frontdesk.toml")

EXIT_NO = 1  # it could not be done, or a device is not well
EXIT_CONFIG = 2
EXIT_CORE_FELL = 70  # EX_SOFTWARE: the service manager starts it anew
EXIT_IN_USE = 75  # EX_TEMPFAIL: another process has the data or the address

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    show_default=True,
    envvar="FRONTDESK_CONFIG",
    help="The configuration file.",
)


def load(path: Path) -> tuple[Config, Office]:
    """The configuration and its office; prints every problem and ends with 2 when there is one."""
    config = or_complain(lambda: configuration.load(path))
    office = or_complain(lambda: load_office(config.site.office, path.parent))
    problems = configuration.check(config, office, path)
    if problems:
        complain_and_exit(ConfigError(problems))
    return config, office


def or_complain(read: Callable[[], T]) -> T:
    """What `read` gives; prints every problem of a file that is wrong, and ends with 2."""
    try:
        return read()
    except ConfigError as error:
        complain_and_exit(error)


def complain_and_exit(error: ConfigError) -> NoReturn:
    """Print every problem, and end with 2."""
    for problem in error.problems:
        click.echo(str(problem), err=True)
    sys.exit(EXIT_CONFIG)


def complain(words: str, code: int) -> int:
    """Say on the terminal why a command could not do it; gives the exit code back."""
    click.echo(f"frontdesk: {words}", err=True)
    return code
