"""An RS-485 bus with lock boards on a pseudo terminal: latches, doors, hooks, and what goes wrong on a line.

The driver opens `path` with the real pyserial. Like /dev/serial/by-id, `path` keeps its name when the adapter
is pulled out (then it is not there) and plugged in again.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Self

from drivers.lock_frames import KINDS, summed

UNPLUGGED: Final = "unplugged"
FAULTS: Final = (
    "silent",
    "late",
    "garbled",
    "bad_checksum",
    "half_frame",
    "wrong_address",
    "split",
    "noise",
    "echo",
    "answer_lost",  # of an unlocking only, which is carried out
    "cooling",
)
LATE_S: Final = 1.0
_SPLIT_S: Final = 0.02
_PULSES_MS: Final = 500
_PULSES_KEPT: Final = 1000

Lock = tuple[int, int]  # address, and the lock counted from 1


class SimulatedLockBoards:
    """Boards of one kind at `addresses`, their adapter at `path`. A context manager: plugged in within it.

    `inverted` boards tell their hooks the other way round.
    """

    def __init__(
        self, kind: str, path: Path, addresses: Iterable[int] = (1,), *, inverted: bool = False
    ) -> None:
        self.kind = kind
        self.path = path
        self._first = KINDS[kind].numbers.start
        self._locks = KINDS[kind].locks
        self.closed_is_high = KINDS[kind].closed_is_high is not inverted
        found = tuple(addresses)
        self._open = {(address, lock): False for address in found for lock in range(1, self._locks + 1)}
        self._stuck: set[Lock] = set()
        self._stuck_contacts: set[Lock] = set()
        self._faults = dict.fromkeys(FAULTS, False)
        self.dead: set[int] = set()  # boards without power
        self.unlocked: deque[tuple[Lock, int]] = deque(maxlen=_PULSES_KEPT)  # each pulse: lock, monotonic ns
        self.pulse_ms = dict.fromkeys(found, _PULSES_MS)
        self._ends: tuple[int, int] | None = None
        self._stop: tuple[int, int] | None = None
        self._in_time = threading.Event()  # set unless answers are late
        self._in_time.set()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    # ---------------------------------------------------------------------- hands

    def plug(self) -> None:
        """Connect the adapter, unless it is. Raises OSError."""
        if self._ends is not None:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self._stop = os.pipe()
        self._ends = (master, slave)
        self._thread = threading.Thread(
            target=self._serve, args=(master, self._stop[0]), name="lock-boards", daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        """Pull the adapter out: what is open fails."""
        if self._ends is None or self._stop is None or self._thread is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._stop[1])
        self._thread.join()
        for end in (self._stop[0], *self._ends):
            os.close(end)
        self._ends = self._stop = self._thread = None

    @property
    def faults(self) -> dict[str, bool]:
        """What can go wrong on the line, and whether it does."""
        return {**self._faults, UNPLUGGED: self._ends is None}

    def set_fault(self, name: str, on: bool) -> None:
        """Switch one of `faults`. Raises KeyError."""
        if name == UNPLUGGED:
            (self.unplug if on else self.plug)()
        elif name in self._faults:
            self._faults[name] = on
            if name == "late":
                (self._in_time.clear if on else self._in_time.set)()
        else:
            raise KeyError(name)

    def stick(self, lock: Lock, stuck: bool) -> None:
        """Jam a bolt so that a pulse does not open its door, or free it."""
        (self._stuck.add if stuck else self._stuck.discard)(lock)

    def stick_contact(self, lock: Lock, stuck: bool) -> None:
        """Have a hook's switch say "closed" whatever the door does, or free it."""
        (self._stuck_contacts.add if stuck else self._stuck_contacts.discard)(lock)

    def move_door(self, lock: Lock, *, is_open: bool) -> None:
        """Open a door without a pulse (the emergency key, force), or push it shut. Raises KeyError."""
        if lock not in self._open:
            raise KeyError(lock)
        self._open[lock] = is_open

    def is_open(self, lock: Lock) -> bool:
        """True while a door is open, whatever its hook says. Raises KeyError."""
        return self._open[lock]

    # ---------------------------------------------------------------------- the boards

    def _serve(self, master: int, stop: int) -> None:
        heard = b""
        with contextlib.suppress(OSError):
            while stop not in select.select([master, stop], [], [])[0]:
                said = os.read(master, 256)
                if self._faults["echo"]:
                    os.write(master, said)
                heard = self._take(heard + said, master)

    def _take(self, heard: bytes, master: int) -> bytes:
        """Answer each whole command; what is left of `heard` may be the beginning of one."""
        answer = _ANSWERS[self.kind]
        while heard:
            length, reply = answer(self, heard)
            if length == 0:
                break
            heard = heard[length:]
            if reply and not self._faults["silent"]:
                self._say(master, reply)
        return heard

    def _say(self, master: int, reply: bytes) -> None:
        for name, change in _ON_THE_LINE.items():
            if self._faults[name]:
                reply = change(reply)
        self._in_time.wait(LATE_S)
        if self._faults["split"]:
            os.write(master, reply[:3])
            time.sleep(_SPLIT_S)
            reply = reply[3:]
        os.write(master, reply)

    def _unlock(self, lock: Lock) -> int:
        """0 failed, 1 done, 2 cooling."""
        if self._faults["cooling"]:
            return 2
        self.unlocked.append((lock, time.monotonic_ns()))
        if lock in self._stuck:
            return 0
        self._open[lock] = True
        return 1

    def _level(self, lock: Lock) -> bool:
        return (self._open[lock] and lock not in self._stuck_contacts) is not self.closed_is_high

    def _hooks(self, address: int) -> bytes:
        number = sum(self._level((address, lock)) << lock - 1 for lock in range(1, self._locks + 1))
        return number.to_bytes(self._locks // 8, "little")

    def _has(self, lock: Lock) -> bool:
        return lock in self._open and lock[0] not in self.dead

    def _said_of(self, address: int) -> int:
        return (address + 1) % 15 if self._faults["wrong_address"] else address

    def _cu16(self, heard: bytes) -> tuple[int, bytes]:
        length = 7 if heard[2:3] == b"\x37" else 5
        if heard[0] != 2:
            return 1, b""
        if len(heard) < length:
            return 0, b""
        if summed(heard[: length - 1]) != heard[:length]:
            return 1, b""
        address, lock = heard[1] >> 4, (heard[1] & 15) + 1
        if not self._has((address, lock)):
            return length, b""
        if heard[2] == 0x37:
            self.pulse_ms[address] = 10 * int.from_bytes(heard[3:5], "big")
            return length, b""
        if heard[2] == 0x31:
            self._unlock((address, lock))
            if self._faults["answer_lost"]:
                return length, b""
        return length, summed(
            bytes([2, self._said_of(address) << 4, 0x35]) + self._hooks(address) + b"\0\0\x03"
        )

    def _cu48(self, heard: bytes) -> tuple[int, bytes]:
        if heard[0] != 2:
            return 1, b""
        if len(heard) < 6:
            return 0, b""
        if summed(heard[:5]) != heard[:6]:
            return 1, b""
        address, lock = heard[1], heard[2] + 1
        if not self._has((address, lock)):
            return 6, b""
        said_of = self._said_of(address)
        if heard[3] == 0x61:
            taken = self._unlock((address, lock)) != 2 and not self._faults["answer_lost"]
            return 6, summed(bytes([2, said_of, lock - 1, 0x75, 3])) if taken else b""
        return 6, summed(bytes([2, said_of, 0, 0x75, 6]) + self._hooks(address) + b"\x03")

    def _winnsen(self, heard: bytes) -> tuple[int, bytes]:
        if heard[0] != 0x90:
            return 1, b""
        if len(heard) < 6:
            return 0, b""
        address, lock = heard[3], heard[4]
        if heard[5] != 3 or not self._has((address, lock)):
            return 1, b""
        said_of = self._said_of(address)
        if heard[2] == 0x05:
            status = self._unlock((address, lock))
            lost = self._faults["answer_lost"]
            return 6, b"" if lost else bytes([0x90, 7, 0x85, said_of, lock, status, 3])
        return 6, bytes([0x90, 7, 0x92, said_of, self._level((address, lock)), lock, 3])


_ANSWERS: Final[Mapping[str, Callable[[SimulatedLockBoards, bytes], tuple[int, bytes]]]] = {
    "kr-cu16": SimulatedLockBoards._cu16,
    "kr-cu48": SimulatedLockBoards._cu48,
    "winnsen": SimulatedLockBoards._winnsen,
}
# Winnsen frames have no checksum: a wrong last byte is a wrong end there.
_ON_THE_LINE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "garbled": lambda frame: bytes(byte ^ 0x5A for byte in frame),
    "bad_checksum": lambda frame: frame[:-1] + bytes([frame[-1] ^ 0x55]),
    "half_frame": lambda frame: frame[: len(frame) // 2],
    "noise": lambda frame: b"\x00\xff\x02\x90\x07" + frame,
}
