"""`frontdesk check`: how each device is, and what a technician has them do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from appliance import assembly, check_acts, check_remote, checks, lockers, slips
from appliance.check_report import Voice, as_json, as_text
from appliance.checks import Checkup
from appliance.clock import SystemClock
from appliance.commands.loading import EXIT_IN_USE, EXIT_NO, complain, config_option, load
from appliance.config import Config
from appliance.errors import StoreError
from appliance.examination import Result
from appliance.front_desk import FrontDesk, assemble
from appliance.lan import standing
from appliance.printing import Job
from appliance.wording import LANGUAGES, Language, load_wording
from drivers.base import Document

_IN_USE = "the front desk is running (process {pid}) and has the devices"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done besides asking."""

    print_ticket: bool
    pulse: str | None
    card: bool
    frame: Path | None
    wait_s: float

    @property
    def any(self) -> bool:
        """Whether anything is."""
        return self.print_ticket or self.card or self.pulse is not None or self.frame is not None


@click.command()
@config_option
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language; the office's first unless given.")
@click.option("--print", "print_ticket", is_flag=True, help="Print a test ticket.")
@click.option("--pulse", metavar="LOCKER", help="Open this locker, and read its door contact.")
@click.option("--card", is_flag=True, help="Wait for a card, and say what it can be used for.")
@click.option(
    "--frame", type=click.Path(dir_okay=False, path_type=Path), help="Write what the camera sees (JPEG)."
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(1, 600),
    default=30.0,
    show_default=True,
    help="Seconds for a card.",
)
def check(path: Path, for_programs: bool, lang: Language | None, **wished: object) -> None:
    """Look at each device: is it there, what does it answer, how long did it take, what to do if not.

    Nothing is printed, opened or read unless it is asked for.
    """
    config, office = load(path)
    wishes = Wishes(**wished)  # type: ignore[arg-type]  # click gives each option its type
    voice = Voice(load_wording(office.queue_word), lang or office.languages[0])
    title = voice.text("check.title", office=office.name, id=office.id)
    pid = _process_using(config)
    if pid:
        results = _ask_running(config, wishes, pid)
        title = f"{title}\n{voice.text('check.asked_running')}"
    else:
        desk = assemble(office, config, SystemClock(), config.site.data)
        results = list(_look(desk, wishes, voice))
    if config.lan is not None:
        results.append(standing.result(config.lan))
    click.echo(as_json(results, voice) if for_programs else as_text(results, voice, title))
    sys.exit(0 if all(result.is_well for result in results) else EXIT_NO)


def _process_using(config: Config) -> str | None:
    try:
        return checks.process_using(config.site.data)
    except OSError as error:
        sys.exit(complain(f"{config.site.data}: {error.strerror}", EXIT_NO))


def _ask_running(config: Config, wishes: Wishes, pid: str) -> list[Result]:
    """Two programs must not talk to one printer: the front desk that runs asks its devices itself."""
    in_use, url = _IN_USE.format(pid=pid), f"http://{config.panel.listen}"
    if wishes.any:
        page = f"{config.panel.url}/admin/check"
        words = (
            f"{in_use}; print, open and read on the page {page}, or stop it first (systemctl stop frontdesk)"
        )
        sys.exit(complain(words, EXIT_IN_USE))
    try:
        return check_remote.results(config.panel)
    except check_remote.NoAnswer as error:
        sys.exit(
            complain(f"{in_use}, and does not say how they are ({error}); see {url}/healthz", EXIT_IN_USE)
        )


# ------------------------------------------------------------------------- with the devices to ourselves


def _look(desk: FrontDesk, wishes: Wishes, voice: Voice) -> Iterator[Result]:
    found: set[str] = set()
    for checkup in assembly.checkups(desk.config):
        result = checks.look(checkup)
        found |= {result.device} if result.found else set()
        yield result
    for device, act, make in _acts(desk, wishes, voice):
        if make is None:
            yield Result(device, False, problem="not_configured", act=act)
        elif device in found:  # else it has been said what is wrong with it
            yield make()


Act = tuple[str, str, Callable[[], Result] | None]


def _acts(desk: FrontDesk, wishes: Wishes, voice: Voice) -> Iterator[Act]:
    config = desk.config
    if wishes.print_ticket:
        yield "printer", "print", partial(_print, desk, voice) if config.printer else None
    if wishes.pulse is not None:
        yield "lockers", "pulse", partial(_pulse, desk, wishes.pulse, voice) if config.lockers else None
    if wishes.card:
        yield (
            "card_reader",
            "card",
            partial(_card, config, wishes.wait_s, voice) if config.card_reader else None,
        )
    if wishes.frame is not None:
        yield "camera", "frame", partial(_frame, config, wishes.frame) if config.camera else None


def _print(desk: FrontDesk, voice: Voice) -> Result:
    if desk.config.printer is None:
        raise ValueError("no printer is configured")
    printer = assembly.printer(desk.config.printer)
    job = Job(0, "test", None, {}, copy=False, state="printing", problem=None, asked=desk.clock.now())

    def document(columns: int) -> Document:
        return slips.test_print(slips.Sheet(desk, columns, job))

    _tell(voice.text("check.prompt_print"))
    return checks.look(Checkup(printer, lambda: check_acts.print_ticket(printer, document), "print"))


def _pulse(desk: FrontDesk, locker: str, voice: Voice) -> Result:
    bank = assembly.locks(desk.config, None)
    if bank is None or desk.config.lockers is None:
        raise ValueError("no lockers are configured")
    if _is_occupied(desk, locker):
        return Result(bank.name, True, problem="occupied", act="pulse")
    within_s = desk.config.lockers.open_within.total_seconds()
    if locker in bank.lockers:
        _tell(voice.text("check.prompt_pulse", locker=locker))
    return checks.look(Checkup(bank, lambda: check_acts.pulse_lock(bank, locker, within_s), "pulse"))


def _is_occupied(desk: FrontDesk, locker: str) -> bool:
    """Whether somebody's bag is in it, as far as the database says; one that cannot be read says nothing."""
    if not desk.store.path.exists():
        return False
    try:
        return any(one.locker == locker for one in desk.store.read(lockers.still_here))
    except StoreError as error:
        sys.exit(complain(f"{desk.store.path}: {error}; no locker was opened", EXIT_NO))
    finally:
        desk.store.close()


def _card(config: Config, wait_s: float, voice: Voice) -> Result:
    reader = assembly.reader(config)
    if reader is None:
        raise ValueError("no card reader is configured")
    wait = check_acts.CardWait(wait_s, lambda: _tell(voice.text("check.prompt_card", n=round(wait_s))))
    return checks.look(Checkup(reader, lambda: check_acts.read_card(reader, wait), "card"))


def _frame(config: Config, path: Path) -> Result:
    camera = next(one for one in assembly.scanning_devices(config) if one.name == "camera")
    try:
        return checks.look(Checkup(camera, lambda: check_acts.keep_picture(camera.picture, path), "frame"))
    except OSError as error:
        sys.exit(complain(f"{path}: {error.strerror}", EXIT_NO))


def _tell(words: str) -> None:
    """To the person beside the device: on the standard error, so that JSON stays JSON."""
    click.echo(words, err=True)
