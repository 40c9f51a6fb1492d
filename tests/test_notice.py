"""Every sentence of the privacy notice is a promise: each names the tests that hold it true.

A sentence that is changed, added or taken away fails here until somebody has looked whether it is kept.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.guest_form import FIELDS, OWN_CONSENT
from appliance.guestbook import NOTICE, SENT_ON
from appliance.keeping import totals
from appliance.schema import migrations
from appliance.wording import LANGUAGES, Language, load_wording
from drivers import pcsc

TESTS = Path(__file__).parent
WORDING = load_wording()

# Key and place of a sentence in the notice: what it promises in short, and the tests that prove it.
PROMISES: dict[tuple[str, int], tuple[str, ...]] = {
    # It says: "BPS {office_name} records your data as the data controller."
    ("who", 0): ("unit/test_guestbook.py::test_the_notice_says_what_this_office_promises",),
    # It says: "We record: name, e-mail, institution, purpose, and some general details."
    ("what", 0): (
        "unit/test_guestbook.py::test_answers_are_kept_as_codes_keys_numbers_and_text",
        "unit/test_guestbook.py::test_fields_that_the_office_does_not_ask_are_not_kept",
        "test_notice.py::test_what_is_asked_is_what_the_notice_names",
    ),
    # It says: "Of your identity card we record only its type; ... disguised and erased when ... returned."
    ("what", 1): (
        "store/test_cards.py::test_nothing_of_a_number_is_in_the_database_but_its_keyed_hash",
        "store/test_lockers.py::test_what_was_kept_of_a_card_is_gone_once_it_is_handed_back",
        "store/test_cards.py::test_keys_that_are_not_needed_any_more_are_destroyed",
        "store/test_backup.py::test_a_copy_holds_nothing_of_a_card_and_nobody_s_log_in",
    ),
    # It says: "The number, name, and photo on the card are not read."
    ("what", 2): (
        "test_notice.py::test_a_card_is_asked_for_its_serial_number_and_nothing_else",
        "store/test_cards.py::test_a_tap_never_shows_the_cards_hash_or_number",
    ),
    # It says: "To serve you today, count visits, and improve the service."
    ("why", 0): (
        "unit/test_guestbook.py::test_a_guest_book_registers_the_visit",
        "store/test_retention.py::test_after_five_years_a_visit_is_a_number_in_the_totals",
    ),
    # It says: "Visit statistics carry no names."
    ("why", 1): (
        "test_notice.py::test_no_count_that_stays_has_room_for_a_name",
        "unit/test_guestbook.py::test_erasing_leaves_the_coded_answers_without_a_person",
    ),
    # It says: "Basis: the public-service task of BPS."
    ("basis", 0): ("web/visitor/test_guest_book.py::test_the_notice_comes_first_and_asks_nothing",),
    # It says: "Fields marked (optional) are recorded only if you agree."
    ("basis", 1): (
        "unit/test_guestbook.py::test_nothing_optional_is_kept_without_consent",
        "unit/test_guestbook.py::test_what_is_optional_needs_the_consent",
        "web/visitor/test_guest_book.py::test_optional_details_need_the_tick",
        "unit/test_guestbook.py::test_what_the_visitor_was_told_and_chose_is_kept",
    ),
    # It says: "Name, contact details, institution, and year of birth are erased after ... months."
    ("retention", 0): (
        "store/test_retention.py::test_names_older_than_promised_leave_the_disk_and_newer_ones_stay",
        "unit/test_guestbook.py::test_names_are_gone_from_the_disk_after_the_promised_months",
        "store/test_backup.py::test_names_that_are_kept_no_longer_leave_the_copies_in_the_same_night",
    ),
    # It says: "What you have not sent is not stored."
    ("retention", 1): (
        "web/visitor/test_wiping.py::test_nothing_is_on_the_disk_before_it_is_sent",
        "web/visitor/test_wiping.py::test_entries_that_are_left_alone_are_wiped",
        "web/visitor/test_wiping.py::test_cancelling_wipes_the_entries",
    ),
    # It says: "Your name, ... are also sent to the central server ..., and are erased there when ... here."
    ("central", 0): (
        "central/test_outbox_privacy.py::test_identity_is_sent_nowhere_unless_the_office_says_so",
        "central/test_outbox_privacy.py::test_identity_goes_out_corrected_and_is_erased_there_too",
    ),
    # It says: "You may see, correct, and ask us to erase your data: {privacy_contact}."
    ("rights", 0): (
        "web/test_admin_guests.py::test_everything_that_is_kept_is_shown_in_words",
        "web/test_admin_guests.py::test_data_can_be_corrected",
        "web/test_admin_guests.py::test_data_can_be_taken_along_as_a_file",
        "web/test_admin_guests.py::test_data_can_be_erased_and_is_gone_from_every_page",
        "web/test_admin_guests.py::test_all_entries_of_one_person_are_erased_at_once",
        "store/test_backup.py::test_who_is_erased_by_hand_is_gone_from_every_file_and_the_others_stay",
    ),
    # It says: "Prefer not to use the screen?"
    ("alternative", 0): (
        "store/test_officer.py::test_somebody_let_in_stands_before_the_officer_and_the_same_form_again_lets_in_nobody_else",
    ),
    # It says: "An officer can help."
    ("alternative", 1): (
        "web/kiosk/test_first_page.py::test_calling_an_officer_tells_the_desk_and_stays_on_the_page",
    ),
}

# The sentences as they stand, by a digest of both languages: changed words are another promise.
DIGESTS: dict[tuple[str, int], str] = {
    ("who", 0): "6a20670f5954",
    ("what", 0): "dbba3f056026",
    ("what", 1): "6372a3d47294",
    ("what", 2): "8f8f8a2c363a",
    ("why", 0): "474597e54804",
    ("why", 1): "7dba9bcc34fd",
    ("basis", 0): "171e67b17221",
    ("basis", 1): "1ee9b5a07b9f",
    ("retention", 0): "d658e3760dd6",
    ("retention", 1): "938ae6325caa",
    ("rights", 0): "e4754b8a4ab9",
    ("alternative", 0): "62bb0bb86c02",
    ("alternative", 1): "e5721ddfa5e3",
    ("central", 0): "0feaca41f18b",
}


PLACES = {"office_name": "<office>", "retention_months": "<months>", "privacy_contact": "<contact>"}


def sentences(part: str, language: Language) -> list[str]:
    """The notice's part, a sentence an entry."""
    return re.split(r"(?<=[.?!])\s+", WORDING.text(f"privacy.{part}", language, **PLACES))


def all_sentences() -> dict[tuple[str, int], tuple[str, ...]]:
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for part in (*NOTICE, SENT_ON):
        both = [sentences(part, language) for language in LANGUAGES]
        assert len({len(one) for one in both}) == 1, f"{part}: the languages differ in their sentences"
        found |= {(part, place): words for place, words in enumerate(zip(*both, strict=True))}
    return found


def test_every_sentence_has_its_tests_and_no_test_is_for_a_sentence_that_is_gone() -> None:
    assert set(all_sentences()) == set(PROMISES)


@pytest.mark.parametrize("sentence", PROMISES, ids=lambda key: f"{key[0]}-{key[1]}")
def test_the_tests_of_a_sentence_exist(sentence: tuple[str, int]) -> None:
    for name in PROMISES[sentence]:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert function in functions, name


def test_changed_words_are_another_promise() -> None:
    now = {
        key: hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]
        for key, words in all_sentences().items()
    }
    assert now == DIGESTS, (
        "look whether the sentence is kept, give the office's notice a new version, note it here"
    )


# ------------------------------------------------------------------------------- what no other test holds


def test_what_is_asked_is_what_the_notice_names() -> None:
    """A question more is a word more in the notice: name, e-mail, institution, purpose, general details."""
    general = {
        "sex",
        "birth_year",
        "education",
        "occupation",
        "institution_category",
        "phone",
        "origin",
        "disability",
    }
    contact = {"name", "email", "phone", "institution", OWN_CONSENT}
    purpose = {"sub_services", "main_use", "data_needed"}
    assert {one.name for one in FIELDS} == contact | general | purpose


def test_a_card_is_asked_for_its_serial_number_and_nothing_else() -> None:
    """One command goes to a card, from one place: GET DATA for the UID (PC/SC part 3)."""
    assert pcsc.GET_UID == [0xFF, 0xCA, 0x00, 0x00, 0x00]
    sent = [
        ast.unparse(node.args[-1])
        for path in (TESTS.parent / "drivers").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("SCardTransmit", ".transmit"))
    ]
    assert sent == ["GET_UID"]


def test_no_count_that_stays_has_room_for_a_name() -> None:
    """What stays of visits when they are erased: a date, a service, a measure, a coded value, a number."""
    with closing(sqlite3.connect(":memory:")) as db:
        for step in migrations():
            db.executescript(step)
        columns = [row[1] for row in db.execute("PRAGMA table_info(day_total)")]
    assert columns == ["date", "service", "measure", "value", "count"]
    assert {"name", "email", "phone", "institution", "data_needed", "birth_year"}.isdisjoint(totals.ANSWERS)
    coded = {one.name for one in FIELDS if one.answers} | {"age_band"}
    assert set(totals.ANSWERS) <= coded
