"""Owns the scanning process: starts it, gives it the session that has the station, and takes up what it says.

A process serves one session. Between two sessions a fresh one looks for tickets under the camera; so nothing
of a visitor is in the memory of the next one's.
"""

from __future__ import annotations

import logging
import time

from appliance import scans, visits
from appliance.errors import NotNow, PageLimit, Refused, ScanForbidden
from appliance.examination import Answer
from appliance.front_desk import FrontDesk
from appliance.messages import Message
from appliance.scanning.process import ScanProcess
from appliance.scanning.protocol import Line
from appliance.scanning.station import Station
from appliance.scanning.wire import NAME
from appliance.scans import Scan
from drivers.base import DeviceState

log = logging.getLogger(__name__)

_LISTEN_S = 0.25  # a session that was begun by touch is taken up within this time
_LOOK_EVERY_S = 1.0  # at the room on the disk


class ScannerDevice:
    """The scanning process as a device: what is heard of it is told to the station."""

    def __init__(self, process: ScanProcess, station: Station) -> None:
        self.process = process
        self._station = station
        self.starts = 0

    @property
    def name(self) -> str:
        """The device's name in the reports."""
        return NAME

    def connect(self) -> None:
        """Start a process. Raises Lost or Timeout."""
        self._station.connect(None, "starting")
        self.process.connect()
        self.starts += 1
        self._station.connect(self.process, "ready")

    def answer(self) -> Answer:
        """What the station knows of camera and flatbed: the process looks at them all the time."""
        seen, setup = self._station.look(), self._station.setup
        said = [Message("check.said.camera_sees" if seen.camera is None else "check.said.camera_blind")]
        said = said if setup.camera else []
        said += [Message("check.said.flatbed")] if setup.flatbed else []
        problem = seen.camera if setup.camera and seen.camera != "opening" else seen.glass.problem
        return Answer(tuple(said), problem)

    def close(self) -> None:
        """End the process."""
        self._station.connect(None, "lost")
        self.process.close()


class ScannerDuty:
    """See the module."""

    def __init__(self, desk: FrontDesk, station: Station, device: ScannerDevice) -> None:
        self._desk = desk
        self._store = desk.store
        self._station = station
        self._device = device
        self._served: tuple[int, int | None] = (0, None)  # which start of the process, which session
        self._may_take: bool | None = None
        self._next_look_s = 0.0

    def step(self) -> None:
        """Serve the session that has the station, and listen for a moment."""
        scan = self._store.read(scans.at_station)
        self._serve(scan)
        for line in self._device.process.receive(_LISTEN_S):
            self._hear(line, scan)
        if time.monotonic() >= self._next_look_s:
            self._next_look_s = time.monotonic() + _LOOK_EVERY_S
            self._guard(scan)

    def _serve(self, scan: Scan | None) -> None:
        wanted = (self._device.starts, scan.id if scan else None)
        if wanted == self._served:
            return
        start, served = self._served
        if served is not None and served != wanted[1] and start == wanted[0]:
            # The process has seen another visitor's pages: a fresh one for whoever comes next.
            self._device.close()
            self._device.connect()
        resumed = served == wanted[1]
        self._served = (self._device.starts, wanted[1])
        self._may_take = None
        if resumed and scan is not None:
            self._resume(scan)
        else:
            self._station.open(scan)
            if scan is not None and scan.state == "finished":  # after a restart: the old link is over
                self._station.show_link(self._store.write(scans.make_link, scan.id))
        self._next_look_s = 0.0

    def _resume(self, scan: Scan) -> None:
        """The process fell and is back: the same session, at the same page."""
        folder = self._station.folder_of(scan)
        self._device.process.send({"do": "open", "folder": str(folder.path.resolve())})
        self._station.bind_again()

    def _hear(self, line: Line, scan: Scan | None) -> None:
        if line["is"] == "ticket" and scan is None:
            self._begin(line["token"])
        if line["is"] == "device":
            self._report(line)
        self._station.hear(line)
        if line["is"] == "bound" and line["problem"] is None and scan is not None:
            self._finish(scan, line)
        if line["is"] == "saved" and scan is not None:
            self._store.write(scans.touch, scan.id)
            self._guard(scan)

    def _begin(self, token: str | None) -> None:
        """A ticket lies under the camera, or on the glass."""
        if token is None:
            self._station.say_ticket("no_ticket")
            return
        try:
            visit = self._store.read(visits.of_token, token)
            self._store.write(
                scans.begin,
                self._desk.office,
                visit_id=visit.id,
                opened_by="ticket",
                language=visit.language,
            )
        except Refused as error:
            self._station.say_ticket(error.code)

    def _finish(self, scan: Scan, line: Line) -> None:
        """The PDF is there: count it, and offer it."""
        try:
            self._store.write(scans.finish, scan.id, pages=line["pages"], size=line["bytes"])
            self._station.show_link(self._store.write(scans.make_link, scan.id))
        except NotNow as error:
            log.info("the session had ended when its PDF was ready: %s", error)

    def _report(self, line: Line) -> None:
        problem = line["problem"] if line["problem"] != "lens_covered" else None
        self._desk.health.report(NAME, DeviceState.READY, problem, line["detail"] if problem else "")

    def _guard(self, scan: Scan | None) -> None:
        """Let the camera take pages by itself only while a page may be taken."""
        allowed = scan is not None and scan.state == "open" and scan.book is not None
        allowed = allowed and self._station.look().book.state == "none"
        if allowed and scan is not None and scan.book is not None:
            try:
                self._desk.office.scanning.check(scan.book, self._station.look().pages)
            except (PageLimit, ScanForbidden):
                allowed = False
            allowed = allowed and self._station.has_room()
        if allowed != self._may_take:
            self._may_take = allowed
            self._station.let_take(allowed)
