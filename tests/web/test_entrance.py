"""The way in: first start, log-in, log-out, and changing one's own password."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import sessions, staff
from appliance.clock import ManualClock
from appliance.errors import TooManyTries
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from tests.conftest import PASSWORD
from web import create_app
from web.tries import Tries

NEW = "kata sandi yang baru"


def log_in(
    client: FlaskClient,
    login: str = "rina",
    password: str = PASSWORD,
    place: str = "",
    address: str = "10.0.0.1",
) -> TestResponse:
    return client.post(
        "/login",
        data={"login": login, "password": password, "place": place},
        environ_overrides={"REMOTE_ADDR": address},
    )


def entry(page: str, name: str) -> str:
    """What stands in a field of a page."""
    found = re.search(rf'<input[^>]* id="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


# ---------------------------------------------------------------------------------------- start page


def test_the_start_page_leads_to_the_desk_and_the_board(client: FlaskClient) -> None:
    page = client.get("/", environ_overrides={"REMOTE_ADDR": "10.0.0.1"}).text

    assert 'href="/desk/"' in page
    assert 'href="/board"' in page
    assert "/kiosk" not in page
    assert "/simulator" not in page


def test_it_leads_to_the_kiosk_only_from_where_the_kiosk_may_be_opened(client: FlaskClient) -> None:
    assert "/kiosk" in client.get("/").text


def test_it_speaks_english_too(client: FlaskClient) -> None:
    assert "The library&#39;s front desk" in client.get("/?lang=en").text


# ---------------------------------------------------------------------------------------- log-in


def test_name_and_password_lead_to_the_desk(client: FlaskClient, officer: Member) -> None:
    response = log_in(client)

    assert (response.status_code, response.location) == (303, "/desk/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("desk=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/account/password").status_code == 200


def test_the_desk_that_was_chosen_is_where_the_officer_sits(
    desk: FrontDesk, client: FlaskClient, officer: Member
) -> None:
    place = desk.office.places[1].key
    log_in(client, place=place)

    newest = desk.store.read(sessions.newest, desk.clock.now(), desk.limits)
    assert newest is not None
    assert newest.place == place


def test_a_computer_remembers_at_which_desk_it_stands(
    desk: FrontDesk, client: FlaskClient, officer: Member
) -> None:
    place = desk.office.places[1].key
    log_in(client, place=place)
    client.post("/logout")

    page = client.get("/login").text
    assert re.search(rf'value="{place}"[^>]* checked', page)


def test_a_desk_that_does_not_exist_becomes_the_first_one(
    desk: FrontDesk, client: FlaskClient, officer: Member
) -> None:
    assert log_in(client, place="nowhere").status_code == 303
    newest = desk.store.read(sessions.newest, desk.clock.now(), desk.limits)
    assert newest is not None
    assert newest.place == desk.office.places[0].key


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    client: FlaskClient, officer: Member
) -> None:
    wrong, unknown = log_in(client, password="bukan ini"), log_in(client, login="nobody")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("rina", "?") == unknown.text.replace("nobody", "?")
    assert "Nama masuk atau kata sandi salah." in wrong.text


def test_the_name_is_kept_and_the_password_is_not(client: FlaskClient, officer: Member) -> None:
    page = log_in(client, password="bukan kata sandinya").text

    assert entry(page, "login") == "rina"
    assert "bukan kata sandinya" not in page


def test_a_closed_account_does_not_get_in(
    desk: FrontDesk, client: FlaskClient, officer: Member, administrator: Member
) -> None:
    desk.store.write(staff.set_active, officer.id, False, by=administrator.id)

    assert log_in(client).status_code == 401


def test_a_refused_log_in_leaves_no_trace_of_what_was_typed(
    client: FlaskClient, officer: Member, caplog: pytest.LogCaptureFixture
) -> None:
    log_in(client, login="my-secret-password", password="another secret")

    assert "10.0.0.1" in caplog.text
    assert "secret" not in caplog.text


def test_who_is_logged_in_is_not_asked_again(officer_client: FlaskClient) -> None:
    assert officer_client.get("/login").location == "/desk/"


def test_a_browser_has_one_session(
    desk: FrontDesk, officer_client: FlaskClient, officer: Member, administrator: Member
) -> None:
    before = officer_client.get_cookie("desk")
    assert before is not None
    log_in(officer_client, login="budi")

    after = officer_client.get_cookie("desk")
    assert after is not None
    assert after.value != before.value
    officer_client.set_cookie("desk", before.value)
    assert officer_client.get("/account/password").location == "/login"


def test_logging_out_ends_the_session_and_says_so(officer_client: FlaskClient) -> None:
    cookie = officer_client.get_cookie("desk")
    assert cookie is not None
    response = officer_client.post("/logout", follow_redirects=True)

    assert "Anda sudah keluar." in response.text
    officer_client.set_cookie("desk", cookie.value)
    assert officer_client.get("/account/password").status_code == 303


def test_whose_session_has_ended_is_told_so(clock: ManualClock, officer_client: FlaskClient) -> None:
    clock.advance(3600)

    assert "Sesi Anda berakhir" in officer_client.get("/desk/", follow_redirects=True).text


def test_the_page_explains_nothing_to_who_just_came(client: FlaskClient, officer: Member) -> None:
    assert 'class="notice' not in client.get("/login").text


# ---------------------------------------------------------------------------------------- too many tries


def test_after_five_tries_one_has_to_wait(client: FlaskClient, officer: Member) -> None:
    for _ in range(5):
        assert log_in(client, password="bukan ini").status_code == 401
    response = log_in(client)

    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 12
    assert "Terlalu banyak percobaan" in response.text
    assert entry(response.text, "login") == "rina"


def test_others_need_not_wait(client: FlaskClient, officer: Member) -> None:
    for _ in range(6):
        log_in(client, password="bukan ini")

    assert log_in(client, address="10.0.0.2").status_code == 303


def test_another_application_counts_for_itself(client: FlaskClient, desk: FrontDesk, officer: Member) -> None:
    for _ in range(6):
        log_in(client, password="bukan ini")

    assert log_in(create_app(desk).test_client()).status_code == 303


def test_guessing_from_many_addresses_is_slow_too() -> None:
    tries = Tries()
    for n in range(10):
        tries.password("rina", f"10.0.1.{n}")

    with pytest.raises(TooManyTries) as raised:
        tries.password("RINA ", "10.0.2.1")
    assert 0 < raised.value.wait_s <= 60


def test_who_has_logged_in_from_an_address_is_not_kept_out_by_guesses_from_others() -> None:
    tries = Tries()
    tries.password("rina", "10.0.0.1")
    tries.succeeded("rina", "10.0.0.1")
    with pytest.raises(TooManyTries):
        for n in range(20):
            tries.password("rina", f"10.0.1.{n}")

    tries.password("rina", "10.0.0.1")


def test_inventing_names_does_not_make_room_for_more_guesses() -> None:
    tries = Tries()
    with pytest.raises(TooManyTries):
        for n in range(20):
            tries.password("rina", f"10.0.1.{n}")
    for n in range(3000):
        try_quietly(tries, f"name-{n}", f"10.1.{n // 256}.{n % 256}")

    with pytest.raises(TooManyTries):
        tries.password("rina", "10.0.2.1")


def try_quietly(tries: Tries, login: str, address: str) -> None:
    try:
        tries.password(login, address)
    except TooManyTries as error:
        assert error.wait_s > 0


# ---------------------------------------------------------------------------------------- first start


@pytest.fixture
def fill(desk: FrontDesk) -> Callable[..., dict[str, str]]:
    """What is entered at the first start; `fill(code="1")` changes an entry."""
    right = {
        "code": staff.first_start_code(desk.folder),
        "name": "Budi Santoso",
        "login": "budi",
        "password": PASSWORD,
        "password_repeat": PASSWORD,
    }
    return lambda **entries: {**right, **entries}


def test_an_appliance_without_staff_leads_to_the_first_start(client: FlaskClient) -> None:
    assert client.get("/login").location == "/setup"
    assert client.get("/setup").status_code == 200


def test_the_code_makes_the_first_administrator_and_lets_them_in(
    desk: FrontDesk, client: FlaskClient, fill: Callable[..., dict[str, str]]
) -> None:
    response = client.post("/setup", data=fill())

    assert (response.status_code, response.location) == (303, "/admin/?said=set_up")
    assert "Administrator sudah dibuat" in client.get(response.location).text
    assert [member.login for member in desk.store.read(staff.members)] == ["budi"]
    assert not (desk.folder / staff.CODE_FILE).exists()


def test_the_first_start_is_over_once_there_is_somebody(
    desk: FrontDesk, client: FlaskClient, officer: Member, fill: Callable[..., dict[str, str]]
) -> None:
    assert client.get("/setup").location == "/login"
    assert client.post("/setup", data=fill()).location == "/login"
    assert len(desk.store.read(staff.members)) == 1


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"code": "11111111"}, "Kode tidak cocok."),
        ({"code": ""}, "Kode tidak cocok."),
        ({"login": "Budi Santoso"}, "Nama masuk: 2 sampai 40"),
        ({"name": ""}, "Nama: 2 sampai 80"),
        ({"password": "pendek", "password_repeat": "pendek"}, "paling sedikit 10"),
        ({"password_repeat": "lain"}, "Kedua kata sandi tidak sama."),
    ],
)
def test_what_does_not_fit_is_said_beside_it_and_nothing_is_made(
    desk: FrontDesk,
    client: FlaskClient,
    fill: Callable[..., dict[str, str]],
    entries: dict[str, str],
    said: str,
) -> None:
    response = client.post("/setup", data=fill(**entries))

    assert response.status_code == 422
    assert said in response.text
    assert not desk.store.read(staff.any_member)


def test_entries_are_kept_and_passwords_are_not(
    client: FlaskClient, fill: Callable[..., dict[str, str]]
) -> None:
    page = client.post("/setup", data=fill(code="22222222")).text

    assert [entry(page, name) for name in ("code", "name", "login")] == ["22222222", "Budi Santoso", "budi"]
    assert PASSWORD not in page


def test_everything_that_is_wrong_is_said_at_once(
    client: FlaskClient, fill: Callable[..., dict[str, str]]
) -> None:
    page = client.post("/setup", data=fill(code="1", name="", login="", password="")).text

    assert page.count('aria-invalid="true"') == 4


def test_the_code_cannot_be_guessed_not_even_from_many_addresses(
    desk: FrontDesk, client: FlaskClient, fill: Callable[..., dict[str, str]]
) -> None:
    for n in range(5):
        client.post("/setup", data=fill(code="1"), environ_overrides={"REMOTE_ADDR": f"10.0.0.{n}"})
    response = client.post("/setup", data=fill(), environ_overrides={"REMOTE_ADDR": "10.0.1.1"})

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 30
    assert not desk.store.read(staff.any_member)


# ---------------------------------------------------------------------------------------- own password


def change(client: FlaskClient, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> TestResponse:
    return client.post("/account/password", data={"old": old, "password": new, "password_repeat": again})


def test_everybody_can_change_their_own_password(
    app: Flask, officer_client: FlaskClient, officer: Member
) -> None:
    assert change(officer_client).location == "/account/password?said=changed"

    assert "Kata sandi sudah diganti." in officer_client.get("/account/password?said=changed").text
    assert log_in(app.test_client()).status_code == 401
    assert log_in(app.test_client(), password=NEW).status_code == 303


def test_the_old_password_is_checked(app: Flask, officer_client: FlaskClient, officer: Member) -> None:
    response = change(officer_client, old="bukan kata sandinya")

    assert response.status_code == 422
    assert "Kata sandi sekarang tidak cocok." in response.text
    assert log_in(app.test_client()).status_code == 303


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [("pendek", "pendek", "paling sedikit 10"), (NEW, "lain", "Kedua kata sandi tidak sama.")],
)
def test_a_new_password_that_does_not_fit_is_refused(
    officer_client: FlaskClient, new: str, again: str, said: str
) -> None:
    response = change(officer_client, new=new, again=again)

    assert response.status_code == 422
    assert said in response.text


def test_the_old_password_cannot_be_guessed_at_a_desk_left_open(officer_client: FlaskClient) -> None:
    for _ in range(5):
        change(officer_client, old="bukan kata sandinya")

    assert change(officer_client).status_code == 429


def test_strangers_are_led_to_the_log_in(client: FlaskClient, officer: Member) -> None:
    assert client.get("/account/password").location == "/login"
    assert change(client).location == "/login"
