"""The pages over TLS: `frontdesk run` and `frontdesk lan` as they are started, and clients of every kind."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from appliance.lan.terminator import AT_ONCE_EACH, HANDSHAKE_S
from tests.cli.conftest import SOON_S, Program, await_that

Command = Callable[..., Result]
Start = Callable[..., Program]
NAME = "localhost"


@dataclass(frozen=True)
class Office:
    """The configuration of a front desk that is shown to the network, and where that is."""

    config: Path
    folder: Path
    port: int
    socket: Path

    @property
    def trusting(self) -> ssl.SSLContext:
        """A browser that was told to trust the site's authority, and nothing else."""
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def connect(self, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), SOON_S)
        return (context or self.trusting).wrap_socket(plain, server_hostname=NAME)

    def ask(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """The answer to one request of a browser that trusts the authority."""
        client = http.client.HTTPSConnection(NAME, self.port, timeout=SOON_S, context=self.trusting)
        return answer_of(client, path, method, headers)


def answer_of(
    client: http.client.HTTPConnection, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """One answer, read to its end where it has one; the connection is closed."""
    with contextlib.closing(client):
        client.request(method, path, headers=headers or {})
        answer = client.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
    return answer


@pytest.fixture
def office(config: Path, tmp_path: Path, command: Command) -> Office:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    folder, meeting = tmp_path / "tls", tmp_path / "pages.sock"
    text = config.read_text().replace("[panel]\n", f'[panel]\npublic_url = "https://{NAME}:{port}"\n')
    files = f'certificate = "{folder}/lan.pem"\nkey = "{folder}/lan.key"\nsocket = "{meeting}"\n'
    config.write_text(f'{text}\n[lan]\nlisten = "127.0.0.1:{port}"\n{files}')
    made = command("tls", "make", "--config", config)
    assert made.exit_code == 0, made.stderr
    return Office(config, folder, port, meeting)


@pytest.fixture
def desk(office: Office, port: int, start: Start) -> Program:
    """The front desk, at work."""
    program = start("run", "--config", office.config)
    program.await_page(port, "/healthz")
    return program


@pytest.fixture
def lan(office: Office, start: Start) -> Program:
    """What ends the TLS, at work."""
    program = start("lan", "--config", office.config)
    await_that(lambda: f"https://127.0.0.1:{office.port}" in program.output, program)
    return program


@pytest.fixture
def both(desk: Program, lan: Program) -> Program:
    """Both."""
    return lan


# ------------------------------------------------------------------------------------------ what is open


def listening(pid: int) -> set[str]:
    """The addresses on which a process listens for TCP, in the kernel's hexadecimal: "0100007F:1F90"."""
    inodes = {
        link.readlink().name[len("socket:[") : -1]
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:[")
    }
    tables = "".join(Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6"))
    rows = [line.split() for line in tables.splitlines()]
    return {row[1] for row in rows if row[3] == "0A" and row[9] in inodes}


def test_by_default_nothing_is_open_beyond_this_machine(config: Path, port: int, start: Start) -> None:
    desk = start("run", "--config", config)
    desk.await_page(port, "/healthz")
    assert listening(desk.pid) == {f"0100007F:{port:04X}"}
    lan = start("lan", "--config", config)
    assert lan.wait() == 0
    assert "nothing is shown to the network" in lan.output


def test_the_front_desk_itself_stays_on_this_machine(
    office: Office, desk: Program, lan: Program, port: int
) -> None:
    assert listening(desk.pid) == {f"0100007F:{port:04X}"}
    assert listening(lan.pid) == {f"0100007F:{office.port:04X}"}
    assert stat.S_IMODE(office.socket.stat().st_mode) == 0o660


# ------------------------------------------------------------------------------------------ who comes in


def test_a_browser_that_trusts_the_authority_sees_the_log_in_and_its_cookies_are_safe(
    office: Office, both: Program
) -> None:
    page = office.ask("/setup")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=15552000"
    cookies = office.ask("/setup").headers.get_all("Set-Cookie") or []
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)


def test_a_browser_that_was_told_nothing_refuses(office: Office, both: Program) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        office.connect(ssl.create_default_context())


def test_an_old_version_of_tls_is_refused(office: Office, both: Program) -> None:
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{office.port}", "-cipher", "ALL:@SECLEVEL=0"]
    for version, taken in (("-tls1_1", False), ("-tls1_2", True)):
        done = subprocess.run([*words, version], input=b"", capture_output=True, check=False, timeout=SOON_S)
        assert (done.returncode == 0) is taken, done.stderr
    with office.connect() as modern:
        assert modern.version() == "TLSv1.3"


def test_who_speaks_without_tls_is_told_and_let_go(office: Office, both: Program) -> None:
    answer = answer_of(http.client.HTTPConnection("127.0.0.1", office.port, timeout=SOON_S), "/desk/")
    assert answer.status == 400
    assert b"https://" in answer.body  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------ what they see


def test_from_the_network_there_is_no_kiosk_no_simulator_and_no_check(office: Office, both: Program) -> None:
    for path in ("/kiosk/", "/scanner/", "/simulator/", "/check", "/metrics"):
        assert office.ask(path).status in (403, 404), path
    health = office.ask("/healthz")
    assert health.status == 200


def test_here_nothing_has_changed(office: Office, both: Program, port: int) -> None:
    answer = answer_of(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S), "/kiosk/")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] is None


def test_a_form_of_another_site_is_refused_over_tls_too(office: Office, both: Program) -> None:
    assert office.ask("/login", "POST", Origin="https://elsewhere.example").status == 403
    assert office.ask("/login", "POST", Origin=f"http://{NAME}:{office.port}").status == 403


def test_a_stream_of_events_comes_through_as_it_is_made(office: Office, both: Program) -> None:
    with office.connect() as line:
        line.sendall(f"GET /events HTTP/1.1\r\nHost: {NAME}:{office.port}\r\n\r\n".encode())
        heard = b""
        while b"\n\n" not in heard.partition(b"\r\n\r\n")[2]:
            heard += line.recv(4096)
    assert heard.startswith(b"HTTP/1.1 200")
    assert b"text/event-stream" in heard


def test_the_board_on_a_television_is_shown(office: Office, both: Program) -> None:
    assert office.ask("/board").status == 200


# ------------------------------------------------------------------------------------------ who they are


def ask_as(office: Office, opening: str, path: str) -> int | None:
    """What the front desk says to whoever opens a connection on its socket with this line; None: nothing."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
        line.settimeout(SOON_S)
        line.connect(str(office.socket))
        line.sendall(f"{opening}GET {path} HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
        said = line.recv(64)
    return int(said.split()[1]) if said else None


def peer(address: str) -> str:
    return f"PROXY TCP4 {address} 192.168.1.2 50000 8443\r\n"


def test_an_address_of_the_kiosk_s_networks_sees_the_kiosk_and_no_other(
    office: Office, config: Path, port: int, start: Start
) -> None:
    config.write_text(f'{config.read_text()}\n[kiosk]\nnetworks = ["192.168.1.20/32"]\n')
    start("run", "--config", config).await_page(port, "/healthz")
    assert ask_as(office, peer("192.168.1.20"), "/kiosk/") == 200
    assert ask_as(office, peer("192.168.1.21"), "/kiosk/") in (403, 404)
    for address in ("192.168.1.20", "127.0.0.1"):
        assert ask_as(office, peer(address), "/check") in (403, 404)


@pytest.mark.parametrize("opening", ["", "PROXY TCP4 nobody nowhere 1 2\r\n", "PROXY UNKNOWN\r\n", "x" * 200])
def test_a_connection_that_does_not_say_who_is_there_gets_nothing(
    office: Office, desk: Program, opening: str
) -> None:
    assert ask_as(office, opening, "/healthz") is None
    assert ask_as(office, peer("192.168.1.20"), "/healthz") == 200


def test_a_visitor_s_own_line_is_only_a_wrong_request(office: Office, both: Program) -> None:
    with office.connect() as line:
        line.sendall(peer("127.0.0.1").encode() + b"GET /check HTTP/1.0\r\n\r\n")
        said = line.recv(4096)
    assert said.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))


# ------------------------------------------------------------------------------------------ gone wrong


def test_while_the_front_desk_is_away_the_page_says_so(office: Office, lan: Program) -> None:
    answer = office.ask("/desk/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_the_front_desk_may_come_and_go_under_it(office: Office, both: Program, desk: Program) -> None:
    assert office.ask("/healthz").status == 200
    desk.end()
    assert office.ask("/healthz").status == 503


@pytest.fixture
def crowd(office: Office) -> Iterator[list[socket.socket]]:
    """Somebody who opens more connections than there are, and says nothing."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                contextlib.closing(socket.create_connection(("127.0.0.1", office.port), SOON_S))
            )
            for _ in range(AT_ONCE_EACH + 10)
        ]


def test_a_crowd_that_says_nothing_is_let_go_and_keeps_nobody_at_the_desk_waiting(
    office: Office, both: Program, port: int, crowd: list[socket.socket]
) -> None:
    give_up = time.monotonic() + HANDSHAKE_S / 2
    while len(turned_away := select.select(crowd, [], [], 0)[0]) < 10:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert len(turned_away) == 10
    began = time.monotonic()
    kiosk = answer_of(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S), "/kiosk/")
    assert kiosk.status == 200
    assert time.monotonic() - began < 5
    patience = HANDSHAKE_S + 5
    assert all(closed_within(one, patience) for one in crowd)
    assert office.ask("/healthz").status == 200


def closed_within(line: socket.socket, seconds: float) -> bool:
    line.settimeout(seconds)
    try:
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_key_that_others_may_read_is_not_used(office: Office, start: Start) -> None:
    (office.folder / "lan.key").chmod(0o644)
    lan = start("lan", "--config", office.config)
    assert lan.wait() == 2
    assert "open to others" in lan.output


def test_a_port_that_another_program_has_is_told(office: Office, start: Start) -> None:
    with socket.create_server(("127.0.0.1", office.port)):
        lan = start("lan", "--config", office.config)
        assert lan.wait() != 0
    assert f"127.0.0.1:{office.port}: " in lan.output


def test_it_ends_when_it_is_told(lan: Program) -> None:
    assert lan.end() == 0
