"""One scanning process for one call at a socket: `python -m appliance.scan_service`.

The service manager starts it, and the call is its standard input and output (systemd: `Accept=yes`,
`StandardInput=socket`). The process that scans is its child and talks over the same socket. libsane may hang
so that its process hears nothing any more; so it is this one, which does nothing else, that sees the caller
hang up, and kills. The caller sees the socket close when both are gone.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from typing import Final

_CALL: Final = 0  # standard input


def main() -> int:
    """Watch over one process; gives its exit code, and 0 when the caller hung up."""
    child = subprocess.Popen([sys.executable, "-m", "appliance.scan_worker"])
    end_of_child = os.pidfd_open(child.pid)
    watch = select.poll()
    watch.register(end_of_child, select.POLLIN)
    watch.register(_CALL, select.POLLRDHUP)
    found = [handle for handle, _ in watch.poll()]
    if end_of_child in found:
        code = child.wait()
        return code if code >= 0 else 128 - code
    child.kill()
    child.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
