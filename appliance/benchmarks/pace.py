"""`frontdesk bench`: what a ticket and a start cost, measured on the real libraries.

A press is a real edge on a gpiozero pin, the printer a TCP printer in a process of its own (so that its work
is not counted as ours), the database a file with `synchronous=FULL`. Times are monotonic.
"""

from __future__ import annotations

import http
import http.client
import json
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance import assembly
from appliance import config as configuration
from appliance.benchmarks.scanning import scanning
from appliance.clock import SystemClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.runtime import Runtime
from appliance.store import Transaction
from drivers.base import DeviceState
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.printer import VirtualPrinter
from web import create_app
from web.server import serving

CLIENTS = 8
WAITING = 10  # people at most, as in a busy city office

_PIN = 17
_PATIENCE_S = 10.0
_WARM_UP = 20
_VISITS_A_DAY = 200

CONFIG = """
[site]
office = "1373"
data = {data}
[panel]
listen = "127.0.0.1:{port}"
[queue]
only_within_hours = false
[printer]
driver = "escpos-network"
host = "127.0.0.1"
port = {printer_port}
"""
_BUTTON = """
[buttons]
window = "0s"
[[buttons.button]]
service = "P"
pin = 17
"""


# ------------------------------------------------------------------------------- frontdesk bench tickets


def tickets(
    presses: int, old_visits: int, seconds: float, *, while_scanning: bool = False
) -> dict[str, object]:
    """Press to first byte at the printer, one press after the other; then eight clients at once."""
    with (
        scanning() if while_scanning else nullcontext(),
        TemporaryDirectory(prefix="frontdesk-bench-") as folder,
        printer_process() as (port, first_bytes),
    ):
        config = configuration.parse(
            CONFIG.format(data=json.dumps(folder), port=free_port(), printer_port=port) + _BUTTON
        )
        desk = assemble(load_office("1373"), config, SystemClock(), Path(folder))
        desk.store.open()
        if old_visits:
            desk.store.write(_add_old_visits, old_visits, desk.office.services[0].key)
        pins = SimulatedPins()
        runtime = Runtime(assembly.duties(desk, lambda: pins), desk.health, desk.changes)
        runtime.start()
        try:
            _await_devices(desk)
            _press_often(desk, pins, first_bytes, _WARM_UP)
            report = _press_often(desk, pins, first_bytes, presses)
            rate = _issue_over_http(desk, seconds)
        finally:
            desk.changes.end()
            runtime.stop()
            pins.close()
            desk.store.close()
    shown = {"presses": presses, "old_visits": old_visits, "while_scanning": while_scanning}
    return {**shown, **report, **rate}


def _await_devices(desk: FrontDesk) -> None:
    """A button that is held down while it is connected is no press: wait until all are ready."""
    heard, end = -1, time.monotonic() + _PATIENCE_S
    while not all(_is_ready(desk, name) for name in ("buttons", "printer")):
        if time.monotonic() > end:
            raise TimeoutError("the devices did not get ready")
        heard = desk.changes.wait(heard, 0.1)


def _is_ready(desk: FrontDesk, device: str) -> bool:
    report = desk.health.of(device)
    return report is not None and report.state is DeviceState.READY


@dataclass(frozen=True, slots=True)
class _Press:
    """What one press cost: to the printer's first byte, and in all."""

    latency_ms: float
    cpu_s: float
    size: int


def _press_often(
    desk: FrontDesk, pins: SimulatedPins, first_bytes: Connection, presses: int
) -> dict[str, object]:
    """Press the button and wait for the paper, again and again; meanwhile visitors are served and go."""
    done: list[_Press] = []
    for number in range(presses):
        done.append(_press(pins, first_bytes))
        if number % WAITING == 0:
            desk.store.write(see_everybody_off)
    latencies = [one.latency_ms for one in done]
    cuts = statistics.quantiles(latencies, n=100) if presses > 1 else latencies * 99
    return {
        "press_to_first_byte_ms": {
            "p50": round(cuts[49], 2),
            "p95": round(cuts[94], 2),
            "p99": round(cuts[98], 2),
            "max": round(max(latencies), 2),
        },
        "cpu_ms_per_ticket": round(statistics.mean(one.cpu_s for one in done) * 1000, 2),
        "bytes_per_ticket": round(statistics.mean(one.size for one in done)),
    }


def _press(pins: SimulatedPins, first_bytes: Connection) -> _Press:
    cpu_s, closed_ns = _front_desk_cpu_s(), time.monotonic_ns()
    pins.close_contact(_PIN)
    if not first_bytes.poll(_PATIENCE_S):
        raise TimeoutError("the printer saw no ticket")
    first_ns, size = first_bytes.recv()
    pins.open_contact(_PIN)
    time.sleep(0.02)  # the contact settles open, as it does under a finger that leaves; the job is ended
    return _Press((first_ns - closed_ns) / 1e6, _front_desk_cpu_s() - cpu_s, size)


def see_everybody_off(tx: Transaction) -> None:
    """A city office has ten people waiting at its busiest: end the visits, uncounted."""
    tx.db.execute("UPDATE ticket SET state = 'done' WHERE state = 'waiting'")
    tx.db.execute("UPDATE visit SET closed = arrived, state = 'checked_out' WHERE closed IS NULL")


def _front_desk_cpu_s() -> float:
    """CPU of all threads but this one, which only plays the finger and holds the watch."""
    return time.process_time() - time.thread_time()


@contextmanager
def printer_process() -> Iterator[tuple[int, Connection]]:
    """A virtual printer in a process of its own: its port, and for each ticket (first byte in ns, bytes)."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_be_printer, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.terminate()
        process.join()


def _be_printer(connection: Connection) -> None:
    with VirtualPrinter() as printer:
        connection.send(printer.port)
        for number in count(1):
            while not printer.wait_for_tickets(number, 60.0):
                pass
            ticket = next(one for one in printer.tickets if one.number == number)
            connection.send((ticket.first_byte_ns, len(ticket.data)))


def _add_old_visits(tx: Transaction, number: int, service: str) -> None:
    """Earlier days, _VISITS_A_DAY each, closed as they should be."""
    tx.db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO service_day (date, opened, closed)"
        " SELECT date('2020-01-01', '+' || i || ' days'), ?, ? FROM n",
        (-(-number // _VISITS_A_DAY), tx.now.stamp(), tx.now.stamp()),
    )
    first_day = tx.db.execute("SELECT min(id) FROM service_day").fetchone()[0]
    series = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    stamp = tx.now.stamp()
    tx.db.execute(
        f"{series} INSERT INTO visit (id, request_id, day_id, source, service, priority, language, state,"
        f" arrived, called, closed) SELECT i + 1, 'old-' || i, ? + i / {_VISITS_A_DAY}, 'button', ?, 0, 'id',"
        " 'checked_out', ?, ?, ? FROM n",
        (number - 1, first_day, service, stamp, stamp, stamp),
    )
    tx.db.execute(
        f"{series} INSERT INTO ticket (visit_id, day_id, letter, number, queue, state, ahead)"
        f" SELECT i + 1, ? + i / {_VISITS_A_DAY}, 'P', i % {_VISITS_A_DAY} + 1, ?, 'done', 0 FROM n",
        (number - 1, first_day, service),
    )
    tx.db.execute(
        f"{series} INSERT INTO print_job (kind, visit_id, facts, state, asked, ended)"
        " SELECT 'ticket', i + 1, '{}', 'printed', ?, ? FROM n",
        (number - 1, stamp, stamp),
    )
    tx.db.execute(
        f"{series} INSERT INTO journal (at, quality, kind, visit_id, facts)"
        " SELECT ?, 'synced', 'ticket.issued', i + 1, '{}' FROM n",
        (number - 1, stamp),
    )


# ------------------------------------------------------------------------------- eight clients


def _issue_over_http(desk: FrontDesk, seconds: float) -> dict[str, object]:
    """Eight clients ask for tickets through the JSON API, each as fast as it gets answers."""
    addresses = count(2)
    end = time.monotonic() + seconds
    with serving(create_app(desk), desk), ThreadPoolExecutor(CLIENTS) as pool:
        futures = [pool.submit(_ask_until, desk.config.panel.port, end, addresses) for _ in range(CLIENTS)]
        numbers = [number for future in futures for number in future.result()]
    return {
        "clients": CLIENTS,
        "tickets_per_second": round(len(numbers) / seconds, 1),
        "duplicate_numbers": len(numbers) - len(set(numbers)),
    }


def _ask_until(port: int, end: float, addresses: Iterator[int]) -> list[str]:
    """Numbers that one client was given. It changes its loopback address when the rate limit meets it."""
    numbers: list[str] = []
    while time.monotonic() < end:
        own = divmod(next(addresses), 250)
        source = (f"127.0.{own[0] % 250}.{own[1] + 2}", 0)
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S, source_address=source)
        while time.monotonic() < end:
            body = json.dumps({"service": "library"})
            headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
            client.request("POST", "/api/v1/tickets", body, headers)
            answer = client.getresponse()
            content = answer.read()
            if answer.status != http.HTTPStatus.CREATED:
                break
            numbers.append(json.loads(content)["number"])
        client.close()
    return numbers


# ------------------------------------------------------------------------------- frontdesk bench start


def start(idle_seconds: float) -> dict[str, object]:
    """A process from its start to its first page, its memory in use, and what doing nothing costs."""
    with TemporaryDirectory(prefix="frontdesk-bench-") as folder, printer_process() as (printer_port, _):
        port = free_port()
        path = Path(folder) / "frontdesk.toml"
        path.write_text(CONFIG.format(data=json.dumps(folder), port=port, printer_port=printer_port))
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "run", "--config", str(path)], stderr=subprocess.DEVNULL
        )
        try:
            first_page_s = await_page(port, process) - began
            _use(port)
            cpu_s, until = _cpu_seconds(process.pid), time.monotonic() + idle_seconds
            time.sleep(max(0.0, until - time.monotonic()))
            idle = (_cpu_seconds(process.pid) - cpu_s) / idle_seconds
            memory = resident_mib(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)
    return {
        "start_to_first_page_s": round(first_page_s, 2),
        "resident_mib": round(memory, 1),
        "idle_percent_of_a_core": round(idle * 100, 2),
        "exit_code": process.returncode,
    }


def await_page(port: int, process: subprocess.Popen[bytes]) -> float:
    """Wait for the first page; gives when it was there, by monotonic time."""
    while process.poll() is None:
        try:
            if _get(port, "/kiosk/") == http.HTTPStatus.OK:
                return time.monotonic()
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"the front desk ended with {process.returncode}")


def _use(port: int) -> None:
    """Open the pages that are open to all, so that memory is that of a front desk in use."""
    for path in ("/kiosk/", "/board", "/kiosk/standard", "/login", "/api/v1/board", "/healthz"):
        for _ in range(10):
            _get(port, path)


def _get(port: int, path: str) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        answer.read()
        return answer.status
    finally:
        client.close()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Memory in use (RSS), in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
