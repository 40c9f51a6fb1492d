"""Twenty real cards, twice each: which are read, and which give the same number again.

A number is compared under a key that lives as long as this function, and is never shown or kept.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from typing import Final

from appliance import assembly, config
from drivers.base import CardGone, CardReader, CardSeen, DriverError, Uid, Unreadable
from tests.pi.machine import Machine

CARDS: Final = 20
PATIENCE_S: Final = 60.0

Tell = Callable[[str], None]


def probe_cards(machine: Machine, cards: int = CARDS) -> tuple[bool, str]:
    """Ask for each card twice; gives whether all were read and were the same, and what was seen."""
    reader = assembly.reader(config.load(machine.config))
    if reader is None:
        return False, "the configuration names no card reader"
    try:
        reader.connect()
        return twice_each(reader, cards, lambda words: print(words, file=sys.stderr))  # noqa: T201
    except DriverError as error:
        return False, f"{error}: {error.hint}"
    finally:
        reader.close()


def twice_each(
    reader: CardReader, cards: int, tell: Tell, patience_s: float = PATIENCE_S
) -> tuple[bool, str]:
    """The same with a reader that is open."""
    key = secrets.token_bytes(32)
    kinds: list[str] = []
    for number in range(1, cards + 1):
        taps = []
        for time_word in ("", " once more"):
            tell(f"Card {number} of {cards}: lay it on the reader{time_word}.")
            taps.append(_tap(reader, patience_s))
            tell("Take it off.")
        kinds.append(_compare(key, *taps))
    bad = [f"{number}: {kind}" for number, kind in enumerate(kinds, 1) if kind in ("unread", "changed")]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return not bad, "; ".join([counts, *bad])


def _tap(reader: CardReader, patience_s: float) -> CardSeen | None:
    """The next card, once it was taken off again; None for one that could not be read."""
    give_up = time.monotonic() + patience_s
    seen: CardSeen | None = None
    while time.monotonic() < give_up:
        try:
            event = reader.next_event(0.5)
        except Unreadable:
            return None
        if isinstance(event, CardSeen):
            seen = event
        elif isinstance(event, CardGone) and seen is not None:
            return seen
    return seen


def _compare(key: bytes, first: CardSeen | None, second: CardSeen | None) -> str:
    if first is None or second is None:
        return "unread"
    one, two = first.uid, second.uid
    if one is None or two is None:
        return "without a number"
    if one.is_random and two.is_random:
        return "random"
    return f"same, {len(one)} bytes" if _same(key, one, two) else "changed"


def _same(key: bytes, one: Uid, two: Uid) -> bool:
    return one.keyed_hash(key) == two.keyed_hash(key)
