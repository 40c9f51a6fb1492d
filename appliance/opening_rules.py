"""How an office keeps its hours: the table [opening_rules] of a profile."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from appliance.toml_model import Table


class OpeningRules(Table):
    """What closes the office beside its week, and what its hours mean for whoever comes."""

    public_holidays: bool = True  # closed on the national holidays
    joint_leave: bool = True  # and on the days of joint leave (cuti bersama)
    tickets_during_pause: bool = True  # people take a number for after the break
    reminders: tuple[Annotated[int, Field(ge=1, le=240)], ...] = (30, 10)  # minutes before closing
