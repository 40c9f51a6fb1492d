"""The guest book on the phone and on the kiosk: its notice, its screens, and what comes of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance import guestbook
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.store import Transaction
from tests.web.visitor.conftest import PREFIXES, SCREEN_1, SCREEN_2, OtherOffice, Visitor, stored


@pytest.fixture
def broken_disk(desk: FrontDesk) -> Callable[[], None]:
    """Has SQLite refuse what a guest book writes, as a failing disk does; called again, it is mended."""

    def refuse(tx: Transaction) -> None:
        tx.db.set_authorizer(
            lambda action, table, *_: (
                sqlite3.SQLITE_DENY
                if (action, table) == (sqlite3.SQLITE_INSERT, "guest")
                else sqlite3.SQLITE_OK
            )
        )

    def mend(tx: Transaction) -> None:
        tx.db.set_authorizer(None)

    acts = iter((refuse, mend))
    return lambda: desk.store.write(next(acts))


# ------------------------------------------------------------------------------------- the notice


def test_the_notice_comes_first_and_asks_nothing(visitor: Visitor) -> None:
    page = visitor.open()
    assert page.status_code == 200
    assert "pengendali data pribadi" in page.text
    assert "1373-2026-11" in page.text
    assert 'name="name"' not in page.text


def test_going_on_starts_the_first_screen(visitor: Visitor) -> None:
    answer = visitor.begin()
    assert answer.status_code == 303
    assert 'name="name"' in visitor.see()


def test_the_words_that_were_shown_are_kept_with_the_visit(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin(lang="en")
    for values in (SCREEN_1, SCREEN_2, {}):
        visitor.send(**values)
    (row,) = stored(desk)
    words = guestbook.notice(desk.office, desk.wording, "en")
    assert row["notice_hash"] == guestbook.notice_hash(words)
    assert (row["notice_version"], row["language"]) == ("1373-2026-11", "en")


def test_words_that_were_not_ours_are_shown_again(visitor: Visitor, desk: FrontDesk) -> None:
    answer = visitor.client.post(f"{visitor.base}/guest-book", data={"shown": "0" * 64})
    assert answer.location.endswith("/guest-book")
    assert len(desk.drafts) == 0


# ------------------------------------------------------------------------------------- the screens


def test_three_screens_lead_to_a_stored_guest_book(visitor: Visitor, desk: FrontDesk) -> None:
    answer = visitor.fill()
    assert answer.location.endswith("/guest-book/done")
    (row,) = stored(desk)
    assert (row["name"], row["email"], row["sub_services"]) == (
        "Budi Santoso",
        "budi@contoh.id",
        "printed_library scan",
    )
    assert (row["sex"], row["birth_year"], row["education"]) == (1, 1998, 3)
    assert row["entered_on"] == visitor.where
    assert len(desk.drafts) == 0


def test_messages_stand_beside_the_fields_and_the_entries_stay(visitor: Visitor) -> None:
    visitor.begin()
    answer = visitor.send(name="Budi Santoso", email="budi@", sub_services=["scan"])
    assert answer.status_code == 422
    assert 'value="Budi Santoso"' in answer.text
    assert 'value="budi@"' in answer.text
    assert re.search(r'value="scan"[^>]* checked', answer.text)
    assert re.search(r'id="email-error">.*Alamat e-mail belum benar', answer.text)
    assert re.search(r'id="institution-error">.*Bagian ini wajib diisi', answer.text)
    assert 'id="name-error"' not in answer.text


def test_back_keeps_what_was_written_on_both_screens(visitor: Visitor) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(birth_year="19", occupation="student", go="back")
    assert 'value="Budi Santoso"' in visitor.see()
    visitor.send(**SCREEN_1)
    page = visitor.see()
    assert 'value="19"' in page
    assert re.search(r'value="student"[^>]* checked', page)


def test_changing_the_language_keeps_what_was_written(visitor: Visitor) -> None:
    visitor.begin()
    answer = visitor.send(name="Budi Santoso", email="budi@", lang="en")
    assert answer.status_code == 303
    page = visitor.see()
    assert '<html lang="en"' in page
    assert "Full name" in page
    assert 'value="budi@"' in page


def test_a_page_that_shows_errors_still_offers_the_other_language(visitor: Visitor) -> None:
    visitor.begin()
    screen = visitor.at
    assert f'href="{screen}?lang=en"' in visitor.send().text


def test_unticking_counts_as_an_answer(visitor: Visitor) -> None:
    visitor.begin()
    assert visitor.send(**{**SCREEN_1, "email": "", "no_email": "1", "name": ""}).status_code == 422
    answer = visitor.send(**{**SCREEN_1, "email": ""})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_a_year_of_birth_can_be_declined(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**{**SCREEN_2, "birth_year": "19", "birth_year_declined": "1"})
    visitor.send()
    (row,) = stored(desk)
    assert row["birth_year"] is None


def test_who_has_no_email_is_not_asked_to_be_written_to(visitor: Visitor) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1, no_email="1")
    visitor.send(**SCREEN_2)
    assert "skd_contact" not in visitor.see()


def test_optional_details_need_the_tick(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**SCREEN_2)
    answer = visitor.send(phone="081234567890")
    assert answer.status_code == 422
    assert 'id="consent-error"' in answer.text
    visitor.send(phone="081234567890", consent="1")
    (row,) = stored(desk)
    assert (row["phone"], row["optional"], row["contact"]) == ("081234567890", 1, 0)


def test_a_screen_that_was_passed_by_is_asked_for_at_the_end(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    visitor.at = visitor.at.removesuffix("/1") + "/3"
    answer = visitor.send()
    assert answer.location.endswith("/1?checked=1")
    assert 'id="name-error"' in visitor.see()
    assert stored(desk) == []


def test_there_is_no_fourth_screen(visitor: Visitor) -> None:
    visitor.begin()
    fourth = visitor.at.removesuffix("/1") + "/4"
    assert visitor.client.get(fourth).status_code == 404
    assert visitor.client.post(fourth).status_code == 404


def test_an_answer_of_any_length_is_cut_and_refused(visitor: Visitor) -> None:
    visitor.begin()
    answer = visitor.send(**{**SCREEN_1, "name": "a" * 5000})
    assert answer.status_code == 422
    assert "a" * 501 not in answer.text


def test_only_the_phone_may_fill_in_its_owners_data(visitor: Visitor) -> None:
    visitor.begin()
    assert ('autocomplete="name"' in visitor.see()) == (visitor.where == "phone")


def test_every_input_is_checked_against_what_a_page_may_carry(visitor: Visitor) -> None:
    visitor.begin()
    answer = visitor.send(**{**SCREEN_1, "name": '"><script>alert(1)</script>', "email": ""})
    assert "<script>alert" not in answer.text


# ------------------------------------------------------------------------------------- refusals


def test_a_guest_book_that_is_filled_in_says_so(visitor: Visitor) -> None:
    visitor.fill()
    page = visitor.open()
    assert page.status_code == 200
    assert "sudah diisi" in page.text


def test_the_same_form_sent_twice_is_stored_once(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**SCREEN_2)
    last = visitor.at
    visitor.send()
    visitor.at = last
    answer = visitor.send()
    assert "sudah diisi" in visitor.client.get(answer.location, follow_redirects=True).text
    assert len(stored(desk)) == 1


def test_what_an_officer_confirmed_meanwhile_is_not_asked_again(
    visitor: Visitor, desk: FrontDesk, officer: Member
) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**SCREEN_2)
    desk.store.write(guestbook.confirm_elsewhere, visitor.visit.id, staff=officer.id)
    visitor.send()
    assert "sudah diisi" in visitor.see()
    assert len(desk.drafts) == 0


def test_a_disk_that_fails_loses_nothing_while_the_visitor_is_there(
    visitor: Visitor, desk: FrontDesk, broken_disk: Callable[[], None]
) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**SCREEN_2)
    broken_disk()
    answer = visitor.send(phone="081234567890", consent="1")
    assert answer.status_code == 503
    assert "Isian belum tersimpan" in answer.text
    assert 'value="081234567890"' in answer.text
    assert stored(desk) == []
    broken_disk()
    visitor.send(phone="081234567890", consent="1")
    assert len(stored(desk)) == 1


def test_another_desks_matter_takes_no_data(on_phone: Callable[..., Visitor], desk: FrontDesk) -> None:
    visitor = on_phone("other")
    assert "tidak perlu diisi" in visitor.open().text
    visitor.post("guest-book", shown=guestbook.notice_hash(guestbook.notice(desk.office, desk.wording, "id")))
    assert len(desk.drafts) == 0


def test_an_unknown_token_is_a_plain_404(client: FlaskClient) -> None:
    for prefix in PREFIXES.values():
        assert client.get(f"{prefix}/nothing/guest-book").status_code == 404
        assert client.post(f"{prefix}/nothing/guest-book").status_code == 404


def test_the_kiosks_pages_open_on_the_kiosk_only(on_phone: Callable[..., Visitor]) -> None:
    visitor = on_phone()
    elsewhere = {"REMOTE_ADDR": "192.168.1.50"}
    kiosk = f"/kiosk{visitor.base}/guest-book"
    assert visitor.client.get(kiosk, environ_base=elsewhere).status_code == 404
    assert visitor.client.get(f"{visitor.base}/guest-book", environ_base=elsewhere).status_code == 200


# ------------------------------------------------------------------------------------- thank you


def test_thank_you_promises_what_the_standard_promises(visitor: Visitor) -> None:
    visitor.fill()
    page = visitor.see()
    assert "dalam 5 menit" in page
    assert "Budi" not in page


def test_thank_you_does_not_promise_service_to_who_is_being_served(
    other_office: Callable[..., OtherOffice],
) -> None:
    office = other_office()
    visitor = office.visitor()
    office.serve(visitor)
    visitor.fill()
    assert "dalam 5 menit" not in visitor.see()
    assert "sudah tersimpan" in visitor.see()


def test_thank_you_is_not_said_before(visitor: Visitor) -> None:
    assert visitor.open("guest-book/done").location.endswith("/guest-book")


def test_the_kiosk_leaves_the_thank_you_page_by_itself(at_kiosk: Callable[..., Visitor]) -> None:
    visitor = at_kiosk()
    visitor.fill()
    goes = 'data-idle-seconds="20" data-idle-warn-seconds="0" data-idle-url="/kiosk/start"'
    assert goes in visitor.see()


def test_the_officers_invitation_is_met(visitor: Visitor, desk: FrontDesk) -> None:
    desk.invitations.send(visitor.visit.id, "guest_book")
    visitor.fill()
    assert desk.invitations.open() == []


def test_an_invitation_to_rate_outlives_the_guest_book(visitor: Visitor, desk: FrontDesk) -> None:
    desk.invitations.send(visitor.visit.id, "rating")
    visitor.fill()
    assert [one.to for one in desk.invitations.open()] == ["rating"]
