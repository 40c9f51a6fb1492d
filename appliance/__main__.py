"""The command line of the front desk: what runs, and how it begins and ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn, TypeVar

import click

from appliance import __version__, assembly, checks, config_text, staff
from appliance import config as configuration
from appliance.clock import SystemClock
from appliance.config import Config
from appliance.errors import ConfigError, Invalid, Message, StoreError
from appliance.front_desk import FrontDesk, assemble
from appliance.office import Office, load_office, shipped_offices
from appliance.runtime import Runtime
from appliance.wording import Wording, load_wording
from drivers.base import DriverError
from drivers.simulated.house import House

T = TypeVar("T")

DEFAULT_CONFIG = Path("/etc/frontdesk/frontdesk.toml")

BUTTON_PINS = (17, 27, 22, 10, 9, 11)  # of the simulated front desk

EXIT_NO = 1  # it could not be done, or a device is not well
EXIT_CONFIG = 2
EXIT_CORE_FELL = 70  # EX_SOFTWARE: the service manager starts it anew
EXIT_IN_USE = 75  # EX_TEMPFAIL: another process has the data or the address


# ------------------------------------------------------------------------------- running


def run_front_desk(desk: FrontDesk, house: House | None = None) -> int:
    """Run until told to stop; gives the exit code."""
    with ExitStack() as stack:
        try:
            runtime = stack.enter_context(assembly.running(desk, (lambda: house.pins) if house else None))
        except StoreError as error:
            return _complain(str(error), EXIT_IN_USE)
        threading.Thread(target=_end_when_fallen, args=(runtime,), name="watch", daemon=True).start()
        code = 0
        with suppress(SystemExit):  # told to stop before the pages were served
            _tell_first_start(desk)
            code = _serve(desk, house)
    return EXIT_CORE_FELL if runtime.fallen.is_set() else code


def _serve(desk: FrontDesk, house: House | None) -> int:
    from web import create_app  # here, so that `check` and `config` start without the pages
    from web.server import serve

    click.echo(f"http://{desk.config.panel.listen}", err=True)
    try:
        serve(create_app(desk, house), desk)
    except OSError as error:
        return _complain(f"{desk.config.panel.listen}: {error.strerror or error}", EXIT_IN_USE)
    return 0


def _tell_first_start(desk: FrontDesk) -> None:
    """Show the code on the terminal too: the ticket printer may be what does not work yet."""
    if desk.store.problem is not None:
        return
    try:
        if desk.store.read(staff.any_member):
            return
        code = staff.first_start_code(desk.folder)
    except (StoreError, OSError) as error:  # no reason to keep the pages from saying what is wrong
        click.echo(f"first start: there is no code: {error}", err=True)
    else:
        click.echo(f"first start: open {desk.config.panel.url}/setup, code {code[:4]} {code[4:]}", err=True)


def _end_when_fallen(runtime: Runtime) -> None:
    runtime.fallen.wait()
    os.kill(os.getpid(), signal.SIGTERM)


def _load(path: Path) -> tuple[Config, Office]:
    """The configuration and its office; prints every problem and ends with 2 when there is one."""
    config = _or_complain(lambda: configuration.load(path))
    office = _or_complain(lambda: load_office(config.site.office, path.parent))
    problems = configuration.check(config, office, path)
    if problems:
        _complain_and_exit(ConfigError(problems))
    return config, office


def _or_complain(load: Callable[[], T]) -> T:
    try:
        return load()
    except ConfigError as error:
        _complain_and_exit(error)


def _complain_and_exit(error: ConfigError) -> NoReturn:
    for problem in error.problems:
        click.echo(str(problem), err=True)
    sys.exit(EXIT_CONFIG)


def _complain(words: str, code: int) -> int:
    click.echo(f"frontdesk: {words}", err=True)
    return code


# ------------------------------------------------------------------------------- the commands

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    show_default=True,
    envvar="FRONTDESK_CONFIG",
    help="The configuration file.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="frontdesk")
@click.pass_context
def main(context: click.Context) -> None:
    """The front desk of a BPS library service (PST)."""
    handler = logging.StreamHandler()
    # python-escpos talks on the root logger each time that it hangs up; our own modules have names.
    handler.addFilter(lambda record: record.name != "root")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO, handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # Whatever a command has begun is put in order, also when it is stopped before its pages are served.
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    context.call_on_close(lambda: signal.signal(signal.SIGTERM, before))


@main.command()
@config_option
def run(path: Path) -> None:
    """Run the front desk with the devices that the configuration names."""
    config, office = _load(path)
    sys.exit(run_front_desk(assemble(office, config, SystemClock(), config.site.data)))


@main.command()
@click.option(
    "--office", default="1373", show_default=True, help=f"{', '.join(shipped_offices())}, or a file."
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder; without it one for this time only."
)
@click.option("--listen", default="127.0.0.1:8080", show_default=True, help="Address and port of the pages.")
@click.option(
    "--paper",
    type=click.Choice(sorted(assembly.COLUMNS)),
    default="80mm",
    show_default=True,
    help="Width of the printer's roll.",
)
def simulate(office: str, data: Path | None, listen: str, paper: str) -> None:
    """Run a front desk whose hardware is simulated, below the real libraries."""
    profile = _or_complain(lambda: load_office(office))
    with ExitStack() as stack:
        own = Path(stack.enter_context(TemporaryDirectory(prefix="frontdesk-")))
        folder = data or own / "data"
        house = House(own / "simulated", columns=assembly.COLUMNS[paper])
        stack.callback(house.close)
        house.start()
        config = _or_complain(lambda: simulated_config(house, profile, folder, listen, paper))
        house.wire(assembly.button_wiring(config), assembly.lock_wiring(config))
        code = run_front_desk(assemble(profile, config, SystemClock(), folder), house)
    sys.exit(code)


def simulated_config(house: House, office: Office, folder: Path, listen: str, paper: str) -> Config:
    """What the configuration of this simulated hardware looks like."""
    template = resources.files("appliance").joinpath("simulated.toml").read_text(encoding="utf-8")
    text = template.format(
        office=json.dumps(office.id),
        data=json.dumps(str(folder)),
        listen=json.dumps(listen),
        buttons=_simulated_buttons(office),
        printer_port=house.printer.port,
        paper=json.dumps(paper),
        native_qr=json.dumps(paper == "80mm"),
        player=json.dumps(list(house.player_command)),
    )
    if house.reader_pattern:
        text += f"\n[card_reader]\nreader = {json.dumps(house.reader_pattern)}\n"
    return configuration.parse(text, "simulated.toml")


def _simulated_buttons(office: Office) -> str:
    """A push button for each service that gives tickets, as far as the pins reach."""
    rows = (
        f'[[buttons.button]]\nservice = "{service.letter}"\npin = {pin}\n'
        for service, pin in zip(office.ticket_services, BUTTON_PINS, strict=False)
    )
    return "".join(rows)


@main.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(path: Path, as_json: bool) -> None:
    """Look at each device: is it there, what does it answer, what to do if not."""
    config, office = _load(path)
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
        sys.exit(_complain(f"{config.site.data}: {error.strerror}", EXIT_NO))
    if pid:
        words = f"the front desk is running (process {pid}) and has the devices"
        hint = f"http://{config.panel.listen}/healthz says how they are"
        sys.exit(_complain(f"{words}; {hint}", EXIT_IN_USE))


@main.group("config")
def config_group() -> None:
    """The configuration file."""


@config_group.command("check")
@config_option
def config_check(path: Path) -> None:
    """Say everything that is wrong, and start nothing."""
    _load(path)
    click.echo(f"{path}: in order")


@config_group.command("show")
@config_option
@click.option("--changed", is_flag=True, help="Only what differs from the defaults.")
def config_show(path: Path, changed: bool) -> None:
    """Print the configuration as it is in force."""
    config, _ = _load(path)
    click.echo(config_text.show(config, only_changed=changed), nl=False)


@config_group.command("init")
@click.argument("target", type=click.Path(path_type=Path), default=DEFAULT_CONFIG)
def config_init(target: Path) -> None:
    """Write a commented starter file; never over one that is there."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(config_text.example())
    except OSError as error:
        sys.exit(_complain(f"{target}: {error.strerror}", EXIT_NO))
    click.echo(f"wrote {target}")


@main.group("staff")
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
    config, office = _load(path)
    desk = assemble(office, config, SystemClock(), config.site.data)
    wrong = staff.wrong_entries(login=login, name=name, role=role) | staff.wrong_password(password)
    if wrong:  # all at once, and before a data folder is made
        _complain_of_fields(wrong, desk.wording)
    try:
        desk.store.open()
    except StoreError as error:
        sys.exit(_complain(f"{error}; use the page for accounts instead", EXIT_IN_USE))
    try:
        hashed = staff.hash_password(password)
        member = desk.store.write(staff.add, login=login, name=name, role=role, password_hash=hashed)
    except Invalid as error:
        _complain_of_fields(error.fields, desk.wording)
    except StoreError as error:
        sys.exit(_complain(str(error), EXIT_NO))
    finally:
        desk.store.close()
    click.echo(f"added {member.login} ({member.role})")


def _complain_of_fields(fields: Mapping[str, Message], wording: Wording) -> NoReturn:
    for message in fields.values():
        click.echo(wording.say(message, "en"), err=True)
    sys.exit(EXIT_NO)


@main.group("locks")
def locks_group() -> None:
    """The locks of the lockers."""


@locks_group.command("off")
@config_option
def locks_off(path: Path) -> None:
    """Switch every lock off: for the service manager, after the front desk has ended however it did."""
    config, _ = _load(path)
    bank = assembly.locks(config, None)
    if bank is None:
        return
    try:
        bank.connect()  # opens each line switched off
        bank.all_off()
    except DriverError as error:
        sys.exit(_complain(f"{error}: {error.hint}", EXIT_NO))
    finally:
        bank.close()


_SECONDS = click.FloatRange(0.1, 3600)


@main.group("bench")
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
def bench_tickets(presses: int, old_visits: int, seconds: float) -> None:
    """Press to first byte at the printer; CPU for a ticket; tickets a second."""
    from appliance import benchmarks

    click.echo(json.dumps(benchmarks.tickets(presses, old_visits, seconds), indent=2))


@bench_group.command("start")
@click.option(
    "--idle-seconds", type=_SECONDS, default=20.0, show_default=True, help="How long nothing is done."
)
def bench_start(idle_seconds: float) -> None:
    """Start to first page; memory; what doing nothing costs."""
    from appliance import benchmarks

    click.echo(json.dumps(benchmarks.start(idle_seconds), indent=2))


if __name__ == "__main__":
    main()
