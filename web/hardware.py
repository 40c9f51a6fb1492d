"""What the simulator's page needs of simulated hardware: shapes only, since pages know no devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Ticket(Protocol):
    """A piece of paper that came out of the printer."""

    @property
    def number(self) -> int:
        """1 is the printer's first."""

    @property
    def data(self) -> bytes:
        """What was sent for it."""

    @property
    def lines(self) -> Sequence[str]:
        """The text on it."""

    @property
    def is_complete(self) -> bool:
        """False while it is being printed, and if it stopped in the middle."""


class Locker(Protocol):
    """One locker as one sees it standing before it."""

    @property
    def name(self) -> str:
        """What stands on its door."""

    @property
    def is_open(self) -> bool:
        """Whether the door is open."""

    @property
    def last_pulse_ms(self) -> float | None:
        """How long its coil last had current."""


class Sound(Protocol):
    """Something that the loudspeaker was given."""

    @property
    def number(self) -> int:
        """1 is the first."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""

    @property
    def age_s(self) -> float:
        """How long ago it began."""

    @property
    def ended(self) -> bool:
        """Whether it was heard to its last word."""

    @property
    def is_playing(self) -> bool:
        """Whether it can be heard now."""


class Cards(Protocol):
    """The card reader and the cards beside it."""

    @property
    def kinds(self) -> Sequence[str]:
        """The cards that lie ready."""

    @property
    def lying(self) -> str | None:
        """The card on the reader."""

    @property
    def is_ready(self) -> bool:
        """Whether there is a reader to lay a card on."""

    def tap(self, kind: str) -> None:
        """Lay a card down and take it off after a moment; returns at once."""

    def lay(self, kind: str) -> None:
        """Lay a card on the reader and leave it there."""

    def lift(self) -> None:
        """Take the card off."""


class BookStation(Protocol):
    """The book under the camera, and the glass beside it."""

    @property
    def turned(self) -> int:
        """How many pages were turned."""

    @property
    def lying(self) -> str | None:
        """The code of the ticket that lies on the book."""

    def turn(self, by: int = 1) -> None:
        """Turn a page: onwards, or back."""

    def lay_ticket(self, code: str | None) -> None:
        """Lay a ticket on the book, or take it away."""

    def picture(self) -> bytes:
        """What the camera sees, as JPEG. Raises OSError while it sees nothing."""


class Speaker(Protocol):
    """The loudspeaker."""

    @property
    def sounds(self) -> Sequence[Sound]:
        """What it was given, newest first."""

    def wav(self, number: int) -> bytes:
        """One of them as a WAV. Raises KeyError."""


class Simulated(Protocol):
    """All the hardware of one simulated front desk."""

    @property
    def cards(self) -> Cards:
        """The card reader."""

    @property
    def speaker(self) -> Speaker:
        """The loudspeaker."""

    @property
    def station(self) -> BookStation | None:
        """The scanner station, where there is one."""

    @property
    def reader_missing(self) -> str | None:
        """Why there is no card reader at all, in words."""

    @property
    def letters(self) -> Sequence[str]:
        """The push buttons."""

    def press(self, letter: str) -> None:
        """Press a button and let it go."""

    @property
    def columns(self) -> int:
        """Characters on a line of the printer's paper."""

    @property
    def tickets(self) -> Sequence[Ticket]:
        """The paper that came out, newest first."""

    def picture(self, number: int) -> bytes:
        """A ticket as a PNG. Raises KeyError."""

    def tear_off(self) -> None:
        """Take the paper away."""

    @property
    def rolls(self) -> Sequence[str]:
        """The rolls of paper that there are."""

    @property
    def roll(self) -> str:
        """The one in the printer."""

    def put_roll(self, roll: str) -> None:
        """Put one in."""

    @property
    def doors(self) -> Sequence[Locker]:
        """The lockers."""

    def open_door(self, name: str) -> None:
        """Open a door by its emergency key."""

    def close_door(self, name: str) -> None:
        """Push a door shut."""

    @property
    def faults(self) -> Mapping[str, Mapping[str, bool]]:
        """For each device its faults, and whether they are on."""

    def set_fault(self, device: str, name: str, on: bool) -> None:
        """Switch a fault on or off."""
