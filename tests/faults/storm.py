"""A front desk in a storm, as a process of its own: eight buttons, pages, little to live on.

    python -m tests.faults.storm FOLDER PAGES_PORT PRINTER_PORT SECONDS

Presses each button again and again, faster than anybody does. Says `ready`, then at the end as JSON when each
press was that its own debounce should have counted, and how many numbers were given; and goes with a line.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from appliance import assembly, config, printing
from appliance.clock import SystemClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.runtime import Runtime
from drivers.base import DeviceState, Edge, Pressed
from drivers.debounce import State, debounce
from drivers.simulated.pins import SimulatedPins
from web import create_app
from web.server import serving

BUTTONS = dict(zip("PKLABCDE", (17, 27, 22, 10, 9, 11, 5, 6), strict=True))
PRESSES_A_SECOND = 20
SETTLE_S = 0.5  # after the last press

_SERVICE = """
[[services]]
key = "{key}"
letter = "{letter}"
name = {{ id = "Layanan {letter}", en = "Service {letter}" }}
description = {{ id = "Tanya petugas", en = "Ask an officer" }}
kind = "other"
"""
_CONFIG = """
[site]
office = {office}
data = {data}
[panel]
listen = "127.0.0.1:{pages}"
[queue]
only_within_hours = false
[printer]
driver = "escpos-network"
host = "127.0.0.1"
port = {printer}
"""
_BUTTON = '[[buttons.button]]\nservice = "{letter}"\npin = {pin}\n'


def main(folder: Path, pages: int, printer: int, seconds: float) -> None:
    """Live through the storm."""
    office = _eight_services(folder)
    names = {"office": json.dumps(str(office)), "data": json.dumps(str(folder / "data"))}
    text = _CONFIG.format(pages=pages, printer=printer, **names)
    text += "".join(_BUTTON.format(letter=letter, pin=pin) for letter, pin in BUTTONS.items())
    desk = assemble(load_office(str(office)), config.parse(text), SystemClock(), folder / "data")
    pins = SimulatedPins()
    desk.store.open()
    runtime = Runtime(assembly.duties(desk, lambda: pins), desk.health, desk.changes)
    runtime.start()
    try:
        with serving(create_app(desk), desk):
            _storm(desk, pins, seconds)
    finally:
        desk.changes.end()
        runtime.stop()
        pins.close()
        desk.store.close()


def _storm(desk: FrontDesk, pins: SimulatedPins, seconds: float) -> None:
    _await(desk, lambda: all(_is_ready(desk, name) for name in ("buttons", "printer")))
    edges = _Edges(pins)
    _say("ready")
    fingers = [threading.Thread(target=_press, args=(pins, pin, seconds)) for pin in BUTTONS.values()]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()
    time.sleep(SETTLE_S)
    _await(desk, lambda: not desk.store.read(printing.waiting_count))
    given = desk.store.read(
        lambda db: {
            row[0]: row[1] for row in db.execute("SELECT letter, count(*) FROM ticket GROUP BY letter")
        }
    )
    _say(json.dumps({"presses": edges.presses(), "given": given}))
    sys.stdin.readline()  # the test looks at memory and files


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _eight_services(folder: Path) -> Path:
    """The office of Sawahlunto with five more services that give numbers."""
    profile = Path(__file__).parents[2] / "appliance" / "offices" / "1373.toml"
    path = folder / "eight.toml"
    more = "".join(_SERVICE.format(key=f"service_{letter.lower()}", letter=letter) for letter in "ABCDE")
    text = f"allow_similar_letters = true\n{profile.read_text(encoding='utf-8')}{more}"
    path.write_text(text, encoding="utf-8")
    return path


class _Edges:
    """Every edge of the lines, and what the debounce makes of them: what has to be counted."""

    def __init__(self, pins: SimulatedPins) -> None:
        self._edges: defaultdict[str, list[Edge]] = defaultdict(list)
        for letter, pin in BUTTONS.items():
            self._edges[letter].append(Edge(letter, False, 0))
            pins.watch(pin, partial(self._note, letter))

    def _note(self, letter: str, level: bool, at_ns: int) -> None:
        self._edges[letter].append(Edge(letter, not level, at_ns))

    def presses(self) -> dict[str, list[int]]:
        """For each button when its contact closed for each press that counts."""
        return {letter: list(_counted(letter, edges)) for letter, edges in self._edges.items()}


def _counted(letter: str, edges: list[Edge]) -> list[int]:
    state, found = State(letter), []
    for edge in [*edges, None]:
        now_ns = edge.at_ns if edge else time.monotonic_ns()
        state, events = debounce(state, edge, now_ns)
        found += [event.at_ns for event in events if isinstance(event, Pressed)]
    return found


def _press(pins: SimulatedPins, pin: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pins.press(pin, ms=500 / PRESSES_A_SECOND)
        time.sleep(0.5 / PRESSES_A_SECOND)


def _is_ready(desk: FrontDesk, name: str) -> bool:
    report = desk.health.of(name)
    return report is not None and report.state is DeviceState.READY


def _await(desk: FrontDesk, happened: Callable[[], bool]) -> None:
    heard = -1
    while not happened():
        heard = desk.changes.wait(heard, 0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
