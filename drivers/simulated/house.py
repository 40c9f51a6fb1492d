"""All the hardware of one simulated front desk, and the hands that use it and break it.

What `frontdesk simulate` and the end-to-end tests stand on. Every action takes plain arguments, and what it
shows is plain too, so that a page can be put before it. Devices are driven from any thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from drivers.base import Paper
from drivers.button import ButtonWiring
from drivers.locks import LockWiring
from drivers.serial_locks import BoardLock
from drivers.simulated.board_lockers import BoardLockers
from drivers.simulated.line import Line
from drivers.simulated.lock_board import SimulatedLockBoards
from drivers.simulated.lockers import Bank, SimulatedLockers
from drivers.simulated.loudspeaker import Loudspeaker
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.printer import PrinterKind, Ticket, VirtualPrinter
from drivers.simulated.station import SimulatedStation
from drivers.simulated.tray import CardTray

PRESS_MS: Final = 80.0
BOUNCE_MS: Final = (0.3, 0.2, 0.6, 0.4)  # closed and open in turn

# A roll of paper: what the printer's sensor says of it, and how many lines are left where that matters.
ROLLS: Final[Mapping[str, tuple[Paper, int | None]]] = {
    "full": (Paper.OK, None),
    "low": (Paper.LOW, None),
    "ending": (Paper.LOW, 12),  # ends in the middle of the next ticket
    "out": (Paper.OUT, None),
}

UNPLUGGED: Final = "unplugged"
LOCK_LINE: Final = "usb-RS485-port0"  # as an adapter is named below /dev/serial/by-id
# The printer's other faults, by the names of their fields in PrinterFaults.
PRINTER_FAULTS: Final[Mapping[str, str]] = {
    "cover_open": "cover_open",
    "jammed": "fault",
    "offline": "offline",
    "mute": "mute",
    "stalled": "stalled",
}

_SMALL: Final = 32  # columns of 58 mm paper; printers for it have no knife and are sent QR codes as pictures


@dataclass(frozen=True, slots=True)
class LockerLook:
    """One locker as one sees it standing before it."""

    name: str
    is_open: bool
    pulses: int  # that its coil has had since the start, at most the bank's last thousand
    last_pulse_ms: float | None


class House:
    """The hardware of one front desk. `start`, then `wire`; `close` ends all of it and can be called again.

    With `with_station` there is a book under a camera, and a glass beside it. With `lock_boards`, a kind of
    board, the lockers hang on one of them, with address 1.

    `folder` is for what the loudspeaker plays; `columns` is the paper's width, 32 (58 mm) or 48 (80 mm).
    """

    def __init__(
        self, folder: Path, *, columns: int = 48, with_station: bool = False, lock_boards: str | None = None
    ) -> None:
        is_large = columns > _SMALL
        self.printer = VirtualPrinter(
            kind=PrinterKind(columns, cutter=is_large, native_qr=is_large, confirms=is_large)
        )
        self.cards = CardTray()
        self.speaker = Loudspeaker(folder / "loudspeaker")
        self.station = SimulatedStation(folder / "station") if with_station else None
        self.boards = SimulatedLockBoards(lock_boards, folder / LOCK_LINE) if lock_boards else None
        self._pins: SimulatedPins | None = None
        self._buttons: dict[str, ButtonWiring] = {}
        self._held: set[str] = set()
        self._lockers: Bank | None = None
        self._jammed: dict[str, bool] = {}
        self._torn_off = 0  # the newest ticket that was taken away
        self._line: Line | None = None
        self._running = ExitStack()

    # ---------------------------------------------------------------------- life

    def start(self) -> None:
        """Switch everything on. pcscd comes first: before the first PC/SC call of this process.

        Raises OSError when the printer gets no port. A card reader that cannot be had is no error.
        """
        with ExitStack() as undo:
            undo.callback(self.cards.close)
            self.cards.start()
            undo.callback(self.printer.close)
            self.printer.start()
            self._pins = SimulatedPins()
            undo.callback(self._pins.close)
            if self.boards is not None:
                undo.callback(self.boards.unplug)
                self.boards.path.parent.mkdir(parents=True, exist_ok=True)
                self.boards.plug()
            self.speaker.start()
            if self.station is not None:
                undo.callback(self.station.close)
                self.station.start()
            self._running = undo.pop_all()

    def close(self) -> None:
        """Switch everything off, the card reader last."""
        self._running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wire(
        self,
        buttons: Mapping[str, ButtonWiring],
        lockers: Mapping[str, LockWiring],
        on_boards: Mapping[str, BoardLock] = MappingProxyType({}),
    ) -> None:
        """Connect push buttons, by their letters, and lockers, by their names, to pins or boards. Once."""
        self._buttons = dict(buttons)
        if self.boards is not None:
            self._lockers = BoardLockers(self.boards, on_boards)
        else:
            self._lockers = SimulatedLockers(self.pins, lockers)
        self._jammed = dict.fromkeys(on_boards if self.boards else lockers, False)

    def lay_line(self, port: int) -> int:
        """Lay a line to a central server at this port; gives the port at which it begins.

        Once, after `start`. Raises OSError.
        """
        line = Line(port)
        line.open()
        self._running.callback(line.close)
        self._line = line
        return line.port

    # ---------------------------------------------------------------------- where drivers connect

    @property
    def pins(self) -> SimulatedPins:
        """The pin factory for gpiozero. Raises RuntimeError before `start`."""
        if self._pins is None:
            raise RuntimeError("the simulated hardware was not started")
        return self._pins

    @property
    def lockers(self) -> Bank:
        """The bank of lockers. Raises RuntimeError before `wire`."""
        if self._lockers is None:
            raise RuntimeError("no lockers are wired yet")
        return self._lockers

    @property
    def reader_pattern(self) -> str | None:
        """What the card reader's `pattern` must be; None where there is no reader."""
        return self.cards.reader_pattern

    @property
    def reader_missing(self) -> str | None:
        """Why there is no card reader, in words; None where there is one."""
        return self.cards.missing

    @property
    def player_command(self) -> tuple[str, ...]:
        """The command line of the loudspeaker's player."""
        return self.speaker.command

    # ---------------------------------------------------------------------- push buttons

    @property
    def letters(self) -> tuple[str, ...]:
        """The push buttons that are wired."""
        return tuple(self._buttons)

    def press(self, letter: str) -> None:
        """A finger: 80 ms on the contact, with its bounce; nothing on one that is stuck. Raises KeyError."""
        wiring = self._buttons[letter]
        if letter not in self._held:
            self.pins.press(wiring.pin, PRESS_MS, bounce_ms=BOUNCE_MS, to_high=not wiring.pull_up)

    def hold(self, letter: str, held: bool = True) -> None:
        """Let a button stick, pressed, or come free. Raises KeyError."""
        wiring = self._buttons[letter]
        if held:
            self._held.add(letter)
            self.pins.close_contact(wiring.pin, to_high=not wiring.pull_up)
        else:
            self._held.discard(letter)
            self.pins.open_contact(wiring.pin)

    # ---------------------------------------------------------------------- ticket printer

    @property
    def columns(self) -> int:
        """Characters on a line: 32 on 58 mm paper, 48 on 80 mm."""
        return self.printer.kind.columns

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """The paper that came out and was not taken away yet, newest first."""
        return tuple(ticket for ticket in reversed(self.printer.tickets) if ticket.number > self._torn_off)

    def tear_off(self) -> None:
        """Take away all the paper that came out."""
        self._torn_off = max((ticket.number for ticket in self.printer.tickets), default=0)

    def picture(self, number: int) -> bytes:
        """A ticket as a PNG, one pixel a dot, drawn from the bytes that were sent. Raises KeyError."""
        ticket = {each.number: each for each in self.printer.tickets}[number]
        png = io.BytesIO()
        ticket.draw().save(png, "PNG")
        return png.getvalue()

    @property
    def rolls(self) -> tuple[str, ...]:
        """The rolls of paper that there are."""
        return tuple(ROLLS)

    @property
    def roll(self) -> str:
        """Which of ROLLS is in the printer."""
        faults = self.printer.faults
        if faults.paper is Paper.OUT:
            return "out"
        if faults.paper_left is not None:
            return "ending"
        return "low" if faults.paper is Paper.LOW else "full"

    def put_roll(self, roll: str) -> None:
        """Put one of ROLLS into the printer. Raises KeyError."""
        paper, lines_left = ROLLS[roll]
        self.printer.faults.paper_left = lines_left
        self.printer.faults.paper = paper

    def set_printer_fault(self, name: str, on: bool) -> None:
        """Switch one of PRINTER_FAULTS on or off, or pull its plug. Raises KeyError."""
        if name != UNPLUGGED:
            setattr(self.printer.faults, PRINTER_FAULTS[name], on)
        elif on:
            self.printer.unplug()
        else:
            self.printer.plug()

    # ---------------------------------------------------------------------- lockers

    @property
    def doors(self) -> tuple[LockerLook, ...]:
        """Every locker, in the order of the wiring."""
        return tuple(self._look(name) for name in self._jammed)

    def _look(self, name: str) -> LockerLook:
        lengths_ms = [pulse.duration_ns / 1e6 for pulse in self.lockers.pulses if pulse.locker == name]
        last_ms = lengths_ms[-1] if lengths_ms else None
        return LockerLook(name, self.lockers.is_open(name), len(lengths_ms), last_ms)

    def open_door(self, name: str) -> None:
        """Open a door with the emergency key. Raises KeyError."""
        self.lockers.open_door(name)

    def close_door(self, name: str) -> None:
        """Push a door shut. Raises KeyError."""
        self.lockers.close_door(name)

    def jam(self, name: str, jammed: bool = True) -> None:
        """Jam a latch, so that its pulse does not open the door, or free it. Raises KeyError."""
        self.lockers.jam(name, jammed)
        self._jammed[name] = jammed

    # ---------------------------------------------------------------------- faults

    @property
    def faults(self) -> dict[str, dict[str, bool]]:
        """For each device, by the appliance's names, its faults and whether they are on.

        A button's fault goes by its letter (it is stuck), a locker's by its name (it is jammed); those of the
        line to the central server are there once it is laid.
        """
        printer = {name: getattr(self.printer.faults, field) for name, field in PRINTER_FAULTS.items()}
        return (
            {
                "buttons": {letter: letter in self._held for letter in self._buttons},
                "printer": printer | {UNPLUGGED: not self.printer.plugged},
                "card_reader": self.cards.faults,
                "lockers": dict(self._jammed),
                "voice": self.speaker.faults,
            }
            | ({"central": dict(self._line.faults)} if self._line else {})
            | ({"lock_board": self.boards.faults} if self.boards else {})
            | self._station_faults()
        )

    def _station_faults(self) -> dict[str, dict[str, bool]]:
        if self.station is None:
            return {}
        return {"station": self.station.faults, "flatbed": self.station.glass.faults}

    def set_fault(self, device: str, name: str, on: bool) -> None:
        """Switch one of `faults` on or off. Raises KeyError; Missing where a device does not come back."""
        switches: dict[str, Callable[[str, bool], None]] = {
            "buttons": self.hold,
            "printer": self.set_printer_fault,
            "card_reader": self.cards.set_fault,
            "lockers": self.jam,
            "voice": self.speaker.set_fault,
        }
        if self.station is not None:
            switches |= {"station": self.station.set_fault, "flatbed": self.station.glass.set_fault}
        if self.boards is not None:
            switches["lock_board"] = self.boards.set_fault
        if self._line:
            switches["central"] = self._line.set_fault
        switches[device](name, on)
