"""Storm and squeeze: more presses, pages and streams than a day brings, little memory, few files (T20)."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from drivers.simulated.printer import VirtualPrinter
from tests.faults.papers import collecting
from tests.faults.processes import get

ROOT = Path(__file__).parents[2]
MEMORY_CGROUPS = Path("/sys/fs/cgroup/memory")

FILES = 64
MEMORY_MIB = 256
RESIDENT_MIB = 120
STREAMS = 6
CYCLES = 1000
FILES_FLAT = 2
P95_MS, P99_MS = 300, 1000
NUMBER = re.compile(r"[A-Z]\d{3}")


@contextmanager
def memory_limit(name: str) -> Iterator[Path | None]:
    """A group of processes that gets no more than MEMORY_MIB; None where this machine has none."""
    group = MEMORY_CGROUPS / name
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(MEMORY_MIB * 2**20))
    except OSError:
        yield None
        return
    try:
        yield group / "cgroup.procs"
    finally:
        with suppress(OSError):
            group.rmdir()


class Storm:
    """The process, what it says, and how it is."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    @property
    def resident_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    @property
    def files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@contextmanager
def storm(folder: Path, port: int, printer_port: int, seconds: float) -> Iterator[Storm]:
    with memory_limit(f"frontdesk-{os.getpid()}") as group:

        def squeeze() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
            if group is not None:
                group.write_text(str(os.getpid()))

        words = [str(folder), str(port), str(printer_port), str(seconds)]
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.storm", *words],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=squeeze,  # noqa: PLW1509 - before any thread of ours
            ) as process,
        ):
            try:
                yield Storm(process, port)
            finally:
                process.terminate()


def listen(port: int, over: threading.Event, heard: list[int]) -> None:
    """One screen that is kept up to date by a stream."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        client.request("GET", "/events")
        answer = client.getresponse()
        assert answer.status == 200
        count = 0
        while not over.is_set():
            line = answer.readline()
            if not line:
                break
            count += line.startswith(b"event: changed")
        heard.append(count)


def page_times_ms(port: int, over: threading.Event) -> list[float]:
    """How long the first page takes, looked at a few times a second."""
    times = []
    while not over.is_set():
        began = time.perf_counter()
        status, _ = get(port, "/kiosk/")
        assert status == 200
        times.append((time.perf_counter() - began) * 1000)
        over.wait(0.2)
    return times


@pytest.mark.parametrize("seconds", [3.0, pytest.param(60.0, marks=pytest.mark.fault)])
def test_in_a_storm_no_press_is_lost_and_all_that_was_promised_holds(
    tmp_path: Path, port: int, seconds: float, record_property: Callable[[str, object], None]
) -> None:
    over, heard, times = threading.Event(), list[int](), list[float]()
    with (
        VirtualPrinter() as printer,
        collecting(printer) as papers,
        storm(tmp_path, port, printer.port, seconds) as front_desk,
    ):
        assert front_desk.line() == "ready", (tmp_path / "log").read_text()
        screens = [threading.Thread(target=listen, args=(port, over, heard)) for _ in range(STREAMS)]
        screens.append(threading.Thread(target=lambda: times.extend(page_times_ms(port, over))))
        for screen in screens:
            screen.start()
        report = json.loads(front_desk.line() or "null")
        over.set()
        assert report, (tmp_path / "log").read_text()
        cycles_from = front_desk.files
        for _ in range(CYCLES if seconds > 10 else CYCLES // 10):
            assert get(port, "/board")[0] == 200
        files, memory = front_desk.files, front_desk.resident_mib
        front_desk.process.communicate("\n", timeout=30)
        assert front_desk.process.returncode == 0
        for screen in screens:
            screen.join()
        tickets = papers.end()

    presses: dict[str, list[int]] = report["presses"]
    assert {letter: len(at) for letter, at in presses.items()} == report["given"], (
        "a press is lost, or doubled"
    )
    assert min(report["given"].values()) >= seconds // 2, "the buttons were hardly pressed"
    first_bytes = {
        number: ticket.first_byte_ns
        for ticket in tickets
        if (number := next((line for line in ticket.lines if NUMBER.fullmatch(line.strip())), "").strip())
    }
    assert len(first_bytes) == sum(report["given"].values()), "each number is on paper, once"
    waits_ms = [
        (first_bytes[f"{letter}{place:03}"] - at_ns) / 1e6
        for letter, all_at in presses.items()
        for place, at_ns in enumerate(all_at, 1)
    ]
    cuts = statistics.quantiles(waits_ms, n=100)
    assert len(heard) == STREAMS
    assert min(heard) > 0
    assert files - cycles_from <= FILES_FLAT, "streams may have closed meanwhile, but nothing stays open"
    assert memory <= RESIDENT_MIB
    page_p95 = statistics.quantiles(times, n=20)[18]
    if seconds > 10:  # a few presses on a busy machine say nothing of how long they take
        assert cuts[94] <= P95_MS
        assert cuts[98] <= P99_MS
        record_property(
            "figure",
            f"T20: {len(waits_ms)} presses, press to first byte p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms;"
            f" first page p95 {page_p95:.0f} ms; memory {memory:.0f} MiB; files {files - cycles_from:+d}",
        )
