"""Records and batches as a front desk makes them, of any office and revision."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from appliance.central import contract
from appliance.central.contract import Kind
from tests.central.test_contract import DATA, TOMBSTONE

DEVICE = "9d0e5b1c-6f0f-4b39-8a0e-2f6a2ad8c001"
AT = datetime(2026, 11, 23, 3, 10, 0, 123000, UTC)


def record_id(number: int) -> str:
    """A fixed random id for a number."""
    return str(uuid.UUID(int=0x9A550000_0000_4000_8000_000000000000 + number))


def event(
    number: int = 1,
    revision: int = 1,
    *,
    kind: Kind = Kind.VISIT,
    domain: str = "1373",
    erased: bool = False,
    **changed: Any,
) -> str:
    """The text of one event."""
    data = {
        **(TOMBSTONE if erased else DATA[kind]),
        "record_id": record_id(number),
        "revision": revision,
        "domain_code": domain,
        **changed,
    }
    return contract.make_event(
        kind, data, device=DEVICE, at=AT, sequence=number * 100 + revision, clock_quality="synced"
    )


def bent(number: int = 1, revision: int = 1, **changed: Any) -> str:
    """The text of an event with attributes that are not as they should be."""
    return json.dumps({**json.loads(event(number, revision)), **changed})
