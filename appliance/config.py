"""The configuration of one front desk: what is connected, and how this machine is reached.

What the office offers (services, letters, hours, texts) is not here but in its profile (`office.py`). A
device without a section is off, which is no error. Each key is described once, in its field; `config init`
and docs/configuration.md show the same words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from appliance import locker_config, toml_model
from appliance.addresses import Address, host_of, port_of
from appliance.backup_config import Backup
from appliance.catalogue.settings import Catalogue
from appliance.central_config import Central
from appliance.device_config import Buttons, CardReader, Text, Voice
from appliance.durations import Duration, between
from appliance.errors import Problem
from appliance.lan.settings import Lan, own_machine_only
from appliance.lan.settings import findings as lan_findings
from appliance.locker_config import Lockers
from appliance.office import Office
from appliance.printer_config import Printer
from appliance.scanner_config import Camera, Delivery, Flatbed, Scanner
from appliance.toml_lines import Step, dotted
from appliance.toml_model import Data, Finding, Table, did_you_mean

_THREADS_FOR_PAGES = 4  # what the live streams must leave for everybody else


def _path(value: object) -> Path:
    if isinstance(value, str) and value:
        return Path(value)
    if isinstance(value, Path):
        return value
    raise ValueError("must be the path of a folder, in quotation marks")


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError('must begin with "http://" or "https://"')
    return value.rstrip("/")


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f'"{value}" is not a network, as "192.168.1.0/24"') from None
    return value


Url = Annotated[str, AfterValidator(_url)]


class Site(Table):
    """Where this front desk stands."""

    office: Text = Field(
        description="Office profile: the id of one that comes with the product, or the path of a file.",
        examples=["1373"],
    )
    data: Annotated[Path, BeforeValidator(_path)] = Field(
        Path("/var/lib/frontdesk"), description="Folder of the database and its copies."
    )


class Panel(Table):
    """The pages: who reaches them, and how long a log-in lasts."""

    listen: Annotated[Address, AfterValidator(own_machine_only)] = Field(
        "127.0.0.1:8080",
        description="Address and port of the pages on this machine itself; for the network there is [lan].",
    )
    public_url: Url | None = Field(
        None,
        description="What the ticket's QR code points at: the address under which a visitor's phone reaches "
        "this machine. Without it, the address of `listen`.",
        examples=["https://pst.local:8443"],
    )
    threads: Annotated[int, Field(ge=6, le=64)] = Field(16, description="Threads that serve pages.")
    live_streams: Annotated[int, Field(ge=0)] = Field(
        6, description="Pages that are kept up to date by a stream; further ones ask every few seconds."
    )
    idle_logout: Annotated[Duration, between("1m", "8h")] = Field(
        timedelta(minutes=30), description="Staff are logged out after this time without a click."
    )
    session_cap: Annotated[Duration, between("10m", "24h")] = Field(
        timedelta(hours=8), description="Staff are logged out after this time in any case."
    )

    @field_validator("live_streams")
    @classmethod
    def _leaves_threads(cls, streams: int, info: ValidationInfo) -> int:
        threads = info.data.get("threads")
        if threads is not None and streams > threads - _THREADS_FOR_PAGES:
            raise ValueError(f"must be at least {_THREADS_FOR_PAGES} less than threads ({threads})")
        return streams

    @property
    def url(self) -> str:
        """The address for phones, without a slash at its end."""
        return self.public_url or f"http://{self.listen}"

    @property
    def host(self) -> str:
        """The address that is listened on, without the brackets of IPv6."""
        return host_of(self.listen)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return port_of(self.listen)


class Queue(Table):
    """How numbers are given and called."""

    double_press: Annotated[Duration, between("0s", "10s")] = Field(
        timedelta(milliseconds=1500),
        description="A second touch on the same service within this time gives no second ticket.",
    )
    only_within_hours: bool = Field(
        True,
        description="Visitors get numbers within the office's hours only; an officer can give one at any "
        "time. `false`: at any hour, and nothing is said of hours.",
    )


class Kiosk(Table):
    """The touch screen for visitors."""

    ticket_timeout: Annotated[Duration, between("1s", "10m")] = Field(
        timedelta(seconds=45), description="The screen with a number goes back to the start after this time."
    )
    form_timeout: Annotated[Duration, between("1s", "30m")] = Field(
        timedelta(seconds=120),
        description="A form without a touch asks, then wipes what was entered and goes back to the start.",
    )
    networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        ("127.0.0.0/8", "::1/128"), description="From where the kiosk's pages may be opened."
    )

    def admits(self, address: str) -> bool:
        """Whether the kiosk's pages may be opened from this IP address."""
        client = ipaddress.ip_address(address)
        return any(client in ipaddress.ip_network(network) for network in self.networks)


class Config(Table):
    """The whole file."""

    site: Site
    panel: Panel = Panel()
    lan: Lan | None = None
    queue: Queue = Queue()
    kiosk: Kiosk = Kiosk()
    buttons: Buttons | None = None
    printer: Printer | None = None
    card_reader: CardReader | None = None
    lockers: Lockers | None = None
    voice: Voice | None = None
    backup: Backup = Backup()
    scanner: Scanner | None = None
    flatbed: Flatbed | None = None
    camera: Camera | None = None
    delivery: Delivery = Delivery()
    central: Central | None = None
    catalogue: Catalogue = Catalogue()


def load(path: Path) -> Config:
    """Read a configuration; raises ConfigError with all problems."""
    return toml_model.read(Config, path, also=_used_twice)


def parse(text: str, file: str = "frontdesk.toml") -> Config:
    """The same for text; `file` is only its name in the messages."""
    return toml_model.parse(Config, text, file, also=_used_twice)


def check(config: Config, office: Office, path: Path | None = None) -> list[Problem]:
    """What does not fit between a configuration and its office; with the file's path also the lines."""
    findings = [*_buttons_without_service(config, office), *_scanner_without_device(config)]
    findings += lan_findings(config.lan, config.panel.public_url)
    text = path.read_text(encoding="utf-8") if path and findings else ""
    return toml_model.located(findings, text, str(path or "configuration"))


def _buttons_without_service(config: Config, office: Office) -> Iterator[Finding]:
    letters = {service.letter: service in office.ticket_services for service in office.services}
    for place, button in enumerate(config.buttons.button if config.buttons else ()):
        path = ("buttons", "button", place, "service")
        if button.service not in letters:
            message = f'office {office.id} has no service with the letter "{button.service}"'
            yield Finding(path, message, did_you_mean(button.service, letters))
        elif not letters[button.service]:
            yield Finding(path, f'service "{button.service}" of office {office.id} gives no tickets')


def _scanner_without_device(config: Config) -> Iterator[Finding]:
    if config.scanner and not (config.flatbed or config.camera):
        yield Finding(("scanner",), "needs a flatbed or a camera: the table [flatbed] or [camera]")
    for name in ("flatbed", "camera"):
        if getattr(config, name) and not config.scanner:
            yield Finding((name,), "is of no use without the table [scanner]")


_PIN_PLACES = (
    ("buttons", "button", ("pin", "lamp_pin")),
    ("lockers", "locker", ("pin", "contact_pin")),
)


# Rows that people tell apart by one of their keys.
_NAME_PLACES = (("buttons", "button", "service"), ("lockers", "locker", "name"))


def _used_twice(data: Data) -> Iterator[Finding]:
    """Looks at the file's bare data, so that twins are found among other mistakes too."""
    yield from _pins_used_twice(data)
    yield from locker_config.findings(data)
    for section, rows, key in _NAME_PLACES:
        first: dict[str, int] = {}
        for place, row in enumerate(_rows(data.get(section), rows)):
            name = row.get(key) if isinstance(row, dict) else None
            if isinstance(name, str) and first.setdefault(name, place) != place:
                other = dotted((section, rows, first[name]))
                yield Finding((section, rows, place, key), f'"{name}" is used twice, by {other} too')


def _pins_used_twice(data: Data) -> Iterator[Finding]:
    first: dict[int, tuple[Step, ...]] = {}
    for path, pin in _pins(data):
        if pin in first:
            other = dotted(first[pin])
            yield Finding(path, f"pin {pin} is used twice, by {other} too")
        else:
            first[pin] = path


def _pins(data: Data) -> Iterator[tuple[tuple[Step, ...], int]]:
    for section, rows, keys in _PIN_PLACES:
        table = data.get(section)
        for place, row in enumerate(_rows(table, rows)):
            for key in keys:
                if isinstance(row, dict) and type(row.get(key)) is int:
                    yield (section, rows, place, key), row[key]


def _rows(table: Any, key: str) -> list[Any]:
    rows = table.get(key) if isinstance(table, dict) else None
    return rows if isinstance(rows, list) else []
