"""A disk that turns read-only: out of order within three seconds on every screen, and by itself back (T8)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults.processes import Program, await_that, get, health, hurt, post_ticket

Start = Callable[..., Program]

WITHIN_S = 3.0
SEE_THE_DESK = "Silakan ke meja petugas"
SCREENS = ("/kiosk/greeting", "/board/standing")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data folder, on an ext4 file system of its own."""
    with disks.ext4_disk(tmp_path / "disk", tmp_path / "disk.img") as folder:
        yield folder / "data"


def said_everywhere(port: int) -> bool:
    return all(SEE_THE_DESK in get(port, screen)[1] for screen in SCREENS)


def said_nowhere(port: int) -> bool:
    return not any(SEE_THE_DESK in get(port, screen)[1] for screen in SCREENS)


def test_writes_that_fail_put_every_screen_out_of_order_and_all_is_well_again_by_itself(
    start: Start, config: Path, port: int
) -> None:
    """As a kernel does it that has met a bad card: reads go on, each write says EROFS."""
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    assert post_ticket(port)[1]["number"] == "P001"

    with hurt(program.pid, "pwrite64,fdatasync,ftruncate:error=EROFS"):
        pressed = time.monotonic()
        status, answer = post_ticket(port, "key-2")
        assert (status, answer["error"]) == (503, "commit_unknown"), "it may be on the disk: nobody can look"
        await_that(lambda: said_everywhere(port), program)
        assert time.monotonic() - pressed < WITHIN_S
        assert health(port)["status"] == "unavailable"

    await_that(lambda: said_nowhere(port), program)
    assert health(port)["status"] == "ok"
    assert post_ticket(port, "key-2")[1]["number"] == "P002", "no number was given, so none is missing"


def test_a_disk_that_is_mounted_read_only_is_noticed_before_anybody_presses(
    start: Start, config: Path, port: int, data: Path
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    assert post_ticket(port)[1]["number"] == "P001"
    began = time.monotonic()
    disks.abort(data.parent)  # what ext4 does by itself on an error: errors=remount-ro
    await_that(lambda: said_everywhere(port), program)
    assert time.monotonic() - began < WITHIN_S
    status, answer = post_ticket(port, "key-2")
    assert (status, answer["error"]) == (503, "store_read_only")
    assert program.end() in (0, 1)


def test_a_disk_that_came_up_read_only_serves_its_pages_and_recovers(
    start: Start, config: Path, port: int, data: Path
) -> None:
    first = start("run", "--config", config)
    first.await_page(port, "/healthz")
    assert post_ticket(port)[1]["number"] == "P001"
    assert first.end() == 0
    disks.remount(data.parent, "ro")

    program = start("run", "--config", config)
    await_that(lambda: bool(health(port)), program)
    assert health(port)["reasons"] == ["store_read_only"]
    assert SEE_THE_DESK in get(port, "/kiosk/")[1]
    assert post_ticket(port)[0] == 503

    disks.remount(data.parent, "rw")
    await_that(lambda: health(port).get("status") == "ok", program)
    assert post_ticket(port)[1]["number"] == "P002"
    assert said_nowhere(port)
