"""The appliance's threads: one a device, each with a name, restarted when they fall.

A device goes opening -> ready -> lost -> opening, with a back-off of at most five seconds; so it is taken up
again by itself within ten seconds of being plugged in. A core thread that falls ends the process, and the
service manager starts it anew: an appliance that limps is worse than one that is back in a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat

from appliance.changes import Changes
from appliance.errors import ApplianceError
from appliance.examination import Ask, Examination
from appliance.health import Health
from drivers.base import Device, DeviceState, DriverError

log = logging.getLogger(__name__)

_PAUSES_S = (0.5, 1.0, 2.0)
_LONGEST_PAUSE_S = 5.0
_PATIENCE_S = 1.5  # for a step to end by itself when the appliance stops
_JOIN_S = 5.0
_FELL = "fell"  # a mistake of ours, and no word of the device

_STEADY_S = 30.0  # a device that has worked for so long begins the pauses anew

Step = Callable[[], None]  # one piece of work; waits for at most a second


@dataclass(frozen=True, slots=True)
class Duty:
    """What one thread does, again and again.

    Without a device it is a core duty, unless it has an `end`: then others can do without it, and `end` cuts
    short what it waits for. `ask` asks the device how it is, where somebody wants to know.
    """

    name: str
    step: Step
    device: Device | None = None
    end: Callable[[], None] | None = None
    ask: Ask | None = None

    @property
    def is_core(self) -> bool:
        """Whether the process has to end when this duty falls."""
        return self.device is None and self.end is None


class Runtime:
    """Starts the duties, keeps them going, stops them."""

    def __init__(
        self,
        duties: list[Duty],
        health: Health,
        changes: Changes,
        *,
        examination: Examination | None = None,
        longest_pause_s: float = _LONGEST_PAUSE_S,
    ) -> None:
        self.fallen = threading.Event()  # set when a core duty has fallen: the process has to end
        self._duties = duties
        self._health = health
        self._changes = changes
        self._examination = examination
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._ticks: dict[str, float] = {}
        self._longest_pause_s = longest_pause_s

    def start(self) -> None:
        """Start every duty in a thread of its own."""
        for duty in self._duties:
            thread = threading.Thread(target=self._keep, args=(duty,), name=duty.name)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ask all to stop and wait for them; closes their devices."""
        self._stop.set()
        self._changes.end()
        for duty, thread in zip(self._duties, self._threads, strict=False):
            thread.join(_PATIENCE_S)
            if thread.is_alive() and (end := duty.device.close if duty.device else duty.end):
                end()  # what it is waiting for: a sentence, a card, a server
                thread.join(_JOIN_S)
            if thread.is_alive():
                log.error("%s did not stop within %.0f s", thread.name, _JOIN_S)

    def ticked(self) -> dict[str, float]:
        """Seconds since each duty last came round: what a watchdog wants to know."""
        now = time.monotonic()
        return {name: now - then for name, then in self._ticks.copy().items()}

    def _keep(self, duty: Duty) -> None:
        pauses = self._pauses()
        while not self._stop.is_set() and not (duty.is_core and self.fallen.is_set()):
            began = time.monotonic()
            try:
                self._work(duty)
            except Exception as error:  # noqa: BLE001 - the guard of all threads: nothing ends silently
                self._tell(duty, error)
            finally:
                if duty.device is not None:
                    duty.device.close()
            if time.monotonic() - began > _STEADY_S:
                pauses = self._pauses()
            self._stop.wait(next(pauses))

    def _pauses(self) -> chain[float]:
        longest = self._longest_pause_s
        return chain((min(pause, longest) for pause in _PAUSES_S), repeat(longest))

    def _tell(self, duty: Duty, error: Exception) -> None:
        """Say what ended a duty's work, unless it was we who ended it."""
        if isinstance(error, DriverError):
            if not self._stop.is_set():  # else the device was closed to end its wait
                self._health.report(error.device, DeviceState.LOST, error.code, error.detail)
        elif isinstance(error, ApplianceError):
            # The store or a rule said no where nobody expected it: the duty goes on after a pause.
            log.error("%s: %s", duty.name, error)
        else:
            self._tell_fall(duty, error)

    def _tell_fall(self, duty: Duty, error: Exception) -> None:
        """A mistake of ours: told once, however often a duty falls over it."""
        report = self._health.of(duty.device.name) if duty.device is not None else None
        if report is None or report.problem != _FELL:
            log.error("%s fell", duty.name, exc_info=error)
        if duty.is_core:
            self.fallen.set()
        elif duty.device is not None:
            self._health.report(duty.device.name, DeviceState.LOST, _FELL)

    def _work(self, duty: Duty) -> None:
        """Open the device, where there is one, and work until told to stop or until something is raised."""
        if duty.device is not None:
            if self._health.of(duty.device.name) is None:
                self._health.report(duty.device.name, DeviceState.OPENING)
            duty.device.connect()
            if not self._fell_at_work(duty.device):
                self._health.report(duty.device.name, DeviceState.READY)
        while not self._stop.is_set():
            self._ticks[duty.name] = time.monotonic()
            self._examine(duty)
            duty.step()
            if duty.device is not None and self._fell_at_work(duty.device):
                self._health.report(duty.device.name, DeviceState.READY)

    def _examine(self, duty: Duty) -> None:
        exam = self._examination
        if exam and duty.device and duty.ask and exam.wants(duty.device.name):
            exam.answer(duty.device, duty.ask)

    def _fell_at_work(self, device: Device) -> bool:
        """A duty that falls again as soon as its device is open is not well again in between."""
        report = self._health.of(device.name)
        return report is not None and report.problem == _FELL
