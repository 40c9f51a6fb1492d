"""Locker locks on RS-485 lock boards, by pyserial.

A board times the pulse itself: a front desk that dies or hangs leaves no coil on. An unlocking is therefore
sent once and never repeated on silence, which could be the answer's loss; a question is repeated.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import serial

from drivers.base import Busy, Door, DriverError, LockFault, Lost, Missing, Timeout, UnlockUnknown
from drivers.lock_frames import KINDS, BoardKind, Reply, Verdict

log = logging.getLogger(__name__)

QUEUE_LIMIT_S = 10.0  # a caller that has waited this long for its turn is refused
QUESTIONS = 3  # times that a question is asked before the board counts as silent
TRIES_WHILE_COOLING = 2  # an unlocking must not come late
FRESH_S = 0.1  # a board that tells all its hooks at once is not asked again for each of them
SILENT_S = 5.0  # a silent board is left alone for this long: the others share the bus with it
LONGEST_PULSE_MS = 2000
_PIECE_S = 0.02  # longest wait in one read: the deadline is looked at in between
_KEPT = 256  # bytes of noise that are kept while looking for an answer
_LONG_AGO = float("-inf")

# An unplugged port raises termios.error, which is no OSError; SerialException is one.
_FAILURES = (OSError, termios.error)


@dataclass(frozen=True, slots=True)
class BoardLock:
    """Where a locker is connected: the board's address, and its lock counted from 1 as printed on it."""

    address: int
    lock: int
    has_contact: bool = True


@dataclass(frozen=True, slots=True)
class Bus:
    """The boards' line. None takes what the kind of board usually has. Raises ValueError out of range."""

    path: str
    kind: str
    baud: int | None = None
    first_lock: int | None = None  # the number that lock 1 has in a frame
    closed_is_high: bool | None = None
    pulse_ms: int | None = None  # None leaves the board's own
    answer_s: float = 0.3
    gap_s: float = 0.3  # between two unlockings on the bus: the power supply feeds one coil
    rest_s: float = 2.0  # between two unlockings of one lock: its coil has to cool

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no kind of lock board is called {self.kind!r}")
        if self.pulse_ms is not None and not 10 <= self.pulse_ms <= LONGEST_PULSE_MS:
            raise ValueError(f"a pulse of {self.pulse_ms} ms is not within 10 and {LONGEST_PULSE_MS}")
        if self.pulse_ms is not None and KINDS[self.kind].set_pulse is None:
            raise ValueError(f"a board of the kind {self.kind} cannot be told its pulse")
        if min(self.answer_s, self.gap_s, self.rest_s) < 0:
            raise ValueError(f"times cannot be negative: {self}")

    def number(self, place: BoardLock) -> int:
        """The number of a lock in a frame. Raises ValueError where the board has no such lock."""
        kind = KINDS[self.kind]
        first = kind.numbers.start if self.first_lock is None else self.first_lock
        number = place.lock - 1 + first
        if number not in kind.numbers or place.address not in kind.addresses:
            raise ValueError(f"a board of the kind {self.kind} has no such lock: {place}")
        return number


@dataclass(frozen=True, slots=True)
class BoardAnswer:
    """How one board of the bus is: the seconds that its answer took, None where it said nothing."""

    address: int
    seconds: float | None


class SerialLocks:
    """`drivers.base.Locks` on the boards of one bus. Callers from several threads take turns.

    Raises ValueError for a locker that its kind of board cannot have.
    """

    def __init__(self, *, name: str, bus: Bus, wiring: Mapping[str, BoardLock]) -> None:
        self._name = name
        self._bus = bus
        self._kind: BoardKind = KINDS[bus.kind]
        self._wiring = dict(wiring)
        self._numbers = {locker: bus.number(place) for locker, place in wiring.items()}
        self._addresses = tuple(dict.fromkeys(place.address for place in wiring.values()))
        self._turn = threading.RLock()
        self._port: serial.Serial | None = None
        self._heard: dict[tuple[int, int], tuple[float, bool]] = {}  # hook -> monotonic seconds, level
        self._silent: dict[int, float] = {}  # address -> monotonic seconds when it will be asked again
        self._mute: set[int] = set()  # boards that said nothing when they were last asked
        self._ended: dict[str, float] = {}  # monotonic seconds; kept over a reconnect, as the coil's heat is
        high = self._kind.closed_is_high if bus.closed_is_high is None else bus.closed_is_high
        self._closed_is_high = high

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._name

    @property
    def lockers(self) -> tuple[str, ...]:
        """The lockers' names, in the order of the configuration."""
        return tuple(self._wiring)

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The lockers on boards that said nothing when they were last asked."""
        return tuple(name for name, place in self._wiring.items() if place.address in self._mute)

    def connect(self) -> None:
        """Open the port for this program alone and hear from the boards.

        Raises Missing, Busy, or Timeout when none of the boards says anything.
        """
        self.close()
        with self._failing_as(Missing):
            self._port = port = serial.Serial(
                self._bus.path,
                self._bus.baud or self._kind.baud,
                timeout=_PIECE_S,
                write_timeout=self._bus.answer_s + 1.0,
                exclusive=True,  # by flock, which only programs that ask for it respect
            )
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)  # the kernel's, for all others
        try:
            if self._bus.pulse_ms is not None:
                self._set_pulses(self._bus.pulse_ms)
            if self._addresses and all(answer.seconds is None for answer in self.boards()):
                raise Timeout(self._name, f"{self._bus.path}: no board says anything")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port; never raises."""
        port, self._port = self._port, None
        self._heard.clear()
        self._silent.clear()
        if port is not None:
            with suppress(*_FAILURES):
                port.reset_output_buffer()  # else closing waits for a line that takes nothing
            with suppress(*_FAILURES):
                fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
            with suppress(*_FAILURES):
                port.close()

    def boards(self) -> tuple[BoardAnswer, ...]:
        """Ask every board how it is, those that were silent too. Raises Lost."""
        answers = []
        with self._turn:
            for address in self._addresses:
                locker = next(name for name, place in self._wiring.items() if place.address == address)
                began = time.monotonic()
                level = self._ask(locker)
                seconds = None if level is None else time.monotonic() - began
                answers.append(BoardAnswer(address, seconds))
        return tuple(answers)

    def pulse(self, locker: str) -> None:
        """Have the board energise one lock for its time; returns when the board has taken the command.

        Waits for its turn, for the gap, and for this lock's rest first; a board that says that the coil has
        to cool is waited for once. Raises LockFault for a locker that is not in the configuration, for a
        board that has been silent, when the turn does not come within 10 s, and for a coil that does not
        cool; UnlockUnknown when the answer is lost; Lost when nothing could be sent.
        """
        place = self._known(locker)
        if not self._turn.acquire(timeout=QUEUE_LIMIT_S):
            raise LockFault(self._name, f"{locker}: the other locks were not done within {QUEUE_LIMIT_S:g} s")
        try:
            for _ in range(TRIES_WHILE_COOLING):
                self._rest(locker)
                if self._is_silent(place.address) and self._ask(locker) is None:
                    raise LockFault(self._name, f"{locker}: the board with address {place.address} is silent")
                if self._unlock(locker) is not Verdict.COOLING:
                    return
                log.info("%s: locker %s: the board lets its coil cool", self._name, locker)
        finally:
            self._turn.release()
        raise LockFault(self._name, f"{locker}: the board still lets its coil cool")

    def door(self, locker: str) -> Door:
        """What the hook says now, or said less than 0.1 s ago.

        UNKNOWN without a contact, and while this board is silent but another is not. Raises Lost, and
        Timeout when no board says anything.
        """
        place = self._known(locker)
        with self._turn:
            at_s, level = self._heard.get((place.address, self._numbers[locker]), (_LONG_AGO, None))
            if time.monotonic() - at_s > FRESH_S:
                level = None if self._is_silent(place.address) else self._ask(locker)
            if level is None and self._port is None:
                raise Lost(self._name, "not connected")
            if level is None and all(self._is_silent(address) for address in self._addresses):
                raise Timeout(self._name, f"{self._bus.path}: no board says anything")
        if level is None or not place.has_contact:
            return Door.UNKNOWN
        return Door.CLOSED if level is self._closed_is_high else Door.OPEN

    def all_off(self) -> None:
        """Nothing to do: a board ends its pulses itself, also when this program has died."""

    # ---------------------------------------------------------------------- on the bus

    def _known(self, locker: str) -> BoardLock:
        place = self._wiring.get(locker)
        if place is None:
            raise LockFault(self._name, f"no locker is called {locker!r}")
        return place

    def _is_silent(self, address: int) -> bool:
        return time.monotonic() < self._silent.get(address, _LONG_AGO)

    def _set_pulses(self, pulse_ms: int) -> None:
        """It is not known whether boards answer this; what they answer is passed over."""
        if self._kind.set_pulse is not None:
            for address in self._addresses:
                self._exchange(self._kind.set_pulse(address, pulse_ms), lambda reply: False, wait_s=0.05)

    def _ask(self, locker: str) -> bool | None:
        """The level of one hook; keeps all that the board told. None when it stays silent. Raises Lost."""
        address, number = self._wiring[locker].address, self._numbers[locker]
        for _ in range(QUESTIONS):
            reply = self._exchange(
                self._kind.ask(address, number),
                lambda reply: reply.address == address and number in reply.levels,
            )
            if reply is not None:
                self._note(address, silent=False)
                return self._keep(reply)[number]
        self._note(address, silent=True)
        return None

    def _note(self, address: int, *, silent: bool) -> None:
        """Whether a board is silent; whoever reads `unreachable` says so, once an outage."""
        if silent:
            self._silent[address] = time.monotonic() + SILENT_S
            self._mute.add(address)
        else:
            self._silent.pop(address, None)
            self._mute.discard(address)

    def _unlock(self, locker: str) -> Verdict:
        """Say it once. Raises UnlockUnknown where it was not answered, Lost where it could not be said."""
        address, number = self._wiring[locker].address, self._numbers[locker]
        self._heard.clear()
        self._send(b"")  # a port that has gone is noticed before the command, while nothing has happened
        try:
            reply = self._exchange(
                self._kind.unlock(address, number),
                lambda reply: (
                    reply.address == address
                    and (
                        not self._kind.answers_unlock or (reply.verdict is not None and reply.lock == number)
                    )
                ),
            )
            heard = reply is not None or (not self._kind.answers_unlock and self._ask(locker) is not None)
        except DriverError as error:
            raise UnlockUnknown(self._name, f"{locker}: {error.detail}") from error
        finally:
            self._ended[locker] = time.monotonic()
        if not heard:
            raise UnlockUnknown(self._name, f"{locker}: the board with address {address} did not answer")
        return (reply.verdict if reply else None) or Verdict.TAKEN

    def _keep(self, reply: Reply) -> Mapping[int, bool]:
        now = time.monotonic()
        self._heard.update({(reply.address, lock): (now, level) for lock, level in reply.levels.items()})
        return reply.levels

    def _send(self, command: bytes) -> serial.Serial:
        port = self._port
        if port is None:
            raise Lost(self._name, "not connected")
        with self._failing_as(Lost):
            _ = port.in_waiting  # asks the kernel, which knows of an adapter that was pulled out
            port.reset_input_buffer()
            port.write(command)
        return port

    def _exchange(
        self, command: bytes, wanted: Callable[[Reply], bool], wait_s: float | None = None
    ) -> Reply | None:
        """Say `command` and wait for the answer that is `wanted`; None when it does not come in time."""
        port = self._send(command)
        deadline = time.monotonic() + (self._bus.answer_s if wait_s is None else wait_s)
        heard = b""
        with self._failing_as(Lost):
            while time.monotonic() < deadline:
                heard = (heard + port.read(max(1, port.in_waiting)))[-_KEPT:]
                reply = self._kind.find(heard, wanted)
                if reply is not None:
                    return reply
        return None

    def _rest(self, locker: str) -> None:
        bus_ready = max(self._ended.values(), default=_LONG_AGO) + self._bus.gap_s
        coil_ready = self._ended.get(locker, _LONG_AGO) + self._bus.rest_s
        while (left_s := max(bus_ready, coil_ready) - time.monotonic()) > 0:
            time.sleep(left_s)

    @contextmanager
    def _failing_as(self, gone: type[DriverError]) -> Iterator[None]:
        try:
            yield
        except serial.SerialTimeoutException as error:  # an OSError without a number
            raise Timeout(self._name, f"{self._bus.path}: {error}") from error
        except _FAILURES as error:
            busy = getattr(error, "errno", None) in (errno.EBUSY, errno.EAGAIN)
            raise (Busy if busy else gone)(self._name, f"{self._bus.path}: {error}") from error
        except TypeError as error:  # pyserial's, where another thread closed the port in the midst of a call
            raise gone(self._name, "closed") from error
