"""Officers at the desk page: they look, they click, and they read what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance import guest_form, guestbook, staff, visits
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.visits import Visit
from tests.conftest import logged_in
from web import create_app

OFFICES = Path(guestbook.__file__).parent / "offices"

GUEST = {
    "name": "Siti Nurhaliza",
    "email": "siti@contoh.id",
    "institution": "Universitas Andalas",
    "sub_services": "printed_library",
    **dict.fromkeys(
        ("sex", "birth_year", "education", "occupation", "institution_category", "main_use"),
        guest_form.DECLINED,
    ),
}


@dataclass(frozen=True)
class Page:
    """The desk page as an officer's browser got it."""

    html: str

    @property
    def words(self) -> str:
        """What it says, with one space between two words."""
        return _words(self.html)

    def column(self, key: str) -> str:
        """What one column says: waiting, now or here."""
        return _words(self.column_html(key))

    def column_html(self, key: str) -> str:
        columns = re.split(r'<section class="column"[^>]* data-key="(\w+)">', self.html)
        return dict(zip(columns[1::2], columns[2::2], strict=True))[key]

    def numbers(self, key: str) -> list[str]:
        """The visits of a column, from top to bottom."""
        return re.findall(r'class="visit-row__number">([^<]+)<', self.column_html(key))

    @property
    def now(self) -> str | None:
        """The number of the visitor at the desk."""
        found = re.search(r'class="now__number">([^<]+)<', self.html)
        return found[1] if found else None

    @property
    def step(self) -> str | None:
        """The one next step: what the space bar presses."""
        found = re.search(r'data-hotkey=" ".*?<span class="button__label">(.*?)</span>', self.html, re.DOTALL)
        return found[1] if found else None


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@dataclass(frozen=True)
class Officer:
    """An officer before the desk page."""

    desk: FrontDesk
    client: FlaskClient

    def look(self) -> Page:
        answer = self.client.get("/desk/")
        assert answer.status_code == 200
        return Page(answer.text)

    def post(self, path: str, **form: str) -> Page:
        """Press a button; the page that follows."""
        answer = self.client.post(f"/desk{path}", data=form)
        assert answer.status_code == 303, answer.status
        return Page(self.client.get(answer.headers["Location"]).text)

    def click(self, visit: Visit, act: str, **form: str) -> Page:
        """Press a button of one visit."""
        return self.post(f"/visits/{visit.id}/{act}", **form)

    def next(self) -> Page:
        return self.post("/next")

    def let_in(self, service: str = "library", **form: str) -> Visit:
        """Let somebody in by the page's own form; gives their visit."""
        request_id = re.search(r'name="request_id" value="([^"]+)"', self.look().html)
        assert request_id
        self.post("/walk-in", service=service, request_id=request_id[1], **form)
        return self.see(self.desk.store.read(visits.newest_id))

    def see(self, visit: Visit | int) -> Visit:
        """A visit as it stands now."""
        return self.desk.store.read(visits.get, visit if isinstance(visit, int) else visit.id)

    def sign(self, visit: Visit) -> Visit:
        """The visitor fills in the guest book on their phone."""
        entry = Entry(GUEST, "hash", "id", "phone")
        return self.desk.store.write(guestbook.submit, self.desk.office, visit.id, entry)


@pytest.fixture
def rina(desk: FrontDesk, officer_client: FlaskClient) -> Officer:
    """The officer at the first desk."""
    return Officer(desk, officer_client)


@pytest.fixture
def budi(desk: FrontDesk, administrator_client: FlaskClient) -> Officer:
    """A second one, who sits at the reception."""
    budi = Officer(desk, administrator_client)
    budi.post("/place", place="receptionist")
    return budi


@pytest.fixture
def at_office(build: Callable[[str], FrontDesk]) -> Callable[[str], Officer]:
    """An officer of another office: of a shipped id, or of a profile's path."""

    def sit(office: str) -> Officer:
        desk = build(office)
        member = desk.store.write(staff.add, login="dewi", name="Dewi", role="officer", password_hash="-")
        return Officer(desk, logged_in(create_app(desk), desk, member))

    return sit
