"""A morning at the front desk of Kota Sawahlunto: visitors in every state in which one can be.

Played through the appliance's own services and on the simulated hardware, so that what the pages show is
what a morning leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from appliance import guest_form, guestbook, lockers, officer, ratings, sessions, staff, tickets, visits
from appliance.guestbook import Entry
from appliance.lockers import Wanted
from appliance.sessions import Session
from appliance.store import Transaction
from appliance.visits import Request, Visit
from tests.e2e.conftest import FrontDeskAtWork

T = TypeVar("T")

DESK_1: Final = "frontline"
RECEPTION: Final = "receptionist"

# Who comes, by the name that the tests have for their state; the texts are those of the guest book.
GUESTS: Final = {
    "reading": ("Siti Rahmawati", "siti.rahmawati@contoh.id", "Universitas Negeri Padang"),
    "gone": ("Hendri Saputra", "hendri@contoh.id", "Dinas Pertanian"),
    "consulting": ("Maryam Zakaria", "maryam.z@contoh.id", "CV Minang Lestari"),
    "serving": ("Rahmat Hidayat", "rahmat.h@contoh.id", "SMA Negeri 1 Sawahlunto"),
}
_DOOR_WITHIN_S: Final = 20.0  # after which nothing at all has happened any more
_DECLINED: Final = dict.fromkeys(
    ("sex", "birth_year", "education", "occupation", "institution_category", "main_use"), guest_form.DECLINED
)


class Morning:
    """The visits, by their state, and the hands that lead them there."""

    def __init__(
        self, work: FrontDeskAtWork, pass_s: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        self.work = work
        self.visits: dict[str, Visit] = {}
        self._pass_s = pass_s
        self._staff = work.desk.store.read(staff.members)[0]

    def play(self) -> None:
        """From the opening to a full house. `serving` is at the first desk, `called` at the second."""
        self._come("reading")
        self._serve("reading", locker="1")
        self._come("gone")
        self._finish("reading")
        self._serve("gone", locker="2")
        self._come("no_show")
        self._come("consulting", "consultation")
        self._finish("gone")
        self._serve("consulting", locker="3", place=RECEPTION)
        self._leave("gone")
        self._call("no_show")
        self._do(officer.give_up, self.visits["no_show"].id, outcome="no_show", staff=self._staff.id)
        self._finish("consulting", rated=2)
        self._come("held", "consultation")
        self._call("held")
        self._do(officer.hold, self.visits["held"].id, staff=self._staff.id)
        for state in ("serving", "called", "waiting"):
            self._come(state)
        self._serve("serving", locker="2")
        self._come("priority", "consultation", priority=True)
        self._come("last", "other")
        self._call("called", place=RECEPTION)
        self._pass_s(70)
        self.visits = {
            state: self.work.desk.store.read(visits.get, one.id) for state, one in self.visits.items()
        }

    @property
    def tokens(self) -> dict[str, str]:
        """What the QR codes of those who are here hold, by their state."""
        return {state: visit.token for state, visit in self.visits.items() if visit.token}

    def sit_down(self) -> str:
        """Log the administrator in at the first desk, with the one who is served there; gives the cookie."""
        return self._do(self._begin_session)

    def _begin_session(self, tx: Transaction) -> str:
        token = sessions.log_in(tx, self._staff, place=DESK_1)
        session: Session = sessions.session_of(tx.db, token, tx.now, self.work.desk.limits)
        officer.look_at(tx, session, self.visits["serving"].id)
        return token

    def _come(self, state: str, service: str = "library", *, priority: bool = False) -> None:
        self._pass_s(150)
        request = Request(f"morning-{state}", service, "kiosk", priority=priority)
        self.visits[state] = self._do(tickets.issue, self.work.desk.office, request)

    def _call(self, state: str, place: str = DESK_1) -> None:
        self._pass_s(40)
        self._do(tickets.call, self.visits[state].id, place=place, staff=self._staff.id)

    def _serve(self, state: str, *, locker: str, place: str = DESK_1) -> None:
        """Called, written into the guest book, received, the bag in a locker and the card in a pocket."""
        office, visit = self.work.desk.office, self.visits[state]
        self._call(state, place)
        self._pass_s(110)
        name, email, institution = GUESTS[state]
        values = {"name": name, "email": email, "institution": institution, "sub_services": "printed_library"}
        self._do(guestbook.submit, office, visit.id, Entry({**values, **_DECLINED}, "hash", "id", "phone"))
        self._pass_s(60)
        self._do(visits.start_serving, office, visit.id, place=place, staff=self._staff.id)
        self._do(lockers.take_in, visit.id, Wanted(locker, "ktp"), pockets=20, staff=self._staff.id)
        self._shut(locker)

    def _shut(self, locker: str) -> None:
        """Wait until the door springs open, and push it shut."""
        store, changes, heard = self.work.desk.store, self.work.desk.changes, -1
        while (unlock := store.read(lockers.last_unlock, locker)) is None or unlock.state != "opened":
            before, heard = heard, changes.wait(heard, _DOOR_WITHIN_S)
            assert heard > before, f"locker {locker} did not open"
        self.work.house.close_door(locker)

    def _finish(self, state: str, *, rated: int | None = None) -> None:
        self._pass_s(200)
        self._do(visits.finish_serving, self.visits[state].id, staff=self._staff.id)
        if rated is not None:
            self._do(ratings.give, self.visits[state].id, rated)

    def _leave(self, state: str) -> None:
        deposit = self.work.desk.store.read(visits.get, self.visits[state].id).deposit_id
        self._do(officer.see_off, self.visits[state].id, deposit, staff=self._staff.id)

    def _do(self, act: Callable[..., T], *args: object, **kwargs: object) -> T:
        return self.work.desk.store.write(act, *args, **kwargs)
