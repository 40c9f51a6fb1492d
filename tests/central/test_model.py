"""Whatever happens to the way to the server, in whatever order: in the end it has what the front desk has.

T11. Hypothesis makes up days of presses, goodbyes, crashes, cuts and lost replies; a plain dictionary says
what the server must have. The road is a short one: it hands events to a receiver that keeps the contract, and
loses or doubles what the test wants to be lost or doubled. A crash is a copy of the files as they are.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appliance import days, outbox, ratings, staff, visits
from appliance.central.contract import ACKNOWLEDGED, Result
from appliance.central.road import OnItsWay
from appliance.central_errors import CentralUnreachable
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.relay import Relay
from appliance.store import Transaction
from appliance.visits import Request
from tests.central.conftest import PLACE, Dice, desk_in, drain
from tests.central.receiver import Kept

DAY = 86400
FAULTS = ("cut", "lose reply", "duplicate", "half", "late duplicate")


class ShortRoad:
    """From the relay to a receiver in the same process, with the troubles of the long one."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.fault: str | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.delayed: list[str] = []  # copies that the network still has, and delivers one day
        self.promised: dict[str, set[int]] = {}  # what the relay was told is stored, by record

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        fault, self.fault = self.fault, None
        if fault == "cut":
            raise CentralUnreachable("cut")
        if fault == "late duplicate":
            self.delayed += [event.text for event in events]
        results = [self.kept.take(json.loads(event.text)) for event in events]
        self.meanwhile()
        if fault == "duplicate":
            results = [self.kept.take(json.loads(event.text)) for event in events]
        if fault == "lose reply":
            raise CentralUnreachable("lost")
        if fault == "half":
            results = results[: len(results) // 2]
        for one in results:
            if one.status in ACKNOWLEDGED and one.id:
                record, _, revision = one.id.rpartition(".")
                self.promised.setdefault(record, set()).add(int(revision))
        return {one.id: one for one in results if one.id}

    def rest(self) -> None:
        """Nothing to keep alive."""

    def close(self) -> None:
        """Nothing to end."""


class Machine(RuleBasedStateMachine):
    """The front desk, its relay and the receiver, beside a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.top = tempfile.TemporaryDirectory()
        self.folders = 0
        self.clock = ManualClock()
        self.road = ShortRoad(Kept())
        self.desk = self.open()
        self.relay = self.new_relay()
        self.officer = self.desk.store.write(
            staff.add, login="rina", name="Rina", role="officer", password_hash=""
        ).id
        self.presses = 0
        self.here: list[int] = []  # open visits
        self.over: dict[int, dict[str, Any]] = {}  # what the server must have of each closed one
        self.rated: list[int] = []  # scores of closed days
        self.rated_today: list[int] = []

    def open(self) -> FrontDesk:
        self.folders += 1
        return desk_in(Path(self.top.name) / str(self.folders), self.clock)

    def new_relay(self) -> Relay:
        return Relay(self.desk.store, self.desk.maker, self.road, self.desk.relay, Dice(0.5))

    def teardown(self) -> None:
        try:
            self.clock.advance(DAY)
            self.close_day()
            self.deliver_late()
            drain(self.relay, self.clock)
            self.deliver_late()
            self.same_at_last()
        finally:
            self.desk.store.close()
            self.top.cleanup()

    # --- at the front desk

    @rule()
    def press(self) -> None:
        """Somebody comes, and is served."""
        self.presses += 1

        def act(tx: Transaction) -> int:
            request = Request(f"press-{self.presses}", "library", "desk")
            visit = visits.walk_in(tx, self.desk.office, request, place=PLACE, staff=self.officer)
            visits.start_serving(tx, self.desk.office, visit.id, place=PLACE, staff=self.officer)
            return visit.id

        today = self.desk.store.read(days.current)
        if today is not None and self.clock.now().local_date(self.desk.office.zone) != today.date:
            self.close_day()
        self.here.append(self.desk.store.write(act))

    @precondition(lambda self: self.here)
    @rule(pick=st.integers(0, 9))
    def goodbye(self, pick: int) -> None:
        visit = self.here.pop(pick % len(self.here))
        self.desk.store.write(visits.check_out, visit, staff=self.officer)
        self.over[visit] = {"final_status": "completed", "pages_scanned": 0}

    @precondition(lambda self: self.over)
    @rule(pick=st.integers(0, 9), pages=st.integers(0, 3))
    def count_pages(self, pick: int, pages: int) -> None:
        """The scanner is late with its count."""
        self.set_pages(pick, pages)

    def set_pages(self, pick: int, pages: int) -> None:
        visit = list(self.over)[pick % len(self.over)]

        def act(tx: Transaction) -> None:
            tx.db.execute("UPDATE visit SET pages_scanned = ? WHERE id = ?", (pages, visit))

        self.desk.store.write(act)
        self.over[visit]["pages_scanned"] = pages

    @precondition(lambda self: self.here)
    @rule(pick=st.integers(0, 9), score=st.integers(1, 4))
    def rate(self, pick: int, score: int) -> None:
        visit = self.here[pick % len(self.here)]
        if self.desk.store.read(visits.get, visit).rating == "open":
            self.desk.store.write(ratings.give, visit, score)
            self.rated_today.append(score)

    @rule()
    def next_day(self) -> None:
        self.clock.advance(DAY)
        self.close_day()

    def close_day(self) -> None:
        self.desk.store.write(days.end_if_over, self.desk.office.zone)
        for visit in self.here:
            self.over[visit] = {"final_status": "closed_by_system", "pages_scanned": 0}
        self.here.clear()
        self.rated += self.rated_today
        self.rated_today = []

    # --- on the way

    @rule()
    def push(self) -> None:
        self.clock.advance(min(self.relay.work(), 400))

    @rule(fault=st.sampled_from(FAULTS))
    def push_through(self, fault: str) -> None:
        """The same, with a trouble on the way."""
        self.road.fault = fault
        self.clock.advance(min(self.relay.work(), 400))
        self.road.fault = None

    @precondition(lambda self: self.over)
    @rule(pick=st.integers(0, 9), pages=st.integers(0, 3))
    def push_while_pages_are_counted(self, pick: int, pages: int) -> None:
        """A record changes between its sending and the answer."""
        self.road.meanwhile = lambda: self.set_pages(pick, pages)
        self.clock.advance(min(self.relay.work(), 400))
        self.road.meanwhile = lambda: None

    @rule()
    def crash(self) -> None:
        """The plug is pulled: what is on the disk is all that there is."""
        folder = Path(self.top.name) / str(self.folders + 1)
        shutil.copytree(self.desk.folder, folder)
        self.desk.store.close()
        self.clock.reboot()
        self.desk = self.open()
        self.relay = self.new_relay()

    @rule()
    def deliver_late(self) -> None:
        """Copies that were long on the way arrive, oldest last."""
        while self.road.delayed:
            self.road.kept.take(json.loads(self.road.delayed.pop()))

    # --- what must be true

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """What is not acknowledged is still here, and what is done with was promised to be kept."""
        rows = self.desk.store.read(lambda db: db.execute("SELECT * FROM outbox").fetchall())
        assert {row["visit_id"] for row in rows if row["kind"] == "visit"} == set(self.over)
        assert sum(row["kind"] == "rating" for row in rows) == len(self.rated)
        for row in rows:
            if row["state"] == "due":
                assert row["event"] is not None
            else:
                assert row["state"] == "stored" and row["event"] is None
                assert row["revision"] in self.road.promised[row["record_id"]]
                assert self.road.kept.records[row["record_id"]].revision >= row["revision"]

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        assert set(self.road.kept.stored.values()) <= {1}
        assert len(self.road.kept.records) <= len(self.over) + len(self.rated)

    def same_at_last(self) -> None:
        """Model, database and server say the same."""
        assert self.desk.store.read(outbox.backlog).waiting == 0
        rows = self.desk.store.read(
            lambda db: db.execute("SELECT record_id, visit_id FROM outbox WHERE kind = 'visit'").fetchall()
        )
        kept = self.road.kept
        there = {row["visit_id"]: kept.records[row["record_id"]].data for row in rows}
        assert {
            visit: {key: data[key] for key in ("final_status", "pages_scanned")}
            for visit, data in there.items()
        } == self.over
        assert sorted(event.data["score"] for event in kept.of_kind("rating")) == sorted(self.rated)
        assert len(kept.records) == len(self.over) + len(self.rated)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_server_and_front_desk_say_the_same_in_the_end() -> None:
    run(examples=12, steps=30)


@pytest.mark.fault
@pytest.mark.timeout(1800)
def test_server_and_front_desk_say_the_same_in_the_end_of_two_hundred_runs() -> None:
    run(examples=200, steps=50)
