"""The first configuration of a front desk, from what was found and answered: plain data, then TOML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from appliance import config_text
from appliance.lock_boards import LOCK_BOARDS, BoardName
from appliance.locker_config import BOARDS_DRIVER
from appliance.usb_names import UsbDevice

_OPENING = """\
# PST Front Desk: the configuration of this front desk, written by `frontdesk setup`.
# What is not here has its default; docs/configuration.md and `frontdesk config show` name every key.
# `frontdesk config check` names every mistake with its line.

"""

Table = dict[str, Any]


@dataclass
class Answers:
    """What was answered; a device that is not there stays empty."""

    office: str
    data: str
    printer: Table | None = None
    card_reader: Table | None = None
    camera: str | None = None
    flatbed: str | None = None
    scan_socket: str | None = None  # where the service manager starts the scanning process
    voice: bool = False
    buttons: dict[str, int] = field(default_factory=dict)  # letter of the service -> pin
    lock_boards: Table | None = None
    lockers: list[tuple[int, int | None]] = field(default_factory=list)  # pins of lock and contact, in order


def usb_printer(device: UsbDevice) -> Table:
    """The table of a printer that was found on USB."""
    return {"driver": "escpos-usb", "vendor": device.vendor_id, "product": device.product_id}


def network_printer(host: str) -> Table:
    """The table of a printer with this address."""
    return {"driver": "escpos-network", "host": host}


def reader(device: UsbDevice) -> Table:
    """The table of a card reader: a pattern that fits this one, and the contactless half where it has two."""
    contactless = any("PICC" in words for words in (device.product, *device.parts))
    words = device.product or device.maker
    return {"reader": "PICC" if contactless or not words else re.escape(words)}


def lock_boards(board: BoardName, line: str, address: int, count: int) -> Table:
    """The table of so many lockers on boards at this line: one board's locks in order, then the next's."""
    size = len(LOCK_BOARDS[board].numbers)
    rows = [
        {"name": str(place + 1), "address": address + place // size, "lock": place % size + 1}
        for place in range(count)
    ]
    return {"driver": BOARDS_DRIVER, "board": board, "path": line, "locker": rows}


def compose(answers: Answers) -> str:
    """The file."""
    buttons = [{"service": letter, "pin": pin} for letter, pin in answers.buttons.items()]
    lockers = [_locker(number, *pins) for number, pins in enumerate(answers.lockers, start=1)]
    tables: dict[str, Table | None] = {
        "site": {"office": answers.office, "data": answers.data},
        "printer": answers.printer,
        "card_reader": answers.card_reader,
        "voice": {"driver": "espeak"} if answers.voice else None,
        "buttons": {"button": buttons} if buttons else None,
        "lockers": answers.lock_boards or ({"locker": lockers} if lockers else None),
        "scanner": _scanner(answers) if answers.camera or answers.flatbed else None,
        "camera": {"address": answers.camera} if answers.camera else None,
        "flatbed": {"device": answers.flatbed} if answers.flatbed else None,
    }
    return _OPENING + config_text.as_toml({name: table for name, table in tables.items() if table})


def _scanner(answers: Answers) -> Table:
    return {"socket": answers.scan_socket} if answers.scan_socket else {"auto": True}


def _locker(number: int, pin: int, contact: int | None) -> Table:
    row: Table = {"name": str(number), "pin": pin}
    return row if contact is None else row | {"contact_pin": contact}
