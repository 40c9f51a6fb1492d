"""In the guest, inside the sandbox of one of the units: what is possible there, as JSON.

It is put in the place of the unit's own program, with everything else of the unit as it is.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

CLONE_NEWUSER = 0x10000000


def opens(path: str, flags: int = os.O_RDWR) -> Callable[[], object]:
    return lambda: os.close(os.open(path, flags | os.O_NONBLOCK))


def writes(path: str) -> Callable[[], object]:
    def write() -> None:
        target = Path(path) / "probe"
        target.write_text("x")
        target.unlink()

    return write


def connects(family: int, kind: int) -> Callable[[], object]:
    return lambda: socket.socket(family, kind).close()


def unshare() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def maps_code() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


TRIES: dict[str, Callable[[], object]] = {
    "data": writes("/var/lib/frontdesk"),
    "pages": writes("/var/lib/frontdesk/scans"),
    "database": opens("/var/lib/frontdesk/frontdesk.db", os.O_RDONLY),
    "program": writes("/opt/frontdesk/current"),
    "configuration": writes("/etc/frontdesk"),
    "passwords": opens("/etc/shadow", os.O_RDONLY),
    "credentials": opens("/etc/frontdesk/credentials", os.O_RDONLY),
    "disk": opens("/dev/vdb", os.O_RDONLY),
    "memory": opens("/dev/mem", os.O_RDONLY),
    "keyboard": opens("/dev/input/event0", os.O_RDONLY),
    "usb": opens("/dev/frontdesk/printer"),
    "camera": opens("/dev/video0"),
    "unix": connects(socket.AF_UNIX, socket.SOCK_STREAM),
    "internet": connects(socket.AF_INET, socket.SOCK_STREAM),
    "packets": connects(socket.AF_PACKET, socket.SOCK_RAW),
    "namespaces": unshare,
    "code": maps_code,
    "clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME)),
    "kernel": lambda: Path("/proc/sys/kernel/panic").write_text("10"),
    "others": lambda: Path("/proc/1/status").read_text(),
    "end_others": lambda: os.kill(1, 0),
}


def main() -> None:
    """Try each, and say which were possible."""
    found = {}
    for name, act in TRIES.items():
        try:
            act()
        except OSError as error:
            found[name] = error.strerror or type(error).__name__
        else:
            found[name] = "possible"
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
