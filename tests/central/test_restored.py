"""What was still to be sent when a copy was made, after the copy has taken the database's place."""

from __future__ import annotations

from pathlib import Path

from appliance import outbox
from appliance.clock import ManualClock
from tests.central.conftest import drain, relay_to
from tests.central.receiver import Receiver
from tests.store.test_rescue import copy, give, running, zero_the_header

DAY = 86400


def test_what_waited_in_the_copy_is_sent_and_wins_over_what_was_sent_before(
    tmp_path: Path, central: Receiver
) -> None:
    clock = ManualClock()
    with running(tmp_path, clock) as desk:
        for name in ("a", "b", "c"):
            give(desk, name)
        clock.advance(DAY)
        give(desk, "of the next day")  # closes the three
        copy(desk)
        assert desk.store.read(outbox.backlog).waiting == 3
        drain(relay_to(desk, central), clock)  # after the copy was made
        assert len(central.kept.records) == 3
    zero_the_header(tmp_path)
    with running(tmp_path, clock) as desk:
        assert desk.store.read(outbox.backlog).waiting == 3
        drain(relay_to(desk, central), clock)
        backlog = desk.store.read(outbox.backlog)
        assert (backlog.waiting, backlog.parked) == (0, 0)
    assert len(central.kept.records) == 3
    assert {event.revision for event in central.kept.records.values()} == {1002}
