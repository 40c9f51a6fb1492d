"""In the guest: does what the test says, over a virtio serial port. Debian's Python, and nothing else.

Each line is a JSON object {"id": ..., "run": [words], "given": text, "within": seconds}; its answer holds the
id, the code, what was said, and the guest's uptime. {"id": ..., "healthy": URL} is answered when that page
says 200.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

_PORT = "/dev/virtio-ports/agent"
_lock = threading.Lock()


def uptime():
    return float(Path("/proc/uptime").read_text().split()[0])


def run(line):
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


def healthy(line):
    parts = urllib.parse.urlsplit(line["healthy"])
    give_up = time.monotonic() + line["within"]
    said = "nobody asked"
    while time.monotonic() < give_up:
        client = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
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


def work(line, port):
    answer = healthy(line) if "healthy" in line else run(line)
    text = json.dumps({"id": line["id"], "up": uptime(), **answer}) + "\n"
    with _lock:
        port.write(text.encode())


def main():
    while True:
        try:
            port = Path(_PORT).open("r+b", buffering=0)  # noqa: SIM115 - for as long as the machine runs
            break
        except OSError:
            time.sleep(0.1)
    with _lock:
        port.write(b'{"id": 0, "code": 0, "said": "up", "up": %f}\n' % uptime())
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
    sys.exit(main())
