"""Photocopies with the books that go out, requests, and who reads: their rules."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from appliance import (
    days,
    guest_form,
    guestbook,
    guests,
    inquiries,
    photocopies,
    printing,
    reading_room,
    staff,
    visits,
)
from appliance.clock import ManualClock
from appliance.errors import Invalid, NotNow
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.keeping import retention
from appliance.photocopies import Form, Wanted
from appliance.reports import figures
from appliance.reports.periods import containing
from appliance.visits import Request, Visit

FORM = {"title": "Kota Pariaman Dalam Angka 2025", "pages": "12-18, 25", "copies": "2"}


@pytest.fixture
def desk(build: Callable[[str], FrontDesk]) -> FrontDesk:
    """Kota Pariaman: photocopies and files by e-mail."""
    return build("1377")


@pytest.fixture
def rina(desk: FrontDesk) -> int:
    return desk.store.write(staff.add, login="rina", name="Rina Marlina", role="officer", password_hash="").id


@pytest.fixture
def reader(desk: FrontDesk, rina: int) -> Visit:
    """Somebody who is served and then reads."""
    return come(desk, rina, "one")


def come(desk: FrontDesk, rina: int, name: str, service: str = "library") -> Visit:
    visit = desk.store.write(
        visits.walk_in, desk.office, Request(name, service, "desk"), place="frontline", staff=rina
    )
    desk.store.write(visits.start_serving, desk.office, visit.id, place="frontline", staff=rina)
    return desk.store.write(visits.finish_serving, visit.id, staff=rina)


def wanted(desk: FrontDesk, **entries: str) -> Wanted:
    return photocopies.parse(desk.office, {**FORM, **entries})


def ask(desk: FrontDesk, visit: Visit, rina: int | None = None, **entries: str) -> Form:
    return desk.store.write(
        photocopies.ask,
        desk.office,
        visit.id,
        wanted(desk, **entries),
        made_on="desk" if rina else "kiosk",
        staff=rina,
    )


# ---------------------------------------------------------------------------------------- photocopies


def test_a_form_from_the_kiosk_waits_for_a_signature_and_is_printed(desk: FrontDesk, reader: Visit) -> None:
    form = ask(desk, reader)

    assert (form.label, form.state, form.pages, form.sheets) == ("F001", "asked", "12-18, 25", 16)
    job = desk.store.read(printing.of_visit, reader.id, photocopies.PAPER)
    assert job is not None
    assert (job.state, job.facts) == ("queued", {"form": form.id})
    assert visits_pages(desk, reader) == 0, "no sheet before the book has gone"


def test_an_impatient_finger_makes_one_form(desk: FrontDesk, reader: Visit) -> None:
    assert ask(desk, reader).id == ask(desk, reader).id
    assert ask(desk, reader, pages="30").label == "F002"


def test_forms_are_numbered_by_the_day(desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock) -> None:
    ask(desk, reader)
    clock.advance(86_400)
    assert ask(desk, come(desk, rina, "tomorrow")).label == "F001"


def test_at_the_desk_the_book_goes_out_at_once_and_is_due_back(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    form = ask(desk, reader, rina)

    assert form.state == "out"
    assert form.due is not None
    assert form.due.astimezone(desk.office.zone).strftime("%H.%M") == "10.00", "an hour after nine"
    assert visits_pages(desk, reader) == 16
    assert not form.is_overdue(clock.now())
    clock.advance(3_601)
    assert desk.store.read(photocopies.get, form.id).is_overdue(clock.now())


def test_no_book_is_due_back_after_the_doors_are_shut(desk: FrontDesk, rina: int, clock: ManualClock) -> None:
    clock.advance(6 * 3600)  # 15.00; Monday closes at 15.30
    form = ask(desk, come(desk, rina, "late"), rina)
    assert form.due is not None
    assert form.due.astimezone(desk.office.zone).strftime("%H.%M") == "15.30"


def test_an_officer_signs_or_cancels_what_came_from_a_screen(
    desk: FrontDesk, reader: Visit, rina: int
) -> None:
    first, second = ask(desk, reader), ask(desk, reader, pages="30")

    assert desk.store.write(photocopies.hand_out, desk.office, first.id, staff=rina).state == "out"
    desk.store.write(photocopies.drop, second.id, staff=rina)

    assert [form.label for form in desk.store.read(photocopies.out)] == ["F001"]
    for act in (photocopies.drop, photocopies.take_back):
        with pytest.raises(NotNow):
            desk.store.write(act, second.id, staff=rina)
    with pytest.raises(NotNow):
        desk.store.write(photocopies.hand_out, desk.office, first.id, staff=rina)


def test_a_visit_with_a_book_out_is_not_closed_without_a_reason(
    desk: FrontDesk, reader: Visit, rina: int
) -> None:
    form = ask(desk, reader, rina)

    with pytest.raises(NotNow) as kept:
        desk.store.write(visits.check_out, reader.id, staff=rina)
    assert kept.value.state == "book"
    with pytest.raises(Invalid):
        desk.store.write(photocopies.excuse, form.id, "other", " ", staff=rina)
    with pytest.raises(Invalid):
        desk.store.write(photocopies.excuse, form.id, "whatever", "", staff=rina)
    desk.store.write(photocopies.excuse, form.id, "comes_back", "", staff=rina)

    assert desk.store.write(visits.check_out, reader.id, staff=rina).state == "checked_out"
    (left,) = desk.store.read(photocopies.out)
    assert (left.id, left.reason, left.visit_closed) == (form.id, "comes_back", True)


def test_a_return_closes_it(desk: FrontDesk, reader: Visit, rina: int) -> None:
    form = ask(desk, reader, rina)
    desk.store.write(photocopies.take_back_by_number, " f001 ", staff=rina)

    assert desk.store.read(photocopies.get, form.id).state == "returned"
    assert desk.store.write(visits.check_out, reader.id, staff=rina).state == "checked_out"


@pytest.mark.parametrize(
    ("number", "key"), [("F001", "not_out"), ("F777", "no_form"), ("", "no_form"), ("X" * 5000, "no_form")]
)
def test_a_book_that_never_went_out_cannot_come_back(
    desk: FrontDesk, reader: Visit, rina: int, number: str, key: str
) -> None:
    ask(desk, reader)
    with pytest.raises(Invalid) as wrong:
        desk.store.write(photocopies.take_back_by_number, number, staff=rina)
    assert wrong.value.fields["number"].key == f"photocopy.err.{key}"


def test_a_form_that_nobody_signed_ends_with_its_visit(desk: FrontDesk, reader: Visit, rina: int) -> None:
    form = ask(desk, reader)
    desk.store.write(visits.check_out, reader.id, staff=rina)
    assert desk.store.read(photocopies.get, form.id).state == "dropped"


def test_a_book_stays_on_the_books_over_the_night(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    form = ask(desk, reader, rina)
    clock.advance(86_400)
    desk.store.write(days.end_if_over, desk.office.zone)

    (left,) = desk.store.read(photocopies.out)
    assert left.id == form.id
    assert left.is_overdue(clock.now())
    desk.store.write(photocopies.take_back, form.id, staff=rina)
    assert desk.store.read(photocopies.out) == []


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "A" * 10_000}, "title"),
        ({"pages": "semua"}, "pages"),
        ({"pages": "1-999"}, "pages"),
        ({"copies": "0"}, "copies"),
        ({"copies": "11"}, "copies"),
        ({"copies": "dua"}, "copies"),
        ({"copies": "²"}, "copies"),
        ({"copies": "9" * 5000}, "copies"),
        ({"copies": ""}, "copies"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    desk: FrontDesk, entries: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as wrong:
        wanted(desk, **entries)
    assert set(wrong.value.fields) == {field}


def test_one_visit_cannot_fill_the_printer_with_forms(desk: FrontDesk, reader: Visit) -> None:
    for page in range(photocopies.MOST_OPEN):
        ask(desk, reader, pages=str(page + 1))
    with pytest.raises(NotNow) as refused:
        ask(desk, reader, pages="99")
    assert refused.value.state == "forms"


def visits_pages(desk: FrontDesk, visit: Visit) -> int:
    def read(db) -> int:  # type: ignore[no-untyped-def]
        return int(db.execute("SELECT pages_photocopied FROM visit WHERE id = ?", (visit.id,)).fetchone()[0])

    return desk.store.read(read)


# ---------------------------------------------------------------------------------------- requests


def request(desk: FrontDesk, visit: Visit, words: str = "Statistik Daerah 2019", email: str = "") -> int:
    found = inquiries.parse("softcopy", {"words": words, "email": email}, has_email=True)
    return desk.store.write(inquiries.ask, desk.office, visit.id, found, made_on="phone")


def test_each_office_offers_what_its_standard_names(build: Callable[[str], FrontDesk]) -> None:
    assert inquiries.kinds(build("1373").office) == ("consultation",)
    assert inquiries.kinds(build("1377").office) == ("softcopy",)


def test_a_request_is_settled_by_somebody_within_some_time(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    number = request(desk, reader, email="siti@contoh.id")
    clock.advance(600)
    desk.store.write(inquiries.settle, number, outcome="done", staff=rina)

    (found,) = desk.store.read(inquiries.settled_lately, 10)
    assert (found.email, found.staff, found.took_s) == ("siti@contoh.id", "Rina Marlina", 600)
    assert desk.store.read(inquiries.open_ones) == []
    with pytest.raises(NotNow):
        desk.store.write(inquiries.settle, number, outcome="dropped", staff=rina)


def test_a_request_outlives_its_visit_and_its_day(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    number = request(desk, reader)
    desk.store.write(visits.check_out, reader.id, staff=rina)
    clock.advance(86_400)
    desk.store.write(days.end_if_over, desk.office.zone)

    assert [one.id for one in desk.store.read(inquiries.open_ones)] == [number]


def test_the_answer_goes_to_the_guest_book_s_address_where_no_other_is_given(
    desk: FrontDesk, reader: Visit
) -> None:
    sign(desk, reader, email="dari.buku@contoh.id")
    request(desk, reader)
    assert desk.store.read(inquiries.open_ones)[0].email == "dari.buku@contoh.id"


@pytest.mark.parametrize(
    ("entries", "has_email", "field"),
    [
        ({"words": "", "email": "a@contoh.id"}, False, "words"),
        ({"words": "x" * 10_000, "email": "a@contoh.id"}, False, "words"),
        ({"words": "Buku", "email": "bukan alamat"}, True, "email"),
        ({"words": "Buku", "email": ""}, False, "email"),
        ({"words": "Buku", "email": "a" * 5000 + "@contoh.id"}, False, "email"),
    ],
)
def test_a_request_needs_words_and_an_address(entries: dict[str, str], has_email: bool, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        inquiries.parse("softcopy", entries, has_email=has_email)
    assert set(wrong.value.fields) == {field}


def test_who_taps_twice_asks_once(desk: FrontDesk, reader: Visit) -> None:
    assert request(desk, reader) == request(desk, reader)
    for number in range(inquiries.MOST_OPEN - 1):
        request(desk, reader, f"Buku {number}")
    with pytest.raises(NotNow) as refused:
        request(desk, reader, "Buku lagi")
    assert refused.value.state == "inquiries"


def test_nothing_can_be_asked_for_once_the_visit_is_over(desk: FrontDesk, reader: Visit, rina: int) -> None:
    desk.store.write(visits.check_out, reader.id, staff=rina)
    with pytest.raises(NotNow):
        request(desk, reader)
    with pytest.raises(NotNow):
        ask(desk, reader)


# ---------------------------------------------------------------------------------------- the reading room


def test_readers_are_those_of_the_printed_library_between_service_and_goodbye(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    come(desk, rina, "asks", "consultation")
    room = look(desk, clock)

    assert [one.visit.id for one in room.readers] == [reader.id]
    assert (room.seats, room.is_full) == (12, False)
    clock.advance(4 * 3600)
    assert look(desk, clock).readers[0].is_long
    desk.store.write(visits.check_out, reader.id, staff=rina)
    assert look(desk, clock).readers == ()


def test_a_full_room_says_so(desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock) -> None:
    for number in range(11):
        come(desk, rina, f"reader-{number}")
    assert look(desk, clock).is_full


def look(desk: FrontDesk, clock: ManualClock) -> reading_room.Room:
    room = desk.store.read(reading_room.look, desk.office, clock.now())
    assert room is not None
    return room


# ---------------------------------------------------------------------------------------- what stays


def sign(desk: FrontDesk, visit: Visit, email: str = "siti@contoh.id") -> None:
    declined = dict.fromkeys(
        ("sex", "birth_year", "education", "occupation", "institution_category", "main_use"),
        guest_form.DECLINED,
    )
    values = {"name": "Siti", "email": email, "institution": "UNP", "sub_services": "printed_library"}
    desk.store.write(
        guestbook.submit, desk.office, visit.id, Entry({**values, **declined}, "hash", "id", "phone")
    )


def test_own_words_go_with_the_name_and_the_counts_stay(desk: FrontDesk, reader: Visit, rina: int) -> None:
    sign(desk, reader)
    request(desk, reader, "Kata-kata saya", "lain@contoh.id")
    form = ask(desk, reader, rina, title="Buku rahasia")
    desk.store.write(photocopies.take_back, form.id, staff=rina)
    export = json.dumps(guests.exported(desk.store.read(guests.record, reader.id), "id"))
    assert "Kata-kata saya" in export
    assert "Buku rahasia" in export

    desk.store.write(guestbook.erase, reader.id, staff=rina)
    desk.store.checkpoint()

    everything = b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    for secret in ("Kata-kata saya", "lain@contoh.id", "Buku rahasia"):
        assert secret.encode() not in everything
    assert desk.store.read(photocopies.get, form.id).sheets == 16


def test_own_words_are_due_with_the_names(desk: FrontDesk, rina: int, clock: ManualClock) -> None:
    first = come(desk, rina, "first")  # without a guest book
    request(desk, first, "Kata lama")
    keeps = ask(desk, first, rina, title="Masih di luar")
    for number in range(retention.WITNESSES):
        clock.advance(40 * 86_400 if number == 0 else 86_400)
        come(desk, rina, f"later-{number}")
    clock.advance(366 * 86_400)
    for number in range(retention.WITNESSES):
        clock.advance(86_400)
        come(desk, rina, f"last-{number}")

    retention.run(desk.store, desk.office)

    assert [one.words for one in desk.store.read(inquiries.open_ones)] == [""]
    assert desk.store.read(photocopies.get, keeps.id).title == "Masih di luar", "needed until it is back"
    desk.store.write(photocopies.take_back, keeps.id, staff=rina)
    clock.advance(86_400)
    retention.run(desk.store, desk.office)
    assert desk.store.read(photocopies.get, keeps.id).title == ""


def test_reports_count_forms_and_requests(
    desk: FrontDesk, reader: Visit, rina: int, clock: ManualClock
) -> None:
    ask(desk, reader, rina)
    ask(desk, reader, pages="40")  # nobody has signed
    number = request(desk, reader)
    request(desk, reader, "Lain")
    clock.advance(300)
    desk.store.write(inquiries.settle, number, outcome="done", staff=rina)
    today = clock.now().local_date(desk.office.zone)
    period = containing("day", today)

    lending = desk.store.read(figures.count, desk.office, period, today).lending

    assert lending.forms == 1
    assert (lending.softcopy.asked, lending.softcopy.done, lending.softcopy.took.median_s) == (2, 1, 300)
    assert lending.consultation.asked == 0


def test_the_visit_record_names_what_was_asked_for(desk: FrontDesk, reader: Visit, rina: int) -> None:
    form = ask(desk, reader, rina)
    request(desk, reader)
    desk.store.write(photocopies.take_back, form.id, staff=rina)
    desk.store.write(visits.check_out, reader.id, staff=rina)

    def data(db):  # type: ignore[no-untyped-def]
        row = db.execute(
            "SELECT event FROM outbox WHERE visit_id = ? AND kind = 'visit'", (reader.id,)
        ).fetchone()
        return json.loads(row["event"])["data"]

    made = desk.store.read(data)
    assert made["services"] == ["printed_library", "digital_library", "photocopy"]
    assert made["pages_photocopied"] == 16
