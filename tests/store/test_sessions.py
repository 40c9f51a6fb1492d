"""Log-ins by monotonic time: no clock that is set logs anybody out or keeps anybody in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import config, sessions, staff
from appliance.clock import ManualClock
from appliance.errors import SessionOver
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.sessions import Session
from appliance.staff import Member

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
IDLE = 30 * MINUTE  # the configuration's usual time without a click


def look_up(desk: FrontDesk, token: str) -> Session:
    return desk.store.read(sessions.session_of, token, desk.clock.now(), desk.limits)


def use(desk: FrontDesk, token: str) -> None:
    """What the pages do at each click."""
    session = look_up(desk, token)
    if sessions.needs_touch(session, desk.clock.now()):
        desk.store.write(sessions.touch, session)


@pytest.fixture
def token(desk: FrontDesk, officer: Member) -> str:
    return desk.store.write(sessions.log_in, officer, place="desk-1")


def test_a_session_knows_who_and_where(desk: FrontDesk, officer: Member, token: str) -> None:
    session = look_up(desk, token)

    assert (session.member, session.place, session.focus) == (officer, "desk-1", None)


def test_the_token_itself_is_nowhere_in_the_database(desk: FrontDesk, token: str) -> None:
    written = b"".join(path.read_bytes() for path in desk.folder.glob("frontdesk.db*"))

    # A small page may cut a text in two.
    assert not [place for place in range(len(token) - 11) if token[place : place + 12].encode() in written]
    stored = look_up(desk, token).token_hash
    assert stored[:32].encode() in written or stored[32:].encode() in written


def test_another_token_is_no_session(desk: FrontDesk, token: str) -> None:
    for other in ("", token[:-1], token + "x", look_up(desk, token).token_hash):
        with pytest.raises(SessionOver):
            look_up(desk, other)


@pytest.mark.parametrize("step_s", [-1, -DAY, 40 * DAY, -40 * DAY])
def test_a_clock_that_is_set_logs_nobody_out(
    desk: FrontDesk, clock: ManualClock, token: str, step_s: float
) -> None:
    clock.step(step_s)

    assert look_up(desk, token).place == "desk-1"


@pytest.mark.parametrize("step_s", [-1, -DAY, 40 * DAY, -40 * DAY])
def test_a_clock_that_is_set_keeps_nobody_in(
    desk: FrontDesk, clock: ManualClock, token: str, step_s: float
) -> None:
    clock.step(step_s)
    clock.advance(IDLE + 2 * MINUTE)

    with pytest.raises(SessionOver):
        look_up(desk, token)


def test_a_session_ends_when_nobody_clicks(desk: FrontDesk, clock: ManualClock, token: str) -> None:
    clock.advance(IDLE)
    assert look_up(desk, token)

    clock.advance(1 * MINUTE + 1)
    with pytest.raises(SessionOver):
        look_up(desk, token)


def test_clicks_keep_a_session_going_up_to_its_cap(desk: FrontDesk, clock: ManualClock, token: str) -> None:
    for _ in range(8 * 6 - 1):  # every ten minutes for nearly eight hours
        clock.advance(10 * MINUTE)
        use(desk, token)

    clock.advance(10 * MINUTE + 1)
    with pytest.raises(SessionOver):
        look_up(desk, token)


def test_the_last_use_is_not_written_down_at_each_click(
    desk: FrontDesk, clock: ManualClock, token: str
) -> None:
    clock.advance(30)
    assert not sessions.needs_touch(look_up(desk, token), clock.now())

    clock.advance(31)
    assert sessions.needs_touch(look_up(desk, token), clock.now())


def test_logging_out_ends_the_session(desk: FrontDesk, token: str) -> None:
    desk.store.write(sessions.log_out, look_up(desk, token))

    with pytest.raises(SessionOver):
        look_up(desk, token)


@pytest.mark.parametrize(
    "change",
    [
        lambda tx, member, by: staff.set_active(tx, member, False, by=by),
        lambda tx, member, by: staff.set_password(tx, member, "-", by=by),
    ],
    ids=["closed", "new password"],
)
def test_an_account_that_is_closed_or_gets_a_password_is_logged_out(
    desk: FrontDesk, officer: Member, administrator: Member, token: str, change: Callable[..., None]
) -> None:
    desk.store.write(change, officer.id, administrator.id)

    with pytest.raises(SessionOver):
        look_up(desk, token)


def test_who_changes_their_own_password_stays_here_and_is_logged_out_elsewhere(
    desk: FrontDesk, officer: Member, token: str
) -> None:
    elsewhere = desk.store.write(sessions.log_in, officer, place="desk-2")
    here = look_up(desk, token).token_hash
    desk.store.write(staff.set_password, officer.id, "-", by=officer.id, stay=here)

    assert look_up(desk, token)
    with pytest.raises(SessionOver):
        look_up(desk, elsewhere)


def test_a_new_role_counts_at_once(
    desk: FrontDesk, officer: Member, administrator: Member, token: str
) -> None:
    desk.store.write(staff.set_role, officer.id, "administrator", by=administrator.id)

    assert look_up(desk, token).member.is_administrator


def test_a_restart_of_the_program_logs_nobody_out_and_a_reboot_everybody(
    tmp_path: Path, clock: ManualClock
) -> None:
    token = ""
    for start in ("first", "again", "rebooted"):
        if start == "rebooted":
            clock.reboot()
        desk = assemble(
            load_office("1373"), config.parse('[site]\noffice = "1373"\n'), clock, tmp_path / "data"
        )
        desk.store.open()
        try:
            if start == "first":
                member = desk.store.write(
                    staff.add, login="rina", name="Rina", role="officer", password_hash="-"
                )
                token = desk.store.write(sessions.log_in, member, place="desk-1")
            elif start == "again":
                assert look_up(desk, token).member.login == "rina"
            else:
                with pytest.raises(SessionOver):
                    look_up(desk, token)
        finally:
            desk.store.close()


def test_the_newest_officer_is_who_was_active_last(
    desk: FrontDesk, clock: ManualClock, officer: Member, administrator: Member, token: str
) -> None:
    other = desk.store.write(sessions.log_in, administrator, place="desk-2")
    clock.advance(2 * MINUTE)
    clock.step(-DAY)
    use(desk, token)

    newest = desk.store.read(sessions.newest, clock.now(), desk.limits)
    assert newest is not None
    assert newest.member == officer

    clock.advance(2 * MINUTE)
    use(desk, other)
    newest = desk.store.read(sessions.newest, clock.now(), desk.limits)
    assert newest is not None
    assert newest.member == administrator


def test_nobody_is_the_newest_when_all_are_over(desk: FrontDesk, clock: ManualClock, token: str) -> None:
    clock.advance(HOUR)

    assert desk.store.read(sessions.newest, clock.now(), desk.limits) is None
    over = desk.store.read(sessions.over, clock.now(), desk.limits)
    assert len(over) == 1
    desk.store.write(sessions.end, over)
    assert desk.store.read(sessions.over, clock.now(), desk.limits) == []
