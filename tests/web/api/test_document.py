"""The OpenAPI document is sound, and each operation answers as it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

import web
from appliance.store import Transaction
from tests.web.api.conftest import PHONE, Scene, order

DOCUMENT: dict[str, Any] = json.loads(
    (Path(web.__file__).parent / "openapi.json").read_text(encoding="utf-8")
)

Operation = tuple[str, str, int]


def _board(scene: Scene) -> TestResponse:
    scene.called()
    scene.called()
    return scene.client.get("/api/v1/board")


def _calls(scene: Scene) -> TestResponse:
    scene.called()
    return scene.client.get("/api/v1/calls?limit=1")


def _again(scene: Scene) -> TestResponse:
    order(scene.client)
    return order(scene.client)


def _used_up(scene: Scene) -> TestResponse:
    scene.issue()
    scene.desk.store.write(_use_up)
    return order(scene.client)


def _use_up(tx: Transaction) -> None:
    tx.db.execute("UPDATE queue_counter SET last = 999")


def _ticket(scene: Scene) -> TestResponse:
    return scene.client.get(f"/api/v1/tickets/{scene.called().token}")


def _unavailable(path: str) -> Callable[[Scene], TestResponse]:
    def ask(scene: Scene) -> TestResponse:
        scene.damage_database()
        return order(scene.client) if path == "/tickets" else scene.client.get(f"/api/v1{path}")

    return ask


def _too_many(path: str) -> Callable[[Scene], TestResponse]:
    return lambda scene: scene.exhausted(path if path == "/tickets" else f"/api/v1{path}")


CASES: Mapping[Operation, Callable[[Scene], TestResponse]] = {
    ("get", "/openapi.json", 200): lambda scene: scene.client.get("/api/v1/openapi.json"),
    ("get", "/board", 200): _board,
    ("get", "/board", 429): _too_many("/board"),
    ("get", "/board", 503): _unavailable("/board"),
    ("get", "/calls", 200): _calls,
    ("get", "/calls", 422): lambda scene: scene.client.get("/api/v1/calls?limit=0"),
    ("get", "/calls", 429): _too_many("/calls"),
    ("get", "/calls", 503): _unavailable("/calls"),
    ("get", "/services", 200): lambda scene: scene.client.get("/api/v1/services"),
    ("get", "/services", 429): _too_many("/services"),
    ("get", "/services", 503): _unavailable("/services"),
    ("post", "/tickets", 201): lambda scene: order(scene.client),
    ("post", "/tickets", 200): _again,
    ("post", "/tickets", 400): lambda scene: order(scene.client, None),
    ("post", "/tickets", 403): lambda scene: order(scene.client, environ_base=PHONE),
    ("post", "/tickets", 409): _used_up,
    ("post", "/tickets", 415): lambda scene: scene.client.post(
        "/api/v1/tickets", data="service=library", headers={"Idempotency-Key": "k1"}
    ),
    ("post", "/tickets", 422): lambda scene: order(scene.client, body={"service": "cinema"}),
    ("post", "/tickets", 429): _too_many("/tickets"),
    ("post", "/tickets", 503): _unavailable("/tickets"),
    ("get", "/tickets/{token}", 200): _ticket,
    ("get", "/tickets/{token}", 404): lambda scene: scene.client.get("/api/v1/tickets/none"),
    ("get", "/tickets/{token}", 429): _too_many("/tickets/none"),
    ("get", "/tickets/{token}", 503): _unavailable("/tickets/none"),
    ("get", "/lockers", 200): lambda scene: scene.client.get("/api/v1/lockers"),
    ("get", "/lockers", 403): lambda scene: scene.client.get("/api/v1/lockers", environ_base=PHONE),
    ("get", "/lockers", 429): _too_many("/lockers"),
    ("get", "/lockers", 503): _unavailable("/lockers"),
}


def test_the_document_is_sound_openapi() -> None:
    validate(DOCUMENT)


def test_every_documented_answer_has_a_case_here_and_no_other() -> None:
    documented = {
        (method, path, int(status))
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
    }

    assert set(CASES) == documented


def test_every_route_of_the_api_is_documented_and_no_other(app: Flask) -> None:
    routes = {
        (method.lower(), str(rule).removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {(method, path) for method, path, _ in CASES}


@pytest.mark.parametrize("operation", CASES, ids=lambda one: f"{one[0]} {one[1]} {one[2]}")
def test_each_answer_is_as_documented(scene: Scene, operation: Operation) -> None:
    method, path, status = operation

    response = CASES[operation](scene)

    assert response.status_code == status, response.text
    documented = _resolved(DOCUMENT["paths"][path][method]["responses"][str(status)])
    schema = documented["content"]["application/json"]["schema"]
    OAS31Validator({**schema, "components": DOCUMENT["components"]}).validate(response.json)
    assert response.mimetype == "application/json"
    assert documented.get("headers", {}).keys() <= {name for name, _ in response.headers}


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    _, *names = part["$ref"].split("/")
    found: Any = DOCUMENT
    for name in names:
        found = found[name]
    return cast(dict[str, Any], found)
