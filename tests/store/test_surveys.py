"""The survey of nine elements: whole forms only, once a visit, and nothing that leads back to the visitor."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from appliance import ratings, surveys
from appliance.clock import ManualClock
from appliance.errors import Invalid, NotNow, StoreError
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from tests.store.conftest import Officer

WHOLE = {name: 1 + place % 4 for place, name in enumerate(surveys.ELEMENTS)}


def rows(db: sqlite3.Connection) -> list[dict[str, object]]:
    return [dict(row) for row in db.execute("SELECT * FROM survey")]


def test_each_answer_is_kept_under_the_name_of_its_element(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    desk.store.write(surveys.give, served().id, WHOLE)
    (row,) = desk.store.read(rows)
    assert len(str(row.pop("id"))) == 32
    assert row == {"date": "2026-11-23", "service": "library", **WHOLE}


def test_the_elements_are_the_regulations_in_its_order() -> None:
    """Complaints come before the facilities: public copies have them the other way round."""
    assert surveys.ELEMENTS == (
        "requirements", "procedure", "completion_time", "fee", "product", "competence", "conduct",
        "complaints", "facilities",
    )  # fmt: skip


def test_no_column_of_any_table_leads_from_a_form_to_a_visit(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    desk.store.write(surveys.give, served().id, WHOLE)
    (row,) = desk.store.read(rows)

    def elsewhere(db: sqlite3.Connection) -> list[tuple[object, ...]]:
        tables = [one[0] for one in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            tuple(one) for name in tables if name != "survey" for one in db.execute(f"SELECT * FROM {name}")
        ]

    def journalled(db: sqlite3.Connection) -> list[tuple[object, ...]]:
        found = db.execute("SELECT visit_id, staff_id, facts FROM journal WHERE kind LIKE 'survey%'")
        return [tuple(one) for one in found]

    assert not any(str(row["id"]) in map(str, one) for one in desk.store.read(elsewhere))
    assert desk.store.read(journalled) == [(None, None, "{}")]


def test_the_order_of_the_forms_is_not_the_order_of_arrival(
    desk: FrontDesk, served: Callable[[], Visit]
) -> None:
    for _ in range(12):
        desk.store.write(surveys.give, served().id, WHOLE)
    keys = [str(row["id"]) for row in desk.store.read(rows)]
    assert keys == sorted(keys)
    with pytest.raises(StoreError, match="no such column: rowid"):
        desk.store.read(lambda db: db.execute("SELECT rowid FROM survey"))


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {name: 3 for name in surveys.ELEMENTS[:-1]},
        {**WHOLE, "fee": 5},
        {**WHOLE, "fee": 0},
        {**WHOLE, "waiting_room": 3},
    ],
)
def test_half_a_form_is_no_form(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit], answers: dict[str, int]
) -> None:
    visit = served()
    with pytest.raises(Invalid):
        desk.store.write(surveys.give, visit.id, answers)
    assert desk.store.read(rows) == []
    assert rina.see(visit).survey == "open"


def test_a_visit_answers_once(desk: FrontDesk, rina: Officer, served: Callable[[], Visit]) -> None:
    visit = served()
    desk.store.write(surveys.give, visit.id, WHOLE)
    assert rina.see(visit).survey == "given"
    with pytest.raises(NotNow):
        desk.store.write(surveys.give, visit.id, WHOLE)
    assert len(desk.store.read(rows)) == 1


def test_nobody_answers_before_the_service(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue()
    assert not surveys.offered(desk.office, visit)
    with pytest.raises(NotNow):
        desk.store.write(surveys.give, visit.id, WHOLE)


def test_it_is_offered_after_the_rating_was_given_or_passed_over(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    rated, passed = served(), served()
    assert not surveys.offered(desk.office, rated)
    desk.store.write(ratings.give, rated.id, 4)
    desk.store.write(ratings.skip, passed.id)
    assert surveys.offered(desk.office, rina.see(rated))
    assert surveys.offered(desk.office, rina.see(passed))
    desk.store.write(surveys.give, rated.id, WHOLE)
    assert not surveys.offered(desk.office, rina.see(rated))


def test_after_its_day_a_visit_does_not_show_whether_it_answered(
    desk: FrontDesk,
    rina: Officer,
    served: Callable[[], Visit],
    issue: Callable[..., Visit],
    clock: ManualClock,
) -> None:
    answered, silent = served(), served()
    desk.store.write(surveys.give, answered.id, WHOLE)
    clock.advance(86400)
    issue()
    assert rina.see(answered).survey == rina.see(silent).survey
    with pytest.raises(NotNow):
        desk.store.write(surveys.give, silent.id, WHOLE)
