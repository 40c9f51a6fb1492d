"""Ratings: once a visit, and nothing that leads from a rating to a visit or back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from appliance import ratings
from appliance.clock import ManualClock
from appliance.errors import Invalid, NotNow, StoreError
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from tests.store.conftest import Officer


def rows(db: sqlite3.Connection) -> list[dict[str, object]]:
    return [dict(row) for row in db.execute("SELECT * FROM rating")]


def test_a_rating_keeps_its_date_service_and_score_and_nothing_else(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    key = desk.store.write(ratings.give, served().id, 3)
    (row,) = desk.store.read(rows)
    assert row == {"id": key, "date": "2026-11-23", "service": "library", "score": 3, "element": None}


def test_no_column_of_any_table_leads_from_a_rating_to_a_visit(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    key = desk.store.write(ratings.give, served().id, 2)
    desk.store.write(ratings.name_element, key, 5)

    def elsewhere(db: sqlite3.Connection) -> list[tuple[object, ...]]:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            tuple(row) for name in tables if name != "rating" for row in db.execute(f"SELECT * FROM {name}")
        ]

    def journalled(db: sqlite3.Connection) -> list[tuple[object, ...]]:
        found = db.execute("SELECT visit_id, staff_id, facts FROM journal WHERE kind LIKE 'rating%'")
        return [tuple(row) for row in found]

    assert not any(key in map(str, row) for row in desk.store.read(elsewhere))
    assert desk.store.read(journalled) == [(None, None, "{}")], (
        "that one was given; not which, by whom, or how"
    )


def test_the_order_of_the_ratings_is_not_the_order_of_arrival(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    keys = [desk.store.write(ratings.give, served().id, 1 + n % 4) for n in range(16)]
    stored = [row["id"] for row in desk.store.read(rows)]
    assert stored == sorted(keys), "in the order of their random keys, in the file too"
    assert stored != keys
    with pytest.raises(StoreError, match="no such column: rowid"):
        desk.store.read(lambda db: db.execute("SELECT rowid FROM rating"))


def test_a_visit_rates_once(desk: FrontDesk, rina: Officer, served: Callable[[], Visit]) -> None:
    visit = served()
    desk.store.write(ratings.give, visit.id, 4)
    assert rina.see(visit).rating == "given"
    with pytest.raises(NotNow):
        desk.store.write(ratings.give, visit.id, 1)
    assert len(desk.store.read(rows)) == 1


def test_whoever_passes_it_over_is_not_asked_again(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = served()
    assert ratings.offered(desk.office, visit)
    desk.store.write(ratings.skip, visit.id)
    assert not ratings.offered(desk.office, rina.see(visit))
    with pytest.raises(NotNow):
        desk.store.write(ratings.give, visit.id, 4)


def test_nobody_rates_a_service_that_they_have_not_had(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue()
    assert not ratings.offered(desk.office, visit)
    with pytest.raises(NotNow):
        desk.store.write(ratings.give, visit.id, 4)


@pytest.mark.parametrize("score", [0, 5, -1])
def test_a_score_beyond_the_four_faces_is_refused(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], score: int
) -> None:
    visit = served()
    with pytest.raises(Invalid):
        desk.store.write(ratings.give, visit.id, score)
    assert rina.see(visit).rating == "open"


@pytest.mark.parametrize(("score", "asked"), [(1, True), (2, True), (3, False), (4, False)])
def test_only_an_unhappy_face_is_asked_what_should_be_better_and_once(
    desk: FrontDesk, served: Callable[[], Visit], score: int, asked: bool
) -> None:
    key = desk.store.write(ratings.give, served().id, score)
    if asked:
        desk.store.write(ratings.name_element, key, 9)
        assert [row["element"] for row in desk.store.read(rows)] == [9]
    with pytest.raises(NotNow):
        desk.store.write(ratings.name_element, key, 1)


@pytest.mark.parametrize("element", [0, 10])
def test_there_are_nine_elements(desk: FrontDesk, served: Callable[[], Visit], element: int) -> None:
    key = desk.store.write(ratings.give, served().id, 1)
    with pytest.raises(Invalid):
        desk.store.write(ratings.name_element, key, element)


def test_after_its_day_a_visit_does_not_show_whether_it_rated(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    issue: Callable[..., Visit],
    clock: ManualClock,
) -> None:
    rated, silent = served(), served()
    desk.store.write(ratings.give, rated.id, 1)
    clock.advance(86400)
    issue()
    assert rina.see(rated).rating == rina.see(silent).rating
    with pytest.raises(NotNow):
        desk.store.write(ratings.give, silent.id, 4)
