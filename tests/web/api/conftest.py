"""Asking the API: a front desk in a situation, and a client that orders tickets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import tickets
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from appliance.visits import Visit

PHONE = {"REMOTE_ADDR": "192.168.1.20"}  # somewhere in the house, not the kiosk

Issue = Callable[..., Visit]


def order(client: FlaskClient, key: str | None = "k1", body: object = None, **kwargs: Any) -> TestResponse:
    """Ask for a number; `key` None leaves the header out."""
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"service": "library"} if body is None else body
    return client.post("/api/v1/tickets", json=body, headers=headers, **kwargs)


@dataclass(frozen=True)
class Scene:
    """What a request may need."""

    desk: FrontDesk
    clock: ManualClock
    client: FlaskClient
    issue: Issue
    officer: Member

    def exhausted(self, path: str) -> TestResponse:
        """The first answer beyond the limit."""
        for _ in range(1000):
            response = self.client.get(path) if path != "/tickets" else order(self.client, None)
            if response.status_code == 429:
                return response
        raise AssertionError(f"{path} has no limit")

    def called(self) -> Visit:
        """A visitor whose number has just been called."""
        return self.desk.store.write(tickets.call, self.issue().id, place="frontline", staff=self.officer.id)

    def damage_database(self) -> None:
        """As a card that has gone bad: the file is no database any more."""
        self.desk.store.path.write_bytes(b"no database " * 1000)
        self.desk.store.path.with_name("frontdesk.db-wal").unlink()


@pytest.fixture
def scene(
    desk: FrontDesk,
    clock: ManualClock,
    client: FlaskClient,
    issue: Issue,
    officer: Member,
) -> Scene:
    return Scene(desk, clock, client, issue, officer)
