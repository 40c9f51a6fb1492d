"""The line to the central server, between a real client and a real server: whole, and with each fault."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from drivers.simulated.line import LINE_FAULTS, Line

SOON_S = 20.0


class Server(HTTPServer):
    """A server that notes what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.received: list[tuple[str, str | None, bytes]] = []


class Answers(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers["Authorization"], body))
        self.send_response(201)
        self.send_header("X-Answer", "yes")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    line = Line(server.server_address[1])
    line.open()
    yield line
    line.close()


def post(line: Line, body: bytes = b"a visit") -> tuple[int, str | None, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", line.port, timeout=SOON_S)) as client:
        client.request("POST", "/v1/events", body, {"Authorization": "Bearer x"})
        answer = client.getresponse()
        return answer.status, answer.headers["X-Answer"], answer.read()


def test_what_is_sent_and_what_is_answered_come_through_as_they_are(line: Line, server: Server) -> None:
    assert post(line) == (201, "yes", b"done")
    assert server.received == [("/v1/events", "Bearer x", b"a visit")]


def test_a_line_that_is_cut_refuses_and_has_the_same_address_afterwards(line: Line, server: Server) -> None:
    port = line.port
    line.set_fault("cut", True)
    with pytest.raises(ConnectionRefusedError):
        post(line)
    line.set_fault("cut", False)
    assert line.port == port
    assert post(line)[0] == 201
    assert len(server.received) == 1


def test_a_server_that_fails_answers_in_html_and_gets_nothing(line: Line, server: Server) -> None:
    line.set_fault("failing", True)
    status, _, page = post(line)
    assert (status, server.received) == (500, [])
    assert page.startswith(b"<html>")


def test_a_slow_line_answers_in_the_end(line: Line, server: Server) -> None:
    line.slow_s = 0.2
    line.set_fault("slow", True)
    began = time.monotonic()
    assert post(line)[0] == 201
    assert time.monotonic() - began >= 0.2


def test_a_lost_reply_is_of_a_request_that_has_arrived(line: Line, server: Server) -> None:
    line.set_fault("loses_replies", True)
    with pytest.raises(http.client.RemoteDisconnected):
        post(line)
    assert len(server.received) == 1


def test_cutting_a_slow_line_tears_who_waits(line: Line, server: Server) -> None:
    line.slow_s = SOON_S * 10
    line.set_fault("slow", True)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            post(line)
        except (OSError, http.client.HTTPException) as error:
            failures.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    end = time.monotonic() + SOON_S
    while not server.received and time.monotonic() < end:
        time.sleep(0.01)
    line.set_fault("cut", True)
    waiting.join(SOON_S)
    assert not waiting.is_alive()
    assert len(failures) == 1


def test_where_no_server_is_the_line_says_so() -> None:
    with closing(HTTPServer(("127.0.0.1", 0), Answers).socket) as gone:
        port = gone.getsockname()[1]
    line = Line(port)
    line.open()
    assert post(line)[0] == 502
    line.close()


def test_faults_are_off_at_first_and_others_there_are_not(line: Line) -> None:
    assert line.faults == dict.fromkeys(LINE_FAULTS, False)
    with pytest.raises(KeyError):
        line.set_fault("haunted", True)
