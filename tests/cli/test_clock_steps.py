"""The real program under a wall clock that is set while it runs: back a second, a day, forward, 1970.

A small library turns the wall clock of the process alone (`skew.c`); its monotonic clock goes on, as on a
Raspberry Pi whose clock the network sets.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import Result

from appliance.clock import Moment
from appliance.store import FILE
from tests.cli.conftest import SOON_S, Program, await_that, get
from tests.conftest import PASSWORD

HERE = Path(__file__).parent
DAY = 86_400

Start = Callable[..., Program]


@pytest.fixture(scope="module")
def skew_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("skew") / "skew.so"
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, HERE / "skew.c"], check=True, timeout=30
    )
    return library


@dataclass
class Skewed:
    """A front desk at work, and the hand on its clock."""

    program: Program
    port: int
    data: Path
    offset: Path
    cookie: str = ""

    def set_clock(self, seconds: int) -> None:
        """Let its wall clock be so many seconds off; in one step, as a time server does."""
        beside = self.offset.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self.offset)

    def ask(self) -> tuple[int, str]:
        """Ask for a number, as a room's own program would: status, and the number or the error's code."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)) as client:
            client.request("POST", "/api/v1/tickets", json.dumps({"service": "library"}), headers)
            answer = client.getresponse()
            text = answer.read().decode()
            found = json.loads(text)
            return answer.status, str(found.get("number") or text)

    def log_in(self) -> None:
        """Log the officer in; the cookie stays."""
        form = urlencode({"login": "rina", "password": PASSWORD, "place": "frontline"})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)) as client:
            client.request("POST", "/login", form, headers)
            answer = client.getresponse()
            assert answer.status == 303, answer.read()
            self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]

    def is_logged_in(self) -> bool:
        """Whether the officer's page is shown."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)) as client:
            client.request("GET", "/desk/", headers={"Cookie": self.cookie})
            return client.getresponse().status == 200

    def journal(self) -> list[sqlite3.Row]:
        """What happened, in its order."""
        with closing(sqlite3.connect(f"file:{self.data / FILE}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return db.execute("SELECT * FROM journal ORDER BY seq").fetchall()

    def steps_ms(self) -> list[int]:
        """The jumps that were noted."""
        return [
            json.loads(row["facts"])["offset_ms"] for row in self.journal() if row["kind"] == "clock.stepped"
        ]

    def await_steps(self, count: int) -> list[int]:
        """Wait until so many jumps are noted: within a second or two, also when nobody comes."""
        await_that(lambda: len(self.steps_ms()) >= count, self.program)
        return self.steps_ms()


@pytest.fixture
def begin(
    start: Start,
    command: Callable[..., Result],
    config: Path,
    data: Path,
    port: int,
    skew_library: Path,
    tmp_path: Path,
) -> Callable[[int], Skewed]:
    """Starts a front desk whose clock is so many seconds off."""

    def go(seconds: int) -> Skewed:
        added = command("staff", "add", "--config", config, "--password", PASSWORD, "rina", "Rina Marlina")
        assert added.exit_code == 0, added.output
        offset = tmp_path / "offset"
        offset.write_text(str(seconds))
        program = start("run", "--config", config, LD_PRELOAD=str(skew_library), SKEW_FILE=str(offset))
        await_that(lambda: _answers(port), program)
        return Skewed(program, port, data, offset)

    return go


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return get(port, "/healthz")[0] in (200, 503)
    return False


@pytest.mark.parametrize("year", [1970, 2020])
def test_a_boot_long_ago_gives_no_number_until_the_clock_is_right_and_dates_everything_afterwards(
    begin: Callable[[int], Skewed], year: int
) -> None:
    off = (year - 2026) * 365 * DAY
    desk = begin(off)
    desk.log_in()
    status, said = desk.ask()
    assert (status, "clock_implausible" in said) == (503, True), said
    before = time.time()
    desk.set_clock(0)
    back, forth = desk.await_steps(2)  # the account was made while the clock was right, in the same boot
    assert back == pytest.approx(off * 1000, abs=2000)
    assert forth == pytest.approx(-off * 1000, abs=2000)
    assert [desk.ask()[1] for _ in range(2)] == ["P001", "P002"]
    assert desk.is_logged_in(), "nobody is logged out by it"

    rows = desk.journal()
    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    assert {row["quality"] for row in rows} <= {"stale", "rtc", "synced"}
    last = Moment.parse(rows[-1]["at"])
    for row in rows:  # by the clock that is right now, each is dated right
        moment = Moment.parse(row["at"])
        if moment.boot == last.boot:
            assert abs(moment.dated_by(last).timestamp() - before) < 60
    first, last_step = (n for n, row in enumerate(rows) if row["kind"] == "clock.stepped")
    wrong = rows[first:last_step]
    assert all(Moment.parse(row["at"]).wall.year <= year + 1 for row in wrong), "the order tells them apart"
    assert desk.program.end() == 0


def test_a_clock_that_is_set_hurts_nobody_who_is_logged_in_or_waits(begin: Callable[[int], Skewed]) -> None:
    desk = begin(0)
    desk.log_in()
    given = [desk.ask()[1]]
    assert given == ["P001"]
    offsets = [-1, 0, -DAY, 0, 40 * DAY, 0, 7]
    for count, seconds in enumerate(offsets, 1):
        desk.set_clock(seconds)
        assert len(desk.await_steps(count)) == count, "each is noted once"
        assert desk.is_logged_in()
        status, number = desk.ask()
        assert status == 201, number
        given.append(number)
    assert given == [f"P{n:03}" for n in range(1, len(given) + 1)], "no number twice, no day cut short"
    waiting = json.loads(get(desk.port, "/api/v1/board")[1])["waiting"]
    assert waiting == len(given)
    kinds = [row["kind"] for row in desk.journal()]
    assert "day.closed" not in kinds
    assert "retention.ran" not in kinds
    jumps = [round(one / 1000) for one in desk.steps_ms()]
    assert jumps == [later - earlier for earlier, later in zip([0, *offsets], offsets, strict=False)]
    assert desk.program.end() == 0
