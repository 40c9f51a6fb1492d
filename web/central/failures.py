"""What the receiver answers when it does not do what was asked: for programs, in the contract's words."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import NoReturn

from flask import Flask, Response, abort, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from appliance.central.archive import KeyReused, UnknownOffice
from appliance.central.contract import BadBatch
from appliance.central.gate import Shut
from appliance.errors import StoreError
from web.central.parts import receiver

log = logging.getLogger(__name__)

_STORAGE_WAIT_S = 30  # a full disk or a database that is away does not mend in a second


def install(app: Flask) -> None:
    """Answer every error ourselves."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(BadBatch, lambda bad: _answer(bad.http_status, bad.detail))
    app.register_error_handler(KeyReused, lambda _: _answer(422, "another batch came under this key"))
    app.register_error_handler(UnknownOffice, lambda _: _answer(403, "this office is not known"))
    app.register_error_handler(Shut, lambda shut: _answer(503, "too much to do", shut.wait_s))
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(Exception, _unexpected)


def refuse(status: int, words: str, *, wait_s: int | None = None) -> NoReturn:
    """End the request with this answer."""
    abort(_answer(status, words, wait_s))


def _answer(status: int, words: str, wait_s: int | None = None) -> Response:
    if request.path.startswith("/v1/") or request.path == "/healthz":
        response = jsonify(error=words)
    else:
        response = make_response(render_template("central/failure.html", status=status, words=words))
    response.status_code = status
    if wait_s is not None:
        response.headers["Retry-After"] = str(wait_s)
    if status == HTTPStatus.UNAUTHORIZED:
        scheme = "Bearer" if request.path.startswith("/v1/") else 'Basic realm="PST", charset="UTF-8"'
        response.headers["WWW-Authenticate"] = scheme
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):  # one of `refuse`
        return error.response
    return _answer(error.code or 500, error.name)


def _store(error: StoreError) -> Response:
    """Nothing was stored, or nobody knows: the sender keeps it, and sends it again."""
    receiver().ailment.met(error)
    return _answer(503, error.code, _STORAGE_WAIT_S)


def _unexpected(_error: Exception) -> Response:
    log.exception("%s %s failed", request.method, request.path)
    return _answer(500, "internal")
