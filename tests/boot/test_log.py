"""What whole visits, and an outage of the network while they go on, write into the log."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from appliance.backoff import LONGEST_S
from tests.boot.guest import UP_WITHIN_S, Guest
from tests.boot.image import image
from tests.boot.library import SPARE, Library, library
from tests.central.receiver import Receiver

UNIT = "living.service"
VISITS = 10
OUTAGE_S = 60.0
TRIES = 4  # to reach the central server in that time, at the least: after pauses of at most 2, 4 and 8 s

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800)]


def tell(words: str) -> None:
    """A figure, for whoever reads the run."""
    print(f"  {words}", flush=True)  # noqa: T201


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guest, Library]]:
    """A machine with visitors, and its central server."""
    folder = tmp_path_factory.mktemp("library")
    with library(folder) as made:
        guest = Guest(image(), folder / "run", made.data, kernel=SPARE)
        try:
            guest.await_porter()
            guest.healthy()
            guest.await_said(lambda said: "begun" in said)
            yield guest, made
        finally:
            guest.power_off()


def log_lines(guest: Guest) -> list[str]:
    """All that the front desk has said since it was started."""
    said = guest.shell(f"journalctl --sync; journalctl -b --no-pager -o cat _SYSTEMD_UNIT={UNIT}")
    return said.splitlines()


def visits_begun(said: list[str]) -> int:
    return sum(line.startswith("number ") for line in said)


def await_visits(guest: Guest, count: int) -> int:
    """Until so many more visitors have come; gives how many it were."""
    before = visits_begun(guest.said)
    guest.await_said(lambda said: visits_begun(said) >= before + count)
    return visits_begun(guest.said) - before


def test_a_visit_is_at_most_one_line_in_the_log(at_work: tuple[Guest, Library]) -> None:
    """Number, call, guest book, locker and its doors, rating, goodbye, and the way to the central server."""
    guest, _ = at_work
    await_visits(guest, 1)  # the first run's own words are said
    before = len(log_lines(guest))
    count = await_visits(guest, VISITS)
    new = log_lines(guest)[before:]
    tell(f"lines in the log for {count} whole visits: {len(new)}")
    assert len(new) <= count, "\n".join(new)


def test_an_outage_is_two_lines_however_many_visits_fall_into_it(at_work: tuple[Guest, Library]) -> None:
    """The network is gone while visitors come and go. One line when it is noticed, one when it is over."""
    guest, made = at_work
    await_sending(guest, made.centre)
    before = log_lines(guest)
    guest.run("ip", "link", "set", "eth0", "down")
    began = time.monotonic()
    count = await_visits(guest, VISITS)
    while time.monotonic() - began < OUTAGE_S:
        count += await_visits(guest, 1)
    sent = len(made.centre.kept.of_kind("visit"))
    seconds = time.monotonic() - began
    guest.run("ip", "link", "set", "eth0", "up")
    new = await_well_again(guest, len(before))
    about_it = [line for line in new if "central server" in line]
    tell(f"lines in the log for {seconds:.0f} s without a network, {count} visits in it: {len(about_it)}")
    assert len(about_it) == 2, "\n".join(new)
    assert int(re.findall(r"after (\d+) tries", about_it[1])[0]) >= TRIES, "it was one try, and no outage"
    assert len(new) - len(about_it) <= count, "\n".join(new)
    assert len(made.centre.kept.of_kind("visit")) > sent, "and what had waited was sent"


def await_sending(guest: Guest, centre: Receiver) -> None:
    """Until visits reach the centre: an emulated machine on a busy one may miss its time limits."""
    sent = len(centre.kept.of_kind("visit"))
    give_up = time.monotonic() + LONGEST_S + UP_WITHIN_S
    while len(centre.kept.of_kind("visit")) == sent:
        assert time.monotonic() < give_up, "nothing is sent, and no network was taken away yet"
        await_visits(guest, 1)


def await_well_again(guest: Guest, before: int) -> list[str]:
    """Until the front desk says that the central server answers; gives what it has said since."""
    give_up = time.monotonic() + LONGEST_S + UP_WITHIN_S
    while True:
        new = log_lines(guest)[before:]
        if any("answers again" in line for line in new):
            return new
        assert time.monotonic() < give_up, "\n".join(new)
        await_visits(guest, 1)
