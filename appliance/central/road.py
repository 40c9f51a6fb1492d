"""A road to the central server: what the relay asks of it, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from appliance.central.contract import Result


class OnItsWay(Protocol):
    """One event on its way."""

    @property
    def id(self) -> str:
        """The event's id."""

    @property
    def text(self) -> str:
        """The event as it is sent."""


class BatchRefused(Exception):
    """The server takes this batch in no part: it is too large (`too_large`), or unreadable to it."""

    def __init__(self, too_large: bool, detail: str) -> None:
        self.too_large = too_large
        self.detail = detail
        super().__init__(detail)


class Road(Protocol):
    """Takes events to the server. Used by one thread, but for `close`."""

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        """What the server says of each event; one that is not named counts as not sent.

        Ends in any case, after a time that the configuration limits. Raises BatchRefused, or CentralError
        when nothing is known of any event.
        """

    def rest(self) -> None:
        """Called about once a second while there is nothing to send."""

    def close(self) -> None:
        """End what is under way, from any thread, and let go."""
