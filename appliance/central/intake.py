"""From the bytes of a request to a result for each event: what the contract asks of the receiving side."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from appliance.central import contract
from appliance.central.archive import Archive, Batch
from appliance.central.contract import BadEvent, Event, Kind, Reason, Result, Status

USUAL = frozenset({Kind.VISIT, Kind.RATING})
WITH_IDENTITY = USUAL | {Kind.GUEST}


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes batches in. `accepts` are the kinds of records that this receiver wants at all."""

    archive: Archive
    accepts: Set[Kind] = USUAL

    def take_in(self, domain: str, body: bytes, key: str | None) -> list[Result]:
        """Read and store a batch that this office sent; its results are on the disk when this returns.

        Raises BadBatch, KeyReused, UnknownOffice, or StoreError with nothing stored.
        """
        events = [self._read(domain, one) for one in contract.split_batch(body)]
        return self.archive.take_in(domain, Batch(key, body, events))

    def _read(self, domain: str, one: object) -> Event | Result:
        try:
            event = contract.read_event(one)
        except BadEvent as bad:
            return Result(contract.id_of(one), Status.REJECTED, bad.reason, bad.detail)
        if event.domain != domain:
            return Result(event.id, Status.REJECTED, Reason.WRONG_SOURCE, "not the sender's own office")
        if event.kind not in self.accepts and not event.data.get("erased"):
            return Result(event.id, Status.REJECTED, Reason.NOT_ACCEPTED, "this receiver takes no identity")
        return event
