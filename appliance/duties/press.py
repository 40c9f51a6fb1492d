"""From a finger to a number: each press of a push button becomes a ticket."""

from __future__ import annotations

import logging
import uuid
from functools import partial

from appliance import hours_words, office_hours, tickets
from appliance.errors import ApplianceError, ServiceClosed
from appliance.front_desk import FrontDesk
from appliance.presses import Answer
from appliance.visits import Request, Visit
from appliance.wording import LANGUAGES
from drivers.base import ButtonEvent, DeviceState, Pressed, Presses, Stuck, Unstuck

log = logging.getLogger(__name__)

_LISTEN_S = 1.0


class PressDuty:
    """Issues a ticket for each press; a button is named by the letter of its service."""

    def __init__(self, desk: FrontDesk, presses: Presses) -> None:
        self._desk = desk
        self._presses = presses

    def step(self) -> None:
        """Wait for the next press and answer it."""
        event = self._presses.next_event(_LISTEN_S)
        if isinstance(event, Pressed):
            self._issue(event.button)
        elif event is not None:
            self._note_stuck(event)

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
            self._desk.health.report(name, DeviceState.READY, "stuck", event.button)
        elif isinstance(event, Unstuck):
            self._desk.health.report(name, DeviceState.READY)
