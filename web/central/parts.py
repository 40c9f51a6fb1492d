"""The receiver that the current request is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from web.central import Receiver


def receiver() -> Receiver:
    """The receiver behind this application."""
    return cast("Receiver", current_app.extensions["receiver"])
