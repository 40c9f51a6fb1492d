"""Debounce: examples from the desk, and what must hold for any train of edges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ButtonEvent, Edge, Pressed, Stuck, Unstuck
from drivers.debounce import Rules, State, debounce, next_deadline_ns

MS = 1_000_000
RULES = Rules()
LONG_AFTER = 1_000_000 * MS

Train = list[tuple[bool, int]]  # level from this nanosecond on


def edges(train: Train) -> list[Edge]:
    return [Edge("general", pressed, at_ns) for pressed, at_ns in train]


def play(train: Train, state: State | None = None) -> tuple[State, list[ButtonEvent]]:
    state = state or State("general")
    events: list[ButtonEvent] = []
    for edge in edges(train):
        state, new = debounce(state, edge, edge.at_ns)
        events.extend(new)
    return state, events


def events_of(train: Train) -> list[ButtonEvent]:
    """All that comes of a train, once time has gone by after it."""
    state, events = play(train)
    _, last = debounce(state, None, train[-1][1] + LONG_AFTER)
    return events + list(last)


def at_rest(*taps_ms: tuple[float, float]) -> Train:
    """A button that is open at first and closed from the first to the second of each pair."""
    train = [(False, -1000 * MS)]
    for closed_ms, open_ms in taps_ms:
        train += [(True, int(closed_ms * MS)), (False, int(open_ms * MS))]
    return train


# ------------------------------------------------------------------------------------------ examples


def test_a_tap_of_30_ms_is_one_press_at_the_moment_it_closed() -> None:
    assert events_of(at_rest((100, 130))) == [Pressed("general", 100 * MS)]


def test_a_spark_of_4_ms_is_no_press() -> None:
    assert events_of(at_rest((100, 104))) == []


def test_exactly_the_settling_time_is_enough() -> None:
    assert events_of(at_rest((100, 105))) == [Pressed("general", 100 * MS)]


def test_a_bouncing_press_counts_once_from_its_last_bounce() -> None:
    assert events_of(at_rest((0, 1), (1.5, 3), (4, 90), (90.5, 91), (92, 93))) == [Pressed("general", 4 * MS)]


def test_a_press_is_known_while_the_finger_is_still_there() -> None:
    state, _ = play([*at_rest(), (True, 0)])
    assert next_deadline_ns(state) == 5 * MS
    assert debounce(state, None, 5 * MS)[1] == (Pressed("general", 0),)


def test_a_double_press_is_one_press() -> None:
    assert events_of(at_rest((0, 80), (300, 380))) == [Pressed("general", 0)]


def test_two_presses_a_window_apart_are_two() -> None:
    assert events_of(at_rest((0, 80), (1500, 1580))) == [Pressed("general", 0), Pressed("general", 1500 * MS)]


def test_a_press_begun_within_the_window_does_not_count_when_the_window_ends() -> None:
    assert events_of(at_rest((0, 80), (1400, 3000))) == [Pressed("general", 0)]


def test_a_dirty_contact_under_a_resting_finger_does_not_press_again() -> None:
    assert events_of(at_rest((0, 1600), (1601, 4000))) == [Pressed("general", 0)]


def test_a_button_held_for_half_a_minute_is_stuck_once_and_then_unstuck() -> None:
    assert events_of(at_rest((0, 70_000))) == [
        Pressed("general", 0),
        Stuck("general", 30_000 * MS),
        Unstuck("general", 70_000 * MS),
    ]


def test_a_button_held_when_first_seen_is_no_press_until_it_was_let_go() -> None:
    held: Train = [(True, 0), (False, 2000 * MS), (True, 2500 * MS), (False, 2550 * MS)]
    assert events_of(held) == [Pressed("general", 2500 * MS)]


def test_a_button_held_since_the_start_is_found_stuck() -> None:
    assert events_of([(True, 0)]) == [Stuck("general", 30_000 * MS)]


def test_a_button_let_go_just_before_it_would_be_stuck_is_not() -> None:
    assert events_of(at_rest((0, 29_999))) == [Pressed("general", 0)]


def test_a_look_between_the_release_and_its_settling_finds_nothing_stuck() -> None:
    state, _ = play(at_rest((0, 29_999)))
    state, events = debounce(state, None, 30_001 * MS)
    assert events == ()
    assert debounce(state, None, LONG_AFTER)[1] == ()


def test_a_held_button_asks_to_be_looked_at_once_when_it_would_be_stuck() -> None:
    state, _ = play([*at_rest(), (True, 0)])
    state, _ = debounce(state, None, 5 * MS)
    assert next_deadline_ns(state) == 30_000 * MS
    state, _ = debounce(state, None, 30_000 * MS)
    assert next_deadline_ns(state) is None


def test_an_edge_of_another_button_only_lets_time_pass() -> None:
    state, _ = play([*at_rest(), (True, 0)])
    state, events = debounce(state, Edge("library", False, 50 * MS), 0)
    assert events == (Pressed("general", 0),)
    assert state.contact is True


def test_an_edge_read_late_is_judged_at_its_own_time() -> None:
    state, _ = play(at_rest())
    state, _ = debounce(state, Edge("general", True, 0), 9000 * MS)
    _, events = debounce(state, Edge("general", False, 1 * MS), 9000 * MS)
    assert events == ()


@pytest.mark.parametrize(
    ("settle", "window", "stuck_after"), [(0, 0, 10), (-1, 0, 10), (10, 0, 10), (10, -1, 20)]
)
def test_rules_that_cannot_work_are_refused(settle: int, window: int, stuck_after: int) -> None:
    with pytest.raises(ValueError, match="do not hold"):
        Rules(settle_ns=settle, window_ns=window, stuck_after_ns=stuck_after)


# ------------------------------------------------------------------------------------------ any train

spark = st.integers(1, RULES.settle_ns - 1)
tap = st.integers(RULES.settle_ns, 400 * MS)
hold = st.integers(400 * MS, 90_000 * MS)
length = st.one_of(spark, tap, hold)


@st.composite
def trains(draw: st.DrawFn, closed: st.SearchStrategy[int] = length) -> Train:
    """From rest: open, closed, open ... each for a length of its own; it ends open."""
    at_ns = draw(st.integers(0, 10_000 * MS))
    train = [(False, at_ns)]
    for _ in range(draw(st.integers(0, 15))):
        at_ns += draw(length)
        train.append((True, at_ns))
        at_ns += draw(closed)
        train.append((False, at_ns))
    return train


def presses(events: list[ButtonEvent]) -> list[int]:
    return [event.at_ns for event in events if isinstance(event, Pressed)]


@given(trains())
def test_two_presses_are_never_within_the_window(train: Train) -> None:
    at = presses(events_of(train))
    assert all(later - earlier >= RULES.window_ns for earlier, later in pairwise(at))


@given(trains(), tap)
def test_a_clean_tap_after_quiet_always_counts_once(before: Train, tap_ns: int) -> None:
    closed_ns = before[-1][1] + RULES.window_ns
    after = [*before, (True, closed_ns), (False, closed_ns + tap_ns)]
    assert presses(events_of(after)) == [*presses(events_of(before)), closed_ns]


@given(trains(closed=spark))
def test_sparks_never_press_however_many(train: Train) -> None:
    assert events_of(train) == []


@given(trains())
def test_stuck_and_unstuck_alternate_and_end_unstuck(train: Train) -> None:
    turns = [event for event in events_of(train) if not isinstance(event, Pressed)]
    assert [type(event) for event in turns] == [Stuck, Unstuck] * (len(turns) // 2)


@given(trains(), st.data())
def test_looking_more_often_changes_nothing(train: Train, data: st.DataObject) -> None:
    state = State("general")
    events: list[ButtonEvent] = []
    for edge, following in pairwise([*edges(train), Edge("general", False, train[-1][1] + LONG_AFTER)]):
        state, new = debounce(state, edge, edge.at_ns)
        events.extend(new)
        for tick in sorted(data.draw(st.lists(st.integers(edge.at_ns, following.at_ns), max_size=3))):
            state, new = debounce(state, None, tick)
            events.extend(new)
    _, last = debounce(state, None, train[-1][1] + LONG_AFTER)
    assert events + list(last) == events_of(train)


@given(trains(), st.booleans())
def test_nothing_happens_before_the_deadline_and_something_does_at_it(train: Train, closed: bool) -> None:
    state, _ = play(train[: len(train) - closed])
    while (deadline := next_deadline_ns(state)) is not None:
        assert debounce(state, None, deadline - 1) == (state, ())
        following, _ = debounce(state, None, deadline)
        assert following != state
        state = following
