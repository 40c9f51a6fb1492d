"""`frontdesk central`: the receiver as a program, and the commands that let offices in."""

from __future__ import annotations

import base64
import http.client
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from appliance.central import contract
from tests.central.records import event
from tests.cli.conftest import SOON_S, Program

Command = Callable[..., Result]
Start = Callable[..., Program]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/centre/central.db"


def post(port: int, token: str, *events: str) -> tuple[int, dict[str, object]]:
    body = contract.join(events)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": contract.BATCH_MEDIA_TYPE,
        "Idempotency-Key": contract.batch_id(body),
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)) as client:
        client.request("POST", contract.PATH, body, headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def test_an_office_gets_a_token_sends_and_is_seen_on_the_page(
    start: Start, command: Command, port: int, url: str
) -> None:
    program = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)
    assert json.loads(program.await_page(port, "/healthz")) == {"status": "ok"}

    # While it runs, in another process.
    token = command("central", "token", "1373", "--name", "Kota Sawahlunto", "--database", url).stdout.strip()
    password = command("central", "viewer", "sari", "--database", url).stdout.strip()

    status, answer = post(port, token, event(1))
    assert (status, answer["results"][0]["status"]) == (200, "stored")  # type: ignore[index]
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)) as client:
        basic = base64.b64encode(f"sari:{password}".encode()).decode()
        client.request("GET", "/", headers={"Authorization": f"Basic {basic}"})
        page = client.getresponse().read().decode()
    assert "1373 Kota Sawahlunto" in page
    assert program.end() == 0
    assert "Traceback" not in program.output


def test_a_revoked_office_may_not_send_any_more(start: Start, command: Command, port: int, url: str) -> None:
    token = command("central", "token", "1373", "--database", url).stdout.strip()
    program = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)
    program.await_page(port, "/healthz")
    assert post(port, token, event(1))[0] == 200

    assert command("central", "revoke", "1373", "--database", url).exit_code == 0

    assert post(port, token, event(2))[0] == 403
    assert command("central", "revoke", "1373", "--database", url).exit_code == 1


def test_what_was_acknowledged_is_there_after_a_pulled_plug(
    start: Start, command: Command, port: int, url: str
) -> None:
    token = command("central", "token", "1373", "--database", url).stdout.strip()
    first = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)
    first.await_page(port, "/healthz")
    stored = post(port, token, event(1))
    first.kill()

    second = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)
    second.await_page(port, "/healthz")

    assert post(port, token, event(1)) == stored, "a replay: the same answer"
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db:
        assert db.execute("SELECT count(*) FROM visit").fetchone() == (1,)


@pytest.mark.parametrize("listen", ["0.0.0.0:9090", "192.168.1.5:9090", "example.go.id:9090", "[::]:9090"])
def test_it_listens_on_nothing_but_loopback(command: Command, url: str, tmp_path: Path, listen: str) -> None:
    result = command("central", "serve", "--listen", listen, "--database", url)
    assert result.exit_code == 2
    assert "let a proxy on this machine do TLS" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("listen", ["9090", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:70000"])
def test_an_address_of_another_form_is_a_mistake(command: Command, url: str, listen: str) -> None:
    result = command("central", "serve", "--listen", listen, "--database", url)
    assert result.exit_code == 2
    assert "as 127.0.0.1:9090" in result.stderr


def test_an_address_that_is_taken_is_told_in_words(start: Start, port: int, url: str) -> None:
    first = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)
    first.await_page(port, "/healthz")

    second = start("central", "serve", "--listen", f"127.0.0.1:{port}", "--database", url)

    assert second.wait() == 75
    assert "Address already in use" in second.output


@pytest.mark.parametrize("domain", ["137", "13731", "abcd", "1373\n"])
def test_a_code_that_is_no_domain_gets_no_token(command: Command, url: str, domain: str) -> None:
    result = command("central", "token", domain, "--database", url)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_name_with_a_colon_cannot_log_in_so_it_gets_no_password(command: Command, url: str) -> None:
    assert command("central", "viewer", "sa:ri", "--database", url).exit_code == 2


def test_a_file_that_is_no_certificate_is_told(command: Command, url: str, tmp_path: Path) -> None:
    path = tmp_path / "office.pem"
    path.write_text("nothing")
    result = command("central", "token", "1373", "--certificate", path, "--database", url)
    assert result.exit_code == 1
    assert "no certificate" in result.stderr


def test_a_database_that_cannot_be_had_is_told_in_words(command: Command) -> None:
    result = command("central", "token", "1373", "--database", "sqlite:////proc/nowhere/central.db")
    assert result.exit_code == 1
    assert "store_read_only" in result.stderr


def test_without_its_driver_postgresql_is_refused_with_the_name_of_the_extra(tmp_path: Path) -> None:
    """In a program that cannot import psycopg, as where the extra was not installed."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from appliance.__main__ import main\n"
        "main(['central', 'token', '1373', '--database', 'postgresql:///nothing'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'pst-frontdesk[central]'" in done.stderr
    assert "Traceback" not in done.stderr
