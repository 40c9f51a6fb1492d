"""Every paper that comes out of a virtual printer, however many (the printer itself keeps the latest)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.simulated.print_engine import Ticket
from drivers.simulated.printer import VirtualPrinter

_LOOK_EVERY_S = 0.05


class Papers:
    """Collects in a thread of its own."""

    def __init__(self, printer: VirtualPrinter) -> None:
        self._printer = printer
        self._seen: dict[int, Ticket] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        for ticket in self._printer.tickets:
            self._seen[ticket.number] = ticket

    def close(self) -> None:
        """Stop collecting."""
        self._over.set()
        self._thread.join()

    def end(self) -> list[Ticket]:
        """All that came out."""
        self.close()
        self._look()
        assert len(self._seen) == max(self._seen, default=0), "some papers were not seen"
        return list(self._seen.values())


@contextmanager
def collecting(printer: VirtualPrinter) -> Iterator[Papers]:
    """Collects for as long as the `with` lasts."""
    papers = Papers(printer)
    try:
        yield papers
    finally:
        papers.close()
