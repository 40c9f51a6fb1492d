"""The PDF by e-mail, through the office's relay. The address is used for one message, and nowhere written."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from appliance.errors import NotDelivered
from appliance.scanner_config import Delivery

_ADDRESS = re.compile(r"[^@\s,;<>\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MB = 1_000_000
_GROWS = 1.4  # base64, its line ends, and the message around it


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent beside the file."""

    subject: str
    body: str
    name: str  # of the file


def fits(size: int, settings: Delivery) -> bool:
    """Whether a file of so many bytes may go by e-mail."""
    return size * _GROWS <= settings.email_limit * _MB


def send(book: Path, address: str, letter: Letter, settings: Delivery) -> None:
    """Send the file. Raises NotDelivered; its words never hold the address."""
    if not _ADDRESS.fullmatch(address):
        raise NotDelivered("bad_address")
    if not fits(book.stat().st_size, settings):
        raise NotDelivered("mail_too_large")
    message = _message(book, address, letter, settings.email_sender or "")
    try:
        with _relay(settings) as relay:
            _log_in(relay, settings)
            relay.send_message(message)
    except smtplib.SMTPResponseException as error:
        too_large = error.smtp_code == 552
        raise NotDelivered(
            "mail_too_large" if too_large else "mail_refused", f"code {error.smtp_code}"
        ) from None
    except smtplib.SMTPRecipientsRefused:
        raise NotDelivered("mail_refused", "the relay does not take this address") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered("mail_unreachable", type(error).__name__) from None


def _message(book: Path, address: str, letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    message.add_attachment(book.read_bytes(), maintype="application", subtype="pdf", filename=letter.name)
    return message


def _relay(settings: Delivery) -> smtplib.SMTP:
    timeout_s = settings.email_timeout.total_seconds()
    host, port = settings.email_host or "", settings.email_port
    if settings.email_security == "none":
        return smtplib.SMTP(host, port, timeout=timeout_s)
    context = ssl.create_default_context(cafile=settings.email_ca)
    if settings.email_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=context)
    relay = smtplib.SMTP(host, port, timeout=timeout_s)
    try:
        relay.starttls(context=context)
    except BaseException:
        relay.close()
        raise
    return relay


def _log_in(relay: smtplib.SMTP, settings: Delivery) -> None:
    if settings.email_user and settings.email_password_file:
        password = Path(settings.email_password_file).read_text(encoding="utf-8").strip()
        relay.login(settings.email_user, password)
