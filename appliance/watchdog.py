"""Tells the service manager that the front desk lives: ready, how it is, and a heart-beat.

The protocol is systemd's `sd_notify`: lines of text in a datagram to the socket that `NOTIFY_SOCKET` names.
The heart beats only while the writer answers and every core thread comes round; one that stands still is
ended and started anew by whoever listens. Without the variable nothing is said to anybody.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from appliance import readiness
from appliance.front_desk import FrontDesk

log = logging.getLogger(__name__)

_BEATS = 6  # in the time after which the service manager gives up
_SELDOM_S = 5.0  # how often the status is looked at where nobody waits for a heart-beat


class ServiceManager:
    """Whoever started this process and wants to know how it is."""

    def __init__(self, address: str, patience_s: float | None = None) -> None:
        self.beat_every_s = patience_s / _BEATS if patience_s else None
        # A leading @ stands for the zero byte of a socket that lies in no folder.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._failed = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ServiceManager | None:
        """The one that these variables tell of; None where there is none."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address:
            return None
        waits_us = environment.get("WATCHDOG_USEC", "")
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return cls(address, int(waits_us) / 1e6 if waits_us.isdigit() and is_meant else None)

    def tell(self, **words: str) -> None:
        """Send some words: READY="1", STATUS="...". Nobody there is logged once, and no reason to stop."""
        text = "\n".join(f"{name}={value}" for name, value in words.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.sendto(text.encode(), self._address)
        except OSError as error:
            if not self._failed:
                log.error("the service manager cannot be told anything: %s", error)
            self._failed = True
        else:
            self._failed = False


class Watchdog:
    """The heart-beat of one front desk, in a thread of its own."""

    def __init__(self, desk: FrontDesk, manager: ServiceManager) -> None:
        self._desk = desk
        self._manager = manager
        self._status = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="watchdog", daemon=True)

    def start(self) -> None:
        """The pages are served: say so, and let the heart beat."""
        self._manager.tell(READY="1")
        self._thread.start()

    def stop(self) -> None:
        """The end has begun, in order."""
        self._stop.set()
        self._manager.tell(STOPPING="1")
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        while True:
            self.beat()
            if self._stop.wait(self._manager.beat_every_s or _SELDOM_S):
                return

    def beat(self) -> None:
        """One beat, if the front desk earns it; and how it is, when that has changed."""
        seen = readiness.look(self._desk)
        words = {}
        # A full disk or an odd clock is no reason to be killed for; to stand still is.
        if not seen.stands_still:
            words["WATCHDOG"] = "1"
        if (status := _in_words(seen)) != self._status:
            words["STATUS"] = self._status = status
        if words:
            self._manager.tell(**words)


def _in_words(seen: readiness.Readiness) -> str:
    """One line for `systemctl status`."""
    if seen.ready:
        return f"gives numbers; service day {seen.service_day or 'not open yet'}"
    return f"gives no numbers: {', '.join(reason.code for reason in seen.reasons)}"


@contextmanager
def watched(desk: FrontDesk, environment: Mapping[str, str] = os.environ) -> Iterator[Callable[[], None]]:
    """Gives what to call once the pages are served; at the end the service manager is told of it."""
    manager = ServiceManager.of(environment)
    if manager is None:
        yield lambda: None
        return
    dog = Watchdog(desk, manager)
    try:
        yield dog.start
    finally:
        dog.stop()
