"""Wall time for people, monotonic time for durations, and a clock that tests can turn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from appliance.clock import STEP_MS, ManualClock, Moment, Quality, Steps, SystemClock

SAWAHLUNTO = ZoneInfo("Asia/Jakarta")
JAYAPURA = ZoneInfo("Asia/Jayapura")


def test_durations_do_not_see_the_wall_clock_being_set() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.advance(90.5)
    clock.step(-7200)
    assert clock.now().seconds_since(before) == 90.5


def test_across_a_restart_the_wall_clock_measures_where_it_went_forward() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.reboot()
    clock.step(60)
    assert clock.now().seconds_since(before) == 60
    clock.step(-61)
    assert clock.now().seconds_since(before) is None


def test_the_calendar_is_that_of_the_offices_zone() -> None:
    late = Moment(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), 0, "boot")
    assert (late.local_date(SAWAHLUNTO), late.local_date(JAYAPURA)) == (
        date(2026, 11, 23),
        date(2026, 11, 24),
    )


def test_a_stamp_keeps_all_clocks_and_can_be_read_by_a_person() -> None:
    moment = Moment(datetime(2026, 11, 23, 2, 14, 5, 123_000, tzinfo=UTC), 184467440737, "3f2a91c0")
    assert moment.stamp() == "2026-11-23T02:14:05.123Z 3f2a91c0 184467440737"
    assert Moment.parse(moment.stamp()) == moment


def test_stamps_of_other_zones_are_written_in_utc() -> None:
    local = datetime(2026, 11, 23, 9, 0, tzinfo=SAWAHLUNTO)
    assert Moment(local, 0, "boot").stamp().startswith("2026-11-23T02:00:00.000Z ")


def test_stamps_of_one_boot_sort_as_they_were_made() -> None:
    clock = ManualClock()
    stamps = []
    for _ in range(20):
        clock.advance(0.4)
        stamps.append(clock.now().stamp())
    assert stamps == sorted(stamps)


def test_the_machines_own_clock_goes_forward_and_knows_its_boot() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    seconds = second.seconds_since(first)
    assert seconds is not None and 0 <= seconds < 5
    assert first.boot == second.boot == SystemClock().now().boot
    assert len(first.boot) == 8
    assert abs(datetime.now(UTC) - second.wall) < timedelta(seconds=5)
    assert second.quality in Quality


@pytest.mark.parametrize("stamp", ["", "2026-11-23T02:14:05Z", "yesterday boot 1"])
def test_what_is_no_stamp_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Moment.parse(stamp)


# ---------------------------------------------------------------------------------- a clock that is set


@pytest.mark.parametrize("jump_s", [-1, 1, -86_400, 40 * 86_400, 56 * 365 * 86_400])
def test_a_jump_of_the_wall_clock_is_told_with_its_size_until_it_is_known(jump_s: int) -> None:
    clock, steps = ManualClock(), Steps()
    assert steps.since(clock.now()) is None, "nothing to compare with"
    steps.know(clock.now())
    clock.advance(3600)
    assert steps.since(clock.now()) is None
    clock.step(jump_s)
    clock.advance(0.5)
    assert steps.since(clock.now()) == jump_s * 1000
    steps.know(clock.now())
    assert steps.since(clock.now()) is None


def test_a_clock_that_is_drawn_to_the_right_time_slowly_is_not_called_set() -> None:
    clock, steps = ManualClock(), Steps()
    for _ in range(100):
        steps.know(clock.now())
        clock.advance(1)
        clock.step(STEP_MS / 1000 / 10)
        assert steps.since(clock.now()) is None


def test_after_a_restart_of_the_machine_nothing_is_said_of_jumps() -> None:
    clock, steps = ManualClock(), Steps()
    steps.know(clock.now())
    clock.reboot()
    clock.step(9000)
    assert steps.since(clock.now()) is None


def test_what_was_written_under_a_wrong_clock_is_dated_by_a_later_moment_of_the_boot() -> None:
    clock = ManualClock(datetime(1970, 1, 1, tzinfo=UTC))
    wrong = clock.now()
    clock.advance(90)
    clock.step((datetime(2026, 11, 23, 2, 0, tzinfo=UTC) - clock.now().wall).total_seconds())
    assert wrong.dated_by(clock.now()) == datetime(2026, 11, 23, 1, 58, 30, tzinfo=UTC)
    clock.reboot()
    assert wrong.dated_by(clock.now()) == wrong.wall, "another boot tells nothing"


def test_the_two_clocks_of_the_machine_are_read_together() -> None:
    clock = SystemClock()
    offsets = [clock.now().offset_ms for _ in range(200)]
    assert max(offsets) - min(offsets) < STEP_MS
