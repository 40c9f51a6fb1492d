"""`frontdesk run` and `frontdesk simulate`: how they begin and end, as processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.simulated.printer import VirtualPrinter
from tests.cli.conftest import SOON_S, Program, append, await_that, get

END_S = 5.0
CODE = re.compile(r"code (\d{4} \d{4})")

Start = Callable[..., Program]


def _files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


# ------------------------------------------------------------------------------------------ run


def test_a_wrong_configuration_starts_nothing(start: Start, config: Path, data: Path) -> None:
    append(config, 'papper = "80mm"\n')

    program = start("run", "--config", config)

    assert program.wait() == 2
    assert f'{config}:16: printer.papper: is not a known key (did you mean "paper"?)' in program.output
    assert not data.exists()


def test_a_healthy_front_desk_serves_and_ends_in_order(
    start: Start, config: Path, data: Path, port: int
) -> None:
    program = start("run", "--config", config)

    health = json.loads(program.await_page(port, "/healthz"))

    assert health["status"] == "ok"
    assert program.processes == [program.pid]
    assert program.end(within_s=END_S) == 0
    assert program.processes == []
    assert not [name for name in _files(data) if name.endswith(("-wal", "-shm"))]
    assert "Traceback" not in program.output


def test_pages_that_listen_for_changes_do_not_hold_the_end_up(start: Start, config: Path, port: int) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)) as client:
        client.request("GET", "/events")
        with client.getresponse() as stream:  # open until after the end
            assert b"retry" in stream.readline()

            assert program.end(within_s=END_S) == 0


def test_ctrl_c_ends_it_in_order_too(start: Start, config: Path, port: int) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")

    assert program.end(signal.SIGINT, within_s=END_S) == 0


def test_the_first_start_code_is_on_the_terminal_and_once_on_paper(
    start: Start, config: Path, port: int, printer: VirtualPrinter
) -> None:
    first = start("run", "--config", config)
    first.await_page(port, "/healthz")
    assert printer.wait_for_tickets(1, SOON_S)
    code = CODE.search(first.output)
    assert code
    assert any(code[1] in line for line in printer.tickets[0].lines)
    assert first.end() == 0

    second = start("run", "--config", config)
    second.await_page(port, "/healthz")
    again = CODE.search(second.output)
    assert again
    assert again[1] == code[1]
    # A ticket for a visitor comes out next: no second code was waiting before it.
    _ask_for_ticket(port)
    assert printer.wait_for_tickets(2, SOON_S)
    assert any("P001" in line for line in printer.tickets[1].lines)
    assert second.end() == 0


def _ask_for_ticket(port: int) -> str:
    """Take a ticket, as a room's own program would; gives its number."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)) as client:
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        client.request("POST", "/api/v1/tickets", json.dumps({"service": "library"}), headers)
        answer = client.getresponse()
        assert answer.status == 201
        return str(json.loads(answer.read())["number"])


def test_a_second_front_desk_on_the_same_data_goes_and_the_first_stays(
    start: Start, config: Path, data: Path, port: int
) -> None:
    first = start("run", "--config", config)
    first.await_page(port, "/healthz")

    second = start("run", "--config", config)

    assert second.wait() == 75
    assert f"{data} is in use by process {first.pid}" in second.output
    assert "Traceback" not in second.output
    assert get(port, "/healthz")[0] == 200


def test_an_address_in_use_is_told_in_words(start: Start, config: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        program = start("run", "--config", config)

        assert program.wait() == 75
    assert f"frontdesk: 127.0.0.1:{port}: Address already in use" in program.output
    assert "Traceback" not in program.output
    assert program.processes == []


def test_after_a_pulled_plug_it_starts_again_with_what_it_had(start: Start, config: Path, port: int) -> None:
    first = start("run", "--config", config)
    first.await_page(port, "/healthz")
    assert _ask_for_ticket(port) == "P001"
    first.kill()

    second = start("run", "--config", config)
    second.await_page(port, "/healthz")

    assert json.loads(get(port, "/api/v1/board")[1])["waiting"] == 1
    assert _ask_for_ticket(port) == "P002"
    assert second.end() == 0


def test_a_front_desk_that_is_stopped_while_it_starts_ends_in_order(
    start: Start, config: Path, data: Path
) -> None:
    program = start("run", "--config", config)
    await_that((data / "frontdesk.lock").exists, program)

    assert program.end(within_s=END_S) == 0
    assert "Traceback" not in program.output


# ------------------------------------------------------------------------------------------ simulate


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go, with a short name: pcscd's socket is there, and its path must be short."""
    with tempfile.TemporaryDirectory(prefix="fd-", dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def test_the_simulator_serves_its_page_and_leaves_nothing(start: Start, port: int, temporary: Path) -> None:
    program = start("simulate", "--listen", f"127.0.0.1:{port}")

    page = program.await_page(port, "/simulator/")

    assert "80 mm" in page
    assert "Server pusat" in page
    assert "Sawahlunto" in program.await_page(port, "/kiosk/")
    assert program.end(within_s=END_S) == 0
    assert program.processes == []
    assert _files(temporary) == []
    assert "Traceback" not in program.output


def test_a_data_folder_that_was_named_stays_as_it_is(
    start: Start, port: int, data: Path, temporary: Path
) -> None:
    (data / "simulated" / "loudspeaker").mkdir(parents=True)
    own = data / "simulated" / "loudspeaker" / "mine.wav"
    own.write_bytes(b"mine")

    program = start("simulate", "--listen", f"127.0.0.1:{port}", "--data", data)
    program.await_page(port, "/simulator/")

    assert program.end(within_s=END_S) == 0
    assert own.read_bytes() == b"mine"
    assert (data / "frontdesk.db").exists()
    assert _files(temporary) == []


def test_another_office_and_narrow_paper_can_be_simulated(start: Start, port: int, temporary: Path) -> None:
    program = start("simulate", "--listen", f"127.0.0.1:{port}", "--office", "1377", "--paper", "58mm")

    page = program.await_page(port, "/simulator/")

    assert "58 mm" in page
    assert "Pariaman" in program.await_page(port, "/kiosk/")
    assert program.end() == 0


def test_without_a_pcscd_that_starts_the_page_says_so(
    start: Start, port: int, temporary: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    stub = programs / "pcscd"
    stub.write_text("#!/bin/sh\necho pcscd is broken here\nexit 3\n")
    stub.chmod(0o755)

    program = start("simulate", "--listen", f"127.0.0.1:{port}", PATH=f"{programs}:/usr/bin:/bin")
    page = program.await_page(port, "/simulator/")

    assert "Tidak ada pembaca kartu di komputer ini" in page
    assert program.await_page(port, "/healthz")
    assert program.end() == 0


def test_a_second_simulator_on_the_same_data_goes(
    start: Start, port: int, data: Path, temporary: Path
) -> None:
    first = start("simulate", "--listen", f"127.0.0.1:{port}", "--data", data)
    first.await_page(port, "/simulator/")

    second = start("simulate", "--listen", "127.0.0.1:1", "--data", data)

    assert second.wait() == 75
    assert f"in use by process {first.pid}" in second.output
    assert first.end() == 0
    assert _files(temporary) == []
