"""The drawings: each a function that gives the SVG, named as its file in docs/hardware."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from tests.drawings import pen
from tests.drawings.pen import CONTACT, GROUND, SIGNAL, SUPPLY_5V, SUPPLY_12V, Place

# ---------------------------------------------------------------------------------------- the house


class Part(NamedTuple):
    """A device around the Raspberry Pi: its box's upper left corner, its words, its wire."""

    at: Place
    name: tuple[str, ...]
    cable: str
    colour: str


_SIZE: Final = (230, 74)
_PI: Final = (425, 215)
_PI_SIZE: Final = (250, 190)
_LEFT: Final = (
    Part((40, 40), ("Ticket printer", "80 mm, own 24 V supply"), "USB or network", SIGNAL),
    Part((40, 150), ("Card reader", "contactless, on the desk"), "USB", SIGNAL),
    Part((40, 260), ("Book camera", "or flatbed scanner"), "USB", SIGNAL),
    Part((40, 370), ("Loudspeaker", "USB, powered"), "USB", SIGNAL),
)
_RIGHT: Final = (
    Part((830, 40), ("Kiosk screen", "touch, 1080 x 1920, upright"), "HDMI and USB", SIGNAL),
    Part((830, 150), ("Network", "office LAN, by cable"), "Ethernet", SIGNAL),
    Part((830, 260), ("Push buttons", "one for each service, with lamp"), "GPIO, 3.3 V", CONTACT),
    Part((830, 370), ("Lock board", "RS-485, times the pulse itself"), "USB adapter", SIGNAL),
)


def overview() -> str:
    """What is connected with what."""
    return pen.sheet(
        "What is connected with what",
        1100,
        680,
        *(piece for part in (*_LEFT, *_RIGHT) for piece in _joined(part)),
        pen.box(
            _PI,
            _PI_SIZE,
            "Raspberry Pi 5, 4 GB",
            "in a case with a fan",
            "battery for the clock",
            fill="#e3eefb",
        ),
        pen.box((425, 520), (250, 74), "27 W USB-C supply", "for the Raspberry Pi alone"),
        pen.wire(SUPPLY_5V, (550, 520), (550, 405)),
        pen.words((562, 468), "5.1 V", size=13, colour=SUPPLY_5V),
        pen.box((830, 520), _SIZE, "12 V, 5 A supply", "for the locks alone"),
        pen.wire(SUPPLY_12V, (945, 520), (945, 444)),
        pen.words((957, 488), "12 V, fused", size=13, colour=SUPPLY_12V),
        pen.box((40, 520), _SIZE, "Power strip", "with surge protection"),
        pen.note((40, 640), "Blue: data. Green: contacts. Orange: 5 V. Red: 12 V."),
    )


def _joined(part: Part) -> Iterator[str]:
    (x, y), (width, height) = part.at, _SIZE
    row = (y - 40) // 110
    left = x < _PI[0]
    end = (_PI[0] if left else _PI[0] + _PI_SIZE[0], _PI[1] + 35 + 40 * row)
    start = (x + width if left else x, y + height / 2)
    # The topmost wire turns nearest to the Raspberry Pi, so that none crosses another.
    middle = _PI[0] - 25 - 14 * row if left else _PI[0] + _PI_SIZE[0] + 25 + 14 * row
    yield pen.wire(part.colour, start, (middle, start[1]), (middle, end[1]), end)
    yield pen.box(part.at, _SIZE, *part.name)
    aside = (start[0] + 8, start[1] - 8) if left else (start[0] - 8, start[1] - 8)
    yield pen.words(aside, part.cable, size=12, anchor="start" if left else "end", colour=pen.QUIET)


# ---------------------------------------------------------------------------------------- the header

# What docs/hardware/wiring.md puts on the 40 pins, by GPIO number (BCM); a test compares the two.
USES: Final[Mapping[int, tuple[str, str]]] = {
    2: ("clock module (SDA), Pi 4 only", SIGNAL),
    3: ("clock module (SCL), Pi 4 only", SIGNAL),
    17: ("button 1, contact", CONTACT),
    27: ("button 2, contact", CONTACT),
    22: ("button 3, contact", CONTACT),
    18: ("button 1, lamp", SUPPLY_5V),
    23: ("button 2, lamp", SUPPLY_5V),
    24: ("button 3, lamp", SUPPLY_5V),
    12: ("locker 1, lock", SUPPLY_12V),
    13: ("locker 2, lock", SUPPLY_12V),
    16: ("locker 3, lock", SUPPLY_12V),
    26: ("locker 4, lock", SUPPLY_12V),
    5: ("locker 1, door contact", CONTACT),
    6: ("locker 2, door contact", CONTACT),
    7: ("locker 3, door contact", CONTACT),
    8: ("locker 4, door contact", CONTACT),
}

# The 40 pins of every Raspberry Pi since the B+, from pin 1: a supply's name, or the GPIO number
# (Raspberry Pi documentation, "GPIO and the 40-pin header").
HEADER: Final[tuple[str | int, ...]] = (
    "3.3 V", "5 V", 2, "5 V", 3, "GND", 4, 14, "GND", 15,
    17, 18, 27, "GND", 22, 23, "3.3 V", 24, 10, "GND",
    9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND",
    6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21,
)  # fmt: skip
_SUPPLIES: Final = {"3.3 V": SUPPLY_5V, "5 V": SUPPLY_12V, "GND": GROUND}
_STEP: Final = 31


def header() -> str:
    """The 40 pins and what hangs on them."""
    pieces = [
        pen.words(
            (450, 34), "The 40 pins, seen from above, the USB sockets below", anchor="middle", bold=True
        ),
        '<rect x="408" y="52" width="84" height="636" rx="8" fill="#26323f"/>',
    ]
    for index, what in enumerate(HEADER):
        pieces.extend(_pin(index, what))
    pieces.append(
        pen.note(
            (450, 712), "Number in the circle: the pin. Grey: free, or not to be used here.", anchor="middle"
        )
    )
    return pen.sheet("The Raspberry Pi's pins and what hangs on them", 900, 740, *pieces)


def _pin(index: int, what: str | int) -> Iterator[str]:
    left = index % 2 == 0
    x, y = (430 if left else 470), 80 + _STEP * (index // 2)
    text, colour = _meaning(what)
    used = colour != pen.QUIET
    number = pen.words(
        (x, y + 4), str(index + 1), size=11, anchor="middle", colour=pen.PAPER if used else pen.INK
    )
    yield f'<circle cx="{x}" cy="{y}" r="12" fill="{colour if used else "#c9d2db"}"/>{number}'
    edge = 400 if left else 500
    yield pen.words(
        (edge, y + 5), text, size=14, anchor="end" if left else "start", colour=pen.INK if used else pen.QUIET
    )


def _meaning(what: str | int) -> tuple[str, str]:
    if isinstance(what, str):
        return what, _SUPPLIES[what]
    use, colour = USES.get(what, ("", pen.QUIET))
    return (f"GPIO {what}: {use}" if use else f"GPIO {what}"), colour


# ---------------------------------------------------------------------------------------- one button


def button() -> str:
    """One push button with its lamp."""
    return pen.sheet(
        "One push button with its lamp",
        900,
        420,
        pen.words((40, 40), "Contact", bold=True),
        pen.terminal((150, 110), "GPIO 17", colour=CONTACT),
        pen.wire(CONTACT, (155, 110), (218, 110)),
        pen.switch((240, 110), "push button, normally open"),
        pen.wire(GROUND, (262, 110), (330, 110), (330, 150)),
        pen.ground((330, 150)),
        pen.note(
            (60, 200),
            "No resistor: the Raspberry Pi's own pull-up",
            "holds the line high. Pressed is low",
            '(active = "low").',
        ),
        pen.note(
            (60, 280),
            "Cable up to 3 m: twisted with its ground.",
            "Longer: a 1 kOhm resistor in the line, at the Pi,",
            "against what the cable catches.",
        ),
        pen.words((470, 40), "Lamp", bold=True),
        pen.terminal((560, 270), "GPIO 18", colour=SIGNAL),
        pen.wire(SIGNAL, (565, 270), (600, 270)),
        pen.resistor((620, 270), "1 kOhm"),
        pen.wire(SIGNAL, (640, 270), (690, 270)),
        pen.joint((660, 270), SIGNAL),
        pen.wire(SIGNAL, (660, 270), (660, 300)),
        pen.resistor((660, 320), "", upright=True),
        pen.words((648, 325), "10 kOhm", size=13, anchor="end"),
        pen.wire(GROUND, (660, 340), (660, 370)),
        pen.ground((660, 370)),
        pen.mosfet((720, 270), "AO3400"),
        pen.wire(GROUND, (720, 300), (720, 370)),
        pen.ground((720, 370)),
        pen.wire(pen.INK, (720, 240), (720, 214)),
        pen.lamp((720, 200), "LED of the button"),
        pen.wire(SUPPLY_5V, (720, 186), (720, 160)),
        pen.resistor((720, 140), "220 Ohm", upright=True),
        pen.wire(SUPPLY_5V, (720, 120), (720, 80)),
        pen.terminal((720, 75), "5 V (pin 2)", colour=SUPPLY_5V, anchor="start"),
    )


# ---------------------------------------------------------------------------------------- one lock


def lock() -> str:
    """One lock on a pin of the Raspberry Pi, with all that keeps its coil from burning."""
    return pen.sheet(
        "One lock on a pin of the Raspberry Pi",
        1100,
        520,
        pen.terminal((120, 300), "GPIO 12", colour=SIGNAL),
        pen.wire(SIGNAL, (125, 300), (250, 300)),
        pen.joint((180, 300), SIGNAL),
        pen.wire(SIGNAL, (180, 300), (180, 340)),
        pen.resistor((180, 360), "", upright=True),
        pen.words((166, 365), "10 kOhm", size=13, anchor="end"),
        pen.wire(GROUND, (180, 380), (180, 430)),
        pen.ground((180, 430)),
        pen.note((40, 470), "Pull-down: off while the", "Raspberry Pi starts."),
        pen.box((250, 260), (200, 80), "Pulse limit", "one-shot of at most 1 s"),
        pen.note(
            (250, 372),
            "74HC123 on 3.3 V, or a timer relay:",
            "however long the pin stays high, the",
            "coil has current for one second.",
        ),
        pen.wire(SIGNAL, (450, 300), (500, 300)),
        pen.resistor((520, 300), "220 Ohm"),
        pen.wire(SIGNAL, (540, 300), (610, 300)),
        pen.mosfet((640, 300), "IRLZ44N (logic level)"),
        pen.joint((580, 300), SIGNAL),
        pen.wire(SIGNAL, (580, 300), (580, 340)),
        pen.resistor((580, 360), "", upright=True),
        pen.words((566, 365), "10 kOhm", size=13, anchor="end"),
        pen.wire(GROUND, (580, 380), (580, 430)),
        pen.ground((580, 430)),
        pen.wire(GROUND, (640, 330), (640, 430)),
        pen.ground((640, 430)),
        pen.wire(pen.INK, (640, 270), (640, 220)),
        pen.coil((640, 190), "latch, 12 V, 1 to 3 A"),
        pen.joint((640, 220)),
        pen.wire(pen.INK, (640, 220), (540, 220), (540, 200)),
        pen.diode((540, 190), "1N5408"),
        pen.wire(SUPPLY_12V, (540, 180), (540, 150), (640, 150)),
        pen.joint((640, 150), SUPPLY_12V),
        pen.wire(SUPPLY_12V, (640, 160), (640, 126)),
        pen.fuse((640, 110), "4 A slow, one for the bank"),
        pen.wire(SUPPLY_12V, (640, 94), (640, 60)),
        pen.terminal((640, 55), "12 V, own supply", colour=SUPPLY_12V, anchor="start"),
        pen.words((890, 250), "Door contact", bold=True),
        pen.terminal((880, 300), "GPIO 5", colour=CONTACT),
        pen.wire(CONTACT, (885, 300), (928, 300)),
        pen.switch((950, 300), "closes with the door"),
        pen.wire(GROUND, (972, 300), (1020, 300), (1020, 340)),
        pen.ground((1020, 340)),
        pen.note(
            (860, 400),
            'Closed door is low (contact = "low").',
            "Most latches have this switch on",
            "their hook.",
        ),
        pen.note(
            (40, 40),
            "The ground of the 12 V supply and pin 39 (GND) are joined once, at the supply.",
            "12 V never touches a pin of the Raspberry Pi.",
        ),
    )


# ---------------------------------------------------------------------------------------- the bus


def bus() -> str:
    """Lock boards on RS-485."""
    boards = tuple(
        piece
        for index, x in enumerate((420, 640, 860), start=1)
        for piece in (
            pen.box((x, 190), (170, 90), f"Lock board {index}", f"address {index}", "16 locks"),
            pen.wire(SIGNAL, (x + 60, 120), (x + 60, 190)),
            pen.joint((x + 60, 120), SIGNAL),
            pen.wire(CONTACT, (x + 110, 150), (x + 110, 190)),
            pen.joint((x + 110, 150), CONTACT),
            pen.wire(SUPPLY_12V, (x + 60, 280), (x + 60, 350)),
            pen.joint((x + 60, 350), SUPPLY_12V),
            pen.wire(GROUND, (x + 110, 280), (x + 110, 380)),
            pen.joint((x + 110, 380), GROUND),
        )
    )
    return pen.sheet(
        "Lock boards on RS-485",
        1100,
        470,
        pen.box((40, 95), (130, 80), "Raspberry Pi", "USB"),
        pen.wire(SIGNAL, (170, 135), (210, 135)),
        pen.box((210, 95), (140, 80), "USB to RS-485", "isolated"),
        pen.wire(SIGNAL, (350, 120), (1050, 120)),
        pen.words((362, 112), "A", bold=True),
        pen.wire(CONTACT, (350, 150), (1050, 150)),
        pen.words((362, 168), "B", bold=True),
        pen.resistor((1050, 135), "", upright=True),
        pen.words((1062, 140), "120", size=13),
        *boards,
        pen.box((40, 325), (200, 80), "12 V, 5 A supply", "fuse 6 A slow"),
        pen.wire(SUPPLY_12V, (240, 350), (970, 350)),
        pen.wire(GROUND, (240, 380), (970, 380)),
        pen.note(
            (40, 40),
            "One twisted pair from board to board, no star.",
            "120 Ohm at the far end; many adapters hold the one at the near end.",
        ),
        pen.note(
            (40, 440),
            "Only one lock has current at a time: one supply feeds any number of boards.",
        ),
    )


SHEETS: Final[Mapping[str, Callable[[], str]]] = {
    "overview": overview,
    "header": header,
    "button": button,
    "lock": lock,
    "bus": bus,
}
