"""Opens the doors that the database asks for, one at a time, and watches what the doors say."""

from __future__ import annotations

import logging
import time

from appliance import lockers
from appliance.front_desk import FrontDesk
from appliance.lockers import Unlock
from drivers.base import DeviceState, Door, DriverError, LockFault, Locks, UnlockUnknown

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2  # at the door contacts
_SILENT = "board_silent"
_UNTIL_OPEN = ("still_closed", UnlockUnknown.code)  # problems that an open door ends


class DoorDuty:
    """Owns the locks."""

    def __init__(self, desk: FrontDesk, locks: Locks, *, opens_within_s: float) -> None:
        self._desk = desk
        self._store = desk.store
        self._locks = locks
        self._opens_within_s = opens_within_s

    def step(self) -> None:
        """Carry out the oldest unlock; look at the doors."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        for begun in self._store.read(lockers.interrupted):
            self._store.write(lockers.end_unlock, begun.id, "unknown")
        try:
            unlock = self._store.read(lockers.next_unlock)
            if unlock is not None and self._store.write(lockers.command, unlock.id):
                self._open(unlock)
            self._look()
        except DriverError:
            self._desk.doors.forget()
            raise
        if unlock is None:
            self._desk.changes.wait(heard, _LOOK_EVERY_S)

    def _open(self, unlock: Unlock) -> None:
        was = self._locks.door(unlock.locker)
        try:
            self._locks.pulse(unlock.locker)
        except LockFault as error:
            log.warning("locker %s: %s", unlock.locker, error)
            self._desk.health.report(self._locks.name, DeviceState.READY, error.code, unlock.locker)
            self._store.write(lockers.end_unlock, unlock.id, "failed")
            return
        except UnlockUnknown as error:
            log.warning("locker %s: %s", unlock.locker, error)
            self._desk.health.report(self._locks.name, DeviceState.READY, error.code, unlock.locker)
            self._store.write(lockers.end_unlock, unlock.id, self._after_silence(unlock.locker, was))
            return
        except DriverError:
            self._store.write(lockers.end_unlock, unlock.id, "failed")
            raise
        self._store.write(lockers.end_unlock, unlock.id, self._verdict(unlock.locker, was))

    def _verdict(self, locker: str, was: Door) -> str:
        """What the door says to the pulse: opened, still_closed, or no_contact where it cannot say.

        unknown where the door could say and does not any more: its board has fallen silent.
        """
        if was is Door.UNKNOWN:
            return "no_contact"
        give_up = time.monotonic() + self._opens_within_s
        while (door := self._locks.door(locker)) is not Door.OPEN and time.monotonic() < give_up:
            time.sleep(0.02)
        self._desk.doors.say(locker, door)
        if door is Door.UNKNOWN:
            return "unknown"
        opened = door is Door.OPEN
        self._desk.health.report(
            self._locks.name, DeviceState.READY, None if opened else "still_closed", "" if opened else locker
        )
        return "opened" if opened else "still_closed"

    def _after_silence(self, locker: str, was: Door) -> str:
        """The board did not say whether it has taken the command: its door may. It is never told again."""
        try:
            verdict = self._verdict(locker, was)
        except DriverError:  # what is wrong is said by the next look at the doors
            return "unknown"
        return "unknown" if verdict == "no_contact" else verdict

    def _look(self) -> None:
        for locker in self._locks.lockers:
            door = self._locks.door(locker)
            before = self._desk.doors.of(locker)
            if not self._desk.doors.say(locker, door):
                continue
            if before is not Door.UNKNOWN:
                self._store.write(lockers.note_door, locker, door.value)
            if door is Door.OPEN:
                self._forget_stuck(locker)
        self._tell_unreachable()

    def _tell_unreachable(self) -> None:
        """A board that has fallen silent, once; what else is wrong with the locks is not talked over."""
        names, report = ", ".join(self._locks.unreachable), self._desk.health.of(self._locks.name)
        told = report is not None and report.problem == _SILENT
        if names and (report is None or report.problem is None or (told and report.detail != names)):
            self._desk.health.report(self._locks.name, DeviceState.READY, "board_silent", names)
        elif told and not names:
            self._desk.health.report(self._locks.name, DeviceState.READY)

    def _forget_stuck(self, locker: str) -> None:
        """A door that did not open, or of which that was not known, is open after all: the emergency key."""
        report = self._desk.health.of(self._locks.name)
        if report is not None and report.problem in _UNTIL_OPEN and report.detail == locker:
            self._desk.health.report(self._locks.name, DeviceState.READY)
