"""The real program as a process, and what is done to it from outside."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.conftest import SOON_S, Program, await_that, get

__all__ = ["SOON_S", "Program", "ask_for_ticket", "await_that", "get", "health", "hurt", "post_ticket"]


def health(port: int) -> dict[str, Any]:
    """What /healthz says; an empty answer while nobody listens, and for whoever asks too often."""
    try:
        status, text = get(port, "/healthz")
    except OSError:
        return {}
    answer: dict[str, Any] = json.loads(text) if status in (200, 503) else {}
    return answer


def post_ticket(port: int, key: str | None = None, patience_s: float = SOON_S) -> tuple[int, dict[str, Any]]:
    """Ask for a ticket as a room's own program would; gives the status and the answer."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=patience_s)) as client:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex, "Content-Type": "application/json"}
        client.request("POST", "/api/v1/tickets", json.dumps({"service": "library"}), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def ask_for_ticket(port: int) -> str:
    """Take a ticket; gives its number."""
    status, answer = post_ticket(port)
    assert status == 201, answer
    return str(answer["number"])


@contextmanager
def hurt(pid: int, fault: str) -> Iterator[None]:
    """Let strace spoil the system calls of all threads of a process that runs; at the end it lets go.

    `fault` is a rule of `strace -e inject=`: "pwrite64:error=EROFS".
    """
    calls = fault.partition(":")[0]
    command = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={fault}"]
    strace = subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    try:
        _await_traced(pid, strace)
        yield
    finally:
        strace.terminate()
        strace.communicate()


def _await_traced(pid: int, strace: subprocess.Popen[str]) -> None:
    """Until strace holds every thread."""
    end = time.monotonic() + SOON_S
    while not all(_is_traced(task) for task in Path(f"/proc/{pid}/task").iterdir()):
        assert strace.poll() is None, strace.communicate()[1]
        assert time.monotonic() < end, "strace does not get hold of it"
        time.sleep(0.01)


def _is_traced(task: Path) -> bool:
    try:
        return "\nTracerPid:\t0\n" not in (task / "status").read_text()
    except OSError:  # a thread that has ended
        return True
