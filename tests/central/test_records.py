"""The records that the central server gets. Pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import answers
from appliance.central import contract, records
from appliance.central.contract import Kind
from appliance.office import load_office

OFFICE = load_office("1373")

ROW: dict[str, Any] = {
    "date": "2026-11-23",
    "service": "library",
    "sub_services": None,
    "priority": 0,
    "sex": None,
    "age_band": None,
    "education": None,
    "occupation": None,
    "institution_category": None,
    "main_use": None,
    "origin": None,
    "arrived": "2026-11-23T02:00:00.000Z 00000001 1",
    "wait_s": None,
    "sla_s": None,
    "duration_s": None,
    "locker_used": 0,
    "id_deposited": 0,
    "pages_scanned": 0,
    "pages_photocopied": 0,
    "inquiries": None,
    "state": "checked_out",
}


def record(**changed: Any) -> dict[str, Any]:
    made = records.visit_record({**ROW, **changed}, OFFICE, "1.0")
    whole = {**made, "record_id": "0c7b3c3e-3a35-4e3c-9a55-5f1f6f1b2a10", "revision": 1}
    contract.check_data(Kind.VISIT, whole)
    return whole


def test_what_nobody_answered_is_null() -> None:
    made = record()
    for field in ("sex", "age_band", "education", "occupation", "institution_category", "main_use", "origin"):
        assert made[field] is None
    assert (made["wait_seconds"], made["sla_seconds"], made["sla_met"]) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("education", "education"),
        ("occupation", "occupation"),
        ("institution_category", "institution_category"),
        ("main_use", "main_use"),
    ],
)
def test_each_code_is_sent_as_it_is(name: str, field: str) -> None:
    for answer in answers.ANSWERS[name]:
        assert record(**{field: answer.code})[field] == answer.code
    assert record(**{field: 99})[field] is None


def test_sex_age_and_origin_are_sent_by_their_keys() -> None:
    assert [record(sex=code)["sex"] for code in (1, 2, 3)] == ["male", "female", None]
    for name in ("age_band", "origin"):
        for answer in answers.ANSWERS[name]:
            assert record(**{name: answer.key})[name] == answer.key
        assert record(**{name: "elsewhere"})[name] is None


@pytest.mark.parametrize(
    ("service", "wanted", "sent"),
    [
        ("library", None, ["printed_library"]),
        ("library", "", ["printed_library"]),
        ("library", "scan digital_library", ["digital_library", "scan"]),
        ("library", "massage", ["printed_library"]),
        ("consultation", "printed_library", ["printed_library", "consultation"]),
        ("other", None, ["other"]),
        ("closed_long_ago", None, ["other"]),
    ],
)
def test_the_services_are_what_was_wanted(service: str, wanted: str | None, sent: list[str]) -> None:
    assert record(service=service, sub_services=wanted)["services"] == sent


@pytest.mark.parametrize(("seconds", "met"), [(0, True), (300, True), (301, False), (None, None)])
def test_exactly_the_published_time_counts_as_met(seconds: int | None, met: bool | None) -> None:
    assert record(sla_s=seconds)["sla_met"] is met


@pytest.mark.parametrize(("hour", "local"), [("16:59", 23), ("17:00", 0), ("02:30", 9)])
def test_the_hour_of_arrival_is_the_offices(hour: str, local: int) -> None:
    assert record(arrived=f"2026-11-23T{hour}:00.000Z 00000001 1")["arrival_hour"] == local


@given(
    st.fixed_dictionaries(
        {
            "sub_services": st.none() | st.text(max_size=40),
            "service": st.text(max_size=9),
            "sex": st.none() | st.integers(-1, 9),
            "education": st.none() | st.integers(-1, 99),
            "origin": st.none() | st.text(max_size=20),
            "age_band": st.none() | st.text(max_size=9),
            "wait_s": st.none() | st.integers(0, 10**6),
            "pages_scanned": st.integers(0, 10**5),
        }
    )
)
def test_whatever_stands_in_the_database_makes_a_record_that_fits(changed: dict[str, Any]) -> None:
    record(**changed)
