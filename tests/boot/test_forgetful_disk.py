"""The disk that forgets keeps what it must, and only loses what it may."""

from __future__ import annotations

import random
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boot.forgetful_disk import SECTOR, ForgetfulDisk

SIZE = 64 * SECTOR


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[ForgetfulDisk]:
    file = tmp_path / "disk"
    file.write_bytes(bytes(SIZE))
    disk = ForgetfulDisk(file, tmp_path / "s", random.Random(3))
    yield disk
    disk.close()


def sector(value: int, count: int = 1) -> bytes:
    return bytes([value]) * (SECTOR * count)


def test_what_was_written_is_read_and_not_yet_on_the_disk(disk: ForgetfulDisk) -> None:
    disk.write(SECTOR, sector(7, 2))
    disk.write(2 * SECTOR, sector(8))
    assert disk.read(0, 4 * SECTOR) == sector(0) + sector(7) + sector(8) + sector(0)
    assert disk.file.read_bytes() == bytes(SIZE)
    disk.flush()
    assert disk.file.read_bytes()[: 4 * SECTOR] == disk.read(0, 4 * SECTOR)


def test_a_cut_never_takes_what_was_flushed_and_often_what_was_not(tmp_path: Path) -> None:
    seen = set()
    for seed in range(40):
        file = tmp_path / "disk"
        file.write_bytes(bytes(SIZE))
        disk = ForgetfulDisk(file, tmp_path / "s", random.Random(seed))
        disk.write(0, sector(1, 4))
        disk.flush()
        disk.write(2 * SECTOR, sector(2, 4))
        disk.write(0, sector(3))
        disk.cut()
        after = file.read_bytes()
        assert after[SECTOR : 2 * SECTOR] == sector(1)
        for place in range(2, 6):
            assert after[place * SECTOR] in ((1, 2) if place < 4 else (0, 2))
        seen.add(after)
        disk.write(0, sector(9, 8))
        disk.flush()
        assert file.read_bytes() == after, "it went on after the cut"
    assert len(seen) > 5


def test_a_fuse_burns_down_in_the_midst_of_writes(disk: ForgetfulDisk) -> None:
    disk.light_fuse(2)
    disk.write(0, sector(1))
    disk.flush()
    assert not disk.went.is_set()
    disk.write(SECTOR, sector(2))
    assert disk.went.is_set()
    disk.flush()
    disk.write(0, sector(3), at_once=True)
    assert disk.file.read_bytes()[:SECTOR] == sector(1)
    assert disk.file.read_bytes()[SECTOR : 2 * SECTOR] in (sector(0), sector(2))


def test_a_write_with_fua_is_on_the_disk_and_stays_the_newest(disk: ForgetfulDisk) -> None:
    disk.write(0, sector(1, 4))
    disk.write(SECTOR, sector(2), at_once=True)
    assert disk.file.read_bytes()[: 2 * SECTOR] == sector(0) + sector(2)
    assert disk.read(0, 4 * SECTOR) == sector(1) + sector(2) + sector(1, 2)
    disk.flush()
    assert disk.file.read_bytes()[: 4 * SECTOR] == sector(1) + sector(2) + sector(1, 2)


def test_an_orderly_end_loses_nothing(disk: ForgetfulDisk) -> None:
    disk.write(0, sector(5))
    disk.close()
    assert disk.file.read_bytes()[:SECTOR] == sector(5)
    assert disk.counts.lost == 0


def test_qemu_understands_it(disk: ForgetfulDisk) -> None:
    """Another program's client: QEMU's own tool writes, flushes and reads back."""
    tool = shutil.which("qemu-io")
    assert tool, "qemu-io is in the Debian package qemu-utils"
    words = ["write -P 171 1024 2048", "read -P 171 1024 2048", "flush", "read -P 0 0 1024"]
    command = [
        tool,
        "-f",
        "raw",
        *(part for word in words for part in ("-c", word)),
        f"nbd+unix:///?socket={disk.path}",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "failed" not in done.stdout
    assert disk.counts.flushes >= 1
    assert disk.file.read_bytes()[1024:3072] == bytes([171]) * 2048


def test_a_client_that_talks_nonsense_is_let_go(disk: ForgetfulDisk) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(disk.path))
        assert client.recv(18).startswith(b"NBDMAGIC")
        client.sendall(struct.pack(">I", 3) + b"nonsense" * 2)
        assert client.recv(1) == b""
