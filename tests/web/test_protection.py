"""What protects every page, tried on every route that the application has."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from appliance import journal
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Visit
from web import protection
from web.protection import HEADERS, RateLimit

# Addresses need values: those of things that exist, where it matters.
EXAMPLES = {
    "visit_id": 1,
    "member_id": 1,
    "locker": "1",
    "why": "access",
    "act": "call",
    "filename": "icons.svg",
    "outcome": "done",
    "to": "consultation",
    "kind": "consultation",
}


def address(app: Flask, rule: Rule, **known: str | int) -> str:
    values = {name: {**EXAMPLES, **known}.get(name, "1") for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield rule


def ask(client: FlaskClient, url: str, method: str = "GET", **headers: str) -> TestResponse:
    """One request; a stream is let go after its first words."""
    response = client.open(url, method=method, headers=headers)
    response.close()
    return response


@pytest.fixture
def visit(issue: Callable[..., Visit]) -> Visit:
    return issue()


class Watch:
    """Says whether anything at all has been committed since it last looked."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._db = sqlite3.connect(f"file:{desk.store.path}?mode=ro", uri=True)
        self._seen = self._look()

    def changed(self) -> bool:
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def close(self) -> None:
        self._db.close()

    def _look(self) -> tuple[int, int]:
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        return version, self._desk.store.read(journal.last_seq)


@pytest.fixture
def watch(desk: FrontDesk, visit: Visit, administrator_client: FlaskClient) -> Iterator[Watch]:
    watch = Watch(desk)
    yield watch
    watch.close()


# ---------------------------------------------------------------------------------------- cross-site


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),  # no browser: it carries nobody's cookies
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),  # typed by the user
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        (
            {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
            True,
        ),  # a proxy changed the host
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://evil.example/localhost"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
    ],
)
def test_only_our_own_pages_may_change_something(
    client: FlaskClient, officer: Member, headers: dict[str, str], allowed: bool
) -> None:
    response = client.post("/logout", headers=headers)

    assert response.status_code == (303 if allowed else 403)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_is_allowed_from_anywhere(client: FlaskClient, method: str) -> None:
    assert ask(client, "/", method, **{"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_every_route_that_changes_something_refuses_other_sites(
    app: Flask, administrator_client: FlaskClient, visit: Visit, watch: Watch
) -> None:
    tried = 0
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in rules(app, method):
            url = address(app, rule, token=str(visit.token))
            response = ask(administrator_client, url, method, **{"Sec-Fetch-Site": "cross-site"})
            assert response.status_code == 403, url
            assert not watch.changed(), url
            tried += 1
    assert tried > 30


# ---------------------------------------------------------------------------------------- looking is safe


def test_no_route_changes_anything_when_it_is_only_looked_at(
    app: Flask, administrator_client: FlaskClient, client: FlaskClient, visit: Visit, watch: Watch
) -> None:
    tried = 0
    for rule in rules(app, "GET"):
        url = address(app, rule, token=str(visit.token))
        for browser in (client, administrator_client):
            status = ask(browser, url).status_code
            assert status < 500 or rule.endpoint == "status.health", (url, status)
            assert not watch.changed(), url
        tried += 1
    assert tried > 30


def test_the_watch_sees_a_change(client: FlaskClient, watch: Watch, issue: Callable[..., Visit]) -> None:
    assert not watch.changed()
    issue()
    assert watch.changed()
    assert not watch.changed()


# ---------------------------------------------------------------------------------------- headers


def test_every_route_answers_with_strict_headers(
    app: Flask, administrator_client: FlaskClient, visit: Visit
) -> None:
    for rule in app.url_map.iter_rules():
        url = address(app, rule, token=str(visit.token))
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        response = ask(administrator_client, url, method, **{"Sec-Fetch-Site": "cross-site"})
        for name, value in HEADERS.items():
            assert response.headers.get(name) in (value, open_to_others(rule, name)), (url, name)
        assert (response.headers["Cache-Control"] == "no-store") == (rule.endpoint != "static"), url


def open_to_others(rule: Rule, header: str) -> str | None:
    """The API may be read by a room display of another make."""
    return (
        "cross-origin" if rule.rule.startswith("/api/") and header == "Cross-Origin-Resource-Policy" else None
    )


def test_no_page_may_run_or_load_anything_of_others(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/nothing", "/admin", "/api/v1/nothing"])
def test_errors_have_the_same_headers(client: FlaskClient, officer: Member, path: str) -> None:
    response = client.get(path)

    assert all(response.headers.get(name) == value for name, value in HEADERS.items())
    assert response.headers["Cache-Control"] == "no-store"


# ---------------------------------------------------------------------------------------- who may


def test_every_page_for_staff_leads_strangers_to_the_log_in(
    app: Flask, client: FlaskClient, watch: Watch
) -> None:
    tried = 0
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/desk", "/admin", "/account")):
            method = "GET" if "GET" in (rule.methods or ()) else "POST"
            url = address(app, rule)
            response = ask(client, url, method)
            assert (response.status_code, response.location) == (303, "/login"), url
            assert ask(client, url, method, **{"X-Live": "1"}).status_code == 401, url
            assert not watch.changed(), url
            tried += 1
    assert tried > 30


def test_every_page_for_administrators_refuses_officers(
    app: Flask, officer_client: FlaskClient, watch: Watch
) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin"):
            for method in {"GET", "POST"} & (rule.methods or set()):
                url = address(app, rule)
                assert ask(officer_client, url, method).status_code == 403, url
                assert not watch.changed(), url


def test_a_host_that_is_not_ours_learns_nothing(client: FlaskClient) -> None:
    response = client.get("/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.text == "unknown host\n"


# ---------------------------------------------------------------------------------------- rate limits


def test_a_limit_lets_a_burst_through_and_then_makes_wait() -> None:
    limit = RateLimit(burst=3, every_s=10.0)

    assert [limit.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < limit.take("a") <= 10


def test_a_limit_counts_each_client_by_itself() -> None:
    limit = RateLimit(burst=1, every_s=10.0)

    assert limit.take("a") == 0
    assert limit.take("b") == 0
    assert limit.take("a") > 0


def test_a_limit_lets_on_after_the_time_that_it_named() -> None:
    limit = RateLimit(burst=1, every_s=0.02)
    began = time.monotonic()
    limit.take("a")
    while limit.take("a") > 0:
        assert time.monotonic() - began < 10

    assert time.monotonic() - began >= 0.02


def test_waiting_long_gives_no_more_than_a_burst() -> None:
    limit = RateLimit(burst=2, every_s=0.001)
    limit.take("a")
    until = time.monotonic() + 0.02
    while time.monotonic() < until:
        pass
    started = time.monotonic()
    waits = [limit.take("a") for _ in range(50)]

    gained = 2 + (time.monotonic() - started) / 0.001
    assert waits.count(0.0) <= gained + 1


def test_a_limit_remembers_a_thousand_clients_and_no_more() -> None:
    limit = RateLimit(burst=1, every_s=1000.0)
    limit.take("first")
    for n in range(999):
        limit.take(str(n))
    assert limit.take("first") > 0  # still among the thousand, and now the newest

    for n in range(1000, 2000):
        limit.take(str(n))
    assert limit.take("first") == 0


def test_a_limited_view_says_how_long_to_wait(app: Flask) -> None:
    @app.get("/once")
    @protection.limited(burst=1, every_s=30.0)
    def once() -> str:
        return "yes"

    client = app.test_client()
    assert client.get("/once").text == "yes"
    response = client.get("/once")

    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 30
    assert client.get("/once", environ_overrides={"REMOTE_ADDR": "10.0.0.2"}).text == "yes"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # a whole network belongs to one machine
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_a_limit_counts_machines_and_not_spellings(app: Flask, one: str, other: str, same: bool) -> None:
    seen = []
    for remote in (one, other):
        with app.test_request_context(environ_base={"REMOTE_ADDR": remote}):
            assert request.remote_addr == remote
            seen.append(protection.caller())

    assert (seen[0] == seen[1]) == same
