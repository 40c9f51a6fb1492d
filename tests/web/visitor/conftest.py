"""What the tests of the visitor's pages share: somebody before a screen, and offices with other profiles."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import guestbook, staff, visits
from appliance.front_desk import FrontDesk
from appliance.visits import Request, Visit
from web import create_app

OFFICES = Path(guestbook.__file__).parent / "offices"
PLACE = "frontline"

PREFIXES = {"phone": "/v", "kiosk": "/kiosk/v"}

SCREEN_1 = {
    "name": "Budi Santoso",
    "email": "budi@contoh.id",
    "institution": "Universitas Negeri Padang",
    "sub_services": ["printed_library", "scan"],
}
SCREEN_2 = {
    "sex": "male",
    "birth_year": "1998",
    "education": "bachelor",
    "occupation": "student",
    "institution_category": "research_education",
    "main_use": "school_task",
}


@dataclass
class Visitor:
    """One visitor before one screen."""

    client: FlaskClient
    visit: Visit
    where: str
    at: str = ""  # the address of the screen at which the guest book stands

    @property
    def base(self) -> str:
        """The address of this visitor's pages on this screen."""
        return f"{PREFIXES[self.where]}/{self.visit.token}"

    def open(self, page: str = "guest-book", **query: str) -> TestResponse:
        return self.client.get(f"{self.base}/{page}", query_string=query)

    def post(self, page: str, **values: object) -> TestResponse:
        return self.client.post(f"{self.base}/{page}", data=values)

    def begin(self, page: str = "guest-book", **query: str) -> TestResponse:
        """Read the notice and go on."""
        shown = re.search(r'name="shown" value="([0-9a-f]{64})"', self.open(page, **query).text)
        assert shown is not None
        answer = self.post("guest-book", shown=shown[1])
        self.at = answer.location
        return answer

    def send(self, **values: object) -> TestResponse:
        """Send the screen where the form stands; go where it leads."""
        answer = self.client.post(self.at, data=values)
        if answer.status_code == 303:
            self.at = answer.location
        return answer

    def see(self) -> str:
        """What the page shows on which the form stands."""
        return self.client.get(self.at).text

    def fill(self) -> TestResponse:
        """From the notice to the thank-you page."""
        self.begin()
        self.send(**SCREEN_1)
        self.send(**SCREEN_2)
        return self.send()


@dataclass(frozen=True)
class OtherOffice:
    """A front desk with a profile of its own, and the visitors whom its officer lets in."""

    desk: FrontDesk
    staff: int

    def visitor(self, where: str = "phone", service: str = "library") -> Visitor:
        count = self.desk.store.read(lambda db: db.execute("SELECT count(*) FROM visit").fetchone()[0])
        request = Request(f"visitor-{count}", service, "desk")
        visit = self.desk.store.write(
            visits.walk_in, self.desk.office, request, place=PLACE, staff=self.staff
        )
        return Visitor(create_app(self.desk).test_client(), visit, where)

    def serve(self, visitor: Visitor) -> None:
        self.desk.store.write(
            visits.start_serving, self.desk.office, visitor.visit.id, place=PLACE, staff=self.staff
        )


def stored(desk: FrontDesk) -> list[sqlite3.Row]:
    """The guest books in the database."""
    return desk.store.read(
        lambda db: db.execute(
            "SELECT * FROM guest JOIN guest_facts USING (visit_id) JOIN consent USING (visit_id)"
        ).fetchall()
    )


@pytest.fixture(params=PREFIXES)
def visitor(request: pytest.FixtureRequest, client: FlaskClient, issue: Callable[..., Visit]) -> Visitor:
    """A visitor who waits: once on the phone, once at the kiosk."""
    return Visitor(client, issue(), request.param)


@pytest.fixture
def on_phone(client: FlaskClient, issue: Callable[..., Visit]) -> Callable[..., Visitor]:
    """Visitors with a ticket for a service, on their phones."""
    return lambda service="library": Visitor(client, issue(service), "phone")


@pytest.fixture
def at_kiosk(client: FlaskClient, issue: Callable[..., Visit]) -> Callable[..., Visitor]:
    """Visitors with a ticket for a service, at the kiosk."""
    return lambda service="library": Visitor(client, issue(service), "kiosk")


@pytest.fixture
def other_office(build: Callable[[str], FrontDesk], tmp_path: Path) -> Callable[..., OtherOffice]:
    """An office like Sawahlunto's but for these lines of its profile."""

    def make(**lines: str) -> OtherOffice:
        profile = (OFFICES / "1373.toml").read_text()
        for key, value in lines.items():
            profile, found = re.subn(rf"(?m)^(# )?{key} = .*$", f"{key} = {value}", profile, count=1)
            assert found == 1, key
        path = tmp_path / "other.toml"
        path.write_text(profile)
        desk = build(str(path))
        member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
        return OtherOffice(desk, member.id)

    return make
