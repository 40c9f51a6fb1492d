"""POST /v1/events: the contract's one address, and /healthz for whoever watches over the receiver."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from appliance.central import contract, counts, offices
from appliance.central.offices import BadCertificate, Credential
from web.central.failures import refuse
from web.central.parts import receiver

events = Blueprint("events", __name__)

CERTIFICATE = "X-Client-Certificate"  # the PEM, with % for what a header cannot hold; nginx makes it so
_KEY = re.compile(r"[0-9a-f]{32}")


@events.post(contract.PATH)
def receive() -> ResponseReturnValue:
    """Take a batch in. Nothing is answered before it is on the disk."""
    with receiver().gate.inside():
        domain = _sender()
        wait_s = receiver().limit.take(domain)
        if wait_s:
            refuse(429, "too many batches of this office", wait_s=int(wait_s) + 1)
        key, body = _batch()
        results = receiver().intake.take_in(domain, body, key)
        receiver().ailment.stored()
    return Response(contract.answer_body(results), mimetype="application/json")


@events.get("/healthz")
def health() -> ResponseReturnValue:
    """Whether the database answers."""
    with receiver().intake.archive.db.reading() as session:
        counts.totals(session)
    return jsonify(status="ok")


def _sender() -> str:
    """The office whose token or certificate came with the request."""
    kind, fingerprint = _credential()
    with receiver().intake.archive.db.reading() as session:
        found = offices.holder_of(session, kind, fingerprint)
    if found is None:
        refuse(401, f"this {kind} is not known")
    domain, is_good = found
    if not is_good:
        refuse(403, f"this {kind} was revoked")
    return domain


def _credential() -> tuple[Credential, str]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return "token", offices.fingerprint(token.strip())
    certificate = request.headers.get(CERTIFICATE) if receiver().certificates else None
    if not certificate:
        refuse(401, "neither a token nor a certificate")
    try:
        return "certificate", offices.certificate_fingerprint(unquote(certificate))
    except BadCertificate as error:
        refuse(401, str(error))


def _batch() -> tuple[str, bytes]:
    """The batch's key and its body."""
    if request.mimetype != contract.BATCH_MEDIA_TYPE:
        refuse(415, f"the body must be {contract.BATCH_MEDIA_TYPE}")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        refuse(415, "the body must not be compressed")  # what is small on the way may be huge here
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        refuse(400, "Idempotency-Key must be 32 hexadecimal digits")
    return key, request.get_data(cache=False)
