"""The token goes to the server and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import config_text
from appliance.central.credentials import token
from appliance.central.https_road import HttpsRoad
from appliance.front_desk import FrontDesk
from appliance.store import Transaction
from tests.central import receiver as answers
from tests.central.conftest import relay_on, settings_for
from tests.central.receiver import Receiver, free_port

CANARY = "kenari-7f3a91"
Over = Callable[..., list[int]]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a token that is known anywhere."""
    path = tmp_path / "central-token"
    path.write_text(f"{CANARY}\n")
    return path


def test_no_log_no_page_and_no_database_has_the_token(
    desk: FrontDesk, over: Over, central: Receiver, secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    over(1)
    settings = settings_for(central.url, token=str(secret))
    for answer in (answers.status(401), answers.nothing, answers.raw(b"?"), answers.well):
        central.once = [answer]
        relay = relay_on(desk, HttpsRoad(settings))
        relay.work()
        assert desk.relay.trouble is None or CANARY not in desk.relay.trouble.detail
    away = settings.model_copy(update={"url": f"http://127.0.0.1:{free_port()}"})
    over(1)
    relay_on(desk, HttpsRoad(away)).work()
    assert f"Bearer {CANARY}" in {headers.get("Authorization") for _, headers, _ in central.requests}

    shown = config_text.show(desk.config.model_copy(update={"central": settings}))
    assert str(secret) in shown and CANARY not in shown
    assert CANARY not in caplog.text
    desk.store.checkpoint()
    assert CANARY.encode() not in desk.store.path.read_bytes()


def test_the_service_manager_may_hand_the_token_over(
    central: Receiver, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert token(settings_for(central.url)) is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secret.parent))
    assert token(settings_for(central.url)) == CANARY


def test_what_is_erased_here_is_not_left_in_the_outbox(desk: FrontDesk, over: Over) -> None:
    """A snapshot that another replaces, or that is stored there, leaves no bytes in the file."""
    (visit,) = over(1)

    def pages(tx: Transaction, number: int) -> None:
        tx.db.execute("UPDATE visit SET pages_scanned = ? WHERE id = ?", (number, visit))

    for number in (91919, 82828):
        desk.store.write(pages, number)
    assert desk.store.checkpoint()
    raw = desk.store.path.read_bytes()
    assert b'"pages_scanned": 82828' in raw
    assert b'"pages_scanned": 91919' not in raw
