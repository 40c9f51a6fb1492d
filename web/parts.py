"""The front desk that the current request is for."""

from __future__ import annotations

from typing import cast

from flask import current_app

from appliance.front_desk import FrontDesk


def front_desk() -> FrontDesk:
    """The appliance behind this application."""
    return cast(FrontDesk, current_app.extensions["front_desk"])
