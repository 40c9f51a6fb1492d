"""What the tests of the kiosk do over and over: touch, read, look who has a number."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import printing, visits
from appliance.front_desk import FrontDesk
from appliance.store import Transaction
from appliance.visits import Request, Visit
from web import create_app


def browser(desk: FrontDesk) -> FlaskClient:
    """A browser on the kiosk of a desk of one's own."""
    app = create_app(desk)
    app.testing = True
    return app.test_client()


def words(answer: TestResponse | str) -> str:
    """What a person reads on a page, on one line."""
    page = answer if isinstance(answer, str) else answer.text
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", main.group() if main else page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def take(client: FlaskClient, service: str = "library", page: str = "page-1", **more: str) -> TestResponse:
    """Touch the tile of a service."""
    return client.post("/kiosk/ticket", data={"service": service, "request_id": page, **more})


def numbers(desk: FrontDesk) -> list[str]:
    """Every number that was given, in their order."""
    look = "SELECT letter || printf('%03d', number) FROM ticket ORDER BY visit_id"
    return [row[0] for row in desk.store.read(lambda db: db.execute(look).fetchall())]


def visit_at(desk: FrontDesk, address: str) -> Visit:
    """The visit whose number is shown at this address."""
    return desk.store.read(visits.of_token, address.rsplit("/", 1)[1])


def let_in(tx: Transaction, desk: FrontDesk, wanted: Request) -> Visit:
    """Somebody whom an officer has let in."""
    _, visit_id = visits.create(tx, desk.office, wanted)
    return visits.get(tx.db, visit_id)


def set_paper(desk: FrontDesk, visit: Visit, state: str) -> None:
    """Let the printer come to this state with a visit's ticket."""
    job = desk.store.read(printing.of_visit, visit.id)
    assert job is not None
    desk.store.write(printing.begin, job.id)
    desk.store.write(printing.end, job.id, state)
