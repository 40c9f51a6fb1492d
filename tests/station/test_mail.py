"""The PDF by e-mail, through a real SMTP server with TLS on this machine."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from appliance.errors import ConfigError, NotDelivered
from appliance.scanner_config import Delivery
from appliance.scanning import mail
from appliance.scanning.mail import Letter
from appliance.toml_model import parse

ADDRESS = "siti@contoh.ac.id"
LETTER = Letter("Hasil pindai", "Terlampir.", "pindaian-pst.pdf")


class Postbox:
    """Keeps what came; refuses an address that nobody has."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 - the name that the library looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "ca.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", key),
            *("-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


Relay = Callable[..., tuple[Postbox, Delivery]]


@pytest.fixture
def relay(certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[Relay]:
    """Starts a relay, and gives the configuration that leads to it."""
    running: list[Controller] = []

    def start(trusted: Path | None = certificate[0], *, limit: int | None = None) -> tuple[Postbox, Delivery]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        postbox = Postbox()

        def let_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=(data.login, data.password) == (b"pst", b"rahasia"))

        controller = Controller(
            postbox,
            hostname="localhost",
            port=_free_port(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=let_in,
            data_size_limit=limit or 33_554_432,
        )
        controller.start()
        running.append(controller)
        password = tmp_path / "password"
        password.write_text("rahasia\n")
        return postbox, Delivery(
            email_host="localhost",
            email_port=controller.port,
            email_sender="pst@contoh.go.id",
            email_user="pst",
            email_password_file=str(password),
            email_ca=str(trusted) if trusted else None,
            email_limit=2,
        )

    yield start
    for controller in running:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("localhost", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    path.write_bytes(b"%PDF-1.7 pages")
    return path


def test_the_file_arrives_under_tls_with_a_log_in(relay: Relay, book: Path) -> None:
    postbox, settings = relay()

    mail.send(book, ADDRESS, LETTER, settings)

    (envelope,) = postbox.envelopes
    message = message_from_bytes(envelope.content or b"")  # type: ignore[arg-type]  # bytes, as it came
    assert envelope.rcpt_tos == [ADDRESS]
    assert (message["From"], message["To"]) == ("pst@contoh.go.id", ADDRESS)
    (file,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
    assert file.get_filename() == "pindaian-pst.pdf"
    assert file.get_payload(decode=True) == book.read_bytes()


def why(book: Path, address: str, settings: Delivery) -> str:
    with pytest.raises(NotDelivered) as caught:
        mail.send(book, address, LETTER, settings)
    assert address not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.why


@pytest.mark.parametrize(
    "address",
    ["", "siti", "siti@", "@x.id", "a b@x.id", "a@x.id, b@y.id", "a@x.id\r\nBcc: b@y.id", "<a@x.id>"],
)
def test_what_is_no_single_address_is_not_sent(relay: Relay, book: Path, address: str) -> None:
    postbox, settings = relay()
    assert why(book, address or " ", settings) == "bad_address"
    assert postbox.envelopes == []


def test_an_address_that_the_relay_refuses_is_told_so(relay: Relay, book: Path) -> None:
    _, settings = relay()
    assert why(book, "nobody@contoh.id", settings) == "mail_refused"


def test_a_relay_that_nobody_vouches_for_gets_nothing(relay: Relay, book: Path) -> None:
    postbox, settings = relay(None)
    assert why(book, ADDRESS, settings) == "mail_unreachable"
    assert postbox.envelopes == []


def test_a_file_that_is_too_large_is_not_even_tried_and_the_relays_own_limit_is_told(
    relay: Relay, book: Path
) -> None:
    _, settings = relay(limit=1000)
    book.write_bytes(b"x" * 5000)
    assert mail.fits(5000, settings)
    assert why(book, ADDRESS, settings) == "mail_too_large"
    book.write_bytes(b"x" * 2_000_000)
    assert not mail.fits(2_000_000, settings)
    assert why(book, ADDRESS, settings) == "mail_too_large"


def test_no_relay_and_a_silent_one_are_given_up(book: Path) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        port = silent.getsockname()[1]
        settings = Delivery(email_host="localhost", email_port=port, email_sender="p@x.id")
        quick = settings.model_copy(update={"email_timeout": settings.email_timeout / 60})
        assert why(book, ADDRESS, quick) == "mail_unreachable"
    assert why(book, ADDRESS, quick) == "mail_unreachable"


def test_the_address_is_in_no_log(relay: Relay, book: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "appliance")
    _, settings = relay()
    mail.send(book, ADDRESS, LETTER, settings)
    why(book, "nobody@contoh.id", settings)
    assert ADDRESS not in caplog.text
    assert "nobody@" not in caplog.text


def test_nothing_is_sent_in_the_clear_to_another_machine() -> None:
    text = 'email_host = "mail.contoh.id"\nemail_sender = "p@x.id"\nemail_security = "none"\n'
    with pytest.raises(ConfigError, match="only for a relay on this machine"):
        parse(Delivery, text, "frontdesk.toml")
    with pytest.raises(ConfigError, match="is needed with email_host"):
        parse(Delivery, 'email_host = "mail.contoh.id"\n', "frontdesk.toml")
