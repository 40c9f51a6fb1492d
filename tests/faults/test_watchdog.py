"""The heart-beat stops when the front desk stands still, and only then (T14).

The service manager is a socket of ours; what it would do about the silence is its own business.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.errors import StoreFull
from appliance.front_desk import FrontDesk
from appliance.watchdog import ServiceManager, Watchdog, watched
from tests.faults.processes import Program, await_that, health, hurt, post_ticket

Start = Callable[..., Program]


class Listener:
    """A service manager: a datagram socket, and when it heard what."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{path[1:]}" if path.startswith("@") else path)
        self.path = path
        self.heard: list[tuple[float, list[str]]] = []

    def close(self) -> None:
        self._socket.close()

    def listen(self, seconds: float) -> None:
        """Hear everything that comes within this time."""
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                self._hear()
            except TimeoutError:
                return

    def until(self, line: str, seconds: float) -> float:
        """Wait for a line; gives when it came."""
        end = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            at, lines = self._hear()
            if line in lines:
                return at

    def _hear(self) -> tuple[float, list[str]]:
        lines = self._socket.recv(4096).decode().split("\n")
        self.heard.append((time.monotonic(), lines))
        return self.heard[-1]

    @property
    def beats(self) -> list[float]:
        return [at for at, lines in self.heard if "WATCHDOG=1" in lines]

    @property
    def lines(self) -> list[str]:
        return [line for _, lines in self.heard for line in lines]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Listener]:
    with closing(Listener(str(tmp_path / "notify"))) as listener:
        yield listener


# --------------------------------------------------------------------------------------- the real process


@pytest.mark.parametrize(
    ("patience_s", "hang_s"), [(3.0, 6.0), pytest.param(30.0, 40.0, marks=pytest.mark.fault)]
)
def test_a_hanging_disk_stops_the_heart_and_its_end_lets_it_beat_again(
    start: Start, config: Path, port: int, manager: Listener, patience_s: float, hang_s: float
) -> None:
    program = start(
        "run", "--config", config, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=str(round(patience_s * 1e6))
    )
    manager.until("READY=1", 20)
    manager.until("WATCHDOG=1", patience_s)

    delay = f"fdatasync:delay_enter={round(hang_s * 1e6)}:when=1"
    with hurt(program.pid, delay):
        visitor = threading.Thread(target=post_ticket, args=(port, "key-1", hang_s * 2))
        hung = time.monotonic()
        visitor.start()
        manager.listen(hang_s - 1.0)
        silent_from = manager.beats[-1] - hung
        assert silent_from < patience_s, "it went on beating while the disk hung"
        assert any(line == "STATUS=gives no numbers: writer_silent" for line in manager.lines)
        visitor.join()
    manager.until("WATCHDOG=1", patience_s)

    status, answer = post_ticket(port, "key-1")
    assert (status, answer["number"]) == (200, "P001"), "the ticket that hung is the one that was given"
    assert program.end() == 0
    manager.listen(0.2)
    assert manager.lines[-1] == "STOPPING=1"


def test_a_heart_that_is_well_beats_often_enough_and_says_how_it_is(
    start: Start, config: Path, manager: Listener
) -> None:
    start("run", "--config", config, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="1200000")
    manager.until("READY=1", 20)
    manager.listen(1.5)
    assert len(manager.beats) >= 4
    assert "STATUS=gives numbers; service day not open yet" in manager.lines
    assert manager.lines.count("READY=1") == 1
    pauses = [later - earlier for earlier, later in zip(manager.beats, manager.beats[1:], strict=False)]
    assert max(pauses) < 1.2


def test_ready_is_said_when_pages_are_served_and_not_before(
    start: Start, config: Path, port: int, manager: Listener
) -> None:
    program = start("run", "--config", config, NOTIFY_SOCKET=manager.path)
    manager.until("READY=1", 20)
    await_that(lambda: health(port).get("status") == "ok", program)
    manager.listen(0.5)
    assert manager.beats == [manager.beats[0]], "nobody asked for a heart-beat"


# --------------------------------------------------------------------------------------- its parts


def test_a_core_thread_that_does_not_come_round_stops_the_heart(desk: FrontDesk, manager: Listener) -> None:
    dog = Watchdog(desk, ServiceManager(manager.path, 30.0))
    seconds = {"keeper": 1.0}
    desk.pulse.follow(lambda: seconds, ["keeper"])
    dog.beat()
    seconds["keeper"] = 60.0
    dog.beat()
    seconds["keeper"] = 0.0
    dog.beat()
    manager.listen(0.1)
    assert [("WATCHDOG=1" in lines, lines[-1]) for _, lines in manager.heard] == [
        (True, "STATUS=gives numbers; service day not open yet"),
        (False, "STATUS=gives no numbers: thread_silent"),
        (True, "STATUS=gives numbers; service day not open yet"),
    ]


def test_the_trouble_of_a_disk_is_no_reason_to_be_killed(desk: FrontDesk, manager: Listener) -> None:
    desk.store.suspect(StoreFull("no room"))
    Watchdog(desk, ServiceManager(manager.path, 30.0)).beat()
    manager.listen(0.1)
    assert manager.lines == ["WATCHDOG=1", "STATUS=gives no numbers: store_full"]


def test_without_a_service_manager_nothing_is_said(desk: FrontDesk) -> None:
    assert ServiceManager.of({}) is None
    with watched(desk, {}) as begun:
        begun()
        assert not [thread for thread in threading.enumerate() if thread.name == "watchdog"]


def test_a_socket_in_no_folder_is_reached_too() -> None:
    with closing(Listener("@frontdesk-test-notify")) as listener:
        found = ServiceManager.of({"NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "30000000"})
        assert found is not None
        assert found.beat_every_s == 5.0
        found.tell(READY="1", STATUS="well")
        listener.listen(0.1)
        assert listener.lines == ["READY=1", "STATUS=well"]


def test_a_heart_beat_that_is_meant_for_another_process_is_not_ours() -> None:
    found = ServiceManager.of({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"})
    assert found is not None
    assert found.beat_every_s is None


def test_a_manager_that_has_gone_is_told_of_once_and_does_not_end_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = ServiceManager(str(tmp_path / "nobody"), 30.0)
    gone.tell(READY="1")
    gone.tell(WATCHDOG="1")
    assert len(caplog.records) == 1
