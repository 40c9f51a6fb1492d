"""The page of the walk test: what it offers at each step, and what it never does."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import lock_tests, lockers
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Unlock, Wanted
from appliance.staff import Member
from appliance.visits import Visit
from drivers.base import Door

URL = "/admin/walk"


def newest(desk: FrontDesk) -> Unlock:
    unlock = desk.store.read(lock_tests.newest)
    assert unlock is not None
    return unlock


def ends(desk: FrontDesk, state: str, *doors: Door) -> None:
    """What the thread that owns the locks does with the newest opening, and what its contact says then."""
    unlock = newest(desk)
    desk.store.write(lockers.command, unlock.id)
    for door in doors:
        desk.doors.say(unlock.locker, door)
    desk.store.write(lockers.end_unlock, unlock.id, state)


def card_of(page: str, locker: str) -> str:
    """What is shown of one locker."""
    found = re.search(rf'<section class="card device[^>]*id="walk-{locker}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_a_locker_is_opened_shut_and_passed(
    desk: FrontDesk, administrator_client: FlaskClient, clock: ManualClock
) -> None:
    desk.doors.say("1", Door.CLOSED)
    page = administrator_client.get(URL).text
    assert "0 dari 3 loker lulus." in page
    assert "Sambungan: GPIO5 · Pintu tertutup" in card_of(page, "1")

    opened = administrator_client.post(f"{URL}/1/open", data={"last": "0"})
    assert (opened.status_code, opened.location) == (303, f"{URL}#walk-1")
    assert "Loker sedang dibuka" in card_of(administrator_client.get(f"{URL}/now").text, "1")

    ends(desk, "opened", Door.OPEN)
    card = card_of(administrator_client.get(URL).text, "1")
    assert "Tutup pintunya." in card
    assert "Ya, pintu ini" not in card

    desk.doors.say("1", Door.CLOSED)
    assert "Ya, pintu ini" in card_of(administrator_client.get(URL).text, "1")
    said = {"last": str(newest(desk).id), "result": "passed"}
    assert administrator_client.post(f"{URL}/1/judge", data=said).status_code == 303

    page = administrator_client.get(URL).text
    assert "Lulus" in card_of(page, "1")
    assert "1 dari 3 loker lulus. 2 belum diuji: 2, 3." in page
    assert "sensor dan mata" in page and "Budi Santoso" in page and "23 November 2026, 09.00" in page


def test_a_failed_locker_says_what_to_do_and_leads_to_taking_it_out_of_use(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    administrator_client.post(f"{URL}/3/open", data={"last": "0"})
    ends(desk, "no_contact")
    assert "tanpa sensor pintu" in card_of(administrator_client.get(URL).text, "3")
    said = {"last": str(newest(desk).id), "result": "other_door"}
    administrator_client.post(f"{URL}/3/judge", data=said)
    administrator_client.set_cookie("lang", "en")
    page = administrator_client.get(f"{URL}?lang=en").text
    assert "1 need repair: 3." in page
    assert "mend pin, address or lock number in [lockers]" in card_of(page, "3")
    assert "/desk/lockers/3" in card_of(page, "3")


def test_when_all_have_passed_the_page_says_so(desk: FrontDesk, administrator_client: FlaskClient) -> None:
    for locker in desk.lockers:
        administrator_client.post(f"{URL}/{locker}/open", data={"last": "0"})
        ends(desk, "no_contact")
        said = {"last": str(newest(desk).id), "result": "passed"}
        administrator_client.post(f"{URL}/{locker}/judge", data=said)
    assert "Semua loker lulus." in administrator_client.get(URL).text


def test_a_form_that_the_browser_sends_again_opens_nothing(
    desk: FrontDesk, administrator_client: FlaskClient
) -> None:
    administrator_client.post(f"{URL}/3/open", data={"last": "0"})
    ends(desk, "no_contact")
    first = newest(desk).id
    for last in ("0", "", "seven"):
        assert administrator_client.post(f"{URL}/3/open", data={"last": last}).status_code == 303
    assert newest(desk).id == first
    assert administrator_client.get(f"{URL}/3/open").status_code == 405


def test_a_locker_in_which_a_visitors_bag_lies_says_so_and_stays_shut(
    desk: FrontDesk,
    administrator: Member,
    administrator_client: FlaskClient,
    issue: Callable[..., Visit],
) -> None:
    desk.store.write(
        lockers.take_in, issue().id, Wanted("2", "ktp"), pockets=9, staff=administrator.id, expires_s=0.0
    )
    card = card_of(administrator_client.get(URL).text, "2")
    assert "Ada barang pengunjung di dalamnya." in card
    assert "<form" not in card
    refused = administrator_client.post(f"{URL}/2/open", data={"last": "0"})
    assert refused.status_code == 409
    assert "Loker itu tidak dibuka: ada barang pengunjung" in refused.text
    assert desk.store.read(lock_tests.newest) is None


def test_an_open_door_and_an_old_page_are_told(desk: FrontDesk, administrator_client: FlaskClient) -> None:
    desk.doors.say("1", Door.OPEN)
    assert "Tutup dahulu" in card_of(administrator_client.get(URL).text, "1")
    refused = administrator_client.post(f"{URL}/1/open", data={"last": "0"})
    assert (refused.status_code, "pintunya masih terbuka" in refused.text) == (409, True)
    old = administrator_client.post(f"{URL}/1/judge", data={"last": "0", "result": "passed"})
    assert (old.status_code, "keadaan loker itu sudah berubah" in old.text) == (409, True)


@pytest.mark.parametrize("path", ["9/open", "9/judge"])
def test_a_locker_that_there_is_not_is_not_found(administrator_client: FlaskClient, path: str) -> None:
    assert administrator_client.post(f"{URL}/{path}", data={"last": "0"}).status_code == 404


def test_officers_do_not_walk(officer_client: FlaskClient, desk: FrontDesk) -> None:
    assert officer_client.get(URL).status_code == 403
    assert officer_client.post(f"{URL}/1/open", data={"last": "0"}).status_code == 403
    assert desk.store.read(lock_tests.newest) is None


@pytest.mark.parametrize("state", ["failed", "still_closed", "unknown", "expired"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_end_of_an_opening_has_words(
    desk: FrontDesk, administrator_client: FlaskClient, state: str, language: str
) -> None:
    administrator_client.post(f"{URL}/1/open", data={"last": "0"})
    ends(desk, state)
    page = administrator_client.get(f"{URL}?lang={language}").text
    assert "walk__say" in card_of(page, "1")
    assert ("<form" in card_of(page, "1")) is True
