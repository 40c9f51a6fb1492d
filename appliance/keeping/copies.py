"""The copies of this front desk: what the page asks for, and what the thread that makes them has to tell."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from appliance.changes import Changes
from appliance.keeping import backup
from appliance.keeping.backup import Copy

LATE_DAYS = 3  # without a good copy, and the pages say so


class Copies:
    """The folder of the copies, a wish for one, and the last trouble with them."""

    def __init__(self, folder: Path, changes: Changes) -> None:
        self.folder = folder / backup.FOLDER
        self._changes = changes
        self._wanted = threading.Event()
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the last copy could not be made, checked or carried away; None when it could."""
        return self._problem

    @property
    def wanted(self) -> bool:
        """Whether somebody has asked for a copy that is not made yet."""
        return self._wanted.is_set()

    def ask(self) -> None:
        """Have a copy made now."""
        self._wanted.set()
        self._changes.ring()

    def tell(self, problem: str | None) -> None:
        """What came of it: a reason in words, or None."""
        self._wanted.clear()
        self._problem = problem
        self._changes.ring()

    def all(self) -> list[Copy]:
        """Every copy on this machine, newest first."""
        return backup.copies(self.folder)

    def newest_good(self) -> Copy | None:
        """The copy that would be put back."""
        return next((copy for copy in self.all() if copy.looks_good), None)

    def days_without(self, today: date, first: date | None) -> int:
        """Calendar days since the newest good copy, or, where there is none, since the first service day."""
        newest = self.newest_good()
        since = date.fromisoformat(newest.manifest.day) if newest else first
        return max((today - since).days, 0) if since else 0

    def is_late(self, today: date, first: date | None) -> bool:
        """Whether there has been no good copy for too long."""
        return self.days_without(today, first) >= LATE_DAYS
