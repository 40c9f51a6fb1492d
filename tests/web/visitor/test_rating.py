"""Four faces, what should be better, and nothing that ties the answer to the person."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from appliance import days, journal, ratings, visits
from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.office import load_office
from appliance.staff import Member
from appliance.store import Transaction
from tests.web.visitor.conftest import PLACE, PREFIXES, OtherOffice, Visitor


@pytest.fixture
def served(visitor: Visitor, desk: FrontDesk, officer: Member) -> Visitor:
    """A visitor who is being served, before each screen."""
    serve(desk, visitor, officer)
    return visitor


def serve(desk: FrontDesk, visitor: Visitor, officer: Member) -> None:
    def call_and_serve(tx: Transaction) -> None:
        tx.db.execute("UPDATE ticket SET state = 'called' WHERE visit_id = ?", (visitor.visit.id,))
        visits.start_serving(tx, desk.office, visitor.visit.id, place=PLACE, staff=officer.id)

    desk.store.write(call_and_serve)


def stored(desk: FrontDesk) -> list[tuple[Any, ...]]:
    """The ratings in the database: date, service, score, element."""
    return desk.store.read(
        lambda db: [tuple(row) for row in db.execute("SELECT date, service, score, element FROM rating")]
    )


def test_four_faces_each_with_its_word(served: Visitor) -> None:
    page = served.open("rating").text
    for score, word in ((4, "Sangat puas"), (3, "Puas"), (2, "Kurang puas"), (1, "Tidak puas")):
        assert re.search(rf'name="score" value="{score}">.*#face-{score}.*>{word}<', page)
    assert "tidak dikaitkan dengan nama Anda" in page


@pytest.mark.parametrize("score", [4, 3])
def test_a_happy_face_is_thanked_at_once(served: Visitor, desk: FrontDesk, score: int) -> None:
    answer = served.post("rating", score=score)
    assert answer.location.endswith("/rating/thanks")
    assert "Terima kasih atas penilaian Anda" in served.open("rating/thanks").text
    assert stored(desk) == [("2026-11-23", "library", score, None)]


@pytest.mark.parametrize("score", [2, 1])
def test_an_unhappy_face_is_asked_what_should_be_better(served: Visitor, desk: FrontDesk, score: int) -> None:
    answer = served.post("rating", score=score)
    assert stored(desk) == [("2026-11-23", "library", score, None)]  # it counts even if they walk away now
    page = served.client.get(answer.location).text
    assert len(re.findall(r'name="element"', page)) == 9
    key = re.search(r'name="rating" value="(\w+)"', page)
    assert key is not None
    done = served.post("rating/why", rating=key[1], element="3")
    assert done.location.endswith("/rating/thanks")
    assert stored(desk) == [("2026-11-23", "library", score, 3)]


def test_the_second_question_can_be_passed_over(served: Visitor, desk: FrontDesk) -> None:
    page = served.client.get(served.post("rating", score=1).location).text
    assert f'href="{served.base}/rating/thanks"' in page


def test_the_rating_can_be_passed_over(served: Visitor, desk: FrontDesk) -> None:
    answer = served.post("rating/skip")
    assert answer.location.endswith("/rating/thanks")
    page = served.open("rating/thanks").text
    assert "Terima kasih atas kunjungan Anda" in page
    assert stored(desk) == []


@pytest.mark.parametrize("first", [{"score": 4}, None])
def test_nobody_is_asked_twice(served: Visitor, desk: FrontDesk, first: dict[str, int] | None) -> None:
    if first:
        served.post("rating", **first)
    else:
        served.post("rating/skip")
    assert served.open("rating").location.endswith("/rating/thanks")
    before = stored(desk)
    served.post("rating", score=1)
    assert stored(desk) == before


def test_there_is_nothing_to_rate_before_the_service(visitor: Visitor, desk: FrontDesk) -> None:
    assert "setelah Anda dilayani" in visitor.open("rating").text
    visitor.post("rating", score=4)
    assert stored(desk) == []


def test_who_has_left_may_still_rate_today(served: Visitor, desk: FrontDesk, officer: Member) -> None:
    desk.store.write(visits.check_out, served.visit.id, staff=officer.id)
    served.post("rating", score=3)
    assert stored(desk) == [("2026-11-23", "library", 3, None)]


@pytest.mark.parametrize("score", ["5", "0", "-1", "x", ""])
def test_there_are_no_other_scores(served: Visitor, desk: FrontDesk, score: str) -> None:
    assert served.post("rating", score=score).status_code == 422
    assert stored(desk) == []


@pytest.mark.parametrize("element", ["0", "10", "x"])
def test_there_are_no_other_elements(served: Visitor, desk: FrontDesk, element: str) -> None:
    key = served.post("rating", score=1).location.partition("rating=")[2]
    assert served.post("rating/why", rating=key, element=element).status_code == 422
    assert stored(desk) == [("2026-11-23", "library", 1, None)]


def test_an_element_is_named_once_and_for_a_low_score_only(served: Visitor, desk: FrontDesk) -> None:
    key = served.post("rating", score=2).location.partition("rating=")[2]
    served.post("rating/why", rating=key, element="3")
    assert served.post("rating/why", rating=key, element="4").location.endswith("/rating/thanks")
    assert stored(desk) == [("2026-11-23", "library", 2, 3)]


def test_thanks_are_not_said_before(served: Visitor) -> None:
    assert served.open("rating/thanks").location.endswith("/rating")


def test_the_officers_invitation_is_met(served: Visitor, desk: FrontDesk) -> None:
    desk.invitations.send(served.visit.id, "rating")
    served.post("rating", score=4)
    assert desk.invitations.open() == []


@pytest.mark.parametrize("where", PREFIXES)
def test_the_survey_is_offered_where_the_office_has_one(
    other_office: Callable[..., OtherOffice], where: str
) -> None:
    office = other_office(skd_url='"https://skd.bps.go.id/skd/s/1373"')
    visitor = office.visitor(where)
    office.serve(visitor)
    visitor.post("rating", score=4)
    page = visitor.open("rating/thanks").text
    assert "Survei Kebutuhan Data" in page
    assert ("qr__code" in page) if where == "kiosk" else ('href="https://skd.bps.go.id/skd/s/1373"' in page)


def test_no_survey_is_offered_without_a_link(served: Visitor) -> None:
    served.post("rating", score=4)
    assert "Survei Kebutuhan Data" not in served.open("rating/thanks").text


@pytest.mark.parametrize("where", PREFIXES)
def test_an_office_without_ratings_has_no_such_page(
    other_office: Callable[..., OtherOffice], where: str
) -> None:
    office = other_office(rating="false")
    visitor = office.visitor(where)
    office.serve(visitor)
    assert visitor.open("rating").status_code == 404
    assert visitor.post("rating", score="4").status_code == 404
    assert visitor.post("rating/skip").status_code == 404


# ---------------------------------------------------------- "your rating is not linked to your name"


def everything(desk: FrontDesk) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, their moments left out."""

    def look(db: Any) -> dict[str, list[tuple[Any, ...]]]:
        tables = [row["name"] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: [tuple(row) for row in db.execute(f"SELECT * FROM {table}")] for table in tables}

    return desk.store.read(look)


def test_a_rating_has_no_place_for_a_person_or_a_time(desk: FrontDesk) -> None:
    columns = desk.store.read(lambda db: [row["name"] for row in db.execute("PRAGMA table_info(rating)")])
    assert columns == ["id", "date", "service", "score", "element"]
    assert desk.store.read(lambda db: db.execute("PRAGMA foreign_key_list(rating)").fetchall()) == []


def test_no_other_row_holds_a_ratings_key_or_its_score(served: Visitor, desk: FrontDesk) -> None:
    key = served.post("rating", score=1).location.partition("rating=")[2]
    served.post("rating/why", rating=key, element="3")
    rows = everything(desk)
    assert [row[0] for row in rows.pop("rating")] == [key]
    assert key not in str(rows)


def test_a_low_rating_leaves_the_same_traces_as_a_high_one(
    served: Visitor, on_phone: Callable[..., Visitor], desk: FrontDesk, officer: Member
) -> None:
    """In the journal, with its times, and in the visit: whoever looks there cannot tell who was unhappy."""
    other = on_phone()
    serve(desk, other, officer)
    before = len(everything(desk)["journal"])
    served.post("rating", score=4)
    key = other.post("rating", score=1).location.partition("rating=")[2]
    other.post("rating/why", rating=key, element="7")
    traces = [row[3:] for row in everything(desk)["journal"][before:]]  # without number and time
    assert traces == [("rating.given", None, None, "{}")] * 2
    first, second = (desk.store.read(visits.get, one.visit.id) for one in (served, other))
    assert first.rating == second.rating == "given"


def test_the_journal_of_a_visit_knows_nothing_of_its_rating(served: Visitor, desk: FrontDesk) -> None:
    served.post("rating", score=1)
    kinds = [entry.kind for entry in desk.store.read(journal.of_visit, served.visit.id)]
    assert not [kind for kind in kinds if kind.startswith("rating")]


def test_the_order_of_the_rows_is_not_the_order_of_the_visitors(desk: FrontDesk) -> None:
    """A table without a rowid lies in the order of its random keys."""
    sql = desk.store.read(
        lambda db: db.execute("SELECT sql FROM sqlite_schema WHERE name = 'rating'").fetchone()["sql"]
    )
    assert sql.endswith("STRICT, WITHOUT ROWID")


def test_who_has_rated_is_forgotten_with_the_day(served: Visitor, desk: FrontDesk) -> None:
    served.post("rating", score=1)

    def close_the_day(tx: Transaction) -> None:
        day = days.current(tx.db)
        assert day is not None
        days.close(tx, day)

    desk.store.write(close_the_day)
    assert desk.store.read(visits.get, served.visit.id).rating == "open"
    assert len(stored(desk)) == 1
    with pytest.raises(NotNow):
        desk.store.write(ratings.give, served.visit.id, 4)


def test_no_address_names_visit_and_rating_in_its_path(served: Visitor) -> None:
    """A log of failures names paths."""
    location = served.post("rating", score=1).location
    key = location.partition("rating=")[2]
    assert len(key) == 32
    assert key not in location.partition("?")[0]


def test_both_offices_ask_for_a_rating() -> None:
    assert load_office("1373").steps.rating
    assert load_office("1377").steps.rating
