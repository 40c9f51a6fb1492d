"""HTTPS as it may go wrong: certificates of every kind, on a loopback port, made on the spot."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from appliance import outbox
from appliance.central.deadline import Deadline
from appliance.central.https_road import HttpsRoad
from appliance.central.trouble import trouble_of
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from tests.central.certificates import BEGUN, FUTURE, PAST, Authority, serving
from tests.central.conftest import drain, relay_on, settings_for
from tests.central.receiver import receiver

Over = Callable[..., list[int]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom the front desk trusts."""
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom it does not."""
    return Authority(tmp_path_factory.mktemp("tls") / "theirs")


def trouble(desk: FrontDesk) -> str | None:
    found = desk.relay.trouble
    return found.code if found else None


def test_a_pinned_authority_is_trusted(
    desk: FrontDesk, over: Over, clock: ManualClock, authority: Authority
) -> None:
    over(3)
    with receiver(serving(authority.issue("good"))) as central:
        drain(relay_on(desk, HttpsRoad(settings_for(central.url, ca=str(authority.certificate)))), clock)
        assert len(central.kept.records) == 3


BAD = {
    "of another authority": ("stranger", {}, "central_untrusted"),
    "of another name": ("ours", {"names": "DNS:other.example"}, "central_untrusted"),
    "expired": ("ours", {"first": PAST, "last": BEGUN}, "central_untrusted"),
    "not valid yet": ("ours", {"first": "20980101000000Z", "last": FUTURE}, "central_too_early"),
}


@pytest.mark.parametrize(("by", "how", "code"), BAD.values(), ids=BAD)
def test_a_certificate_that_is_not_good_gets_nothing_and_loses_nothing(
    desk: FrontDesk,
    over: Over,
    clock: ManualClock,
    authority: Authority,
    stranger: Authority,
    by: str,
    how: dict[str, str],
    code: str,
) -> None:
    over(2)
    issuer = authority if by == "ours" else stranger
    bad = issuer.issue(code + by + "".join(how), **how)
    with receiver(serving(bad)) as central:
        relay = relay_on(desk, HttpsRoad(settings_for(central.url, ca=str(authority.certificate))))
        clock.advance(relay.work())
        clock.advance(relay.work())
        assert trouble(desk) == code
        assert central.requests == []
    assert desk.store.read(outbox.backlog).waiting == 2


def test_without_a_pinned_authority_those_of_the_system_count(
    desk: FrontDesk, over: Over, authority: Authority
) -> None:
    over(1)
    with receiver(serving(authority.issue("unknown"))) as central:
        relay_on(desk, HttpsRoad(settings_for(central.url))).work()
        assert trouble(desk) == "central_untrusted"


def test_a_client_certificate_speaks_for_the_front_desk(
    desk: FrontDesk, over: Over, clock: ManualClock, authority: Authority, stranger: Authority
) -> None:
    over(1)
    ours, theirs = authority.issue("desk"), stranger.issue("burglar")
    with receiver(serving(authority.issue("strict"), authority.certificate)) as central:
        for pair, code in ((None, "central_refused"), (theirs, "central_refused"), (ours, None)):
            more = {"certificate": str(pair.certificate), "key": str(pair.key)} if pair else {}
            settings = settings_for(central.url, ca=str(authority.certificate), **more)
            relay = relay_on(desk, HttpsRoad(settings))
            relay.work()
            assert trouble(desk) in (code, code and "central_unreachable")  # the alert may come too late
        assert len(central.kept.records) == 1


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "central_refused"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "central_refused"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "central_refused"),
        ("TLSV1_ALERT_UNKNOWN_CA", "central_refused"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "central_nonsense"),
        ("WRONG_VERSION_NUMBER", "central_nonsense"),
    ],
)
def test_what_the_server_says_of_our_certificate_is_understood(reason: str, code: str) -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert trouble_of(error, Deadline(1)).code == code


@pytest.mark.parametrize("content", [None, "nonsense"])
def test_an_authority_that_cannot_be_read_is_said(
    desk: FrontDesk, over: Over, tmp_path: Path, content: str | None
) -> None:
    over(1)
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    relay_on(desk, HttpsRoad(settings_for("https://127.0.0.1:1", ca=str(path)))).work()
    assert trouble(desk) == "central_unprepared"


def test_plain_http_behind_an_https_address_is_no_central_server(desk: FrontDesk, over: Over) -> None:
    over(1)
    with receiver() as central:
        relay_on(desk, HttpsRoad(settings_for(f"https://127.0.0.1:{central.server_port}"))).work()
        assert trouble(desk) == "central_nonsense"


@contextmanager
def mute() -> Iterator[int]:
    """A port that takes connections and says nothing, not even a greeting of TLS."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        yield int(door.getsockname()[1])


def test_a_handshake_that_never_ends_ends(desk: FrontDesk, over: Over) -> None:
    over(1)
    with mute() as port:
        relay_on(desk, HttpsRoad(settings_for(f"https://127.0.0.1:{port}"))).work()
    assert trouble(desk) == "central_unreachable"


def test_whoever_stops_the_front_desk_does_not_wait_for_the_server(desk: FrontDesk, over: Over) -> None:
    over(1)
    with mute() as port:
        road = HttpsRoad(settings_for(f"https://127.0.0.1:{port}", timeout="50s"))
        relay = relay_on(desk, road)
        worker = threading.Thread(target=relay.work)
        worker.start()
        while worker.is_alive():
            road.close()
            worker.join(0.01)
    assert trouble(desk) == "central_unreachable"
    with suppress(OSError):
        road.close()  # with nothing under way, too
