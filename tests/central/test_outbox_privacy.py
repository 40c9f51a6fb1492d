"""Ratings and identity in the outbox: what leads to nobody, what goes nowhere, what is erased there too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import days, guestbook, outbox, ratings, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.office import load_office
from appliance.store import Transaction
from appliance.visits import Visit
from tests.central.conftest import PLACE, desk_in
from tests.central.due import DAY, FORM, Issue, acknowledge, data, events
from tests.store.conftest import Officer

# ------------------------------------------------------------------------------------------ ratings


def rate(desk: FrontDesk, rina: Officer, issue: Issue, score: int) -> str:
    visit = issue()
    rina.call(visit)
    rina.serve(visit)
    key = desk.store.write(ratings.give, visit.id, score)
    rina.check_out(visit)
    return key


def test_ratings_are_sent_only_when_their_day_is_closed(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    rate(desk, rina, issue, 4)
    assert events(desk, "rating") == []
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    (event,) = events(desk, "rating")
    assert event["data"] == {
        "schema": "pst-rating/1",
        "record_id": event["subject"],
        "revision": 1,
        "domain_code": "1373",
        "service_date": "2026-11-23",
        "service": "printed_library",
        "score": 4,
        "element": None,
    }
    assert event["time"] == "2026-11-23T00:00:00Z"
    assert "sequence" not in event and "clockquality" not in event


def test_the_order_of_ratings_says_nothing_about_who_was_first(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    """Sent in the order of their random keys, whatever the order in which they were given."""
    given_keys = [rate(desk, rina, issue, score) for score in (1, 2, 3, 4) * 5]
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    sent = [event["subject"] for event in events(desk, "rating")]
    keys = desk.store.read(
        lambda db: {row["record_id"]: row["rating_id"] for row in db.execute("SELECT * FROM outbox")}
    )
    assert [keys[record] for record in sent] == sorted(given_keys)
    assert sorted(given_keys) != given_keys


def test_nothing_in_the_outbox_joins_a_rating_with_a_visit(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    for score in (1, 2, 3, 4):
        rate(desk, rina, issue, score)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    rows = desk.store.read(lambda db: db.execute("SELECT * FROM outbox WHERE kind = 'rating'").fetchall())
    assert len(rows) == 4
    assert {row["visit_id"] for row in rows} == {None}
    assert len({(row["sequence"], row["at"]) for row in rows}) == 1


def test_an_element_that_is_named_late_is_the_next_revision(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    key = rate(desk, rina, issue, 1)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    acknowledge(desk)
    desk.store.write(ratings.name_element, key, 9)
    (event,) = events(desk, "rating")
    assert (event["data"]["revision"], event["data"]["element"]) == (2, 9)


def test_a_day_that_is_opened_again_sends_each_rating_once(
    desk: FrontDesk, rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    rate(desk, rina, issue, 4)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    clock.advance(-DAY)
    desk.store.write(days.confirm, desk.office.zone, rina.id)
    rate(desk, rina, issue, 3)
    clock.advance(DAY)
    desk.store.write(days.end_if_over, desk.office.zone)
    assert sorted(event["data"]["score"] for event in events(desk, "rating")) == [3, 4]
    assert {event["data"]["revision"] for event in events(desk, "rating")} == {1}


# ------------------------------------------------------------------------------------------ guests


@pytest.fixture
def open_handed(build: Callable[[str], FrontDesk], profile: Path) -> FrontDesk:
    """An office that sends identity too."""
    return build(str(profile))


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Its profile."""
    source = Path(outbox.__file__).parent / "offices" / "1373.toml"
    text = source.read_text(encoding="utf-8").replace("[guest_book]", "[guest_book]\nsend_identity = true")
    profile = tmp_path / "open.toml"
    profile.write_text(text, encoding="utf-8")
    return profile


def visit_of_siti(desk: FrontDesk) -> Visit:
    def act(tx: Transaction) -> Visit:
        visit = visits.walk_in(
            tx,
            desk.office,
            visits.Request("siti", "library", "desk"),
            place=PLACE,
            staff=None,  # type: ignore[arg-type]
        )
        guestbook.submit(tx, desk.office, visit.id, Entry(FORM, "hash", "id", "phone"))
        visits.start_serving(tx, desk.office, visit.id, place=PLACE, staff=None)  # type: ignore[arg-type]
        return visits.check_out(tx, visit.id, staff=None)  # type: ignore[arg-type]

    return desk.store.write(act)


def test_identity_is_sent_nowhere_unless_the_office_says_so(
    desk: FrontDesk, siti: Visit, rina: Officer
) -> None:
    assert not load_office("1373").guest_book.send_identity
    assert not load_office("1377").guest_book.send_identity
    desk.store.write(guestbook.erase, siti.id, staff=rina.id)
    assert events(desk, "guest") == []
    assert desk.store.read(outbox.backlog).waiting == 1


def test_where_it_says_so_the_notice_says_so_too(desk: FrontDesk, open_handed: FrontDesk) -> None:
    usual = guestbook.notice(desk.office, desk.wording, "id")
    more = guestbook.notice(open_handed.office, open_handed.wording, "id")
    (sentence,) = [one for one in more if one not in usual]
    assert "server pusat" in sentence


def test_identity_goes_out_corrected_and_is_erased_there_too(open_handed: FrontDesk) -> None:
    desk = open_handed
    visit = visit_of_siti(desk)
    (event,) = events(desk, "guest")
    record = data(desk)["record_id"]
    assert (event["data"]["name"], event["data"]["visit_record_id"]) == ("Siti Aminah", record)
    acknowledge(desk)

    values = {**FORM, "name": "Siti Aminah Putri", "phone": ""}
    desk.store.write(guestbook.correct, visit.id, values, staff=None)  # type: ignore[arg-type]
    (corrected,) = events(desk, "guest")
    assert (corrected["data"]["name"], corrected["data"]["revision"]) == ("Siti Aminah Putri", 2)

    desk.store.write(guestbook.erase, visit.id, staff=None)
    (erased,) = events(desk, "guest")  # in the place of the correction, which was never sent
    assert erased["data"] == {
        "schema": "pst-guest/1",
        "record_id": event["subject"],
        "revision": 3,
        "domain_code": "1373",
        "erased": True,
    }
    for one in desk.store.read(outbox.due):
        assert "Siti" not in one.text


def test_what_was_sent_is_erased_there_also_after_sending_was_switched_off(
    tmp_path: Path, profile: Path, clock: ManualClock
) -> None:
    before = desk_in(tmp_path / "data", clock, str(profile))
    visit = visit_of_siti(before)
    acknowledge(before)
    before.store.close()
    desk = desk_in(tmp_path / "data", clock)  # the usual profile: off
    try:
        desk.store.write(guestbook.erase, visit.id, staff=None)
        (event,) = events(desk, "guest")
        assert event["data"]["erased"] is True
    finally:
        desk.store.close()
