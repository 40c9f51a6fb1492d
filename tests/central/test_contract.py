"""What both sides have agreed on: events, batches, answers. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

from appliance.central import contract
from appliance.central.contract import (
    ACKNOWLEDGED,
    BadAnswer,
    BadBatch,
    BadEvent,
    Kind,
    Reason,
    Result,
    Status,
)

FOLDER = Path(contract.__file__).parent
DEVICE = "9d0e5b1c-6f0f-4b39-8a0e-2f6a2ad8c001"
RECORD = "0c7b3c3e-3a35-4e3c-9a55-5f1f6f1b2a10"
AT = datetime(2026, 11, 23, 3, 10, 0, 123000, UTC)

VISIT: dict[str, Any] = {
    "schema": "pst-visit/1",
    "record_id": RECORD,
    "revision": 1,
    "domain_code": "1373",
    "service_date": "2026-11-23",
    "timezone": "Asia/Jakarta",
    "channel": "walk_in",
    "services": ["printed_library", "scan"],
    "priority": False,
    "sex": "female",
    "age_band": "26_34",
    "education": 3,
    "occupation": 2,
    "institution_category": 6,
    "main_use": 4,
    "origin": "same_city",
    "arrival_hour": 9,
    "wait_seconds": 40,
    "sla_seconds": 300,
    "sla_target_seconds": 300,
    "sla_met": True,
    "duration_seconds": 3600,
    "locker_used": True,
    "id_deposited": True,
    "pages_scanned": 12,
    "pages_photocopied": 0,
    "data_obtained": None,
    "final_status": "completed",
    "app_version": "0.2.0",
}
RATING: dict[str, Any] = {
    "schema": "pst-rating/1",
    "record_id": RECORD,
    "revision": 1,
    "domain_code": "1373",
    "service_date": "2026-11-23",
    "service": "printed_library",
    "score": 2,
    "element": 9,
}
GUEST: dict[str, Any] = {
    "schema": "pst-guest/1",
    "record_id": RECORD,
    "revision": 1,
    "domain_code": "1373",
    "erased": False,
    "visit_record_id": RECORD,
    "service_date": "2026-11-23",
    "name": "Siti",
    "email": None,
    "phone": None,
    "institution": None,
    "survey_contact": False,
    "notice_version": "1",
}
TOMBSTONE = {key: GUEST[key] for key in ("schema", "record_id", "revision", "domain_code")} | {"erased": True}
DATA = {Kind.VISIT: VISIT, Kind.RATING: RATING, Kind.GUEST: GUEST}


def event(kind: Kind = Kind.VISIT, **changed: Any) -> dict[str, Any]:
    text = contract.make_event(
        kind, {**DATA[kind], **changed}, device=DEVICE, at=AT, sequence=4711, clock_quality="rtc"
    )
    made: dict[str, Any] = json.loads(text)
    return made


# ------------------------------------------------------------------------------------------ events


@pytest.mark.parametrize("kind", Kind)
def test_an_event_is_read_as_it_was_made(kind: Kind) -> None:
    read = contract.read_event(event(kind))
    assert (read.id, read.kind, read.domain, read.device) == (f"{RECORD}.1", kind, "1373", DEVICE)
    assert (read.record_id, read.revision, read.data) == (RECORD, 1, DATA[kind])


def test_a_visit_carries_order_and_quality_of_the_clock() -> None:
    read = contract.read_event(event())
    assert (read.sequence, read.clock_quality, read.time) == (4711, "rtc", AT)


def test_a_rating_carries_neither_order_nor_time_of_day() -> None:
    made = event(Kind.RATING)
    assert "sequence" not in made and "clockquality" not in made
    assert made["time"] == "2026-11-23T00:00:00Z"


@pytest.mark.parametrize("extra", [{"sequence": f"{1:020d}"}, {"time": "2026-11-23T03:10:00Z"}])
def test_a_rating_that_would_lead_to_a_visit_is_not_read(extra: dict[str, str]) -> None:
    with pytest.raises(BadEvent):
        contract.read_event(event(Kind.RATING) | extra)


def without(made: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name != key}


BAD_EVENTS: list[tuple[object, Reason]] = [
    (7, Reason.NOT_AN_EVENT),
    (None, Reason.NOT_AN_EVENT),
    ([], Reason.NOT_AN_EVENT),
    ({}, Reason.NOT_AN_EVENT),
    (event() | {"specversion": "0.3"}, Reason.NOT_AN_EVENT),
    (event() | {"id": ""}, Reason.NOT_AN_EVENT),
    (event() | {"id": 12}, Reason.NOT_AN_EVENT),
    (event() | {"id": "\ud800"}, Reason.NOT_AN_EVENT),
    (event() | {"time": "yesterday"}, Reason.NOT_AN_EVENT),
    (event() | {"time": 12}, Reason.NOT_AN_EVENT),
    (event() | {"time": None}, Reason.NOT_AN_EVENT),
    (event() | {"time": "2026-11-23T03:10:00"}, Reason.NOT_AN_EVENT),
    (without(event(), "time"), Reason.NOT_AN_EVENT),
    (without(event(), "sequence"), Reason.NOT_AN_EVENT),
    (event() | {"sequence": "12"}, Reason.NOT_AN_EVENT),
    (event() | {"sequence": 12}, Reason.NOT_AN_EVENT),
    (event() | {"clockquality": "fine"}, Reason.NOT_AN_EVENT),
    (without(event(), "clockquality"), Reason.NOT_AN_EVENT),
    (event() | {"Loud": "x"}, Reason.NOT_AN_EVENT),
    (event() | {"type": "id.go.bps.pst.locker"}, Reason.UNKNOWN_TYPE),
    (event() | {"type": "com.example.visit"}, Reason.UNKNOWN_TYPE),
    (event() | {"dataschema": "urn:bps:pst:schema:pst-visit:2"}, Reason.UNKNOWN_TYPE),
    (without(event(), "dataschema"), Reason.UNKNOWN_TYPE),
    (event() | {"source": "urn:bps:pst:13:x"}, Reason.WRONG_SOURCE),
    (event() | {"source": "https://example.org/"}, Reason.WRONG_SOURCE),
    (event() | {"id": f"{RECORD}.2"}, Reason.MISMATCH),
    (event() | {"subject": DEVICE}, Reason.MISMATCH),
    (event() | {"source": contract.source("1377", DEVICE)}, Reason.MISMATCH),
    (event() | {"data": "text"}, Reason.SCHEMA),
    (event() | {"data": {}}, Reason.SCHEMA),
    (without(event(), "data"), Reason.SCHEMA),
    (event() | {"data": VISIT | {"revision": 0}}, Reason.SCHEMA),
    (event() | {"data": VISIT | {"revision": True}}, Reason.SCHEMA),
    (event() | {"data": VISIT | {"name": "Siti"}}, Reason.SCHEMA),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_EVENTS)
def test_a_bad_event_is_refused_with_its_reason(bad: object, reason: Reason) -> None:
    with pytest.raises(BadEvent) as refused:
        contract.read_event(bad)
    assert refused.value.reason is reason


JSON_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from([*event(), "data_base64", "extra"]), value=JSON_VALUE)
def test_whatever_stands_in_an_attribute_is_read_or_refused(key: str, value: Any) -> None:
    changed = event() | {key: value}
    try:
        contract.read_event(changed)
    except BadEvent as error:
        assert error.reason in Reason


@given(field=st.sampled_from(sorted(VISIT)), value=JSON_VALUE)
def test_no_field_takes_what_its_schema_does_not_name(field: str, value: Any) -> None:
    """Free text is a way for a name to slip out: no field takes any but those with a pattern."""
    changed = VISIT | {field: value}
    fits = not list(Draft202012Validator(contract.schema(Kind.VISIT)).iter_errors(changed))
    if fits and isinstance(value, str):
        assert field == "app_version" or value in ("male", "female") or len(value) <= 36


def test_the_reason_of_a_refusal_holds_no_value_of_the_data() -> None:
    with pytest.raises(BadEvent) as refused:
        contract.check_data(Kind.VISIT, VISIT | {"sex": "Siti Aminah"})
    assert "Siti" not in str(refused.value)
    assert refused.value.detail == "sex: enum"


# ------------------------------------------------------------------------------------------ schemas


def variants(field: str, values: list[Any]) -> list[tuple[str, Any]]:
    return [(field, value) for value in values]


KINDS = [
    "printed_library",
    "digital_library",
    "scan",
    "photocopy",
    "consultation",
    "recommendation",
    "product_sale",
    "other",
]
ALLOWED = [
    *variants("sex", ["male", "female", None]),
    *variants("age_band", ["under_17", "17_25", "26_34", "35_44", "45_54", "55_65", "over_65", None]),
    *variants("education", [*range(1, 6), None]),
    *variants("occupation", [*range(1, 8), None]),
    *variants("institution_category", [*range(1, 10), None]),
    *variants("main_use", [*range(1, 6), None]),
    *variants("origin", ["same_city", "same_province", "other_province", "abroad", None]),
    *variants("data_obtained", [1, 2, 3, 4, None]),
    *variants("final_status", ["completed", "no_show", "cancelled", "closed_by_system"]),
    *variants("channel", ["walk_in", "online", "phone"]),
    *variants("timezone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
    *variants("services", [[kind] for kind in KINDS]),
    *variants("arrival_hour", [0, 23]),
    *variants("wait_seconds", [0, None]),
    *variants("sla_seconds", [0, None]),
    *variants("sla_met", [True, False, None]),
    *variants("duration_seconds", [0, None]),
]
FORBIDDEN = [
    *variants("sex", ["", "other", 1]),
    *variants("age_band", [3, "16"]),
    *variants("education", [0, 6, "3", 2.5]),
    *variants("occupation", [0, 8]),
    *variants("institution_category", [0, 10]),
    *variants("main_use", [0, 6]),
    *variants("origin", ["Padang", 1]),
    *variants("data_obtained", [0, 5]),
    *variants("final_status", [None, "checked_out"]),
    *variants("services", [[], ["library"], ["scan", "scan"], "scan"]),
    *variants("arrival_hour", [-1, 24, None]),
    *variants("wait_seconds", [-1, 1.5]),
    *variants("service_date", ["2026-13-01", "23-11-2026", None]),
    *variants("domain_code", ["13730", "abcd", 1373]),
    *variants("record_id", ["7", RECORD.upper(), "0c7b3c3e-3a35-1e3c-9a55-5f1f6f1b2a10"]),
]


@pytest.mark.parametrize(("field", "value"), ALLOWED)
def test_each_code_and_each_null_of_a_visit_is_allowed(field: str, value: Any) -> None:
    contract.check_data(Kind.VISIT, VISIT | {field: value})


@pytest.mark.parametrize(("field", "value"), FORBIDDEN)
def test_what_is_no_code_is_refused(field: str, value: Any) -> None:
    with pytest.raises(BadEvent):
        contract.check_data(Kind.VISIT, VISIT | {field: value})


@pytest.mark.parametrize("kind", Kind)
def test_every_field_must_be_there(kind: Kind) -> None:
    for field in DATA[kind]:
        with pytest.raises(BadEvent):
            contract.check_data(kind, without(DATA[kind], field))


def test_an_erased_guest_has_nothing_left() -> None:
    contract.check_data(Kind.GUEST, TOMBSTONE)
    for field in ("name", "email", "visit_record_id", "survey_contact"):
        with pytest.raises(BadEvent):
            contract.check_data(Kind.GUEST, TOMBSTONE | {field: GUEST[field]})


@pytest.mark.parametrize("kind", Kind)
def test_the_schemas_are_schemas(kind: Kind) -> None:
    schema = contract.schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == contract.data_schema(kind)


# ------------------------------------------------------------------------------------------ batches


def test_a_batch_is_the_events_in_their_order() -> None:
    texts = [json.dumps(event()), json.dumps(event(Kind.RATING))]
    assert contract.split_batch(contract.join(texts)) == [json.loads(text) for text in texts]
    assert contract.split_batch(contract.join([])) == []


@given(st.lists(st.integers(1, contract.MAX_BYTES * 2), max_size=130))
def test_a_batch_never_outgrows_its_limits_and_never_stands_still(sizes: list[int]) -> None:
    count = contract.fitting(sizes)
    assert count <= min(len(sizes), contract.MAX_EVENTS)
    assert bool(count) == bool(sizes)
    body = len(contract.join(["x" * size for size in sizes[:count]]))
    assert body <= contract.MAX_BYTES or count == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"[1", 400),
        (b"\xff", 400),
        (b"[NaN]", 400),
        (b"[" * 100_000, 400),
        (b"[" + b"1," * 100 + b"1]", 413),
        (b" " * (contract.MAX_BYTES + 1), 413),
    ],
)
def test_a_body_that_is_no_batch_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(BadBatch) as refused:
        contract.split_batch(body)
    assert refused.value.http_status == status


def test_the_key_of_a_batch_is_made_of_its_body() -> None:
    one, other = contract.join(["{}"]), contract.join(["{}", "{}"])
    assert contract.batch_id(one) == contract.batch_id(bytes(one)) != contract.batch_id(other)
    assert len(contract.batch_id(one)) == 32


# ------------------------------------------------------------------------------------------ answers


def test_an_answer_is_read_as_it_was_given() -> None:
    given_back = [Result("a", Status.STORED), Result("b", Status.REJECTED, "schema", "sex: enum")]
    read = contract.read_answer(contract.answer_body(given_back), ["a", "b"])
    assert list(read.values()) == given_back


def test_an_answer_counts_only_for_what_was_sent() -> None:
    body = contract.answer_body([Result("a", Status.STORED), Result("stranger", Status.STORED)])
    assert set(contract.read_answer(body, ["a", "b"])) == {"a"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'{"results": [{"id": "a", "status": "sto',
        b"[]",
        b'{"results": {}}',
        b'{"results": []}',
        b'{"results": [{"id": "a", "status": "fine"}]}',
        b'{"results": [{"id": "a", "status": []}, {"id": [], "status": "stored"}, 7]}',
        b'{"results": [{"id": "b", "status": "stored"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_says_nothing_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        contract.read_answer(body, ["a"])


@given(st.binary())
def test_any_bytes_are_an_answer_or_none(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        contract.read_answer(body, ["a"])


def test_words_of_the_server_are_cut_and_cleaned() -> None:
    body = contract.answer_body([Result("a", Status.REJECTED, "x" * 900, "one\ntwo\x1b[0m")])
    read = contract.read_answer(body, ["a"])["a"]
    assert len(read.reason or "") == 200
    assert read.detail == "one two [0m"


def test_only_three_words_are_an_acknowledgement() -> None:
    assert {Status.STORED, Status.DUPLICATE, Status.SUPERSEDED} == ACKNOWLEDGED


# ------------------------------------------------------------------------------------------ document


def test_the_document_of_the_receiving_side_is_openapi() -> None:
    document, url = read_from_filename(str(FOLDER / "openapi.json"))
    OpenAPIV31SpecValidator(document, base_uri=url).validate()


def test_the_document_says_what_the_code_says() -> None:
    document = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    assert schemas["Batch"]["maxItems"] == contract.MAX_EVENTS
    assert list(document["paths"]) == [contract.PATH]
    result = schemas["Result"]["properties"]
    assert set(result["status"]["enum"]) == set(Status)
    assert {one for one in result["reason"]["enum"] if one} == set(Reason)
    for kind in Kind:
        own = schemas[f"{kind.capitalize()}Event"]["allOf"][1]["properties"]
        assert own["type"]["const"] == contract.event_type(kind)
        assert own["dataschema"]["const"] == contract.data_schema(kind)
        assert (FOLDER / own["data"]["$ref"]).is_file()


def test_the_page_about_the_contract_names_every_word_of_it() -> None:
    page = (FOLDER.parents[1] / "docs" / "central.md").read_text(encoding="utf-8")
    for word in (*Status, *Reason, *contract.SCHEMAS.values(), contract.BATCH_MEDIA_TYPE, contract.PATH):
        assert f"`{word}`" in page or word in page
    for kind in Kind:
        assert contract.event_type(kind) in page
