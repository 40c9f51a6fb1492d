"""A small day at the front desk, lived by a process that is hurt from outside (test_kill.py, test_power.py).

    python -m tests.faults.day ENDS FOLDER                        live it once
    python -m tests.faults.day ENDS SYSCALL STRIDE FOLDER...      once in each folder, forked

SYSCALL is its name and the thread that makes it, as `write@writer`. ENDS is the printer's port, or
`PORT,CENTRAL_PORT,TOKEN_FILE` to bring the visits to a central server too.

Everything is the product's own: store, card keys, paper and door duty, python-escpos over TCP to a virtual
printer, gpiozero on simulated pins. What was acknowledged is appended to the file `acknowledged` beside the
data, by a system call (writev) that is never hurt.

strace counts the calls of each thread from its first one. In the second form the last folder but k makes
k * STRIDE calls for nothing before it begins, so that one rule of strace ("the call number N") hits another
call in each of them, and the imports are paid for once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from appliance import assembly, config, days, guestbook, lockers, outbox, printing, ratings, tickets, visits
from appliance.clock import ManualClock
from appliance.duties.doors import DoorDuty
from appliance.duties.paper import PaperDuty
from appliance.duties.relay import RelayDuty
from appliance.files import write_durably
from appliance.front_desk import FrontDesk, assemble
from appliance.lockers import Wanted
from appliance.office import load_office
from appliance.visits import Request, Visit
from drivers.base import Uid
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.printer import EscposPrinter
from drivers.printer_wire import NetworkWire
from drivers.simulated.lockers import SimulatedLockers
from drivers.simulated.pins import SimulatedPins

OFFICE = load_office("1373")
STAFF = 1  # whoever prepared the folder
PLACE = OFFICE.places[0].key
GOES, STAYS = 0, 1  # the visitors: one goes home, one leaves a bag overnight
VISITORS = (GOES, STAYS)
DATA, ACKNOWLEDGED, SETTINGS = "data", "acknowledged", "settings.toml"
DAY_S = 86400.0

_CONFIG = """
[site]
office = "1373"
[printer]
driver = "escpos-network"
host = "127.0.0.1"
port = {port}
[lockers]
[[lockers.locker]]
name = "0"
pin = 5
contact_pin = 6
[[lockers.locker]]
name = "1"
pin = 13
contact_pin = 19
"""
_CENTRAL = """
[central]
url = "http://127.0.0.1:{port}"
token = "{token}"
"""
_WIRING = {"0": LockWiring(5, 6), "1": LockWiring(13, 19)}
_FAST = PulseTiming(pulse_s=0.002, max_pulse_s=1.0, gap_s=0.0, rest_s=0.0)

Tell = Callable[..., None]


def main(arguments: Sequence[str]) -> None:
    """Live once, or once in each folder."""
    ends = Ends.parse(arguments[0])
    if len(arguments) == 2:
        _begin(Path(arguments[1]), ends, None, 0)
        return
    syscall, stride, folders = arguments[1], int(arguments[2]), [Path(name) for name in arguments[3:]]
    for place, folder in enumerate(folders, 1):
        child = os.fork()
        if child == 0:
            code = 70
            try:
                _begin(folder, ends, syscall, (len(folders) - place) * stride)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        _teller(folder)("ended", os.waitstatus_to_exitcode(status))


def _teller(folder: Path) -> Tell:
    """Appends to what was acknowledged in this folder."""
    told = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(*words: object) -> None:
        os.writev(told, [(" ".join(map(str, words)) + "\n").encode()])

    return tell


def _begin(folder: Path, ends: Ends, syscall: str | None, spare_calls: int) -> None:
    tell = _teller(folder)
    desk = desk_in(folder / DATA, ends)
    call, _, thread = (syscall or "").partition("@")
    if thread == "writer":  # before it opens the database
        desk.store._writer.submit(_spend, folder, call, spare_calls).result()
    elif thread == "main":
        _spend(folder, call, spare_calls)
    desk.store.open()
    Day(desk, ends, tell).live()
    desk.store.close()


def _spend(folder: Path, syscall: str, count: int) -> None:
    handle = os.open(folder / "scratch", os.O_RDWR | os.O_CREAT)
    calls: dict[str, Callable[[], object]] = {
        "pwrite64": partial(os.pwrite, handle, b"x", 0),
        "write": partial(os.write, handle, b"x"),
        "fdatasync": partial(os.fdatasync, handle),
        "fsync": partial(os.fsync, handle),
    }
    for _ in range(count):
        calls[syscall]()
    os.close(handle)


@dataclass(frozen=True)
class Ends:
    """What the front desk is connected with: the ports of its printer and of the central server."""

    printer: int = 9
    central: int | None = None
    token: Path | None = None

    @classmethod
    def parse(cls, words: str) -> Self:
        """From the command line."""
        printer, *rest = words.split(",")
        return cls(int(printer), int(rest[0]), Path(rest[1])) if rest else cls(int(printer))

    def __str__(self) -> str:
        return f"{self.printer},{self.central},{self.token}" if self.central else str(self.printer)


def desk_in(data: Path, ends: Ends = Ends()) -> FrontDesk:
    """The front desk of this day, closed; always at the same hour of the same boot."""
    text = _CONFIG.format(port=ends.printer)
    if ends.central is not None:
        text += _CENTRAL.format(port=ends.central, token=ends.token)
    return assemble(OFFICE, config.parse(text), ManualClock(), data)


def relay_of(desk: FrontDesk) -> RelayDuty | None:
    """The duty that brings visits to the central server, where there is one."""
    settings = desk.config.central
    return RelayDuty(desk, partial(assembly.road, settings, desk)) if settings else None


def drain(desk: FrontDesk, relay: RelayDuty) -> None:
    """Until nothing waits any more."""
    while desk.store.read(outbox.backlog).waiting:
        relay.step()


def request(visitor: int) -> Request:
    """What the visitor asks for; asked again it is the same wish."""
    return Request(f"request-{visitor}", "library", "kiosk")


def card_hash(desk: FrontDesk, visitor: int) -> str:
    """What is kept of the visitor's card."""
    return Uid(bytes([4, visitor, 2, 3, 4, 5, 6])).keyed_hash(desk.keys.of_day(1))


class Day:
    """Two visitors, their paper, cards, bags and doors; then the day is closed."""

    def __init__(self, desk: FrontDesk, ends: Ends, tell: Tell) -> None:
        self._desk = desk
        self._store = desk.store
        self._tell = tell
        self._clock = desk.clock
        printer = EscposPrinter(
            name="printer", wire=NetworkWire("127.0.0.1", ends.printer), columns=48, timeout_s=5.0
        )
        self._pins = SimulatedPins()
        self._doors = SimulatedLockers(self._pins, _WIRING, opens_after_ms=0.5)
        for locker, wiring in _WIRING.items():
            self._pins.watch(wiring.pin, partial(self._pulsed, locker))
        locks = GpioLocks(name="lockers", wiring=_WIRING, factory=lambda: self._pins, timing=_FAST)
        printer.connect()
        locks.connect()
        self._paper_duty = PaperDuty(desk, printer)
        self._door_duty = DoorDuty(desk, locks, opens_within_s=1.0)
        self._relay_duty = relay_of(desk)

    def _pulsed(self, locker: str, level: bool, _at_ns: int) -> None:
        if level:
            self._tell("pulsed", locker)

    def live(self) -> None:
        """The whole day."""
        self._setting("before")
        self._visit(GOES)
        self._setting("between")
        visit = self._served(STAYS)
        self._take_in(visit, STAYS)
        assert isinstance(self._clock, ManualClock)
        self._clock.advance(DAY_S)
        self._store.write(days.end_if_over, OFFICE.zone)
        self._tell("done", "close_day", STAYS)
        self._relay(STAYS)
        self._store.checkpoint()

    def _setting(self, value: str) -> None:
        """A file of the kind that settings and secrets are in."""
        write_durably(self._desk.folder / SETTINGS, f'value = "{value}"\n'.encode() * 300)
        self._tell("setting", value)

    def _visit(self, visitor: int) -> None:
        visit = self._served(visitor)
        deposit = self._take_in(visit, visitor).deposit_id
        assert deposit is not None
        self._store.write(ratings.give, visit.id, 4)
        self._tell("done", "rate", visitor)
        self._store.write(lockers.open_again, visit.id, "return", staff=STAFF)
        self._open("return", visitor)
        self._store.write(lockers.hand_back, deposit, staff=STAFF)
        self._tell("done", "hand_back", visitor)
        self._store.write(visits.check_out, visit.id, staff=STAFF)
        self._tell("done", "check_out", visitor)
        self._relay(visitor)

    def _relay(self, visitor: int) -> None:
        """What the central server is to get, until it has said that it is stored."""
        if self._relay_duty is not None:
            drain(self._desk, self._relay_duty)
            self._tell("done", "relay", visitor)

    def _served(self, visitor: int) -> Visit:
        visit = self._store.write(tickets.issue, OFFICE, request(visitor))
        self._tell("number", visitor, visit.number, visit.token)
        self._print()
        self._tell("done", "print", visitor)
        self._store.write(tickets.call, visit.id, place=PLACE, staff=STAFF)
        self._store.write(guestbook.confirm_elsewhere, visit.id, staff=STAFF)
        self._store.write(visits.start_serving, OFFICE, visit.id, place=PLACE, staff=STAFF)
        self._tell("done", "serve", visitor)
        return visit

    def _take_in(self, visit: Visit, visitor: int) -> Visit:
        wanted = Wanted(str(visitor), "ktp", card_hash=card_hash(self._desk, visitor))
        kept = self._store.write(lockers.take_in, visit.id, wanted, pockets=12, staff=STAFF)
        self._tell("done", "take_in", visitor)
        self._open("deposit", visitor)
        self._print()
        return kept

    def _print(self) -> None:
        while self._store.read(printing.next_job) is not None:
            self._paper_duty.step()

    def _open(self, why: str, visitor: int) -> None:
        while self._store.read(lockers.next_unlock) is not None:
            self._door_duty.step()
        self._doors.close_door(str(visitor))
        self._tell("done", f"open_{why}", visitor)


if __name__ == "__main__":
    main(sys.argv[1:])
