"""The plug is pulled out of a machine at work, again and again: nothing that was acknowledged is lost.

A machine boots, the front desk starts under systemd, visitors take numbers, bind lockers and go, their visits
are sent to a central server on the machine below; at a random moment the disk forgets what it was not asked
to keep, and QEMU is killed. Then it boots again on the same disk.

    FRONTDESK_CUTS=50 .venv/bin/pytest -m boot tests/boot/test_power_cuts.py
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.boot.guest import Guest
from tests.boot.image import Image, image
from tests.boot.library import SPARE, library
from tests.central.receiver import Receiver

ENOUGH = 10  # cuts, until one has surely met a write that was not flushed
CUTS = int(os.environ.get("FRONTDESK_CUTS", "3"))


@dataclass
class Heard:
    """What was acknowledged, over all runs."""

    numbers: dict[str, str] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    pulses: int = 0

    def take(self, said: list[str]) -> None:
        """What one run said. A lock moved only when somebody had asked for it in this very run."""
        asked: Counter[str] = Counter()
        pulsed: Counter[str] = Counter()
        for what, *words in map(str.split, said):
            if what in ("number", "bound"):
                (self.numbers if what == "number" else self.bound)[words[0]] = words[1]
            elif what in ("returned", "gone"):
                (self.returned if what == "returned" else self.gone).add(words[0])
            elif what in ("asks", "pulsed"):
                (asked if what == "asks" else pulsed)[words[0]] += 1
                assert pulsed <= asked, "a door was opened late"
            else:
                assert what in ("there", "begun", "served"), f"{what} {words}"
        self.pulses += pulsed.total()

    def check(self, there: dict[str, list[list[object]]], centre: Receiver) -> None:
        """Compare with what is on the disk, and with what the central server has."""
        assert there["sound"] == [["ok"]]
        numbers = {str(wish): str(number) for wish, number in there["numbers"]}
        assert len(set(numbers.values())) == len(numbers), "a number twice"
        assert {wish: numbers.get(wish) for wish in self.numbers} == self.numbers, "a number is lost"
        bound = {str(wish): (locker, back) for wish, locker, back in there["bound"]}
        for wish, locker in self.bound.items():
            assert bound[wish][0] == locker, "a locker is lost"
        assert all(bound[wish][1] for wish in self.returned), "a hand-back is lost"
        held = [locker for locker, back in bound.values() if not back]
        assert len(set(held)) == len(held), "a locker with two owners"
        states = {str(wish): state for wish, state in there["states"]}
        assert all(states[wish] == "checked_out" for wish in self.gone), "a goodbye is lost"
        for _, record_id, revision in there["outbox"]:
            kept = centre.kept.records.get(str(record_id))
            assert kept is not None, "said to be stored at the centre, and it is not there"
            assert kept.revision >= int(str(revision))


def await_begun(guest: Guest) -> None:
    """Until the front desk has said what it found, and visitors come."""
    guest.await_said(lambda said: "begun" in said)


def there(guest: Guest) -> dict[str, list[list[object]]]:
    """What the run found before anybody came."""
    line = next(line for line in guest.said if line.startswith("there "))
    found: dict[str, list[list[object]]] = json.loads(line.removeprefix("there "))
    return found


@dataclass
class Trial:
    """What stays the same from cut to cut."""

    image: Image
    data: Path
    chance: random.Random
    heard: Heard
    centre: Receiver
    lost: int = 0  # bytes that the disk forgot

    @property
    def visits_sent(self) -> int:
        """How many visits are at the centre."""
        return len(self.centre.kept.of_kind("visit"))

    def live_and_cut(self, folder: Path, seed: int) -> None:
        """One run: look at what the last one left behind, work on, and lose the power at some moment."""
        guest = Guest(self.image, folder, self.data, seed, kernel=SPARE)
        try:
            guest.await_porter()
            if self.chance.random() < 0.1:  # in the midst of the start, where the database is opened
                time.sleep(self.chance.uniform(0.0, 15.0))
            else:
                await_begun(guest)
                self.heard.check(there(guest), self.centre)
                if self.chance.random() < 0.4:  # when the centre has answered, and that is being noted
                    before = self.visits_sent
                    guest.await_said(lambda _: self.visits_sent > before)
                else:
                    time.sleep(self.chance.uniform(0.0, 4.0))
                if self.chance.random() < 0.7:  # in the midst of what is being written
                    guest.disk.light_fuse(self.chance.randint(1, 40))
                    guest.disk.went.wait(5.0)
        finally:
            guest.cut()
        self.lost += guest.disk.counts.lost
        self.heard.take(guest.said)

    def tell(self, cuts: int, seconds: float) -> None:
        """How far it is, for whoever waits."""
        heard = self.heard
        words = (
            f"{cuts} cuts in {seconds:.0f} s",
            f"{len(heard.numbers)} numbers",
            f"{len(heard.bound)} lockers bound",
            f"{heard.pulses} pulses",
            f"{self.visits_sent} visits at the centre",
            f"{self.lost >> 10} KiB forgotten by the disk",
        )
        print(", ".join(words), flush=True)  # noqa: T201


@pytest.mark.boot
@pytest.mark.timeout(600 + CUTS * 180)
def test_a_pulled_plug_loses_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    with library(tmp_path) as made:
        centre = made.centre
        trial = Trial(image(), made.data, random.Random(20261126), Heard(), centre)
        for cut in range(CUTS):
            trial.live_and_cut(tmp_path / f"run-{cut}", cut)
            trial.tell(cut + 1, time.monotonic() - began)
        guest = Guest(trial.image, tmp_path / "last", made.data, kernel=SPARE)
        try:
            guest.await_porter()
            await_begun(guest)
            trial.heard.check(there(guest), centre)
            trial.heard.take(guest.said)
        finally:
            guest.power_off()
    assert trial.heard.numbers
    assert trial.heard.bound
    assert trial.visits_sent, "no visit was pushed: nothing was tried"
    if CUTS >= ENOUGH:
        assert trial.lost > 0, "no cut ever took anything: it was none"
