"""In the guest: does what the test says, over a virtio serial port. Debian's Python, and nothing else.

Each line is a JSON object {"id": ..., "run": [words], "given": text, "within": seconds}; its answer holds the
id, the code, what was said, and the guest's uptime. {"id": ..., "healthy": URL} is answered when that page
says 200. What a program in the guest writes to a Unix socket is passed on as it comes, with id -1.
"""

import http.client
import json
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any, BinaryIO

_PORT = "/dev/virtio-ports/porter"
_SAID = "/run/boot-said.sock"
_lock = threading.Lock()

Line = dict[str, Any]


def uptime() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


def run(line: Line) -> Line:
    try:
        done = subprocess.run(
            line["run"],
            check=False,
            input=line.get("given", ""),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=line["within"],
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"code": 255, "said": repr(error)}
    return {"code": done.returncode, "said": done.stdout}


def healthy(line: Line) -> Line:
    parts = urllib.parse.urlsplit(line["healthy"])
    give_up = time.monotonic() + line["within"]
    said = "nobody asked"
    while time.monotonic() < give_up:
        client = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            client.request("GET", parts.path)
            answer = client.getresponse()
            said = answer.read().decode()
            if answer.status == 200:
                return {"code": 0, "said": said}
        except OSError as error:
            said = repr(error)
        finally:
            client.close()
        time.sleep(0.1)
    return {"code": 1, "said": said}


def work(line: Line, port: BinaryIO) -> None:
    answer = healthy(line) if "healthy" in line else run(line)
    tell(port, id=line["id"], **answer)


def tell(port: BinaryIO, **words: Any) -> None:
    data = memoryview(json.dumps({"up": uptime(), **words}).encode() + b"\n")
    with _lock:
        while data:  # the port takes 32 KiB at once
            data = data[port.write(data) :]


def pass_on(port: BinaryIO) -> None:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(_SAID)
    Path(_SAID).chmod(0o666)
    server.listen()
    while True:
        call, _ = server.accept()
        with call, call.makefile(encoding="utf-8") as lines:
            for line in lines:
                tell(port, id=-1, code=0, said=line.rstrip("\n"))


def main() -> None:
    while True:
        try:
            port: BinaryIO = Path(_PORT).open("r+b", buffering=0)  # noqa: SIM115 - for as long as the machine runs
            break
        except OSError:
            time.sleep(0.1)
    threading.Thread(target=pass_on, args=(port,), daemon=True).start()
    tell(port, id=0, code=0, said="up")
    rest = b""
    while True:
        block = port.read(65536)
        if not block:
            time.sleep(0.05)  # nobody is at the other end yet
            continue
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            threading.Thread(target=work, args=(json.loads(line), port), daemon=True).start()


if __name__ == "__main__":
    main()
