"""A socket that starts a scanning process for each call, as systemd does with `Accept=yes`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from appliance.scanning.process import ENVIRONMENT


class Accepting:
    """Stands in for the service manager; what it starts is the real thing."""

    def __init__(self, path: Path, temporary: Path) -> None:
        self.path = path
        self.started: list[subprocess.Popen[bytes]] = []
        self._environment = {**os.environ, **ENVIRONMENT, "TMPDIR": str(temporary)}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                call, _ = self._socket.accept()
            except OSError:  # closed
                return
            with call:  # the process has its own copies
                command = [sys.executable, "-m", "appliance.scan_service"]
                self.started.append(
                    subprocess.Popen(
                        command,
                        stdin=call.fileno(),
                        stdout=call.fileno(),
                        env=self._environment,
                        close_fds=True,
                    )
                )

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for process in self.started:
            process.kill()
            process.wait()

    def worker(self) -> int:
        """The process that scans, below the newest one that watches over it."""
        guard = self.started[-1].pid
        (child,) = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
        return int(child)
