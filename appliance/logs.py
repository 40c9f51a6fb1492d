"""The log: a line for each thing that is said, on the standard error; under systemd the journal keeps it."""

from __future__ import annotations

import logging


def begin() -> None:
    """Write from now on what is logged as INFO or worse. Once in each process, before its work."""
    handler = logging.StreamHandler()
    # python-escpos talks on the root logger each time that it hangs up; our own modules have names.
    handler.addFilter(lambda record: record.name != "root")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO, handlers=[handler])
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
