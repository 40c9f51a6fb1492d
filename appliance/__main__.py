"""The command line of the front desk: what runs, and how it begins and ends."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from appliance import __version__, assembly, config_text, logs, staff, watchdog
from appliance import config as configuration
from appliance.clock import SystemClock
from appliance.commands.bench import bench_group
from appliance.commands.catalogue import catalogue_group
from appliance.commands.central import central_group
from appliance.commands.check import check
from appliance.commands.config import config_group
from appliance.commands.digitise import digitise
from appliance.commands.keeping import backup_group, restore, retention_command
from appliance.commands.lan import lan
from appliance.commands.loading import (
    EXIT_CORE_FELL,
    EXIT_IN_USE,
    complain,
    config_option,
    load,
    or_complain,
)
from appliance.commands.locks import locks_group
from appliance.commands.relay import relay_group
from appliance.commands.release import release_group
from appliance.commands.report import report
from appliance.commands.setup import setup
from appliance.commands.staff import staff_group
from appliance.commands.tls import tls_group
from appliance.commands.upgrade import upgrade
from appliance.config import Config
from appliance.errors import StoreError
from appliance.front_desk import FrontDesk, assemble
from appliance.lock_boards import LOCK_BOARDS
from appliance.locker_config import BOARDS_DRIVER
from appliance.office import Office, load_office, shipped_offices
from appliance.runtime import Runtime
from drivers.simulated.house import House

_STATION = """
[scanner]
[flatbed]
device = "^test:0"
resolution = 150
sane_config = {sane}
[camera]
address = {camera}
"""

if TYPE_CHECKING:
    from web.central.beside import Centre

BUTTON_PINS = (17, 27, 22, 10, 9, 11)  # of the simulated front desk
LOCKER_PINS = ((5, 6), (13, 19), (20, 21), (23, 24))  # of its lockers: lock and contact


# ------------------------------------------------------------------------------- running


def run_front_desk(desk: FrontDesk, house: House | None = None, centre: Centre | None = None) -> int:
    """Run until told to stop; gives the exit code. `house` and `centre` are those of a simulated one."""
    with ExitStack() as stack:
        try:
            runtime = stack.enter_context(assembly.running(desk, (lambda: house.pins) if house else None))
        except StoreError as error:
            return complain(str(error), EXIT_IN_USE)
        threading.Thread(target=_end_when_fallen, args=(runtime,), name="watch", daemon=True).start()
        code = 0
        with suppress(SystemExit):  # told to stop before the pages were served
            _tell_first_start(desk)
            code = _serve(desk, house, centre, stack.enter_context(watchdog.watched(desk)))
    return EXIT_CORE_FELL if runtime.fallen.is_set() else code


def _serve(desk: FrontDesk, house: House | None, centre: Centre | None, begun: Callable[[], None]) -> int:
    from web import create_app  # here, so that `check` and `config` start without the pages
    from web.server import serve

    click.echo(f"http://{desk.config.panel.listen}", err=True)
    try:
        serve(create_app(desk, house, centre), desk, begun)
    except OSError as error:
        return complain(f"{desk.config.panel.listen}: {error.strerror or error}", EXIT_IN_USE)
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


# ------------------------------------------------------------------------------- the command line


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="frontdesk")
@click.pass_context
def main(context: click.Context) -> None:
    """The front desk of a BPS library service (PST)."""
    logs.begin()
    # Whatever a command has begun is put in order, also when it is stopped before its pages are served.
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    context.call_on_close(lambda: signal.signal(signal.SIGTERM, before))


@main.command()
@config_option
def run(path: Path) -> None:
    """Run the front desk with the devices that the configuration names."""
    config, office = load(path)
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
@click.option(
    "--locks",
    type=click.Choice(("pins", *LOCK_BOARDS)),
    default="pins",
    show_default=True,
    help="How the lockers are connected: on pins, or on a lock board of this kind.",
)
def simulate(office: str, data: Path | None, listen: str, paper: str, locks: str) -> None:
    """Run a front desk whose hardware is simulated, below the real libraries."""
    from web.central.beside import beside

    profile = or_complain(lambda: load_office(office))
    with ExitStack() as stack:
        own = Path(stack.enter_context(TemporaryDirectory(prefix="frontdesk-")))
        folder = data or own / "data"
        house = House(
            own / "simulated",
            columns=assembly.COLUMNS[paper],
            with_station=True,
            lock_boards=None if locks == "pins" else locks,
        )
        stack.callback(house.close)
        house.start()
        centre = stack.enter_context(beside(own / "centre", profile))
        central = simulated_central(house.lay_line(centre.port), centre.token)
        central += stack.enter_context(simulated_catalogue(own, profile))
        config = or_complain(lambda: simulated_config(house, profile, folder, listen, paper, central))
        house.wire(
            assembly.button_wiring(config), assembly.lock_wiring(config), assembly.board_wiring(config)
        )
        code = run_front_desk(assemble(profile, config, SystemClock(), folder), house, centre)
    sys.exit(code)


def simulated_config(
    house: House, office: Office, folder: Path, listen: str, paper: str, central: str = ""
) -> Config:
    """What the configuration of this simulated hardware looks like; `central` is its section [central]."""
    template = resources.files("appliance").joinpath("simulated.toml").read_text(encoding="utf-8")
    text = template.format(
        office=json.dumps(office.id),
        data=json.dumps(str(folder)),
        listen=json.dumps(listen),
        buttons=_simulated_buttons(office),
        lockers=_simulated_lockers(house),
        printer_port=house.printer.port,
        paper=json.dumps(paper),
        native_qr=json.dumps(paper == "80mm"),
        player=json.dumps(list(house.player_command)),
    )
    if house.reader_pattern:
        text += f"\n[card_reader]\nreader = {json.dumps(house.reader_pattern)}\n"
    if house.station is not None:
        text += _STATION.format(
            sane=json.dumps(str(house.station.sane_folder)), camera=json.dumps(house.station.address)
        )
    return configuration.parse(text + central, "simulated.toml")


def simulated_central(port: int, token: Path) -> str:
    """The section [central] for a receiver behind a line that begins at this port."""
    # Shorter than usual, so that one who plays with it need not wait for a minute; longer than a slow line.
    url, file = json.dumps(f"http://127.0.0.1:{port}"), json.dumps(str(token))
    return f'\n[central]\nurl = {url}\ntoken = {file}\ntimeout = "10s"\n'


@contextmanager
def simulated_catalogue(folder: Path, office: Office) -> Iterator[str]:
    """The section [catalogue] for an imagined WebAPI, which runs as long as the `with` lasts."""
    from appliance.catalogue import imagined  # it draws PDFs, and their libraries are heavy

    if office.digital_library is None:
        yield ""
        return
    key = folder / "webapi-key"
    key.write_text(imagined.KEY, encoding="ascii")
    with imagined.imagined(office.digital_library.domains) as api:
        yield f'\n[catalogue]\nurl = {json.dumps(api.url)}\nkey = {json.dumps(str(key))}\npause = "0s"\n'


def _simulated_buttons(office: Office) -> str:
    """A push button for each service that gives tickets, as far as the pins reach."""
    rows = (
        f'[[buttons.button]]\nservice = "{service.letter}"\npin = {pin}\n'
        for service, pin in zip(office.ticket_services, BUTTON_PINS, strict=False)
    )
    return "".join(rows)


def _simulated_lockers(house: House) -> str:
    """Four lockers, on pins or on the house's lock board."""
    rows: list[dict[str, object]] = []
    for number, (pin, contact) in enumerate(LOCKER_PINS, start=1):
        where = {"address": 1, "lock": number} if house.boards else {"pin": pin, "contact_pin": contact}
        rows.append({"name": str(number), **where})
    line: dict[str, object] = {}
    if house.boards:
        line = {"driver": BOARDS_DRIVER, "board": house.boards.kind, "path": str(house.boards.path)}
    return config_text.as_toml({"lockers": {**line, "locker": rows}})


for command in (
    bench_group,
    catalogue_group,
    central_group,
    check,
    config_group,
    digitise,
    lan,
    locks_group,
    relay_group,
    release_group,
    report,
    setup,
    staff_group,
    tls_group,
    upgrade,
):
    main.add_command(command)
for command in (backup_group, restore, retention_command):
    main.add_command(command)


if __name__ == "__main__":
    main()
