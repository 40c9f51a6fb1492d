"""`frontdesk setup`: the first start of a machine, asked for on the terminal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from appliance import config as configuration
from appliance import first_config, staff, usb_names
from appliance.clock import SystemClock
from appliance.commands.loading import DEFAULT_CONFIG, EXIT_CONFIG, EXIT_NO, complain
from appliance.config import Config
from appliance.device_config import PINS
from appliance.errors import ConfigError, Message, StoreError
from appliance.files import write_durably
from appliance.first_config import Answers
from appliance.front_desk import assemble
from appliance.lock_boards import LOCK_BOARDS
from appliance.office import Office, load_office, shipped_offices
from appliance.wording import LANGUAGES, Language, load_wording

UNIT = "frontdesk.service"
MOST_LOCKERS = 200
_SYSTEMD_RUNS = Path("/run/systemd/system")


@dataclass(frozen=True)
class Talk:
    """Asks and tells in one language."""

    language: Language
    system: Path  # below which /sys and /dev are looked at

    def say(self, key: str, **values: str | int) -> str:
        """A text of the section [first_setup]."""
        return load_wording().text(f"first_setup.{key}", self.language, **values)

    def tell(self, key: str, **values: str | int) -> None:
        """Say something."""
        click.echo(self.say(key, **values))

    def ask(self, key: str, **values: str | int) -> str:
        """Ask for a text; empty when only Enter is pressed."""
        return str(click.prompt(self.say(key, **values), default="", show_default=False)).strip()

    def agree(self, key: str, default: bool = True, **values: str | int) -> bool:
        """Ask for yes or no."""
        return click.confirm(self.say(key, **values), default=default)


@click.command("setup")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The configuration file that is written.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("/var/lib/frontdesk"),
    show_default=True,
    help="The data folder.",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="id", show_default=True, help="Of the questions."
)
@click.option(
    "--system",
    type=click.Path(path_type=Path),
    default=Path("/"),
    show_default=True,
    help="Below which /sys and /dev are looked at.",
)
def setup(path: Path, data: Path, language: Language, system: Path) -> None:
    """Ask for the office, its devices and the first administrator, and write the configuration."""
    talk = Talk(language, system)
    if path.exists():
        sys.exit(complain(talk.say("there", path=str(path)), EXIT_NO))
    talk.tell("welcome")
    office_name, office = _ask_office(talk)
    answers = Answers(office_name, str(data))
    for question in (_ask_printer, _ask_reader, _ask_scanner, _ask_voice):
        question(talk, answers)
    _ask_buttons(talk, answers, office)
    _ask_lock_boards(talk, answers)
    if answers.lock_boards is None:
        _ask_lockers(talk, answers)
    config = _write(talk, answers, office, path)
    _first_administrator(talk, office, config)
    _start(talk, config)


# ------------------------------------------------------------------------------- questions


def _ask_office(talk: Talk) -> tuple[str, Office]:
    shipped = [f"{name} ({load_office(name).name})" for name in shipped_offices()]
    talk.tell("offices", list=", ".join(shipped))
    while True:
        name = str(click.prompt(talk.say("office"))).strip()
        if name not in shipped_offices():
            name = str(Path(name).absolute())  # the file is looked for beside the configuration
        try:
            return name, load_office(name)
        except ConfigError as error:
            click.echo(str(error), err=True)


def _ask_printer(talk: Talk, answers: Answers) -> None:
    for device in usb_names.usb_devices(talk.system):
        if device.kind == "printer" and talk.agree("use_printer", name=device.name):
            answers.printer = first_config.usb_printer(device)
            break
    else:
        if host := talk.ask("printer_address"):
            answers.printer = first_config.network_printer(host)
    if answers.printer is not None:
        widths = click.Choice(("58mm", "80mm"))
        answers.printer["paper"] = click.prompt(talk.say("paper"), type=widths, default="80mm")


def _ask_reader(talk: Talk, answers: Answers) -> None:
    found = [device for device in usb_names.usb_devices(talk.system) if device.kind == "card_reader"]
    if not found:
        talk.tell("no_reader")
    for device in found:
        if talk.agree("use_reader", name=device.name):
            answers.card_reader = first_config.reader(device)
            return


def _ask_scanner(talk: Talk, answers: Answers) -> None:
    for camera in usb_names.cameras(talk.system):
        if talk.agree("use_camera", name=Path(camera).name):
            answers.camera = camera
            break
    answers.flatbed = re.escape(name) if (name := talk.ask("flatbed")) else None
    answers.scan_socket = usb_names.scan_socket(talk.system)


def _ask_voice(talk: Talk, answers: Answers) -> None:
    answers.voice = talk.agree("voice")


def _ask_buttons(talk: Talk, answers: Answers, office: Office) -> None:
    for service in office.ticket_services:
        question = talk.say("button", letter=service.letter, name=service.name.text(talk.language))
        if pins := _ask_pins(talk, question, most=1):
            answers.buttons[service.letter] = pins[0]


def _ask_lock_boards(talk: Talk, answers: Answers) -> None:
    for line in usb_names.serial_lines(talk.system):
        if talk.agree("use_line", default=False, name=Path(line).name):
            board = click.prompt(talk.say("board"), type=click.Choice(list(LOCK_BOARDS)), default="kr-cu16")
            addresses = LOCK_BOARDS[board].addresses
            address_range = click.IntRange(addresses.start, addresses.stop - 1)
            address = click.prompt(talk.say("board_address"), type=address_range, default=1)
            count = click.prompt(talk.say("board_lockers"), type=click.IntRange(1, MOST_LOCKERS))
            answers.lock_boards = first_config.lock_boards(board, line, address, count)
            return


def _ask_lockers(talk: Talk, answers: Answers) -> None:
    count = click.prompt(talk.say("lockers"), type=click.IntRange(0, len(PINS)), default=0)
    for number in range(1, count + 1):
        pins: list[int] = []
        while not pins:
            pins = _ask_pins(talk, talk.say("locker", number=number), most=2)
        answers.lockers.append((pins[0], pins[1] if len(pins) > 1 else None))


def _ask_pins(talk: Talk, question: str, *, most: int) -> list[int]:
    """Pins of the header, none when only Enter is pressed; asks again until they are some."""
    while True:
        words = str(click.prompt(question, default="", show_default=False)).replace(",", " ").split()
        if len(words) <= most and all(word.isdecimal() and int(word) in PINS for word in words):
            return [int(word) for word in words]
        talk.tell("pin_rule")


# ------------------------------------------------------------------------------- what comes of it


def _write(talk: Talk, answers: Answers, office: Office, path: Path) -> Config:
    text = first_config.compose(answers)
    try:
        config = configuration.parse(text, path.name)
        if problems := configuration.check(config, office):
            raise ConfigError(problems)
    except ConfigError as error:  # a pin that was given twice
        talk.tell("not_so")
        sys.exit(complain(str(error), EXIT_CONFIG))
    click.echo(f"\n{text}")
    if not talk.agree("write", path=str(path)):
        sys.exit(EXIT_NO)
    write_durably(path, text.encode(), mode=0o640)
    if os.geteuid() == 0:  # the account of the front desk reads it, as it may look into the folder
        shutil.chown(path, group=path.parent.stat().st_gid)
    talk.tell("written", path=str(path))
    return config


def _first_administrator(talk: Talk, office: Office, config: Config) -> None:
    config.site.data.mkdir(mode=0o700, exist_ok=True)
    with _as_owner_of(config.site.data):
        login = _ask_until(
            talk, lambda: talk.ask("administrator"), lambda given: _wrong("login", given) if given else {}
        )
        if not login:
            code = staff.first_start_code(config.site.data)
            talk.tell("code", url=config.panel.url, code=f"{code[:4]} {code[4:]}")
            return
        name = _ask_until(talk, lambda: talk.ask("name"), lambda given: _wrong("name", given))
        password = _ask_until(talk, lambda: _ask_password(talk), staff.wrong_password)
        _add(office, config, login, name, password)
    talk.tell("added", login=login)


def _wrong(field: str, given: str) -> dict[str, Message]:
    wrong = staff.wrong_entries(login=given, name=given, role="administrator")
    return {field: wrong[field]} if field in wrong else {}


def _ask_password(talk: Talk) -> str:
    again = talk.say("password_again")
    return str(click.prompt(talk.say("password"), hide_input=True, confirmation_prompt=again))


def _ask_until(talk: Talk, ask: Callable[[], str], wrong: Callable[[str], dict[str, Message]]) -> str:
    while messages := wrong(given := ask()):
        for message in messages.values():
            click.echo(load_wording().say(message, talk.language), err=True)
    return given


def _add(office: Office, config: Config, login: str, name: str, password: str) -> None:
    desk = assemble(office, config, SystemClock(), config.site.data)
    try:
        desk.store.open()
        hashed = staff.hash_password(password)
        desk.store.write(staff.add, login=login, name=name, role="administrator", password_hash=hashed)
    except StoreError as error:
        sys.exit(complain(str(error), EXIT_NO))
    finally:
        desk.store.close()


@contextmanager
def _as_owner_of(folder: Path) -> Iterator[None]:
    """What root makes in the data folder, the front desk could not write."""
    if os.geteuid() != 0:
        yield
        return
    owner = folder.stat()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _start(talk: Talk, config: Config) -> None:
    if not (os.geteuid() == 0 and _SYSTEMD_RUNS.is_dir()):
        talk.tell("start")
        return
    done = subprocess.run(["systemctl", "start", UNIT], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(complain(done.stderr.strip(), EXIT_NO))
    talk.tell("started", url=config.panel.url)
