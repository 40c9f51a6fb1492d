"""The configuration: its mistakes, its defaults, and that its page tells all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from appliance import config as configuration
from appliance import config_text
from appliance.config import Config, load, parse
from appliance.errors import ConfigError
from appliance.locker_config import BoardLockers, GpioLockers
from appliance.office import load_office
from appliance.printer_config import EscposNetwork, EscposUsb
from appliance.toml_model import tables_in

SITE = '[site]\noffice = "1373"\n'
DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")
    return [str(problem) for problem in caught.value.problems]


# -------------------------------------------------------------------------------------- mistakes

MANY_MISTAKES = """\
[site]
ofice = "1373"
[panel]
listen = "8080"
threads = "16"
idle_logout = 10
[buttons]
debounce = "5 sec"
[[buttons.button]]
service = "P"
pin = 17
[[buttons.button]]
service = "P"
pin = 28
lamp = 3
[printer]
driver = "escpos-netwrk"
[card_reader]
reader = "PICC("
[lockers]
max_pulse = "500ms"
pulse = "1s"
[[lockers.locker]]
name = "1"
pin = 17
active = "hi"
[[lockers.locker]]
name = "1"
pin = 4
[voise]
"""


def test_all_mistakes_are_told_at_once_each_with_its_line() -> None:
    duration = 'must be a whole number with its unit, in quotation marks: "500ms", "3s", "10m" or "8h"'
    assert problems(MANY_MISTAKES) == [
        "f:1: site.office: is missing",
        'f:2: site.ofice: is not a known key (did you mean "office"?)',
        'f:4: panel.listen: must be an address and a port, as "127.0.0.1:8080"',
        "f:5: panel.threads: must be a whole number without quotation marks",
        f"f:6: panel.idle_logout: {duration}",
        f"f:8: buttons.debounce: {duration}",
        'f:13: buttons.button[2].service: "P" is used twice, by buttons.button[1] too',
        "f:14: buttons.button[2].pin: must be at most 27",
        'f:15: buttons.button[2].lamp: is not a known key (did you mean "lamp_pin"?)',
        'f:17: printer.driver: "escpos-netwrk" is not one of'
        " 'escpos-network', 'escpos-usb', 'escpos-serial' (did you mean \"escpos-network\"?)",
        "f:19: card_reader.reader: is not a regular expression:"
        " missing ), unterminated subpattern at position 4",
        "f:22: lockers.pulse: is longer than max_pulse",
        "f:25: lockers.locker[1].pin: pin 17 is used twice, by buttons.button[1].pin too",
        "f:26: lockers.locker[1].active: must be 'low' or 'high' (did you mean \"high\"?)",
        'f:28: lockers.locker[2].name: "1" is used twice, by lockers.locker[1] too',
        'f:30: voise: is not a known key (did you mean "voice"?)',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('driver = "escpos-network"', "f:3: printer.host: is missing"),
        ('driver = "escpos-usb"\nvendor = "04b8"', "f:3: printer: vendor and product belong together"),
        ('driver = "escpos-serial"', "f:3: printer.path: is missing"),
        (
            'host = "a"',
            "f:3: printer.driver: is missing (choose from: escpos-network, escpos-usb, escpos-serial)",
        ),
        (
            'driver = "escpos-usb"\nvendor = "4b8"\nproduct = 70000',
            'f:5: printer.vendor: must be four hexadecimal digits in quotation marks, as "04b8"',
        ),
        (
            'driver = "escpos-network"\nhost = "a"\nprot = 9100',
            'f:6: printer.prot: is not a known key (did you mean "port"?)',
        ),
        ('driver = "escpos-network"\nhost = "a"\npath = "/dev/x"', "f:6: printer.path: is not a known key"),
        (
            'driver = "escpos-network"\nhost = "a"\ntimeout = "1h"',
            'f:6: printer.timeout: must be between "100ms" and "30s"',
        ),
    ],
)
def test_a_printer_needs_the_keys_of_its_driver(text: str, expected: str) -> None:
    assert [line for line in problems(f"{SITE}[printer]\n{text}\n") if line.startswith(expected)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[panel]\nlisten = "0.0.0.0:80"',
            "f:4: panel.listen: would send log-ins and visits over the network",
        ),
        ('[panel]\npublic_url = "frontdesk"', 'f:4: panel.public_url: must begin with "http://"'),
        ("[panel]\nthreads = 8\nlive_streams = 5", "f:5: panel.live_streams: must be at least 4 less than"),
        ('[panel]\nlisten = "127.0.0.1:70000"', "f:4: panel.listen: must be an address and a port"),
        ('[kiosk]\nnetworks = ["10.0.0.1/8"]', 'f:4: kiosk.networks[1]: "10.0.0.1/8" is not a network'),
        ("[buttons]", "f:3: buttons.button: is missing"),
        ("[lockers]\nlocker = []", "f:4: lockers.locker: needs at least 1"),
        ('[voice]\nlanguages = ["fr"]', "f:4: voice.languages[1]: must be 'id' or 'en'"),
        ("buttons = 3", "f:3: site.buttons: is not a known key"),
    ],
)
def test_a_value_that_cannot_work_is_refused(text: str, expected: str) -> None:
    told = problems(f"{SITE}{text}\n")

    assert len(told) == 1
    assert told[0].startswith(expected)


def test_one_pin_for_lamp_contact_and_lock_is_told_for_each_use() -> None:
    text = (
        f'{SITE}[[buttons.button]]\nservice = "P"\npin = 4\nlamp_pin = 4\n'
        '[[lockers.locker]]\nname = "1"\npin = 5\ncontact_pin = 4\n'
    )

    assert problems(text) == [
        "f:6: buttons.button[1].lamp_pin: pin 4 is used twice, by buttons.button[1].pin too",
        "f:10: lockers.locker[1].contact_pin: pin 4 is used twice, by buttons.button[1].pin too",
    ]


def test_a_file_is_read_and_named_in_its_problems(tmp_path: Path) -> None:
    file = tmp_path / "frontdesk.toml"
    file.write_text(SITE, encoding="utf-8")
    assert load(file).site.office == "1373"

    file.write_text(SITE + "x = 1", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(file))}:3: site\.x: "):
        load(file)


# -------------------------------------------------------------------------------- what is in force


def test_a_device_without_a_table_is_off() -> None:
    config = parse(SITE)

    assert (config.buttons, config.printer, config.card_reader, config.lockers, config.voice) == (None,) * 5


def test_an_empty_table_of_a_device_takes_the_defaults() -> None:
    config = parse(SITE + "[card_reader]\n[voice]\n")

    assert config.card_reader is not None
    assert config.card_reader.reader == "PICC"
    assert config.voice is not None
    assert config.voice.player == ("aplay", "-q")


def test_the_driver_decides_the_kind_of_printer() -> None:
    network = parse(SITE + '[printer]\ndriver = "escpos-network"\nhost = "a"\n').printer
    usb = parse(SITE + '[printer]\ndriver = "escpos-usb"\nvendor = "04b8"\nproduct = 0x0e15\n').printer

    assert isinstance(network, EscposNetwork)
    assert network.port == 9100
    assert isinstance(usb, EscposUsb)
    assert (usb.vendor, usb.product) == (0x04B8, 0x0E15)


@pytest.mark.parametrize(
    ("panel", "url", "host", "port"),
    [
        ("", "http://127.0.0.1:8080", "127.0.0.1", 8080),
        ('listen = "[::1]:81"', "http://[::1]:81", "::1", 81),
        ('public_url = "https://pst.example/"', "https://pst.example", "127.0.0.1", 8080),
    ],
)
def test_the_address_for_phones_is_the_public_one_or_that_of_listen(
    panel: str, url: str, host: str, port: int
) -> None:
    found = parse(f"{SITE}[panel]\n{panel}\n").panel

    assert (found.url, found.host, found.port) == (url, host, port)


@pytest.mark.parametrize(
    ("address", "admitted"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("192.168.1.7", False)]
)
def test_the_kiosk_is_open_to_its_networks_only(address: str, admitted: bool) -> None:
    assert parse(SITE).kiosk.admits(address) is admitted


# ------------------------------------------------------------------------------ against the office


def test_a_button_for_a_service_that_the_office_lacks_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text(f'{SITE}[[buttons.button]]\npin = 4\nservice = "X"\n', encoding="utf-8")

    (problem,) = configuration.check(load(file), load_office("1373"), file)

    assert str(problem) == (
        f'{file}:5: buttons.button[1].service: office 1373 has no service with the letter "X"'
        " (choose from: P, K, L)"
    )


def test_a_button_for_a_service_without_tickets_is_told() -> None:
    office = load_office("1373")
    quiet = office.model_copy(
        update={"services": tuple(s.model_copy(update={"takes_ticket": False}) for s in office.services)}
    )
    config = parse(f'{SITE}[[buttons.button]]\npin = 4\nservice = "P"\n')

    (problem,) = configuration.check(config, quiet)

    assert 'service "P" of office 1373 gives no tickets' in str(problem)


def test_buttons_that_fit_the_office_are_no_problem() -> None:
    config = parse(f'{SITE}[[buttons.button]]\npin = 4\nservice = "P"\n')

    assert configuration.check(config, load_office("1373")) == []


# ---------------------------------------------------------------------------------- written out

FULL = (
    SITE
    + """
[panel]
idle_logout = "90s"
[printer]
driver = "escpos-usb"
vendor = "04b8"
product = "0e15"
[voice]
player = ["play", "-t \\"wav\\" \\\\ é", "-"]
[[buttons.button]]
service = "P"
pin = 17
[[buttons.button]]
service = "K"
pin = 22
lamp_pin = 23
"""
)


@pytest.mark.parametrize("only_changed", [False, True])
def test_what_is_shown_reads_back_as_the_same(only_changed: bool) -> None:
    config = parse(FULL)

    assert parse(config_text.show(config, only_changed=only_changed)) == config


def test_changed_holds_only_what_differs_from_the_defaults() -> None:
    config = parse(
        SITE + '[panel]\nthreads = 16\nidle_logout = "90s"\n[voice]\n[queue]\ndouble_press = "1500ms"\n'
    )

    assert config_text.changed(config) == {
        "site": {"office": "1373"},
        "panel": {"idle_logout": "90s"},
        "voice": {},
    }


def test_the_starter_file_is_the_default_configuration() -> None:
    assert parse(config_text.example()) == parse(SITE)


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE)


def test_the_starter_file_is_right_with_every_comment_taken_away() -> None:
    """All but two of the three printers and one of the two banks, of which a file can have only one."""
    example = config_text.example()
    usb, cards = example.index("# A ticket printer on USB"), example.index("# The contactless card reader")
    boards, voice = example.index("# Lockers on lock boards"), example.index("# The loudspeaker")
    config = parse(uncommented(example[:usb] + example[cards:boards] + example[voice:]))

    assert config.panel.idle_logout == timedelta(minutes=30)
    assert config.printer is not None
    assert config.lockers is not None
    assert isinstance(config.lockers, GpioLockers)
    assert config.lockers.locker[0].contact_pin is not None
    pins = example.index("# Lockers that open by a pulse")
    config = parse(uncommented(example[:usb] + example[cards:pins] + example[boards:]))
    assert isinstance(config.lockers, BoardLockers)
    assert config.lockers.board == "kr-cu16"


# ----------------------------------------------------------------------------------- documented

Rows = dict[str, dict[str, tuple[str, str]]]


def documented() -> Rows:
    """Each heading of docs/configuration.md with the rows of its table."""
    rows: Rows = {}
    heading = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"#+ (\[.*)", line):
            heading = found[1]
        elif found := re.fullmatch(r"\| `(\w+)` \| (.*) \| (.*) \|", line):
            rows.setdefault(heading, {})[found[1]] = (found[2], found[3])
    return rows


def in_the_models() -> Rows:
    rows: Rows = {}
    for name, field in Config.model_fields.items():
        members = list(tables_in(field.annotation))
        rows |= told_apart(f"[{name}]", {driver_of(member): member for member in members})
        inner: dict[str, dict[str, type[BaseModel]]] = {}
        for member in members:
            for key, row in member.model_fields.items():
                for table in tables_in(row.annotation):
                    inner.setdefault(f"[[{name}.{key}]]", {})[driver_of(member)] = table
        for heading, tables in inner.items():
            rows |= told_apart(heading, tables)
    return rows


def told_apart(heading: str, tables: dict[str, type[BaseModel]]) -> Rows:
    """What tables with one heading have in common, and what each has for its driver alone."""
    keys = {driver: dict(cells(table)) for driver, table in tables.items()}
    shared = dict.fromkeys(
        key
        for some in keys.values()
        for key in some
        if all(other.get(key) == some[key] for other in keys.values())
    )
    first = next(iter(keys.values()))
    rows = {heading: {key: first[key] for key in shared}} if shared else {}
    for driver, all_keys in keys.items():
        if own := {key: cell for key, cell in all_keys.items() if key not in shared}:
            rows[f"{heading} {driver}"] = own
    return rows


def cells(table: type[BaseModel]) -> Iterator[tuple[str, tuple[str, str]]]:
    for key, field in table.model_fields.items():
        if not list(tables_in(field.annotation)):
            yield key, (_default(field), field.description or "")


def driver_of(table: type[BaseModel]) -> str:
    if "driver" not in table.model_fields:
        return ""
    return str(get_args(table.model_fields["driver"].annotation)[0])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if field.default is None:
        return "none"
    return f"`{config_text.toml_value(config_text.plain(field.default))}`"


def test_every_key_is_documented_with_its_default_and_no_other_is() -> None:
    assert documented() == in_the_models()
