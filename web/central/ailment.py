"""What ails the database, told in the log once when it begins and once when it is over."""

from __future__ import annotations

import logging
import threading

from appliance.errors import StoreError

log = logging.getLogger(__name__)


class Ailment:
    """Why nothing can be stored; hundreds of offices that hear of it are no reason for hundreds of lines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._code: str | None = None

    def met(self, error: StoreError) -> None:
        """The database did not do it."""
        with self._lock:
            is_new, self._code = error.code != self._code, error.code
        if is_new:
            log.error("nothing can be stored: %s: %s", error.code, error)

    def stored(self) -> None:
        """The database did it."""
        with self._lock:
            before, self._code = self._code, None
        if before is not None:
            log.info("the database stores again")
