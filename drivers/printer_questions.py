"""What a ticket printer is asked, and how its answers are read.

No question can harm a ticket: DLE EOT is answered at once and out of turn; what an unfamiliar printer would
take for text stands between two resets (ESC @), which empty its line unprinted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from drivers.base import Paper, PrinterStatus
from drivers.printer_wire import Line

STATUS_QUERY = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"  # DLE EOT 1, 2 and 4, all in one write
STATUS_ANSWERS = 3
STALE_READS = 64  # late answers to older questions are read away, but not for ever
RESET = b"\x1b@"
_TAG_OF_PROBE = b"PPPP"  # no job has it before its 65,536th
_MAKER_QUERY, _MODEL_QUERY = b"\x1dIB", b"\x1dIC"  # GS I 66 and 67
_NAME = re.compile(rb"_([\x20-\x7e]{1,80})\x00")  # the answers to both: 5F, text, 00


def ask_status(line: Line, timeout_s: float) -> PrinterStatus:
    """How the printer is, within `timeout_s`. Raises FAILURES."""
    _read_away(line)
    line.write(STATUS_QUERY)
    deadline = time.monotonic() + timeout_s
    answers = b""
    while len(answers) < STATUS_ANSWERS and (left_s := deadline - time.monotonic()) > 0:
        answers += bytes(each for each in line.read(left_s) if _is_status(each))
    return read_status(answers)


def read_status(answers: bytes) -> PrinterStatus:
    """What the answers to DLE EOT 1, 2 and 4 say; fewer than three say nothing: which is missing?"""
    if len(answers) < STATUS_ANSWERS:
        return PrinterStatus(answered=False)
    printer, offline_cause, paper_sensor = answers[:STATUS_ANSWERS]
    paper = Paper.OK
    if paper_sensor & 0x60 or offline_cause & 0x20:
        paper = Paper.OUT
    elif paper_sensor & 0x0C:
        paper = Paper.LOW
    return PrinterStatus(
        answered=True,
        paper=paper,
        cover_open=bool(offline_cause & 0x04),
        offline=bool(printer & 0x08),
        fault=bool(offline_cause & 0x40),
    )


def tell_when_printed(tag: bytes) -> bytes:
    """GS ( H, function 48: say `tag` when everything before it is on paper."""
    return b"\x1d(H\x06\x00\x30\x30" + tag


def hears_printed(line: Line, tag: bytes, timeout_s: float) -> bool:
    """True as soon as the printer has said that what `tag` stands for is printed. Raises FAILURES."""
    word = b"\x37\x22" + tag + b"\x00"
    return word in _hear(line, lambda heard: word in heard, timeout_s)


def tag_of(number: int) -> bytes:
    """Four letters A to P for a job's number: none of them can be taken for an answer to DLE EOT."""
    return bytes(ord("A") + (number >> shift & 0xF) for shift in (12, 8, 4, 0))


def would_confirm(line: Line, timeout_s: float) -> bool:
    """Whether the printer says that something is printed: asked about nothing. Raises FAILURES."""
    line.write(RESET + tell_when_printed(_TAG_OF_PROBE) + RESET)
    return hears_printed(line, _TAG_OF_PROBE, timeout_s)


def identity(line: Line, timeout_s: float) -> str:
    """Maker and model as the printer names them, "EPSON TM-T20III"; empty if it says neither."""
    _read_away(line)
    line.write(RESET + _MAKER_QUERY + _MODEL_QUERY + RESET)
    heard = _hear(line, lambda heard: len(_NAME.findall(heard)) == 2, timeout_s)
    return " ".join(name.decode("ascii").strip() for name in _NAME.findall(heard))


def _hear(line: Line, is_all: Callable[[bytes], bool], timeout_s: float) -> bytes:
    deadline = time.monotonic() + timeout_s
    heard = b""
    while not is_all(heard) and (left_s := deadline - time.monotonic()) > 0:
        heard += line.read(left_s)
    return heard


def _read_away(line: Line) -> None:
    for _ in range(STALE_READS):
        if not line.read(0):
            return


def _is_status(answer: int) -> bool:
    """Every answer to DLE EOT has bits 1 and 4 set, 0 and 7 clear; all else on the line is not for us."""
    return answer & 0x93 == 0x12
