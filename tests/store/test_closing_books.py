"""The end of the day with a book out for photocopies: it is back, or it is named and its form excused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from appliance import closing, photocopies, staff, still_out, visits
from appliance.errors import Invalid, NotNow
from appliance.front_desk import FrontDesk
from appliance.visits import Request, Visit


@dataclass(frozen=True)
class Lent:
    """An office that lends books, an officer of it, and a visitor whose book is out."""

    desk: FrontDesk
    officer: int
    visit: Visit

    def evening(self) -> closing.Evening:
        return self.desk.store.read(closing.evening, self.desk.clock.now())

    def name(self, reason: str, words: str = "") -> None:
        (item,) = self.evening().items
        self.desk.store.write(
            closing.name, "book", item.out.id, reason=reason, words=words, staff=self.officer
        )


@pytest.fixture
def lent(build: Callable[[str], FrontDesk]) -> Lent:
    desk = build("1377")
    member = desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="-")
    request = Request("one", desk.office.services[0].key, "desk")
    visit = desk.store.write(visits.walk_in, desk.office, request, place="frontline", staff=member.id)
    wanted = photocopies.parse(desk.office, {"title": "Dalam Angka", "pages": "1-3", "copies": "1"})
    desk.store.write(photocopies.ask, desk.office, visit.id, wanted, made_on="desk", staff=member.id)
    return Lent(desk, member.id, visit)


def test_a_book_is_asked_for_with_the_reasons_that_fit_a_book(lent: Lent) -> None:
    (item,) = lent.evening().items

    assert (item.out.kind, item.out.label, item.out.place) == ("book", lent.visit.label, "F001")
    assert item.reasons == ("comes_tomorrow", "called", "not_found", "other")
    with pytest.raises(Invalid):
        lent.name("kept_safe")


def test_whoever_waits_with_a_book_out_is_not_sent_home_with_the_others(lent: Lent) -> None:
    assert lent.evening().waiting == []

    assert lent.desk.store.write(closing.send_all_home, why="went_home", staff=lent.officer) == 0

    assert lent.desk.store.read(visits.get, lent.visit.id).is_open


@pytest.mark.parametrize(
    ("reason", "words", "on_the_form"),
    [
        ("comes_tomorrow", "", ("comes_back", "")),
        ("called", "pukul empat", ("owner_told", "pukul empat")),
        ("not_found", "", ("lost", "")),
        ("other", "di koperasi", ("other", "di koperasi")),
    ],
)
def test_what_names_a_book_excuses_its_form(
    lent: Lent, reason: str, words: str, on_the_form: tuple[str, str]
) -> None:
    form_id = lent.evening().items[0].out.id

    lent.name(reason, words)

    form = lent.desk.store.read(photocopies.get, form_id)
    assert (form.reason, form.note) == on_the_form
    assert (lent.evening().counts["book"], lent.evening().step) == (1, 4)


def test_a_visit_is_closed_once_its_book_is_named(lent: Lent) -> None:
    lent.desk.store.write(
        visits.start_serving, lent.desk.office, lent.visit.id, place="frontline", staff=lent.officer
    )
    with pytest.raises(NotNow):
        lent.desk.store.write(closing.send_home, lent.visit.id, why="forgotten", staff=lent.officer)
    lent.name("other", "di koperasi")

    lent.desk.store.write(closing.send_home, lent.visit.id, why="forgotten", staff=lent.officer)

    assert lent.desk.store.read(visits.get, lent.visit.id).state == "checked_out"


def test_a_book_that_is_back_is_out_no_more(lent: Lent) -> None:
    lent.desk.store.write(photocopies.take_back, lent.evening().items[0].out.id, staff=lent.officer)

    assert lent.desk.store.read(still_out.everything) == []
