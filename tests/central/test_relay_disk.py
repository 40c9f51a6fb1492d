"""The relay beside a disk that takes nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from appliance import outbox, staff
from appliance.central.contract import Result
from appliance.central.https_road import HttpsRoad
from appliance.central.road import OnItsWay
from appliance.clock import ManualClock
from appliance.errors import StoreReadOnly
from appliance.front_desk import FrontDesk
from tests.central.conftest import close_visit, desk_in, drain, relay_on, relay_to, settings_for
from tests.central.receiver import Receiver


class Spoiling:
    """A road at whose end the disk turns read-only, just when the answer is there."""

    def __init__(self, desk: FrontDesk, road: HttpsRoad) -> None:
        self._desk = desk
        self._road = road

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        results = self._road.send(events)
        if self._desk.store.problem is None:
            self._desk.store.write(lambda tx: tx.db.execute("PRAGMA query_only = ON"))
        return results

    def rest(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def test_an_answer_that_cannot_be_noted_is_asked_for_again_but_not_every_second(
    tmp_path: Path, clock: ManualClock, central: Receiver
) -> None:
    desk = desk_in(tmp_path / "data", clock)
    officer = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
    for key in ("a", "b"):
        desk.store.write(close_visit, desk, key, officer.id)
    relay = relay_on(desk, Spoiling(desk, HttpsRoad(settings_for(central.url))))
    for tries in (1, 2, 3):
        with pytest.raises(StoreReadOnly):
            relay.work()
        assert len(central.requests) == tries
        pause = relay.work()
        assert pause > 1.0
        assert len(central.requests) == tries
        clock.advance(pause)
    assert desk.store.read(outbox.backlog).waiting == 2
    desk.store.close()

    mended = desk_in(tmp_path / "data", clock)
    try:
        drain(relay_to(mended, central), clock)
        assert mended.store.read(outbox.backlog).waiting == 0
        assert set(central.kept.stored.values()) == {1} and len(central.kept.records) == 2
    finally:
        mended.store.close()
