"""What the fault tests share: the program as a process, as the tests of the command line start it."""

from __future__ import annotations

from tests.cli.conftest import config, data, port, printer, start

__all__ = ["config", "data", "port", "printer", "start"]
