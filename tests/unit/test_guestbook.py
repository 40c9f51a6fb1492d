"""What the guest book asks, what fits, what is kept, and what is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import config, guest_form, guestbook, tickets, visits
from appliance.clock import ManualClock
from appliance.errors import Invalid, NotNow
from appliance.front_desk import FrontDesk, assemble
from appliance.guest_form import DECLINED, FIELDS, check, clean, fields, kept
from appliance.guestbook import Entry
from appliance.keeping import retention
from appliance.office import Office, load_office
from appliance.staff import Member
from appliance.visits import Request, Visit
from appliance.wording import load_wording
from tests.conftest import CONFIG

NOW = ManualClock().now()  # in 2026

SCREEN_1 = {
    "name": "Budi Santoso",
    "email": "budi@contoh.id",
    "institution": "Universitas Negeri Padang",
    "sub_services": "printed_library scan",
}
SCREEN_2 = {
    "sex": "male",
    "birth_year": "1998",
    "education": "bachelor",
    "occupation": "student",
    "institution_category": "research_education",
    "main_use": "school_task",
}
SCREEN_3 = {
    "phone": "0812-3456 7890",
    "origin": "other_province",
    "data_needed": "Inflasi 2025",
    "disability": "1",
    "consent": "1",
}


@pytest.fixture(scope="module")
def sawahlunto() -> Office:
    return load_office("1373")


@pytest.fixture(scope="module")
def pariaman() -> Office:
    return load_office("1377")


def wrong(office: Office, screen: int, **values: str) -> dict[str, str]:
    """The text's key for each field that does not fit."""
    try:
        check(office, screen, values, NOW)
    except Invalid as error:
        return {name: message.key for name, message in error.fields.items()}
    return {}


def row_count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def entry(**values: str) -> Entry:
    return Entry({**SCREEN_1, **SCREEN_2, **values}, "hash", "id", "kiosk")


# ------------------------------------------------------------------------------------ what fits


def test_a_form_that_is_filled_in_fits(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 1, **SCREEN_1) == {}
    assert wrong(sawahlunto, 2, **SCREEN_2) == {}
    assert wrong(sawahlunto, 3, **SCREEN_3) == {}


def test_an_empty_first_screen_names_every_question(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 1) == {
        "name": "err.required",
        "email": "err.required",
        "institution": "err.required",
        "sub_services": "err.choose_some",
    }


def test_spaces_are_no_name(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 1, **{**SCREEN_1, "name": "  \u00a0\t"}) == {"name": "err.required"}


def test_every_question_of_the_second_screen_can_be_declined(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 2, **dict.fromkeys(SCREEN_2, DECLINED)) == {}


def test_no_question_of_the_first_screen_can_be_declined(sawahlunto: Office) -> None:
    declined = wrong(sawahlunto, 1, **{**SCREEN_1, "email": DECLINED, "sub_services": DECLINED})
    assert declined == {"email": "err.email", "sub_services": "err.choose_some"}


def test_the_third_screen_may_stay_empty(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 3) == {}


@pytest.mark.parametrize("given", ["phone", "origin", "data_needed", "disability"])
def test_what_is_optional_needs_the_consent(sawahlunto: Office, given: str) -> None:
    assert wrong(sawahlunto, 3, **{given: SCREEN_3[given]}) == {"consent": "privacy.consent_needed"}
    assert wrong(sawahlunto, 3, consent="1", **{given: SCREEN_3[given]}) == {}


def test_declining_an_optional_question_needs_no_consent(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 3, origin=DECLINED) == {}


def test_the_consent_to_be_written_to_stands_alone(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 3, skd_contact="1") == {}


@pytest.mark.parametrize(
    "email", ["budi@contoh.id", "b.u-d_i+pst@mail.contoh.co.id", "siti@xn--contoh-1ya.id", "a@b.io"]
)
def test_an_email_address_fits(sawahlunto: Office, email: str) -> None:
    assert wrong(sawahlunto, 1, **{**SCREEN_1, "email": email}) == {}


@pytest.mark.parametrize(
    "email",
    [
        "budi",
        "budi@",
        "@contoh.id",
        "budi@contoh",
        "budi@contoh,id",
        "bu di@contoh.id",
        "a@b@c.id",
        "a@b.1",
        "a@.id",
    ],
)
def test_half_an_email_address_does_not(sawahlunto: Office, email: str) -> None:
    assert wrong(sawahlunto, 1, **{**SCREEN_1, "email": email}) == {"email": "err.email"}


def test_who_has_no_email_address_ticks_that(sawahlunto: Office) -> None:
    assert wrong(sawahlunto, 1, **{**SCREEN_1, "email": "", "no_email": "1"}) == {}


def test_the_tick_for_no_email_wins_over_a_half_typed_address(sawahlunto: Office) -> None:
    values = {**SCREEN_1, "email": "budi@", "no_email": "1"}
    assert wrong(sawahlunto, 1, **values) == {}
    assert "email" not in kept(sawahlunto, values)


def test_pariaman_asks_no_email_of_who_stands_there(pariaman: Office) -> None:
    assert wrong(pariaman, 1, **{**SCREEN_1, "email": ""}) == {}
    assert wrong(pariaman, 1, **{**SCREEN_1, "email": "budi@"}) == {"email": "err.email"}


@pytest.mark.parametrize("year", ["1916", "2021", " 1998 "])
def test_a_year_of_birth_that_can_be(sawahlunto: Office, year: str) -> None:
    assert wrong(sawahlunto, 2, **{**SCREEN_2, "birth_year": year}) == {}


@pytest.mark.parametrize("year", ["1915", "2022", "98", "19 98", "abcd", "１９９８", "-1998", "1998.0"])
def test_a_year_of_birth_that_cannot_be(sawahlunto: Office, year: str) -> None:
    assert wrong(sawahlunto, 2, **{**SCREEN_2, "birth_year": year}) == {"birth_year": "err.year"}


@pytest.mark.parametrize("phone", ["081234567890", "+62 812-3456-7890", "0754 61049", "(0751) 93785.1"])
def test_a_phone_number_fits(sawahlunto: Office, phone: str) -> None:
    assert wrong(sawahlunto, 3, phone=phone, consent="1") == {}


@pytest.mark.parametrize("phone", ["0812", "0812345678901234", "o81234567890", "+", "08123+456789"])
def test_no_phone_number_does_not(sawahlunto: Office, phone: str) -> None:
    assert wrong(sawahlunto, 3, phone=phone, consent="1") == {"phone": "err.phone"}


@pytest.mark.parametrize("answer", ["other", "male female", "1", "Laki-laki", "male male"])
def test_a_choice_is_exactly_one_of_its_answers(sawahlunto: Office, answer: str) -> None:
    assert wrong(sawahlunto, 2, **{**SCREEN_2, "sex": answer}) == {"sex": "err.choose"}


def test_several_answers_are_all_known_ones(sawahlunto: Office) -> None:
    found = wrong(sawahlunto, 1, **{**SCREEN_1, "sub_services": "scan dancing"})
    assert found == {"sub_services": "err.choose_some"}


@pytest.mark.parametrize("name", ["name", "institution", "email"])
def test_a_text_has_a_longest_length(sawahlunto: Office, name: str) -> None:
    assert wrong(sawahlunto, 1, **{**SCREEN_1, name: "a" * 121}) == {name: "err.too_long"}


def test_sawahlunto_offers_no_photocopy_and_pariaman_does(sawahlunto: Office, pariaman: Office) -> None:
    one = next(one for one in FIELDS if one.name == "sub_services")
    offered = {
        office.id: [a.key for a in guest_form.answers(office, one)] for office in (sawahlunto, pariaman)
    }
    assert "photocopy" not in offered["1373"]
    assert "photocopy" in offered["1377"]
    assert wrong(sawahlunto, 1, **{**SCREEN_1, "sub_services": "photocopy"}) == {
        "sub_services": "err.choose_some"
    }


def test_the_profile_says_what_is_asked(sawahlunto: Office) -> None:
    book = sawahlunto.guest_book.model_copy(update={"fields": ("name", "sex")})
    short = sawahlunto.model_copy(update={"guest_book": book})
    assert [one.name for one in fields(short)] == ["name", "sex"]
    assert guest_form.screens(short) == (1, 2)
    assert wrong(short, 1, name="Budi") == {}


def test_control_characters_become_spaces() -> None:
    assert clean(" Budi\x00\n\u200bSantoso\t ") == "Budi Santoso"


# ------------------------------------------------------------------------------------ what is kept


def test_answers_are_kept_as_codes_keys_numbers_and_text(sawahlunto: Office) -> None:
    assert kept(sawahlunto, {**SCREEN_1, **SCREEN_2, **SCREEN_3}) == {
        "name": "Budi Santoso",
        "email": "budi@contoh.id",
        "institution": "Universitas Negeri Padang",
        "sub_services": "printed_library scan",
        "sex": 1,
        "birth_year": 1998,
        "education": 3,
        "occupation": 1,
        "institution_category": 6,
        "main_use": 1,
        "phone": "081234567890",
        "origin": "other_province",
        "data_needed": "Inflasi 2025",
        "disability": 1,
    }


def test_nothing_optional_is_kept_without_consent(sawahlunto: Office) -> None:
    known = kept(sawahlunto, {**SCREEN_1, **SCREEN_3, "consent": ""})
    assert not {"phone", "origin", "data_needed", "disability"} & known.keys()


def test_what_was_declined_is_not_kept(sawahlunto: Office) -> None:
    known = kept(sawahlunto, {**SCREEN_1, **dict.fromkeys(SCREEN_2, DECLINED)})
    assert known.keys() == SCREEN_1.keys()


def test_nobody_without_an_address_is_to_be_written_to(sawahlunto: Office) -> None:
    assert "skd_contact" in kept(sawahlunto, {**SCREEN_1, "skd_contact": "1"})
    assert "skd_contact" not in kept(sawahlunto, {**SCREEN_1, "skd_contact": "1", "no_email": "1"})


def test_fields_that_the_office_does_not_ask_are_not_kept(sawahlunto: Office) -> None:
    book = sawahlunto.guest_book.model_copy(update={"fields": ("name",)})
    short = sawahlunto.model_copy(update={"guest_book": book})
    assert kept(short, {**SCREEN_1, **SCREEN_3}) == {"name": "Budi Santoso"}


# ------------------------------------------------------------------------------------ storing


def test_a_guest_book_registers_the_visit(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = desk.store.write(guestbook.submit, desk.office, issue().id, entry(**SCREEN_3))
    assert visit.state == "registered"
    assert visit.registered is not None
    assert visit.needs_help
    guest = desk.store.read(guestbook.guest, visit.id)
    assert guest is not None
    assert (guest.name, guest.phone, guest.entered_on) == ("Budi Santoso", "081234567890", "kiosk")


def test_what_the_visitor_was_told_and_chose_is_kept(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue()
    told = Entry({**SCREEN_1, **SCREEN_2, "skd_contact": "1"}, "f00d", "en", "phone")
    desk.store.write(guestbook.submit, desk.office, visit.id, told)
    row = desk.store.read(lambda db: tuple(db.execute("SELECT * FROM consent").fetchone()))
    at = desk.clock.now().stamp()
    assert row == (visit.id, 1, "1373-2026-11", "f00d", "en", at, 0, 1)


def test_a_guest_book_is_filled_in_once(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue()
    desk.store.write(guestbook.submit, desk.office, visit.id, entry())
    with pytest.raises(NotNow) as caught:
        desk.store.write(guestbook.submit, desk.office, visit.id, entry(name="Siti"))
    assert caught.value.state == "registered"
    guest = desk.store.read(guestbook.guest, visit.id)
    assert guest is not None
    assert guest.name == "Budi Santoso"


def test_a_form_that_does_not_fit_stores_nothing(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue()
    with pytest.raises(Invalid):
        desk.store.write(guestbook.submit, desk.office, visit.id, entry(sex="both"))
    for table in ("guest", "guest_facts", "consent"):
        assert desk.store.read(row_count, table) == 0


def test_another_desks_matter_takes_no_data(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    visit = issue("other")
    assert guestbook.standing(desk.office, visit) == "not_needed"
    with pytest.raises(NotNow):
        desk.store.write(guestbook.submit, desk.office, visit.id, entry())


def test_a_visit_that_is_over_takes_no_guest_book(
    desk: FrontDesk, issue: Callable[..., Visit], officer: Member
) -> None:
    visit = issue()
    gone = desk.store.write(visits.give_up, visit.id, outcome="cancelled", staff=officer.id)
    assert guestbook.standing(desk.office, gone) == "over"
    with pytest.raises(NotNow):
        desk.store.write(guestbook.submit, desk.office, visit.id, entry())


def test_the_journal_carries_nothing_that_was_entered(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    desk.store.write(guestbook.submit, desk.office, issue().id, entry(**SCREEN_3))
    rows = desk.store.read(lambda db: "".join(str(tuple(row)) for row in db.execute("SELECT * FROM journal")))
    for value in ("Budi", "contoh.id", "Padang", "0812", "1998", "Inflasi"):
        assert value not in rows


# ------------------------------------------------------------------- correcting, erasing


def test_a_guest_has_their_entry_set_right(
    desk: FrontDesk, issue: Callable[..., Visit], officer: Member
) -> None:
    visit = desk.store.write(guestbook.submit, desk.office, issue().id, entry(**SCREEN_3))
    values = {"name": "Budi Susanto", "email": "", "phone": "0812-999 9999", "institution": "Pribadi"}
    desk.store.write(guestbook.correct, visit.id, values, staff=officer.id)
    guest = desk.store.read(guestbook.guest, visit.id)
    assert guest is not None
    assert (guest.name, guest.email, guest.phone) == ("Budi Susanto", None, "08129999999")


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("name", " ", "err.required"),
        ("name", "a" * 121, "err.too_long"),
        ("email", "budi@", "err.email"),
        ("phone", "1", "err.phone"),
    ],
)
def test_a_correction_is_checked_like_the_form(
    desk: FrontDesk, issue: Callable[..., Visit], officer: Member, field: str, value: str, key: str
) -> None:
    visit = desk.store.write(guestbook.submit, desk.office, issue().id, entry())
    with pytest.raises(Invalid) as caught:
        desk.store.write(guestbook.correct, visit.id, {**SCREEN_1, field: value}, staff=officer.id)
    assert {name: message.key for name, message in caught.value.fields.items()} == {field: key}


def test_erasing_leaves_the_coded_answers_without_a_person(
    desk: FrontDesk, issue: Callable[..., Visit], officer: Member
) -> None:
    visit = desk.store.write(guestbook.submit, desk.office, issue().id, entry(**SCREEN_3))
    desk.store.write(guestbook.erase, visit.id, staff=officer.id)
    assert desk.store.read(guestbook.guest, visit.id) is None
    facts = desk.store.read(lambda db: db.execute("SELECT * FROM guest_facts").fetchone())
    assert (facts["education"], facts["birth_year"]) == (3, None)
    assert not desk.store.read(visits.get, visit.id).needs_help


def test_what_is_erased_is_neither_corrected_nor_erased_again(
    desk: FrontDesk, issue: Callable[..., Visit], officer: Member
) -> None:
    visit = desk.store.write(guestbook.submit, desk.office, issue().id, entry())
    desk.store.write(guestbook.erase, visit.id, staff=officer.id)
    with pytest.raises(NotNow):
        desk.store.write(guestbook.erase, visit.id, staff=officer.id)
    with pytest.raises(NotNow):
        desk.store.write(guestbook.correct, visit.id, SCREEN_1, staff=officer.id)


def identity_due(desk: FrontDesk) -> int:
    found = desk.store.read(retention.due, desk.office, desk.clock.now())
    return next(one.count for one in found if one.kind.key == "identity")


def test_names_are_gone_from_the_disk_after_the_promised_months(tmp_path: Path, clock: ManualClock) -> None:
    office = load_office("1373")
    desk = assemble(office, config.parse(CONFIG.format(office="1373")), clock, tmp_path)
    desk.store.open()
    visit = desk.store.write(tickets.issue, office, Request("r", "library", "kiosk"))
    desk.store.write(guestbook.submit, office, visit.id, entry(**SCREEN_3))
    clock.advance(354 * 86_400)
    for day in range(10):  # without days of service in the last month no calendar is believed
        desk.store.write(tickets.issue, office, Request(f"witness-{day}", "library", "kiosk"))
        clock.advance(86_400)
    assert identity_due(desk) == 0
    clock.advance(3 * 86_400)
    assert identity_due(desk) == 1
    retention.run(desk.store, office)
    desk.store.checkpoint()  # as the keeper does after erasing
    desk.store.close()
    bytes_left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for value in (b"Budi", b"contoh.id", b"Padang", b"081234567890", b"Inflasi"):
        assert value not in bytes_left


# ------------------------------------------------------------------------------------ the notice


def test_the_notice_says_what_this_office_promises(pariaman: Office) -> None:
    words = "\n".join(guestbook.notice(pariaman, load_wording(), "id"))
    assert "BPS Kota Pariaman" in words
    assert "12 bulan" in words
    assert "bps1377@bps.go.id" in words


def test_other_words_have_another_hash(sawahlunto: Office, pariaman: Office) -> None:
    hashes = {
        guestbook.notice_hash(guestbook.notice(office, load_wording(), language))
        for office in (sawahlunto, pariaman)
        for language in office.languages
    }
    assert len(hashes) == 4
