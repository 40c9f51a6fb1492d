"""`frontdesk tls`, and what is said of certificates before anything is shown to a network."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509

from appliance.config import load
from appliance.lan import authority
from appliance.lan.settings import Lan, host_names
from tests.central.certificates import BEGUN, FUTURE, PAST, Authority

Command = Callable[..., Result]


TABLE = """
[lan]
listen = "127.0.0.1:8443"
names = ["127.0.0.1"]
certificate = "{tls}/lan.pem"
key = "{tls}/lan.key"
socket = "{socket}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


@pytest.fixture
def lan(config: Path, folder: Path) -> Path:
    """A configuration that shows the pages to a network."""
    text = config.read_text().replace("[panel]\n", '[panel]\npublic_url = "https://pst.local:8443"\n')
    config.write_text(text + TABLE.format(tls=folder, socket=folder.parent / "pages.sock"))
    return config


def openssl(*words: object) -> str:
    done = subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def settings(config: Path) -> tuple[Lan, list[str]]:
    read = load(config)
    assert read.lan is not None
    return read.lan, host_names(read.lan, read.panel.public_url)


# ------------------------------------------------------------------------------------------ made


def test_an_authority_and_its_first_certificate_are_made_for_all_names(
    command: Command, lan: Path, folder: Path
) -> None:
    made = command("tls", "make", "--config", lan)

    assert made.exit_code == 0, made.stderr
    assert "for 127.0.0.1, pst.local" in made.output
    assert openssl("verify", "-CAfile", folder / "ca.pem", folder / "lan.pem").endswith(": OK\n")
    fingerprint = openssl("x509", "-in", folder / "ca.pem", "-noout", "-fingerprint", "-sha256")
    assert f"SHA-256 {fingerprint.strip().partition('=')[2]}" in made.output
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes["ca.key"] == 0o600
    assert modes["lan.key"] in (0o600, 0o640)  # 640 where the account of the service is there
    assert {modes["ca.pem"], modes["lan.pem"]} == {0o644}
    well = command("config", "check", "--config", lan)
    assert well.exit_code == 0, well.stderr


def test_an_authority_that_is_there_is_replaced_only_on_purpose(
    command: Command, lan: Path, folder: Path
) -> None:
    command("tls", "make", "--config", lan)
    before = (folder / "ca.pem").read_bytes()

    again = command("tls", "make", "--config", lan)
    assert (again.exit_code, (folder / "ca.pem").read_bytes()) == (1, before)
    assert "--new replaces it" in again.stderr
    assert command("tls", "make", "--new", "--config", lan).exit_code == 0
    assert (folder / "ca.pem").read_bytes() != before


def test_the_authority_can_speak_for_no_other_name(
    command: Command, lan: Path, folder: Path, tmp_path: Path
) -> None:
    """Whoever steals its key: openssl, as each browser, believes nothing beyond the names."""
    command("tls", "make", "--config", lan)
    for kind, name in (("DNS", "bps.go.id"), ("IP", "10.1.2.3")):
        stolen = tmp_path / f"{kind}.pem"
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"),
            *("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-subj", "/CN=x"),
            *("-addext", f"subjectAltName={kind}:{name}", "-keyout", tmp_path / "x.key", "-out", stolen),
        )
        assert "permitted subtree violation" in openssl("verify", "-CAfile", folder / "ca.pem", stolen)


def test_a_certificate_is_made_anew_when_it_is_due_and_not_before(
    command: Command, lan: Path, folder: Path
) -> None:
    command("tls", "make", "--config", lan)
    first = (folder / "lan.pem").read_bytes()
    assert command("tls", "renew", "--if-due", "--config", lan).exit_code == 0
    assert (folder / "lan.pem").read_bytes() == first

    own, names = settings(lan)
    later = datetime.now(UTC) + timedelta(days=820 - 89)
    assert not authority.is_due(own, names, later - timedelta(days=2))
    assert authority.is_due(own, names, later)
    authority.renew(own, names, later)
    renewed = x509.load_pem_x509_certificate((folder / "lan.pem").read_bytes())
    assert renewed.not_valid_after_utc - later > timedelta(days=819)
    verified = openssl("verify", "-no_check_time", "-CAfile", folder / "ca.pem", folder / "lan.pem")
    assert verified.endswith(": OK\n")


def test_nothing_is_made_while_the_date_cannot_be_right(lan: Path, folder: Path) -> None:
    own, names = settings(lan)
    with pytest.raises(authority.NotMade, match=r"1970-01-01.* cannot be right"):
        authority.make(own, names, "X", datetime(1970, 1, 1, tzinfo=UTC))
    assert not folder.exists()


def test_a_new_name_that_the_authority_may_not_speak_for_is_refused_in_words(
    command: Command, lan: Path
) -> None:
    command("tls", "make", "--config", lan)
    lan.write_text(lan.read_text().replace('"127.0.0.1"]', '"127.0.0.1", "10.0.0.9"]'))
    checked = command("config", "check", "--config", lan)
    assert (checked.exit_code, "is not for 10.0.0.9" in checked.stderr) == (2, True)
    refused = command("tls", "renew", "--config", lan)
    assert (refused.exit_code, "may not speak for 10.0.0.9" in refused.stderr) == (1, True)


@pytest.mark.parametrize("command_words", [("tls", "show"), ("tls", "make"), ("tls", "renew")])
def test_without_the_table_there_is_nothing_to_make(
    command: Command, config: Path, command_words: tuple[str, ...]
) -> None:
    told = command(*command_words, "--config", config)
    assert told.exit_code == 2
    assert "no table [lan]" in told.stderr


# ------------------------------------------------------------------------------------------ looked at


def given(folder: Path, tmp_path: Path, *, names: str = "DNS:pst.local,IP:127.0.0.1", **when: str) -> None:
    """A certificate that the office got from an authority of its own."""
    pair = Authority(tmp_path / "authority").issue("given", names=names, **when)
    folder.mkdir()
    shutil.copy(pair.certificate, folder / "lan.pem")
    shutil.copy(pair.key, folder / "lan.key")
    (folder / "lan.key").chmod(0o600)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"first": PAST, "last": BEGUN}, "lan.certificate: has expired on 2021-01-01"),
        ({"first": FUTURE, "last": "20991231000000Z"}, "lan.certificate: is valid only from 2099-01-01 on"),
        ({"names": "DNS:pst.local"}, "lan.certificate: is not for 127.0.0.1"),
    ],
)
def test_a_certificate_that_no_browser_would_take_is_told(
    command: Command, lan: Path, folder: Path, tmp_path: Path, what: dict[str, str], told: str
) -> None:
    given(folder, tmp_path, **what)
    checked = command("config", "check", "--config", lan)
    assert checked.exit_code == 2
    assert re.search(rf"frontdesk.toml:\d+: {re.escape(told)}", checked.stderr), checked.stderr


def test_a_good_certificate_of_another_authority_is_taken_and_never_renewed(
    command: Command, lan: Path, folder: Path, tmp_path: Path
) -> None:
    given(folder, tmp_path)
    before = (folder / "lan.pem").read_bytes()
    checked = command("config", "check", "--config", lan)
    assert checked.exit_code == 0, checked.stderr
    assert command("tls", "renew", "--if-due", "--config", lan).exit_code == 0
    assert (folder / "lan.pem").read_bytes() == before


def test_files_that_are_away_open_or_not_of_each_other_are_told(
    command: Command, lan: Path, folder: Path, tmp_path: Path
) -> None:
    def told() -> str:
        checked = command("config", "check", "--config", lan)
        assert checked.exit_code == 2
        return checked.stderr

    assert "lan.pem is not there: `sudo frontdesk tls make` makes one" in told()
    given(folder, tmp_path)
    (folder / "lan.key").chmod(0o644)
    assert "lan.key is open to others: chmod 640" in told()
    (folder / "lan.key").chmod(0o600)
    shutil.copy(tmp_path / "authority" / "ca.key", folder / "lan.key")
    assert "lan.key is not the key of" in told()
    (folder / "lan.key").write_text("no key at all")
    assert "holds no key without a password" in told()
    (folder / "lan.key").unlink()
    assert "lan.key cannot be read" in told()
    (folder / "lan.pem").write_text("nothing")
    assert "lan.pem holds no certificate" in told()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'listen = "127.0.0.1:{port}"',
            'listen = "0.0.0.0:8080"',
            "panel.listen: would send log-ins and visits",
        ),
        ("https://pst.local", "http://pst.local", 'panel.public_url: must begin with "https://"'),
        ('public_url = "https://pst.local:8443"\n', "", "lan: needs public_url in [panel]"),
        ('"127.0.0.1"]', '"https://x/"]', "lan.names[1]: must be a name or an IPv4 address"),
        ('listen = "127.0.0.1:8443"', 'listen = "8443"', "lan.listen: must be an address and a port"),
    ],
)
def test_what_would_be_open_or_unprotected_is_refused(
    command: Command, lan: Path, port: int, old: str, new: str, told: str
) -> None:
    text = lan.read_text()
    assert old.format(port=port) in text
    lan.write_text(text.replace(old.format(port=port), new))
    checked = command("config", "check", "--config", lan)
    assert checked.exit_code == 2
    assert told in checked.stderr


def test_the_check_says_until_when_it_lasts(command: Command, lan: Path, config: Path) -> None:
    missing = command("check", "--lang", "en", "--config", lan)
    assert missing.exit_code == 1
    assert "lan.pem is not there" in " ".join(missing.output.split())
    command("tls", "make", "--config", lan)
    found = command("check", "--lang", "en", "--config", lan)
    assert found.exit_code == 0
    own, _ = settings(config)
    ends = x509.load_pem_x509_certificate(own.certificate.read_bytes()).not_valid_after_utc
    assert f"{ends:%Y-%m-%d}" in found.output
