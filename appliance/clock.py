"""What time it is, in the three ways that matter.

Wall time is for people, monotonic time for durations, journal order for order. A Raspberry Pi has no
battery clock: it may boot years back and jump forward when the network comes. So each moment carries how
far its wall time can be trusted, and durations never use it while the machine has not been restarted.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self
from zoneinfo import ZoneInfo

# No appliance of this release can have been put to work before this day: an earlier date is a clock that
# has not been set.
EARLIEST = date(2026, 11, 1)

STEP_MS = 500  # what the wall clock must jump to be called set; slewing by a time server is far slower

_TOGETHER_NS = 50_000_000
_TRIES = 5

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_HARDWARE_CLOCK = Path("/dev/rtc0")


class Quality(StrEnum):
    """How far the wall clock can be trusted."""

    SYNCED = "synced"  # the network has set it since boot
    RTC = "rtc"  # a battery clock keeps it
    STALE = "stale"  # nobody vouches for it


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of all clocks. `wall` is in UTC."""

    wall: datetime
    mono_ns: int
    boot: str
    quality: Quality = Quality.SYNCED

    def local_date(self, zone: ZoneInfo) -> date:
        """The calendar day in the office's zone."""
        return self.wall.astimezone(zone).date()

    def stamp(self) -> str:
        """One text that keeps all of it: `2026-11-23T02:14:05.123Z 3f2a91c0 184467440737`."""
        wall = self.wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return f"{wall}Z {self.boot} {self.mono_ns}"

    @classmethod
    def parse(cls, stamp: str) -> Self:
        """The moment that `stamp()` wrote down (its quality is not kept there)."""
        wall, boot, mono_ns = stamp.split(" ")
        return cls(datetime.fromisoformat(wall), int(mono_ns), boot)

    def seconds_since(self, earlier: Moment) -> float | None:
        """Seconds from `earlier` to this; None where no clock can tell (restarted, wall clock back)."""
        if self.boot == earlier.boot:
            return (self.mono_ns - earlier.mono_ns) / 1e9
        seconds = (self.wall - earlier.wall).total_seconds()
        return seconds if seconds >= 0 else None

    @property
    def offset_ms(self) -> int:
        """Wall time less monotonic time: the same all through a boot, unless somebody sets the wall clock."""
        return round(self.wall.timestamp() * 1000) - self.mono_ns // 1_000_000

    def dated_by(self, later: Moment) -> datetime:
        """When this really was, by the wall clock of another moment of the same boot; else as it says.

        So what was written under a clock that was set only afterwards is dated right.
        """
        if self.boot != later.boot:
            return self.wall
        return later.wall - timedelta(microseconds=(later.mono_ns - self.mono_ns) / 1000)


class Clock(Protocol):
    """Where moments come from."""

    def now(self) -> Moment:
        """Read all clocks."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot = _boot_id()

    def now(self) -> Moment:
        """Read all clocks: together, or anew when something came between the two readings."""
        for _ in range(_TRIES):
            before_ns = time.monotonic_ns()
            wall = datetime.now(UTC)
            if time.monotonic_ns() - before_ns < _TOGETHER_NS:
                break
        return Moment(wall, before_ns, self._boot, _quality())


class Steps:
    """Tells when the wall clock was set while the machine ran: it jumps against the monotonic clock."""

    def __init__(self) -> None:
        self._known: Moment | None = None

    def since(self, now: Moment) -> int | None:
        """By how many milliseconds it was set since the moment that is known; None when it was not.

        After a restart of the machine nothing can be said: both clocks have begun anew.
        """
        known = self._known
        if known is None or known.boot != now.boot:
            return None
        jump = now.offset_ms - known.offset_ms
        return jump if abs(jump) >= STEP_MS else None

    def know(self, moment: Moment) -> None:
        """What is compared with from here on."""
        self._known = moment


class ManualClock:
    """A clock that goes only when told to: tests of time never wait."""

    def __init__(self, wall: datetime | None = None) -> None:
        self._lock = threading.Lock()
        start = wall or datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, 09.00 in Sawahlunto
        self._now = Moment(start, 1_000_000_000, "00000001")

    def now(self) -> Moment:
        """The moment it stands at."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass, on every clock."""
        with self._lock:
            self._now = replace(
                self._now,
                wall=self._now.wall + timedelta(seconds=seconds),
                mono_ns=self._now.mono_ns + round(seconds * 1e9),
            )

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back, as a time server or a person does."""
        with self._lock:
            self._now = replace(self._now, wall=self._now.wall + timedelta(seconds=seconds))

    def reboot(self) -> None:
        """Start the machine anew: monotonic time begins again."""
        with self._lock:
            boot = f"{int(self._now.boot, 16) + 1:08x}"
            self._now = replace(self._now, mono_ns=1_000_000_000, boot=boot)


def _boot_id() -> str:
    """Eight characters that name this boot of the machine."""
    try:
        return _BOOT_ID.read_text().strip()[:8]
    except OSError:  # not Linux: then each start counts as a boot of its own
        return uuid.uuid4().hex[:8]


def _quality() -> Quality:
    if _SYNCHRONISED.exists():
        return Quality.SYNCED
    return Quality.RTC if _HARDWARE_CLOCK.exists() else Quality.STALE
