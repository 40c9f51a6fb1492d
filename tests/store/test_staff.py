"""Accounts, passwords and the first-start code, over the real database."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from appliance import staff
from appliance.errors import BadLogin, Invalid, NotNow
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from tests.conftest import PASSWORD


def prove(desk: FrontDesk, login: str, password: str) -> Member:
    return staff.prove(desk.store.read(staff.account, login), password)


def wrong_fields(login: str = "rina", name: str = "Rina", role: str = "officer") -> set[str]:
    return set(staff.wrong_entries(login=login, name=name, role=role))


# ---------------------------------------------------------------------------------------- accounts


@pytest.mark.parametrize("login", ["rina", "rina.marlina", "r2", "budi-2", "  RINA ", "x" * 40])
def test_a_login_name_of_letters_digits_dots_and_hyphens_fits(login: str) -> None:
    assert wrong_fields(login=login) == set()


@pytest.mark.parametrize(
    "login", ["", "r", "x" * 41, "rina marlina", "rína", "rina@bps", ".rina", "²³", "ri\nna"]
)
def test_another_login_name_does_not(login: str) -> None:
    assert wrong_fields(login=login) == {"login"}


@pytest.mark.parametrize("name", ["", "R", " R ", "x" * 81, "Rina\u202eanir", "Ri\x00na"])
def test_a_name_that_is_empty_too_long_or_not_printable_does_not_fit(name: str) -> None:
    assert wrong_fields(name=name) == {"name"}


def test_all_wrong_entries_are_named_at_once() -> None:
    assert list(staff.wrong_entries(login="", name="", role="king")) == ["name", "login", "role"]


def test_spaces_and_capitals_do_not_make_another_account(desk: FrontDesk, officer: Member) -> None:
    with pytest.raises(Invalid) as raised:
        desk.store.write(staff.add, login=" RINA ", name="Other", role="officer", password_hash="-")

    assert raised.value.fields["login"].key == "admin.login_taken"
    assert prove(desk, " Rina", PASSWORD) == officer


def test_a_closed_account_opens_nothing_and_is_logged_out(
    desk: FrontDesk, officer: Member, administrator: Member
) -> None:
    desk.store.write(staff.set_active, officer.id, False, by=administrator.id)

    with pytest.raises(BadLogin):
        prove(desk, "rina", PASSWORD)
    assert not desk.store.read(staff.member, officer.id).active


def test_an_account_that_is_opened_again_keeps_its_password(
    desk: FrontDesk, officer: Member, administrator: Member
) -> None:
    desk.store.write(staff.set_active, officer.id, False, by=administrator.id)
    desk.store.write(staff.set_active, officer.id, True, by=administrator.id)

    assert prove(desk, "rina", PASSWORD) == officer


def test_the_last_administrator_stays(desk: FrontDesk, officer: Member, administrator: Member) -> None:
    for change in (
        lambda tx: staff.set_active(tx, administrator.id, False, by=administrator.id),
        lambda tx: staff.set_role(tx, administrator.id, "officer", by=administrator.id),
    ):
        with pytest.raises(NotNow) as raised:
            desk.store.write(change)
        assert raised.value.state == "last_administrator"
    assert desk.store.read(staff.member, administrator.id) == administrator


def test_a_closed_administrator_does_not_count_as_another_one(
    desk: FrontDesk, officer: Member, administrator: Member
) -> None:
    desk.store.write(staff.set_role, officer.id, "administrator", by=administrator.id)
    desk.store.write(staff.set_active, officer.id, False, by=administrator.id)

    with pytest.raises(NotNow):
        desk.store.write(staff.set_role, administrator.id, "officer", by=administrator.id)


def test_with_two_administrators_one_can_go(desk: FrontDesk, officer: Member, administrator: Member) -> None:
    desk.store.write(staff.set_role, officer.id, "administrator", by=administrator.id)
    desk.store.write(staff.set_role, administrator.id, "officer", by=officer.id)

    assert [member.login for member in desk.store.read(staff.members) if member.is_administrator] == ["rina"]


def test_a_role_that_does_not_exist_is_refused(desk: FrontDesk, officer: Member) -> None:
    with pytest.raises(Invalid):
        desk.store.write(staff.set_role, officer.id, "king", by=officer.id)


@pytest.mark.parametrize("what", ["password", "role", "active"])
def test_an_account_that_does_not_exist_cannot_be_changed(
    desk: FrontDesk, administrator: Member, what: str
) -> None:
    changes = {
        "password": lambda tx: staff.set_password(tx, 99, "-", by=administrator.id),
        "role": lambda tx: staff.set_role(tx, 99, "officer", by=administrator.id),
        "active": lambda tx: staff.set_active(tx, 99, True, by=administrator.id),
    }

    with pytest.raises(NotNow) as raised:
        desk.store.write(changes[what])
    assert raised.value.state == "unknown_member"


# ---------------------------------------------------------------------------------------- passwords


def test_passwords_are_argon2id_and_salted() -> None:
    one, other = staff.hash_password(PASSWORD), staff.hash_password(PASSWORD)

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert PASSWORD not in one


@pytest.mark.parametrize("password", ["", "pendek", "x" * 201])
def test_a_password_that_is_too_short_or_absurdly_long_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as raised:
        staff.hash_password(password)
    assert "password" in raised.value.fields


def test_two_different_typings_do_not_fit() -> None:
    assert set(staff.wrong_password(PASSWORD, PASSWORD + " ")) == {"password_repeat"}
    assert staff.wrong_password(PASSWORD, PASSWORD) == {}


def test_the_longest_password_is_compared_whole(desk: FrontDesk, administrator: Member) -> None:
    longest = "x" * staff.MAX_PASSWORD
    desk.store.write(staff.set_password, administrator.id, staff.hash_password(longest), by=administrator.id)

    assert prove(desk, "budi", longest) == administrator
    with pytest.raises(BadLogin):
        prove(desk, "budi", longest + "y")


def test_a_letter_that_keyboards_spell_in_two_ways_is_the_same(desk: FrontDesk, officer: Member) -> None:
    composed, decomposed = "kata sandi caf\u00e9", "kata sandi cafe\u0301"
    desk.store.write(staff.set_password, officer.id, staff.hash_password(composed), by=officer.id)

    assert prove(desk, "rina", decomposed) == officer


@pytest.mark.parametrize("login", ["rina", "nobody"])
def test_a_wrong_password_and_an_unknown_name_give_the_same_answer(
    desk: FrontDesk, officer: Member, login: str
) -> None:
    with pytest.raises(BadLogin) as raised:
        prove(desk, login, "bukan kata sandinya")
    assert raised.value.detail == ""


def test_an_unknown_name_takes_as_long_as_a_wrong_password(desk: FrontDesk, officer: Member) -> None:
    known, unknown = cost_of_a_try(desk, "rina"), cost_of_a_try(desk, "nobody")

    assert 0.5 < unknown / known < 2


def cost_of_a_try(desk: FrontDesk, login: str) -> float:
    """Seconds of processor time, the least of five."""
    costs = []
    for _ in range(5):
        before = time.thread_time()
        with pytest.raises(BadLogin):
            prove(desk, login, "bukan kata sandinya")
        costs.append(time.thread_time() - before)
    return min(costs)


# ---------------------------------------------------------------------------------------- first start


def test_the_first_start_code_is_eight_clear_digits_made_once(tmp_path: Path) -> None:
    code = staff.first_start_code(tmp_path)

    assert len(code) == 8
    assert set(code) <= set("23456789")
    assert staff.first_start_code(tmp_path) == code
    assert stat.S_IMODE((tmp_path / staff.CODE_FILE).stat().st_mode) == 0o600


def test_the_code_may_be_typed_with_spaces(tmp_path: Path) -> None:
    code = staff.first_start_code(tmp_path)

    staff.check_first_start_code(tmp_path, f" {code[:4]} {code[4:]}")
    staff.check_first_start_code(tmp_path, f"{code[:4]}-{code[4:]}")


@pytest.mark.parametrize("given", ["", "00000000", "２３４５６７８９", "2345678"])
def test_another_code_opens_nothing(tmp_path: Path, given: str) -> None:
    staff.first_start_code(tmp_path)

    with pytest.raises(BadLogin):
        staff.check_first_start_code(tmp_path, given)


@pytest.mark.parametrize("left", ["", "2345", "not a code", "\xff\xfe"])
def test_half_a_code_that_a_pulled_plug_left_opens_nothing(tmp_path: Path, left: str) -> None:
    (tmp_path / staff.CODE_FILE).write_text(left, encoding="latin-1")

    with pytest.raises(BadLogin):
        staff.check_first_start_code(tmp_path, left)
    assert len(staff.first_start_code(tmp_path)) == 8


def test_a_forgotten_code_is_never_the_code_again(tmp_path: Path) -> None:
    code = staff.first_start_code(tmp_path)
    staff.forget_first_start_code(tmp_path)
    staff.forget_first_start_code(tmp_path)

    with pytest.raises(BadLogin):
        staff.check_first_start_code(tmp_path, code)
