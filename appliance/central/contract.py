"""What the appliance and the central server have agreed on; docs/central.md says the same in words.

Pure functions: an event is made and read here by both sides, with the CloudEvents SDK and the JSON Schemas in
`schemas/`; so neither can send what the other would not take.

    make_event -> text of one event         join -> body of a batch
    split_batch -> its events, unread       read_event -> Event, or BadEvent with a reason
    answer_body -> body of the answer       read_answer -> a Result for each event, or BadAnswer
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final, NoReturn

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft202012Validator

PATH = "/v1/events"
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"
EVENT_MEDIA_TYPE = "application/cloudevents+json"  # one event, as MQTT carries it

MAX_EVENTS = 100
MAX_BYTES = 256 * 1024  # of the body of one batch
LONGEST_ANSWER = 256 * 1024  # bytes; whoever sends more is not the central server

_TYPE = "id.go.bps.pst."
SOURCE: Final = re.compile(r"urn:bps:pst:([0-9]{4}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_SEQUENCE = re.compile(r"[0-9]{20}")
_FORMAT = JSONFormat()


class Kind(StrEnum):
    """What an event tells of; the last word of its type."""

    VISIT = "visit"
    RATING = "rating"
    GUEST = "guest"


SCHEMAS: Mapping[Kind, str] = {
    Kind.VISIT: "pst-visit/1",
    Kind.RATING: "pst-rating/1",
    Kind.GUEST: "pst-guest/1",
}


class Status(StrEnum):
    """What became of one event at the server."""

    STORED = "stored"
    DUPLICATE = "duplicate"  # this very revision was there already
    SUPERSEDED = "superseded"  # a higher revision of the record was there already
    REJECTED = "rejected"  # can never be stored as it is
    LATER = "later"  # not now; send it again


ACKNOWLEDGED = frozenset({Status.STORED, Status.DUPLICATE, Status.SUPERSEDED})


class Reason(StrEnum):
    """Why an event was not stored."""

    NOT_AN_EVENT = "not_an_event"  # no CloudEvent 1.0
    UNKNOWN_TYPE = "unknown_type"  # a type or version that this receiver does not know
    WRONG_SOURCE = "wrong_source"  # no source of this contract, or not the office's own
    MISMATCH = "mismatch"  # id, subject and data do not fit together
    SCHEMA = "schema"  # the data do not fit their schema
    TOO_LARGE = "too_large"  # the event alone is larger than a batch may be
    NOT_ACCEPTED = "not_accepted"  # this receiver takes no events of this kind (identity, as a rule)
    CONFLICT = "conflict"  # the same id was stored with other content
    BUSY = "busy"  # status "later"
    STORAGE = "storage"  # status "later": the receiver could not write


class BadEvent(ValueError):
    """An event that the contract does not allow; `reason` says which of its rules."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class BadBatch(ValueError):
    """A body that is no batch; `http_status` is the answer to it (400 or 413)."""

    def __init__(self, http_status: int, detail: str) -> None:
        self.http_status = http_status
        self.detail = detail
        super().__init__(detail)


class BadAnswer(ValueError):
    """An answer that says nothing one could rely on."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event that keeps the contract."""

    id: str
    kind: Kind
    domain: str
    device: str
    record_id: str
    revision: int
    time: datetime
    sequence: int | None  # None for ratings
    clock_quality: str | None  # None for ratings
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event. `id` is None where the event had none that could be read."""

    id: str | None
    status: Status
    reason: str | None = None
    detail: str | None = None


# ------------------------------------------------------------------------------------------ one event


def event_type(kind: Kind) -> str:
    """The CloudEvents type: `id.go.bps.pst.visit`."""
    return f"{_TYPE}{kind}"


def data_schema(kind: Kind) -> str:
    """The URN of the data's schema, with its version."""
    name, version = SCHEMAS[kind].split("/")
    return f"urn:bps:pst:schema:{name}:{version}"


def source(domain: str, device: str) -> str:
    """Who sends: an office and one appliance of it."""
    return f"urn:bps:pst:{domain}:{device}"


def event_id(record_id: str, revision: int) -> str:
    """The id of an event: the record and its revision. Equal ids are equal events."""
    return f"{record_id}.{revision}"


def make_event(
    kind: Kind, data: Mapping[str, Any], *, device: str, at: datetime, sequence: int, clock_quality: str
) -> str:
    """The text of one event. Raises BadEvent where the data do not fit their schema.

    A rating gets the midnight of its day for a time, and neither order nor clock: nothing of it may lead to
    a visit.
    """
    check_data(kind, data)
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id(data["record_id"], data["revision"]),
        "source": source(data["domain_code"], device),
        "type": event_type(kind),
        "subject": data["record_id"],
        "datacontenttype": "application/json",
        "dataschema": data_schema(kind),
    }
    if kind is Kind.RATING:
        midnight = datetime.combine(date.fromisoformat(data["service_date"]), time.min, at.tzinfo)
        attributes["time"] = midnight
    else:
        attributes["time"] = at
        attributes["sequence"] = f"{sequence:020d}"
        attributes["clockquality"] = clock_quality
    return _FORMAT.write(CloudEvent(attributes, dict(data))).decode("ascii")


def read_event(one: object) -> Event:
    """One event of a batch (see `split_batch`). Raises BadEvent."""
    event = _cloud_event(one)
    kind = _kind(event)
    domain, device = _origin(event.get_source())
    data = event.get_data()
    if not isinstance(data, dict):
        raise BadEvent(Reason.SCHEMA, "the data are no JSON object")
    check_data(kind, data)
    _fits_together(event, data, domain)
    at = event.get_time()
    if at is None:
        raise BadEvent(Reason.NOT_AN_EVENT, "time is null")
    sequence, quality = _order(event, kind)
    return Event(
        event.get_id(), kind, domain, device, data["record_id"], data["revision"], at, sequence, quality, data
    )


def id_of(one: object) -> str | None:
    """The id in an event that may be anything."""
    found = one.get("id") if isinstance(one, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable() else None


def check_data(kind: Kind, data: object) -> None:
    """Whether data fit their schema. Raises BadEvent; its detail names fields and rules, never a value."""
    for error in _validator(kind).iter_errors(data):
        where = ".".join(str(step) for step in error.absolute_path) or "the data"
        raise BadEvent(Reason.SCHEMA, f"{where}: {error.validator}")


@cache
def _validator(kind: Kind) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind's data."""
    name = SCHEMAS[kind].replace("/", "-")
    file = resources.files("appliance.central").joinpath("schemas", f"{name}.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _cloud_event(one: object) -> BaseCloudEvent:
    if not isinstance(one, dict):
        raise BadEvent(Reason.NOT_AN_EVENT, "no JSON object")
    for name in ("specversion", "id", "time"):  # the SDK would make up what is missing
        if name not in one:
            raise BadEvent(Reason.NOT_AN_EVENT, f"no {name}")
    try:
        # Half of a surrogate pair passes for JSON, and no database stores it.
        return _FORMAT.read(CloudEvent, json.dumps(one, ensure_ascii=False).encode("utf-8"))
    except BaseCloudEventException as error:
        raise BadEvent(Reason.NOT_AN_EVENT, f"not CloudEvents 1.0: {type(error).__name__}") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadEvent(Reason.NOT_AN_EVENT, f"not readable: {type(error).__name__}") from error


def _kind(event: BaseCloudEvent) -> Kind:
    name = event.get_type()
    if not name.startswith(_TYPE) or name.removeprefix(_TYPE) not in set(Kind):
        raise BadEvent(Reason.UNKNOWN_TYPE, "no type of this contract")
    kind = Kind(name.removeprefix(_TYPE))
    if event.get_dataschema() != data_schema(kind):
        raise BadEvent(Reason.UNKNOWN_TYPE, f"dataschema is not {data_schema(kind)}")
    return kind


def _origin(name: str) -> tuple[str, str]:
    match = SOURCE.fullmatch(name)
    if match is None:
        raise BadEvent(Reason.WRONG_SOURCE, "source is not urn:bps:pst:<domain>:<device uuid>")
    return match[1], match[2]


def _fits_together(event: BaseCloudEvent, data: Mapping[str, Any], domain: str) -> None:
    if event.get_id() != event_id(data["record_id"], data["revision"]):
        raise BadEvent(Reason.MISMATCH, "id is not <record_id>.<revision>")
    if event.get_subject() != data["record_id"]:
        raise BadEvent(Reason.MISMATCH, "subject is not the record_id")
    if data["domain_code"] != domain:
        raise BadEvent(Reason.MISMATCH, "domain_code is not the source's")


def _order(event: BaseCloudEvent, kind: Kind) -> tuple[int | None, str | None]:
    """The sequence and the quality of the clock; a rating must have neither."""
    sequence, quality = event.get_extension("sequence"), event.get_extension("clockquality")
    if kind is Kind.RATING:
        at = event.get_time()
        if sequence is not None or quality is not None or (at and at.time() != time.min):
            raise BadEvent(Reason.NOT_AN_EVENT, "a rating carries neither order nor time of day")
        return None, None
    if not isinstance(sequence, str) or not _SEQUENCE.fullmatch(sequence):
        raise BadEvent(Reason.NOT_AN_EVENT, "sequence is not 20 digits")
    if quality not in ("synced", "rtc", "stale"):
        raise BadEvent(Reason.NOT_AN_EVENT, "clockquality is none of synced, rtc, stale")
    return int(sequence), quality


# ------------------------------------------------------------------------------------------ a batch


def join(events: Sequence[str]) -> bytes:
    """The body of a batch of events that `make_event` wrote."""
    return ("[" + ",".join(events) + "]").encode("ascii")


def fitting(sizes: Iterable[int], max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> int:
    """How many events, from the first on, make one batch; at least one where there is one."""
    count, total = 0, 2  # the brackets
    for size in sizes:
        total += size + 1  # and a comma
        if count and (count >= max_events or total > max_bytes):
            break
        count += 1
    return count


def batch_id(body: bytes) -> str:
    """The Idempotency-Key of a batch: made from its body, so that equal keys are equal batches."""
    return hashlib.sha256(body).hexdigest()[:32]


def split_batch(body: bytes) -> list[object]:
    """The events of a body, unread. Raises BadBatch."""
    if len(body) > MAX_BYTES:
        raise BadBatch(413, f"more than {MAX_BYTES} bytes")
    try:
        events = _json(body)
    except ValueError as error:
        raise BadBatch(400, f"not JSON: {error}") from error
    if not isinstance(events, list):
        raise BadBatch(400, "a batch is a JSON array")
    if len(events) > MAX_EVENTS:
        raise BadBatch(413, f"more than {MAX_EVENTS} events")
    return events


def _json(body: bytes) -> object:
    """Strict JSON: no NaN. Raises ValueError, also for what is nested too deeply."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# ------------------------------------------------------------------------------------------ the answer


def answer_body(results: Iterable[Result]) -> bytes:
    """The body of the answer: a result for each event, in the order of the batch."""
    rows = [
        {"id": one.id, "status": one.status.value, "reason": one.reason, "detail": one.detail}
        for one in results
    ]
    return json.dumps({"results": rows}).encode("ascii")


def read_answer(body: bytes, sent: Sequence[str]) -> dict[str, Result]:
    """What became of the events with these ids. Raises BadAnswer.

    An event that the answer does not name is not in the dictionary: it is as if it had not been sent. What
    the answer says of events that were not sent counts for nothing.
    """
    try:
        answer = _json(body)
    except ValueError as error:
        raise BadAnswer(f"not JSON: {error}") from error
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer("no list of results")
    known, found = set(sent), {}
    for row in rows:
        result = _result(row) if isinstance(row, dict) else None
        if result is not None and result.id in known:
            found[str(result.id)] = result
    if not found:
        raise BadAnswer("no result for any event that was sent")
    return found


def _result(row: Mapping[str, Any]) -> Result | None:
    """A result that says something; None for a status that is none."""
    try:
        status = Status(str(row.get("status")))
    except ValueError:
        return None
    return Result(id_of(row), status, _words(row.get("reason")), _words(row.get("detail")))


def _words(value: object) -> str | None:
    """A text of the server's, fit to be stored and shown."""
    if not isinstance(value, str):
        return None
    return "".join(sign if sign.isprintable() else " " for sign in value)[:200] or None
