"""The card reader of a simulated front desk, and the cards that lie ready beside it.

Below it is a real pcscd where one can be started; where not, `missing` says why in words.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drivers.base import Missing
from drivers.simulated.card import CARDS, ISO_14443_4, SOUND, CardFaults, CardModel, VirtualCard
from drivers.simulated.pcscd import VirtualPcscd, reader_name

log = logging.getLogger(__name__)

TAP_S: Final = 1.5  # as somebody does who was told to wait for the beep; vpcd looks every 0.4 s

# What is wrong with every card that is laid down while the fault is on; None: with the reader itself.
READER_FAULTS: Final[Mapping[str, CardFaults | None]] = {
    "torn": CardFaults(torn_after=1),
    "silent": CardFaults(silent=True),
    "stopped": None,
}


@dataclass(frozen=True, slots=True)
class DeskCard:
    """A card that a visitor may hand over, and what is always wrong with it."""

    model: CardModel
    faults: CardFaults = SOUND


DESK_CARDS: Final[Mapping[str, DeskCard]] = {
    "ktp": DeskCard(CARDS["ktp"]),
    "ktp_2": DeskCard(CardModel("KTP-el", ISO_14443_4, bytes.fromhex("045E1F7A2C6B80"))),
    "student": DeskCard(CARDS["student"]),
    "passport": DeskCard(CARDS["passport"]),
    "bank": DeskCard(CARDS["bank"]),
    "sim": DeskCard(CardModel("SIM", ISO_14443_4), CardFaults(mute=True)),  # an old one: no chip, no field
}


class CardTray:
    """One reader, and one card at a time on it. From any thread. Raises KeyError for an unknown card."""

    def __init__(self) -> None:
        self.missing: str | None = None
        self._pcscd = VirtualPcscd()
        self._cards: dict[str, VirtualCard] = {}
        self._hand = threading.RLock()
        self._lying: str | None = None
        self._end_of_tap: threading.Timer | None = None
        self._fault: str | None = None

    def start(self) -> None:
        """Start pcscd. It must be the first PC/SC call of the process; see `drivers.simulated.pcscd`."""
        try:
            self._pcscd.start()
        except Missing as error:
            self.missing = error.detail
            log.info("no simulated card reader: %s", error.detail)
            return
        self._cards = {kind: self._pcscd.card(card.model) for kind, card in DESK_CARDS.items()}

    def close(self) -> None:
        """Take the card off and end pcscd; can be called again."""
        with self._hand:
            timer = self._put_off()
            self._lift()
            self._pcscd.stop()
        if timer is not None:
            timer.join()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The cards that lie ready, whether there is a reader for them or not."""
        return tuple(DESK_CARDS)

    @property
    def reader_pattern(self) -> str | None:
        """What the driver's `pattern` must be to mean this reader; None without one."""
        return re.escape(reader_name()) if self._cards else None

    @property
    def is_ready(self) -> bool:
        """True while there is a reader to lay a card on."""
        return bool(self._cards) and self._pcscd.running

    @property
    def lying(self) -> str | None:
        """The card that lies on the reader."""
        with self._hand:
            if self._lying is not None and not self._cards[self._lying].inserted:
                self._lying = None  # torn off, or its reader has stopped
            return self._lying

    def tap(self, kind: str) -> None:
        """Lay a card down and take it off again after TAP_S; returns at once. Raises Missing."""
        with self._hand:
            self.lay(kind)
            self._end_of_tap = threading.Timer(TAP_S, self._end_tap)
            self._end_of_tap.name = "tapping hand"
            self._end_of_tap.daemon = True
            self._end_of_tap.start()

    def lay(self, kind: str) -> None:
        """Lay a card on the reader, in the place of whichever lies there. Raises Missing without a reader."""
        own = DESK_CARDS[kind].faults
        with self._hand:
            if self.reader_pattern is None:
                raise Missing("virtual card", self.missing or "the simulated reader was not started")
            self._put_off()
            if self.lying != kind:
                self._lift()
            card = self._cards[kind]
            card.faults = own if self._fault is None else READER_FAULTS[self._fault] or own
            card.insert()
            self._lying = kind

    def lift(self) -> None:
        """Take the card off, if one lies there."""
        with self._hand:
            self._put_off()
            self._lift()

    @property
    def faults(self) -> dict[str, bool]:
        """Each fault of the reader and its cards, and whether it is on."""
        return {name: name == self._fault for name in READER_FAULTS}

    def set_fault(self, name: str, on: bool) -> None:
        """Switch a fault on, in the place of another, or off.

        `torn`: cards are pulled away while they are read. `silent`: cards never answer. Both hold for cards
        laid down from now on. `stopped`: pcscd ends, which looks like a reader that was unplugged.
        Raises KeyError, and Missing where pcscd does not start again.
        """
        if name not in READER_FAULTS:
            raise KeyError(name)
        with self._hand:
            if on:
                self._fault = name
            elif self._fault == name:
                self._fault = None
            if self._fault == "stopped":
                self.lift()
                self._pcscd.crash()
            elif self._cards:
                self._pcscd.start()

    def _lift(self) -> None:
        kind, self._lying = self._lying, None
        if kind is not None:
            self._cards[kind].remove()

    def _put_off(self) -> threading.Timer | None:
        """The hand that taps lets the card be."""
        timer, self._end_of_tap = self._end_of_tap, None
        if timer is not None:
            timer.cancel()
        return timer

    def _end_tap(self) -> None:
        with self._hand:
            if threading.current_thread() is self._end_of_tap:  # else somebody was quicker
                self._end_of_tap = None
                self._lift()
