"""In the guest: the other end of the USB printer. Answers DLE EOT with "well", keeps all else in a file."""

import os
import select
import sys

PRINTER = "/dev/g_printer0"


def main(target: str) -> None:
    handle = os.open(PRINTER, os.O_RDWR | os.O_NONBLOCK)
    with open(target, "ab", buffering=0) as paper:  # noqa: PTH123 - Debian's Python alone
        while True:
            select.select([handle], [], [])
            try:
                data = os.read(handle, 8192)
            except OSError:  # nobody is connected
                continue
            while b"\x10\x04" in data:
                at = data.index(b"\x10\x04")
                paper.write(data[:at])
                os.write(handle, b"\x12")
                data = data[at + 3 :]
            paper.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
