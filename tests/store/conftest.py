"""What the tests of the rules share: the desk's own store, an officer at a desk, and steps of a visit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pytest

from appliance import guestbook, lockers, tickets, visits
from appliance.changes import Changes
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.staff import Member
from appliance.visits import Visit

PLACE = "frontline"


class Duty(Protocol):
    """What a thread does again and again."""

    def step(self) -> None: ...


@dataclass(frozen=True)
class Officer:
    """One officer at the first desk, doing what officers do."""

    desk: FrontDesk
    id: int

    def call_next(self) -> Visit:
        return self.desk.store.write(tickets.call_next, self.desk.office, place=PLACE, staff=self.id)

    def call(self, visit: Visit) -> Visit:
        return self.desk.store.write(tickets.call, visit.id, place=PLACE, staff=self.id)

    def register(self, visit: Visit) -> Visit:
        """The guest book is filled in (elsewhere, which asks for no form)."""
        return self.desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=self.id)

    def serve(self, visit: Visit) -> Visit:
        return self.desk.store.write(
            visits.start_serving, self.desk.office, visit.id, place=PLACE, staff=self.id
        )

    def finish(self, visit: Visit) -> Visit:
        return self.desk.store.write(visits.finish_serving, visit.id, staff=self.id)

    def check_out(self, visit: Visit) -> Visit:
        return self.desk.store.write(visits.check_out, visit.id, staff=self.id)

    def give_up(self, visit: Visit, outcome: str) -> Visit:
        return self.desk.store.write(visits.give_up, visit.id, outcome=outcome, staff=self.id)  # type: ignore[arg-type]

    def take_in(
        self,
        visit: Visit,
        locker: str | None = None,
        id_type: str | None = None,
        card_hash: str | None = None,
    ) -> Visit:
        return self.desk.store.write(
            lockers.take_in,
            visit.id,
            Wanted(locker, id_type, card_hash),
            pockets=self.desk.office.card_deposit.pockets,
            staff=self.id,
        )

    def hand_back(self, deposit_id: int | None) -> int:
        assert deposit_id is not None
        return self.desk.store.write(lockers.hand_back, deposit_id, staff=self.id)

    def see(self, visit: Visit) -> Visit:
        """The visit as it stands now."""
        return self.desk.store.read(visits.get, visit.id)


@pytest.fixture
def rina(desk: FrontDesk, officer: Member) -> Officer:
    """The officer of `officer`, at work."""
    return Officer(desk, officer.id)


@pytest.fixture
def served(rina: Officer, issue: Callable[..., Visit]) -> Callable[[], Visit]:
    """Brings a new visitor before the officer: ticket, call, guest book, service begun."""

    def bring() -> Visit:
        visit = issue()
        rina.call(visit)
        rina.register(visit)
        return rina.serve(visit)

    return bring


def step(duty: Duty, changes: Changes) -> None:
    """One step of a duty, as at the end of the appliance: a duty with nothing to do does not wait or rest."""
    errors: list[Exception] = []

    def work() -> None:
        try:
            duty.step()
        except Exception as error:  # noqa: BLE001 - raised again below, in the test's own thread
            errors.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        changes.end()
        worker.join(0.002)
    for error in errors:
        raise error
