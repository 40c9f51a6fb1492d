"""A front desk that is killed between a lock board's command and its answer: no door opens twice, or late."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from appliance import sessions, staff
from appliance.clock import SystemClock
from appliance.commands.loading import load
from appliance.front_desk import assemble
from appliance.store import Transaction
from drivers.lock_frames import KINDS
from drivers.simulated.lock_board import SimulatedLockBoards
from tests.cli.conftest import append
from tests.conftest import HASHED
from tests.faults.processes import Program, await_that, health

Start = Callable[..., Program]

BANK = """
[lockers]
driver = "rs485"
board = "{kind}"
path = "{path}"
answer = "2s"
rest = "100ms"
[[lockers.locker]]
name = "1"
address = 1
lock = 1
[[lockers.locker]]
name = "2"
address = 1
lock = 2
has_contact = false
"""


@pytest.fixture(params=KINDS)
def boards(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedLockBoards]:
    with SimulatedLockBoards(request.param, tmp_path / "usb-RS485-port0") as boards:
        yield boards


@pytest.fixture
def config(config: Path, boards: SimulatedLockBoards) -> Path:
    text = config.read_text()
    config.write_text(text[: text.index("[printer]")])
    append(config, BANK.format(kind=boards.kind, path=boards.path))
    return config


@pytest.fixture
def cookie(config: Path) -> str:
    """Of an administrator who has logged in before."""
    settings, office = load(config)
    desk = assemble(office, settings, SystemClock(), settings.site.data)

    def employ(tx: Transaction) -> str:
        member = staff.add(tx, login="budi", name="Budi", role="administrator", password_hash=HASHED)
        return sessions.log_in(tx, member, place=office.places[0].key)

    desk.store.open()
    try:
        return f"desk={desk.store.write(employ)}"
    finally:
        desk.store.close()


def ask(port: int, cookie: str, path: str, **form: str) -> str:
    """A page, or (with a form) what its button does."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        client.request("POST" if form else "GET", path, urlencode(form), headers)
        answer = client.getresponse()
        assert answer.status in (200, 303), answer.status
        return answer.read().decode()


def ready(port: int) -> bool:
    return bool(health(port).get("devices", {}).get("lockers", {}).get("state") == "ready")


@pytest.mark.fault
@pytest.mark.parametrize("locker", ["1", "2"])
def test_what_a_board_was_told_before_the_kill_is_not_told_again(
    start: Start, config: Path, port: int, boards: SimulatedLockBoards, cookie: str, locker: str
) -> None:
    program = start("run", "--config", config)
    await_that(lambda: ready(port), program)
    boards.set_fault("answer_lost", True)
    ask(port, cookie, f"/admin/walk/{locker}/open", last="0")
    await_that(lambda: len(boards.unlocked) == 1, program)
    program.kill()
    boards.set_fault("answer_lost", False)

    program = start("run", "--config", config)
    await_that(lambda: ready(port), program)
    page = ask(port, cookie, "/admin/walk")
    assert "Pintu tidak dilaporkan terbuka. Apa yang Anda lihat?" in page
    # One that is asked for now is carried out, and alone: what came before would have been first.
    other = "2" if locker == "1" else "1"
    ask(port, cookie, f"/admin/walk/{other}/open", last="0")
    await_that(lambda: len(boards.unlocked) == 2, program)
    assert [lock for lock, _ in boards.unlocked] == [(1, int(locker)), (1, int(other))]
    assert program.end() == 0
