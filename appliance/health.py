"""How the devices are, in one place: for the desk page, `/healthz` and the metrics.

Each device thread reports here when something changes; a problem is logged once when it comes and once when
it has gone, however long it lasts.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from appliance.changes import Changes
from appliance.clock import Clock, Moment
from drivers.base import DeviceState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """How one device is. `problem` is a code (drivers/base.py, or one of ours such as paper_low)."""

    device: str
    state: DeviceState
    since: Moment
    problem: str | None = None
    detail: str = ""

    @property
    def needs_somebody(self) -> bool:
        """True when a person has to act; low paper can wait."""
        return self.state is DeviceState.LOST or self.problem not in (None, "paper_low")


class Health:
    """The last word of each device."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._lock = threading.Lock()
        self._reports: dict[str, Report] = {}

    def report(self, device: str, state: DeviceState, problem: str | None = None, detail: str = "") -> None:
        """Say how a device is; says nothing to anybody unless it differs from before."""
        with self._lock:
            before = self._reports.get(device)
            if before and (before.state, before.problem, before.detail) == (state, problem, detail):
                return
            same = before is not None and (before.state, before.problem) == (state, problem)
            still_lost = before is not None and before.state is state is DeviceState.LOST
            since = before.since if before and same else self._clock.now()
            self._reports[device] = Report(device, state, since, problem, detail)
        if same or still_lost:
            pass  # another locker with the same trouble, or lost for another reason: shown, but no line
        elif problem is not None:
            log.warning("%s: %s %s", device, problem, detail)
        elif before is not None and before.problem is not None:
            log.info("%s: well again", device)
        self._changes.ring()

    def of(self, device: str) -> Report | None:
        """The last word of one device; None for one that is not configured."""
        with self._lock:
            return self._reports.get(device)

    def all(self) -> list[Report]:
        """Every device, in the order in which they first reported."""
        with self._lock:
            return list(self._reports.values())
