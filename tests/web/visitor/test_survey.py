"""Nine questions on the phone and at the kiosk, and nothing of half a form anywhere."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import pytest

from appliance import ratings, surveys
from appliance.clock import ManualClock
from appliance.drafts import LASTS_S
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from tests.web.kiosk.steps import words
from tests.web.visitor.conftest import OtherOffice, Visitor
from tests.web.visitor.test_rating import serve
from tests.web.visitor.test_wiping import on_disk


@pytest.fixture
def rated(visitor: Visitor, desk: FrontDesk, officer: Member) -> Visitor:
    """A visitor who has rated, before each screen."""
    serve(desk, visitor, officer)
    visitor.post("rating", score=4)
    return visitor


def begin(visitor: Visitor) -> None:
    visitor.at = visitor.post("survey").location


def stored(desk: FrontDesk) -> list[dict[str, object]]:
    def look(db: sqlite3.Connection) -> list[dict[str, object]]:
        return [dict(row) for row in db.execute("SELECT * FROM survey")]

    return desk.store.read(look)


def test_it_is_offered_after_the_rating_and_can_be_passed_over(rated: Visitor, desk: FrontDesk) -> None:
    page = rated.open("rating/thanks").text
    assert f'action="{rated.base}/survey"' in page
    assert "Jawaban tidak dikaitkan dengan nama Anda" in page
    way_out = "/kiosk/start" if rated.where == "kiosk" else rated.base
    assert f'href="{way_out}"' in page
    assert stored(desk) == []


def test_nine_answers_are_one_form(rated: Visitor, desk: FrontDesk) -> None:
    begin(rated)
    scores = [4, 3, 2, 1, 4, 3, 2, 1, 4]
    for number, score in enumerate(scores, 1):
        assert f"Pertanyaan {number} dari 9" in words(rated.see())
        assert stored(desk) == []
        rated.send(score=score)
    (row,) = stored(desk)
    assert [row[name] for name in surveys.ELEMENTS] == scores
    assert "Terima kasih atas jawaban Anda" in rated.see()
    assert len(desk.survey_drafts) == 0


def test_each_question_has_the_words_of_its_own_element(rated: Visitor) -> None:
    """In public copies of the form the questions of the last two elements have changed places."""
    begin(rated)
    seen = []
    for _ in range(9):
        seen.append(words(rated.see()))
        rated.send(score=3)
    assert "penanganan pengaduan" in seen[7]
    assert "Ada tetapi tidak berfungsi" in seen[7]
    assert "sarana dan prasarana" in seen[8]
    assert "Buruk" in seen[8]
    assert "biaya/tarif" in seen[3]
    assert seen[3].index("Sangat mahal") < seen[3].index("Gratis")


def test_one_can_go_back_and_choose_anew(rated: Visitor, desk: FrontDesk) -> None:
    begin(rated)
    first = rated.at
    rated.send(score=1)
    assert f'href="{first}"' in rated.see()
    rated.at = first
    assert re.search(r'value="1" aria-pressed="true"', rated.see())
    rated.send(score=4)
    for _ in range(8):
        rated.send(score=4)
    assert [row["requirements"] for row in stored(desk)] == [4]


def test_a_question_that_was_passed_by_is_asked_before_the_form_counts(
    rated: Visitor, desk: FrontDesk
) -> None:
    begin(rated)
    rated.at = rated.at.removesuffix("/1") + "/9"
    rated.send(score=4)
    assert rated.at.endswith("/1")
    assert stored(desk) == []


@pytest.mark.parametrize("score", ["0", "5", "x", ""])
def test_another_answer_is_asked_again(rated: Visitor, desk: FrontDesk, score: str) -> None:
    begin(rated)
    rated.send(score=score)
    assert rated.at.endswith("/1")


def test_stopping_keeps_nothing(rated: Visitor, desk: FrontDesk) -> None:
    begin(rated)
    for score in (1, 1, 1, 1):
        rated.send(score=score)
    answer = rated.client.post(rated.at.rpartition("/")[0] + "/leave")
    assert answer.location.endswith("/rating/thanks")
    assert len(desk.survey_drafts) == 0
    assert stored(desk) == []
    assert rated.client.get(rated.at).location.endswith("/rating/thanks")


def test_half_a_form_is_never_on_the_disk(rated: Visitor, desk: FrontDesk) -> None:
    begin(rated)
    key = rated.at.split("/")[-2].encode()
    rated.send(score=2)
    assert key not in on_disk(desk)
    assert stored(desk) == []


def test_what_is_left_alone_is_wiped(rated: Visitor, desk: FrontDesk, clock: ManualClock) -> None:
    begin(rated)
    rated.send(score=2)
    clock.advance(LASTS_S + 1)
    desk.survey_drafts.sweep()
    assert len(desk.survey_drafts) == 0
    rated.send(score=2)
    assert rated.at.endswith("/rating/thanks")
    assert stored(desk) == []


def test_the_kiosk_time_out_has_the_server_forget_too(
    at_kiosk: Callable[..., Visitor], desk: FrontDesk, officer: Member
) -> None:
    visitor = at_kiosk()
    serve(desk, visitor, officer)
    desk.store.write(ratings.skip, visitor.visit.id)
    begin(visitor)
    assert f'data-idle-wipe-url="{visitor.at.removesuffix("/1")}/leave"' in visitor.see()


def test_the_next_visitor_at_the_kiosk_wipes_what_the_last_one_left(
    at_kiosk: Callable[..., Visitor], desk: FrontDesk, officer: Member
) -> None:
    first, second = at_kiosk(), at_kiosk()
    for visitor in (first, second):
        serve(desk, visitor, officer)
        desk.store.write(ratings.skip, visitor.visit.id)
        begin(visitor)
    assert len(desk.survey_drafts) == 1
    assert first.client.get(first.at).location.endswith("/rating/thanks")


def test_a_draft_opens_only_under_its_own_visit(
    rated: Visitor, desk: FrontDesk, issue: Callable[..., object], on_phone: Callable[..., Visitor]
) -> None:
    begin(rated)
    other = on_phone()
    stolen = rated.at.replace(str(rated.visit.token), str(other.visit.token))
    assert other.client.get(stolen).location.endswith("/rating/thanks")
    other.client.post(stolen.removesuffix("/1") + "/leave")
    assert len(desk.survey_drafts) == 1


def test_it_is_answered_once(rated: Visitor, desk: FrontDesk) -> None:
    for _ in range(2):
        begin(rated)
        for _ in range(9):
            rated.send(score=3)
    assert len(stored(desk)) == 1
    assert "Isi survei" not in rated.open("rating/thanks").text


def test_there_is_nothing_to_answer_before_the_rating(
    visitor: Visitor, desk: FrontDesk, officer: Member
) -> None:
    serve(desk, visitor, officer)
    assert visitor.post("survey").location.endswith("/rating/thanks")
    assert len(desk.survey_drafts) == 0


@pytest.mark.parametrize("number", ["0", "10"])
def test_there_are_nine_questions(rated: Visitor, number: str) -> None:
    begin(rated)
    assert rated.client.get(rated.at.removesuffix("1") + number).status_code == 404


def test_no_page_of_it_is_kept_by_a_browser(rated: Visitor) -> None:
    begin(rated)
    assert rated.client.get(rated.at).headers["Cache-Control"] == "no-store"


def test_an_office_without_the_survey_does_not_offer_it(other_office: Callable[..., OtherOffice]) -> None:
    office = other_office(skm="false")
    visitor = office.visitor()
    office.serve(visitor)
    visitor.post("rating", score=4)
    assert "/survey" not in visitor.open("rating/thanks").text
    assert visitor.post("survey").status_code == 404


def test_an_office_without_ratings_offers_it_on_the_phone(other_office: Callable[..., OtherOffice]) -> None:
    office = other_office(rating="false")
    visitor = office.visitor()
    office.serve(visitor)
    assert f'href="{visitor.base}/rating/thanks"' in visitor.client.get(visitor.base).text
    assert "Isi survei" in visitor.open("rating/thanks").text


def test_the_phone_leads_there_later_too(
    on_phone: Callable[..., Visitor], desk: FrontDesk, officer: Member
) -> None:
    visitor = on_phone()
    serve(desk, visitor, officer)
    assert "Survei Kepuasan" not in visitor.client.get(visitor.base).text
    visitor.post("rating/skip")
    assert "Survei Kepuasan" in visitor.client.get(visitor.base).text
