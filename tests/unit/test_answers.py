"""The answer lists: codes, labels, and the bands of age."""

from __future__ import annotations

from typing import get_args

import pytest

from appliance.answers import ANSWERS, Answer, UnknownAnswer, age_band, by_code, by_key, label
from appliance.office import IdType, ServiceKind

SIZES = {
    "sex": 2,
    "education": 5,
    "occupation": 7,
    "institution_category": 9,
    "main_use": 5,
    "age_band": 7,
    "disability_type": 4,
    "sub_services": 5,
    "origin": 4,
    "id_types": 5,
    "skm_elements": 9,
    "data_obtained": 4,
}


def test_the_lists_are_these_and_complete() -> None:
    assert {name: len(answers) for name, answers in ANSWERS.items()} == SIZES


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_codes_count_from_one_without_a_gap(answers: tuple[Answer, ...]) -> None:
    assert [answer.code for answer in answers] == list(range(1, len(answers) + 1))


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_keys_and_labels_differ_within_a_list(answers: tuple[Answer, ...]) -> None:
    for names in ([a.key for a in answers], [a.id for a in answers], [a.en for a in answers]):
        assert len(set(names)) == len(answers)
        assert all(name and name == name.strip() for name in names)


def test_government_is_exactly_the_first_four_institutions() -> None:
    groups = {answer.code for answer in ANSWERS["institution_category"] if answer.group == "government"}

    assert groups == {1, 2, 3, 4}


def test_complaints_come_before_facilities_among_the_nine_elements() -> None:
    assert by_code("skm_elements", 8).key == "complaints"
    assert by_code("skm_elements", 9).key == "facilities"


def test_sub_services_are_kinds_that_a_visit_record_knows() -> None:
    assert {answer.key for answer in ANSWERS["sub_services"]} <= set(get_args(ServiceKind))


def test_every_kind_of_card_in_a_profile_has_a_label() -> None:
    assert [answer.key for answer in ANSWERS["id_types"]] == list(get_args(IdType))


def test_a_label_is_in_the_language_asked_for() -> None:
    assert label("education", 3, "id") == "D4/S1"
    assert label("education", 3, "en") == "Bachelor's degree (D4, S1)"


@pytest.mark.parametrize(("name", "code"), [("education", 6), ("education", 0), ("nothing", 1)])
def test_an_unknown_code_is_an_error(name: str, code: int) -> None:
    with pytest.raises(UnknownAnswer):
        by_code(name, code)


def test_an_answer_is_found_by_its_key() -> None:
    assert by_key("origin", "abroad").code == 4
    with pytest.raises(UnknownAnswer):
        by_key("origin", "mars")


@pytest.mark.parametrize(
    ("age", "key"),
    [
        (0, "under_17"),
        (16, "under_17"),
        (17, "17_25"),
        (25, "17_25"),
        (26, "26_34"),
        (34, "26_34"),
        (35, "35_44"),
        (44, "35_44"),
        (45, "45_54"),
        (54, "45_54"),
        (55, "55_65"),
        (65, "55_65"),
        (66, "over_65"),
        (125, "over_65"),
    ],
)
def test_an_age_belongs_to_its_band(age: int, key: str) -> None:
    assert age_band(2026 - age, 2026).key == key


@pytest.mark.parametrize("birth_year", [2027, 1900])
def test_an_impossible_birth_year_is_refused(birth_year: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        age_band(birth_year, 2026)
