"""Who is next: priority first, nobody overtaken for ever, first come first called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.line import IN_A_ROW, Waiting, ahead, line_up

waiting_people = st.lists(st.booleans(), max_size=20).map(
    lambda flags: [Waiting(100 + n, n, flag) for n, flag in enumerate(flags)]
)
recent_calls = st.lists(st.booleans(), max_size=IN_A_ROW)


def kinds(order: list[Waiting]) -> str:
    return "".join("p" if one.priority else "r" for one in order)


def people(flags: str) -> list[Waiting]:
    return [Waiting(n, n, flag == "p") for n, flag in enumerate(flags)]


def test_priority_goes_first_and_after_two_of_them_a_regular_visitor() -> None:
    assert kinds(line_up(people("rrrppppp"), [])) == "pprpprpr"


def test_calls_before_count() -> None:
    assert kinds(line_up(people("rp"), [True])) == "pr"
    assert kinds(line_up(people("rp"), [True, True])) == "rp"
    assert kinds(line_up(people("rp"), [False, True])) == "pr"


def test_with_nobody_else_waiting_priority_follows_priority() -> None:
    assert kinds(line_up(people("pppp"), [True, True])) == "pppp"


def test_another_ratio_can_be_asked_for() -> None:
    assert kinds(line_up(people("rrppp"), [], in_a_row=1)) == "prprp"


@given(waiting_people, recent_calls)
def test_everybody_is_in_the_line_once(waiting: list[Waiting], recent: list[bool]) -> None:
    order = line_up(waiting, recent)
    assert sorted(order, key=lambda one: one.place) == waiting


@given(waiting_people, recent_calls)
def test_never_three_priority_calls_in_a_row_while_a_regular_visitor_waits(
    waiting: list[Waiting], recent: list[bool]
) -> None:
    order = line_up(waiting, recent)
    calls = [*reversed(recent), *(one.priority for one in order)]
    for n in range(len(recent), len(calls)):
        regular_waits = any(not one.priority for one in order[n - len(recent) :])
        window = calls[max(0, n - IN_A_ROW) : n + 1]
        assert not (regular_waits and len(window) == IN_A_ROW + 1 and all(window))


@given(waiting_people, recent_calls)
def test_within_each_kind_who_came_first_is_called_first(waiting: list[Waiting], recent: list[bool]) -> None:
    order = line_up(waiting, recent)
    for kind in (True, False):
        places = [one.place for one in order if one.priority is kind]
        assert places == sorted(places)


@given(waiting_people, recent_calls, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_line_is_read(
    waiting: list[Waiting], recent: list[bool], random: object
) -> None:
    shuffled = list(waiting)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert line_up(shuffled, recent) == line_up(waiting, recent)


@given(waiting_people, recent_calls)
def test_calling_one_after_the_other_follows_the_order_that_was_shown(
    waiting: list[Waiting], recent: list[bool]
) -> None:
    shown = line_up(waiting, recent)
    called: list[Waiting] = []
    calls = list(recent)
    left = list(waiting)
    while left:
        following = line_up(left, calls)[0]
        left.remove(following)
        called.append(following)
        calls.insert(0, following.priority)
    assert called == shown


def test_people_ahead_is_the_place_in_the_order() -> None:
    order = line_up(people("rp"), [])
    assert [ahead(visit_id, order) for visit_id in (1, 0, 7)] == [0, 1, None]
