"""How long to wait before the next try: longer each time, and never everybody at once.

Pure; the dice come from outside. "Full jitter": any time up to a limit that doubles, so that hundreds of
offices whose server comes back do not all knock in the same second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_S = 1.0
LONGEST_S = 300.0
LONGEST_WISH_S = 3600.0  # a server's Retry-After is obeyed up to here

Dice = Callable[[], float]  # from 0 up to, but not, 1: random.random


def pause(failures: int, dice: Dice) -> float:
    """Seconds until the next try, after so many failures in a row (1 and more)."""
    limit = min(LONGEST_S, SHORTEST_S * 2.0 ** min(failures, 20))
    return SHORTEST_S + dice() * (limit - SHORTEST_S)


def at_least(wish_s: float, dice: Dice) -> float:
    """Seconds until the next try where the server has said how long to wait: so long, and a little more."""
    wish = min(max(wish_s, SHORTEST_S), LONGEST_WISH_S)
    return wish + dice() * max(SHORTEST_S, wish / 4)


def retry_after(value: str | None, date: str | None, now: datetime) -> float | None:
    """The seconds in a Retry-After header, which may be a date; None where it says nothing.

    `date` is the same answer's Date header: by the server's own clock a date is right, whatever ours says.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = _date(value)
    return None if until is None else max(0.0, (until - (_date(date) or now)).total_seconds())


def _date(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
