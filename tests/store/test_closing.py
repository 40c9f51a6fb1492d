"""The end of the day: it is zero, or everything is named; and the next morning knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from appliance import closing, journal, still_out
from appliance.clock import ManualClock
from appliance.errors import Invalid, NotNow
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from tests.store.conftest import Officer

TOMORROW = date(2026, 11, 24)
DAY = 24 * 3600.0


def evening(desk: FrontDesk) -> closing.Evening:
    return desk.store.read(closing.evening, desk.clock.now())


def name(
    desk: FrontDesk, rina: Officer, kind: str, item: int | None, reason: str = "called", words: str = ""
) -> None:
    assert item is not None
    desk.store.write(closing.name, kind, item, reason=reason, words=words, staff=rina.id)


def kinds(desk: FrontDesk) -> list[str]:
    return [line.entry.kind for line in desk.store.read(journal.latest, 5)]


def test_what_is_out_is_told_kind_by_kind(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    both = rina.take_in(served(), "1", "ktp")
    card = rina.take_in(served(), None, "sim")

    out = desk.store.read(still_out.everything)

    assert [(one.kind, one.id, one.label, one.place) for one in out] == [
        ("bag", both.deposit_id, "P001", "1"),
        ("card", both.deposit_id, "P001", "1"),
        ("card", card.deposit_id, "P002", "2"),
    ]
    assert still_out.count(out) == {"bag": 1, "card": 2, "book": 0}
    assert len(desk.store.read(still_out.of_visit, both.id)) == 2


def test_the_steps_lead_from_the_line_to_zero(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], served: Callable[[], Visit]
) -> None:
    waiting, visit = issue(), rina.take_in(served(), "1")
    assert evening(desk).step == 1
    desk.store.write(closing.send_home, waiting.id, why="went_home", staff=rina.id)
    assert rina.see(waiting).state == "cancelled"
    assert evening(desk).step == 3, "who left a bag is asked for with the bag"
    with pytest.raises(NotNow):
        desk.store.write(closing.end, staff=rina.id)
    rina.hand_back(visit.deposit_id)
    rina.check_out(visit)
    assert evening(desk).step == 4

    desk.store.write(closing.end, staff=rina.id)

    found = evening(desk)
    assert (found.counts, found.ended) == ({"bag": 0, "card": 0, "book": 0}, desk.clock.now())
    assert kinds(desk)[0] == "closing.ended"


def test_a_day_without_service_cannot_be_ended(desk: FrontDesk, rina: Officer) -> None:
    assert evening(desk).day is None
    with pytest.raises(NotNow):
        desk.store.write(closing.end, staff=rina.id)


def test_all_who_wait_are_sent_home_with_one_reason(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], served: Callable[[], Visit]
) -> None:
    them = [issue(), issue()]
    called, here = rina.call(issue()), served()

    assert desk.store.write(closing.send_all_home, why="not_found", staff=rina.id) == 3

    assert [rina.see(one).state for one in (*them, called)] == ["cancelled", "cancelled", "no_show"]
    assert rina.see(here).is_open


def test_a_forgotten_visit_is_closed_but_not_over_a_bag(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), "1")
    with pytest.raises(NotNow):
        desk.store.write(closing.send_home, visit.id, why="forgotten", staff=rina.id)
    rina.hand_back(visit.deposit_id)
    desk.store.write(closing.send_home, visit.id, why="forgotten", staff=rina.id)

    assert rina.see(visit).state == "checked_out"
    with pytest.raises(NotNow):
        desk.store.write(closing.send_home, visit.id, why="forgotten", staff=rina.id)


@pytest.mark.parametrize("why", ["", "because"])
def test_nobody_is_sent_home_without_a_reason(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit], why: str
) -> None:
    visit = issue()
    with pytest.raises(Invalid):
        desk.store.write(closing.send_all_home, why=why, staff=rina.id)
    assert rina.see(visit).is_open


@pytest.fixture
def left(rina: Officer, served: Callable[[], Visit], desk: FrontDesk, clock: ManualClock) -> Visit:
    """A visit that is closed by the page of the calendar, its bag still here; and a new day has begun."""
    visit = rina.take_in(served(), "1", "ktp")
    clock.advance(DAY)
    served()
    return visit


def test_each_thing_that_stays_needs_a_reason_of_its_own(desk: FrontDesk, rina: Officer, left: Visit) -> None:
    desk.store.write(closing.send_home, evening(desk).here[0].id, why="forgotten", staff=rina.id)
    assert evening(desk).step == 3
    name(desk, rina, "bag", left.deposit_id)
    assert [item.out.kind for item in evening(desk).unnamed] == ["card"]
    name(desk, rina, "card", left.deposit_id, "other", " di   lemari besi ")

    assert evening(desk).step == 4
    desk.store.write(closing.end, staff=rina.id)
    (bag, card) = evening(desk).items
    assert bag.named is not None and card.named is not None
    assert (bag.named.reason, card.named.words) == ("called", "di lemari besi")


@pytest.mark.parametrize(
    ("reason", "words", "field"),
    [("", "", "reason"), ("lost", "", "reason"), ("other", "  ", "words"), ("called", "a" * 201, "words")],
)
def test_a_reason_is_one_that_is_known_and_other_needs_words(
    desk: FrontDesk, rina: Officer, left: Visit, reason: str, words: str, field: str
) -> None:
    with pytest.raises(Invalid) as error:
        name(desk, rina, "bag", left.deposit_id, reason, words)
    assert list(error.value.fields) == [field]


def test_what_is_not_here_cannot_be_named(desk: FrontDesk, rina: Officer, left: Visit) -> None:
    rina.hand_back(left.deposit_id)
    for kind, item in (("bag", left.deposit_id), ("book", 1)):
        with pytest.raises(NotNow):
            name(desk, rina, kind, item)


# ------------------------------------------------------------------------------------------ the next morning


def test_the_next_morning_reads_that_nothing_was_left_until_somebody_has(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    rina.check_out(served())
    desk.store.write(closing.end, staff=rina.id)

    found = desk.store.read(closing.morning, TOMORROW)

    assert found is not None
    assert (found.day, found.by, found.zero) == (date(2026, 11, 23), "Rina Marlina", True)
    desk.store.write(closing.read, found.day_id, staff=rina.id)
    assert desk.store.read(closing.morning, TOMORROW) is None
    with pytest.raises(NotNow):
        desk.store.write(closing.read, found.day_id, staff=rina.id)


def test_the_next_morning_reads_what_stayed_and_why_and_no_more_once_it_is_back(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), "2", None)
    name(desk, rina, "bag", visit.deposit_id, "comes_tomorrow")

    (stayed,) = _read(desk).left

    assert (stayed.label, stayed.place, stayed.reason) == ("P001", "2", "comes_tomorrow")
    rina.hand_back(visit.deposit_id)
    assert desk.store.read(closing.morning, TOMORROW) is None, "nobody ended it, and nothing came of it"


def test_a_day_that_nobody_ended_is_told_with_what_is_still_here(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    rina.take_in(served(), "2", "ktp")

    found = _read(desk)

    assert (found.at, [one.reason for one in found.left]) == (None, ["", ""])


def _read(desk: FrontDesk) -> closing.Morning:
    found = desk.store.read(closing.morning, TOMORROW)
    assert found is not None
    return found
