"""A bank of lockers on simulated RS-485 lock boards: as one stands before it, by the lockers' names."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.serial_locks import BoardLock
from drivers.simulated.lock_board import Lock, SimulatedLockBoards
from drivers.simulated.lockers import Pulse


class BoardLockers:
    """What `SimulatedLockers` is for GPIO lines, on `boards`. Raises KeyError for an unknown locker."""

    def __init__(self, boards: SimulatedLockBoards, wiring: Mapping[str, BoardLock]) -> None:
        self.boards = boards
        self._places: dict[str, Lock] = {name: (place.address, place.lock) for name, place in wiring.items()}
        self._names = {place: name for name, place in self._places.items()}

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """The pulses of these lockers, oldest first, at most the bus's last thousand."""
        return tuple(
            Pulse(self._names[lock], at_ns, self.boards.pulse_ms[lock[0]] * 1_000_000)
            for lock, at_ns in tuple(self.boards.unlocked)
            if lock in self._names
        )

    def is_open(self, name: str) -> bool:
        """True while the door is open, whatever its contact says."""
        return self.boards.is_open(self._places[name])

    def open_door(self, name: str) -> None:
        """Open the door without a pulse: the emergency key, or force."""
        self.boards.move_door(self._places[name], is_open=True)

    def close_door(self, name: str) -> None:
        """Push the door shut; the latch catches."""
        self.boards.move_door(self._places[name], is_open=False)

    def jam(self, name: str, jammed: bool) -> None:
        """Jam the latch, so that a pulse does not open the door, or free it."""
        self.boards.stick(self._places[name], jammed)
