"""The waiting room's display: which number stands large, which below, and what it says when there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import board, config, lockers, tickets, visits
from appliance.board import Board, Shown
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.health import Health
from appliance.staff import Member
from appliance.visits import Visit
from drivers.base import DeviceState
from web import create_app

Issue = Callable[..., Visit]


@pytest.fixture
def call(desk: FrontDesk, officer: Member) -> Callable[..., Visit]:
    """Calls a visit's number: `call(visit)`, `call(visit, "receptionist")`."""

    def to(visit: Visit, place: str = "frontline") -> Visit:
        return desk.store.write(tickets.call, visit.id, place=place, staff=officer.id)

    return to


@pytest.fixture
def serve(desk: FrontDesk, officer: Member) -> Callable[[Visit], Visit]:
    """Begins the service of a visit that was called."""

    def begin(visit: Visit) -> Visit:
        place = visit.place or "frontline"
        return desk.store.write(visits.start_serving, desk.office, visit.id, place=place, staff=officer.id)

    return begin


def numbers(calls: tuple[Shown, ...]) -> list[str]:
    return [call.number for call in calls]


def now(desk: FrontDesk) -> Board:
    return board.snapshot(desk)


def test_the_board_is_empty_before_the_first_visitor(desk: FrontDesk) -> None:
    seen = now(desk)

    assert (seen.now, seen.recent, seen.waiting) == (None, (), 0)


def test_the_newest_call_stands_large_and_the_last_four_below(
    desk: FrontDesk, issue: Issue, call: Callable[..., Visit]
) -> None:
    for _ in range(6):
        call(issue())
    issue()

    seen = now(desk)

    assert seen.now is not None
    assert seen.now.number == "P006"
    assert seen.now.place is not None
    assert seen.now.place.name.id == "Meja Layanan 1"
    assert numbers(seen.recent) == ["P005", "P004", "P003", "P002"]
    assert seen.waiting == 1


def test_a_number_leaves_the_large_place_when_its_visitor_is_done(
    desk: FrontDesk,
    officer: Member,
    issue: Issue,
    call: Callable[..., Visit],
    serve: Callable[[Visit], Visit],
) -> None:
    visit = serve(call(issue()))
    assert now(desk).now is not None

    desk.store.write(visits.finish_serving, visit.id, staff=officer.id)

    seen = now(desk)
    assert seen.now is None
    assert [(one.number, one.state) for one in seen.recent] == [("P001", "past")]


def test_a_number_leaves_the_large_place_when_its_visitor_does_not_appear(
    desk: FrontDesk, officer: Member, issue: Issue, call: Callable[..., Visit]
) -> None:
    visit = call(issue())

    desk.store.write(visits.give_up, visit.id, outcome="no_show", staff=officer.id)

    assert now(desk).now is None


def test_of_two_desks_the_newer_call_is_large_and_the_other_stays_current_below(
    desk: FrontDesk, issue: Issue, call: Callable[..., Visit], serve: Callable[[Visit], Visit]
) -> None:
    serve(call(issue("consultation"), "receptionist"))
    call(issue())

    seen = now(desk)

    assert seen.now is not None
    assert (seen.now.number, seen.now.state) == ("P001", "called")
    assert [(one.number, one.state) for one in seen.recent] == [("K001", "serving")]


def test_a_visitor_still_at_a_desk_is_large_again_however_many_were_called_since(
    desk: FrontDesk,
    officer: Member,
    issue: Issue,
    call: Callable[..., Visit],
    serve: Callable[[Visit], Visit],
) -> None:
    serve(call(issue("consultation"), "receptionist"))
    for _ in range(6):
        visit = serve(call(issue()))
        desk.store.write(visits.finish_serving, visit.id, staff=officer.id)

    seen = now(desk)

    assert seen.now is not None
    assert seen.now.number == "K001"
    assert numbers(seen.recent) == ["P006", "P005", "P004", "P003"]


def test_a_repeated_call_makes_its_number_the_newest_and_stands_once(
    desk: FrontDesk, officer: Member, issue: Issue, call: Callable[..., Visit]
) -> None:
    first = call(issue())
    call(issue())

    desk.store.write(tickets.recall, first.id, staff=officer.id)

    seen = now(desk)
    assert seen.now is not None
    assert (seen.now.number, seen.now.kind) == ("P001", "recall")
    assert numbers(seen.recent) == ["P002"]


def test_the_board_is_empty_again_when_the_day_is_over(
    desk: FrontDesk, issue: Issue, call: Callable[..., Visit], clock: ManualClock
) -> None:
    call(issue())
    clock.advance(24 * 3600)
    issue("consultation")

    seen = now(desk)

    assert (seen.now, seen.recent, seen.waiting) == (None, (), 1)


def test_a_desk_that_the_profile_no_longer_names_is_left_out(
    desk: FrontDesk, issue: Issue, call: Callable[..., Visit], client: FlaskClient
) -> None:
    call(issue(), "a desk of yesterday")

    seen = now(desk)

    assert seen.now is not None
    assert seen.now.place is None
    assert client.get("/board").status_code == 200


def test_without_a_voice_the_calls_are_not_spoken(desk: FrontDesk) -> None:
    assert not board.is_spoken(desk)


def test_the_voice_is_off_while_its_loudspeaker_is_lost(desk: FrontDesk, clock: ManualClock) -> None:
    settings = config.parse('[site]\noffice = "1373"\n[voice]\n')
    speaking = assemble(desk.office, settings, clock, desk.folder)
    assert board.is_spoken(speaking)

    say_voice(speaking.health, DeviceState.LOST)
    assert not board.is_spoken(speaking)

    say_voice(speaking.health, DeviceState.READY)
    assert board.is_spoken(speaking)


def say_voice(health: Health, state: DeviceState) -> None:
    health.report(board.VOICE, state, "lost" if state is DeviceState.LOST else None)


# ------------------------------------------------------------------------------------------- page


def test_the_page_shows_number_desk_and_both_languages(
    client: FlaskClient, issue: Issue, call: Callable[..., Visit]
) -> None:
    call(issue())

    page = client.get("/board").text

    assert "data-number>P001</p>" in page
    assert "Meja Layanan 1" in page
    assert "Desk 1" in page
    assert "Silakan ke" in page
    assert "Please go to" in page
    assert "Dilayani paling lama 5 menit" in page
    assert "09.00" in page
    assert "WIB" in page


def test_the_page_says_welcome_while_nobody_is_called(client: FlaskClient) -> None:
    page = client.get("/board").text.split("<template")[0]

    assert "Selamat datang" in page
    assert "Silakan ambil nomor antrean." in page
    assert "Belum ada panggilan" in page


def test_an_office_without_tickets_sends_its_visitors_to_the_officer(
    build: Callable[[str], FrontDesk],
) -> None:
    page = create_app(build("1377")).test_client().get("/board").text

    assert "Silakan langsung ke meja petugas." in page
    assert "Silakan ambil nomor antrean." not in page


def test_the_page_says_that_the_sound_is_off(client: FlaskClient) -> None:
    assert '<p class="board-mute" data-mute>' in client.get("/board").text


def test_the_page_stays_indonesian_in_a_browser_that_chose_english_at_the_kiosk(
    client: FlaskClient,
) -> None:
    client.set_cookie("lang", "en")

    page = client.get("/board").text

    assert '<html lang="id">' in page
    assert "<title>Panggilan antrean" in page


def test_the_page_may_be_opened_from_the_local_network(client: FlaskClient) -> None:
    assert client.get("/board", environ_base={"REMOTE_ADDR": "192.168.1.20"}).status_code == 200


def test_the_page_refreshes_itself_without_scripts(client: FlaskClient) -> None:
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in client.get("/board").text


def test_the_page_asks_the_api_for_what_it_shows(client: FlaskClient) -> None:
    assert 'data-live="/api/v1/board" data-live-as="board"' in client.get("/board").text


def test_a_locker_that_is_out_of_order_with_a_bag_in_it_is_taken(
    desk: FrontDesk, officer: Member, issue: Issue
) -> None:
    desk.store.write(lockers.take_in, issue().id, lockers.Wanted("1", None), pockets=12, staff=officer.id)
    for name in ("1", "2"):
        desk.store.write(lockers.set_out_of_order, name, "macet", staff=officer.id)

    assert desk.store.read(lockers.states, desk.lockers) == {
        "1": "taken",
        "2": "out_of_order",
        "3": "free",
    }
