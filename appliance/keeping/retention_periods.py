"""How long each class of data is kept: the part of an office's profile that its own rules decide."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from appliance.toml_model import Table

Months = Annotated[int, Field(ge=1, le=240)]


class Retention(Table):
    """What is kept beyond the guest book's names, whose months stand in `guest_book`."""

    deposits_days: Annotated[int, Field(ge=1, le=366)] = 30
    visits_months: Months = 60
    consent_months_more: Annotated[int, Field(ge=0, le=120)] = 12
    ratings_months: Months = 60
    staff_actions_months: Months = 24
