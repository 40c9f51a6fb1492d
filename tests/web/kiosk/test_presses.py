"""A push button is answered on the kiosk's screen."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from appliance import kiosk, tickets
from appliance.clock import ManualClock
from appliance.duties.press import PressDuty
from appliance.front_desk import FrontDesk
from appliance.presses import Answer
from appliance.visits import Request, Visit
from drivers.base import ButtonEvent, Pressed
from tests.web.kiosk.steps import browser, set_paper, words
from web.context import qr

Issue = Callable[..., Visit]


def test_a_press_is_answered_with_the_number_large_and_the_people_ahead(
    client: FlaskClient, desk: FrontDesk, issue: Issue
) -> None:
    issue()
    visit = issue()
    desk.last_press.show(Answer(desk.clock.now(), visit_id=visit.id))

    page = client.get("/kiosk/")

    assert f'<p class="ticket__number">{visit.number}</p>' in page.text
    assert "1 orang di depan Anda" in words(page)
    assert page.text.count("<h1") == 1


def test_a_press_whose_paper_is_missing_shows_the_code_of_the_visit(
    client: FlaskClient, desk: FrontDesk, issue: Issue
) -> None:
    visit = issue()
    desk.last_press.show(Answer(desk.clock.now(), visit_id=visit.id))

    page = client.get("/kiosk/greeting")

    assert f"Catat atau foto nomor Anda: {visit.number}." in words(page)
    assert str(qr(f"http://127.0.0.1:8080/v/{visit.token}")) in page.text


def test_a_press_whose_paper_came_out_shows_no_code(printing_desk: FrontDesk) -> None:
    wanted = Request("press", "library", "button")
    visit = printing_desk.store.write(tickets.issue, printing_desk.office, wanted)
    set_paper(printing_desk, visit, "printed")
    printing_desk.last_press.show(Answer(printing_desk.clock.now(), visit_id=visit.id))

    page = browser(printing_desk).get("/kiosk/greeting")

    assert "Silakan ambil tiket Anda" in words(page)
    assert 'class="qr"' not in page.text


def test_the_answer_to_a_press_goes_with_the_time_out(
    client: FlaskClient, desk: FrontDesk, clock: ManualClock, issue: Issue
) -> None:
    visit = issue()
    desk.last_press.show(Answer(desk.clock.now(), visit_id=visit.id))
    clock.advance(44)
    before = client.get("/kiosk/greeting").text
    clock.advance(2)

    assert visit.number is not None
    assert visit.number in before
    assert 'data-fresh-for="1"' in before
    assert visit.number not in client.get("/kiosk/greeting").text


def test_a_press_without_a_number_says_see_the_desk(client: FlaskClient, desk: FrontDesk) -> None:
    desk.last_press.show(Answer(desk.clock.now(), problem="store_full"))

    text = words(client.get("/kiosk/"))

    assert "Silakan ke meja petugas Nomor belum dapat diberikan." in text
    assert "store_full" in text


class OnePress:
    """A push button that was pressed once."""

    name = "buttons"

    def __init__(self, letter: str) -> None:
        self._letter = letter

    def next_event(self, timeout_s: float) -> ButtonEvent | None:
        return Pressed(self._letter, 0)

    def lamp(self, button: str, on: bool) -> None: ...

    def connect(self) -> None: ...

    def close(self) -> None: ...


def test_a_press_that_fails_wakes_the_page_too(desk: FrontDesk, clock: ManualClock) -> None:
    clock.step(-20 * 365 * 86400.0)  # no number is given under such a date
    heard = desk.changes.count

    PressDuty(desk, OnePress("P")).step()

    assert desk.changes.count > heard
    assert desk.store.read(kiosk.greeting, desk).problem == "clock_implausible"
