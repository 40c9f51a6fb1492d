"""A pen for wiring diagrams: what a technician expects to see, as pieces of SVG.

All lengths are in units of the picture. A place is (x, y), y grows downwards. Each function gives the text
of one or more elements; `sheet` puts them together.
"""

from __future__ import annotations

from html import escape
from typing import Final

Place = tuple[float, float]

INK: Final = "#1d2733"
QUIET: Final = "#5b6876"
PAPER: Final = "#ffffff"
SHADE: Final = "#eef2f6"
# The colours of wires, the same in every drawing.
SUPPLY_12V: Final = "#b3261e"
SUPPLY_5V: Final = "#c25e00"
GROUND: Final = "#1d2733"
SIGNAL: Final = "#0b57a4"
CONTACT: Final = "#1b6e3c"

_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    ' font-family="Noto Sans, DejaVu Sans, sans-serif" font-size="15">\n<title>{title}</title>\n'
    '<rect width="{width}" height="{height}" fill="{paper}"/>\n'
)


def sheet(title: str, width: int, height: int, *pieces: str) -> str:
    """A whole drawing, `width` by `height`."""
    head = _HEAD.format(width=width, height=height, title=escape(title), paper=PAPER)
    return head + "\n".join(pieces) + "\n</svg>\n"


def words(
    at: Place, text: str, *, size: int = 15, anchor: str = "start", colour: str = INK, bold: bool = False
) -> str:
    """One line of text."""
    look = f'font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{at[0]:g}" y="{at[1]:g}" {look}{weight}>{escape(text)}</text>'


def note(at: Place, *lines: str, anchor: str = "start") -> str:
    """Small grey lines, one below the other."""
    return "\n".join(
        words((at[0], at[1] + 18 * row), line, size=13, anchor=anchor, colour=QUIET)
        for row, line in enumerate(lines)
    )


def box(at: Place, size: Place, *lines: str, fill: str = SHADE) -> str:
    """A device: its name in bold, then what there is to say of it."""
    (x, y), (width, height) = at, size
    first = y + height / 2 - 9 * (len(lines) - 1) + 5
    text = "\n".join(
        words((x + width / 2, first + 18 * row), line, size=13 if row else 15, anchor="middle", bold=not row)
        for row, line in enumerate(lines)
    )
    frame = (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}"'
        f' stroke="{INK}" stroke-width="1.5"/>'
    )
    return f"{frame}\n{text}"


def wire(colour: str, *places: Place, dashed: bool = False) -> str:
    """A wire from place to place."""
    points = " ".join(f"{x:g},{y:g}" for x, y in places)
    dash = ' stroke-dasharray="6 5"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'


def joint(at: Place, colour: str = INK) -> str:
    """Where wires meet."""
    return f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="4" fill="{colour}"/>'


def terminal(at: Place, text: str, *, colour: str = INK, anchor: str = "end") -> str:
    """An open end with its name beside it."""
    aside = -12 if anchor == "end" else 12
    ring = (
        f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="5" fill="{PAPER}" stroke="{colour}" stroke-width="2.5"/>'
    )
    return f"{ring}\n{words((at[0] + aside, at[1] + 5), text, anchor=anchor, bold=True)}"


def ground(at: Place) -> str:
    """The end of a wire at ground."""
    x, y = at
    bars = "".join(f"M{x - half:g} {y + 6 * row:g}h{2 * half:g}" for row, half in enumerate((14, 9, 4)))
    return f'<path d="{bars}" stroke="{GROUND}" stroke-width="2.5"/>'


def resistor(at: Place, text: str, *, upright: bool = False, colour: str = INK) -> str:
    """A resistor, its middle at `at`; 40 long."""
    x, y = at
    width, height = (14, 40) if upright else (40, 14)
    name = (
        words((x + 14, y + 5), text, size=13)
        if upright
        else words((x, y - 12), text, size=13, anchor="middle")
    )
    return (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" height="{height}" fill="{PAPER}"'
        f' stroke="{colour}" stroke-width="2"/>\n{name}'
    )


def diode(at: Place, text: str) -> str:
    """A diode on an upright wire, its cathode (the bar) above; 24 high."""
    x, y = at
    return (
        f'<path d="M{x - 11:g} {y + 10:g}h22l-11 -20zM{x - 11:g} {y - 10:g}h22" fill="{PAPER}" stroke="{INK}"'
        f' stroke-width="2"/>\n{words((x - 18, y + 5), text, size=13, anchor="end")}'
    )


def lamp(at: Place, text: str) -> str:
    """A lamp or LED on an upright wire; 28 high."""
    x, y = at
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="14" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'
        f'<path d="M{x - 10:g} {y - 10:g}l20 20m-20 0l20 -20" stroke="{INK}" stroke-width="2"/>\n'
        f"{words((x + 22, y + 5), text, size=13)}"
    )


def coil(at: Place, text: str) -> str:
    """The coil of a lock on an upright wire; 60 high."""
    x, y = at
    turns = "".join("a7 7 0 0 1 0 15" for _ in range(4))
    return (
        f'<path d="M{x:g} {y - 30:g}{turns}" fill="none" stroke="{INK}" stroke-width="2.5"/>\n'
        f"{words((x + 18, y + 5), text, size=13)}"
    )


def switch(at: Place, text: str) -> str:
    """A contact on a level wire, open; 44 long."""
    x, y = at
    ends = "".join(f'<circle cx="{x + side * 22:g}" cy="{y:g}" r="3.5" fill="{INK}"/>' for side in (-1, 1))
    arm = f'<path d="M{x - 22:g} {y:g}l40 -16" stroke="{INK}" stroke-width="2.5"/>'
    return f"{ends}{arm}\n{words((x, y - 24), text, size=13, anchor='middle')}"


def mosfet(at: Place, text: str) -> str:
    """An N-channel MOSFET: its gate 30 left of `at`, its drain 30 above, its source 30 below."""
    x, y = at
    frame = f'<circle cx="{x - 4:g}" cy="{y:g}" r="24" fill="{PAPER}" stroke="{INK}" stroke-width="1.5"/>'
    inside = (
        f'<path d="M{x - 30:g} {y:g}h14M{x - 16:g} {y - 12:g}v24M{x - 10:g} {y - 14:g}v28'
        f'M{x - 10:g} {y - 9:g}h10v-21M{x - 10:g} {y + 9:g}h10v21"'
        f' fill="none" stroke="{INK}" stroke-width="2.5"/>'
    )
    return f"{frame}{inside}\n{words((x + 28, y + 5), text, size=13)}"


def fuse(at: Place, text: str) -> str:
    """A fuse on an upright wire; 32 high."""
    x, y = at
    place = f'x="{x - 6:g}" y="{y - 16:g}" width="12" height="32"'
    body = f'<rect {place} fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'
    thread = f'<path d="M{x:g} {y - 16:g}v32" stroke="{INK}" stroke-width="1.5"/>'
    return f"{body}{thread}\n{words((x + 14, y + 5), text, size=13)}"
