"""From a finger to a number: each press of a push button becomes a ticket."""

from __future__ import annotations

import logging
import time
import uuid
from functools import partial

from appliance import days, hours_words, office_hours, tickets
from appliance.errors import ApplianceError, ServiceClosed, StoreError
from appliance.front_desk import FrontDesk
from appliance.presses import Answer
from appliance.visits import Request, Visit
from appliance.wording import LANGUAGES
from drivers.base import ButtonEvent, DeviceState, Pressed, Presses, Stuck, Unstuck

log = logging.getLogger(__name__)

_LISTEN_S = 1.0
_HEARD_S = 1.0  # that a lamp is dark after a press


class PressDuty:
    """Issues a ticket for each press; a button is named by the letter of its service.

    The lamp in a button is lit while it gives numbers, and goes dark for a moment when a press was heard.
    """

    def __init__(self, desk: FrontDesk, presses: Presses) -> None:
        self._desk = desk
        self._presses = presses
        buttons = desk.config.buttons
        self._letters = tuple(row.service for row in buttons.button) if buttons else ()
        self._stuck: set[str] = set()
        self._next_look = 0.0  # at the lamps, monotonic seconds

    def step(self) -> None:
        """Wait for the next press and answer it."""
        if time.monotonic() >= self._next_look:
            self._light_lamps()
        event = self._presses.next_event(_LISTEN_S)
        if isinstance(event, Pressed):
            self._presses.lamp(event.button, False)
            self._next_look = time.monotonic() + _HEARD_S
            self._issue(event.button)
        elif event is not None:
            self._note_stuck(event)

    def _light_lamps(self) -> None:
        """Each time anew: a driver that was connected again has them dark."""
        gives = self._gives_numbers()
        for letter in self._letters:
            self._presses.lamp(letter, gives and letter not in self._stuck)
        self._next_look = time.monotonic() + _LISTEN_S

    def _gives_numbers(self) -> bool:
        desk = self._desk
        if desk.store.problem is not None:
            return False
        now = desk.clock.now()
        try:
            if desk.store.read(days.doubt, now, desk.office.zone) is not None:
                return False
            stands = desk.store.read(desk.hours.look, now)
        except StoreError:
            return False
        return stands is None or stands.tickets

    def _issue(self, letter: str) -> None:
        service = self._desk.office.service_of_letter(letter).key
        request = Request(id=uuid.uuid4().hex, service=service, source="button")
        now = self._desk.store.now()
        try:
            visit = self._give(request)
        except ServiceClosed as error:
            # Not a trouble: screen and voice say the hours, since a button may stand alone.
            log.info("no ticket for a press of %s: %s", service, error)
            self._desk.last_press.show(Answer(now, problem=error.code))
            self._say_closed()
        except ApplianceError as error:
            # The visitor is told on the kiosk's screen to see the desk; no number was given.
            log.error("no ticket for a press of %s: %s", service, error)
            self._desk.last_press.show(Answer(now, problem=error.code))
        else:
            self._desk.last_press.show(Answer(now, visit_id=visit.id))
        # The writer rang before the answer was there, and not at all without a number.
        self._desk.changes.ring()

    def _give(self, request: Request) -> Visit:
        hours, office = self._desk.hours, self._desk.office
        return self._desk.store.write(office_hours.within, hours, tickets.issue, office, request)

    def _say_closed(self) -> None:
        desk = self._desk
        stands = desk.store.read(desk.hours.look, desk.clock.now())
        if stands is None or stands.tickets:  # the day's numbers are used up: the screen says to see the desk
            return
        spoken = partial(hours_words.spoken, stands, desk.office, desk.wording)
        desk.announcements.make("closed", {language: spoken(language) for language in LANGUAGES})

    def _note_stuck(self, event: ButtonEvent) -> None:
        name = self._presses.name
        if isinstance(event, Stuck):
            self._stuck.add(event.button)
            self._desk.health.report(name, DeviceState.READY, "stuck", event.button)
        elif isinstance(event, Unstuck):
            self._stuck.discard(event.button)
            self._desk.health.report(name, DeviceState.READY)
